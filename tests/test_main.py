"""The command line: what it starts, and how it refuses."""

import asyncio
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
from bot.__main__ import _settings_problem, main
from bot.errors import BotError, ConfigurationError
from bot.sandbox.server import Sandbox
from bot.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)


@pytest.mark.usefixtures("no_settings")
def test_bad_settings_are_told_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run"]) == os.EX_CONFIG
    told = capsys.readouterr().err.splitlines()
    assert [line.split()[0] for line in told[1:]] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VPS_API_TOKEN"]


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize(
    ("arguments", "code", "heading"),
    [
        (["run"], os.EX_CONFIG, "The settings are not right:"),
        (["audit", "export", "--since", "soon"], os.EX_USAGE, "That isn't understood:"),
    ],
)
def test_each_kind_of_refusal_has_its_exit_code_and_its_words(
    arguments: list[str], code: int, heading: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert capsys.readouterr().err.splitlines()[0] == heading


def modes(folder: Path) -> set[int]:
    return {file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_run_says_on_a_terminal_what_it_is_connected_to_and_what_is_wrong(tmp_path: Path) -> None:
    sandbox = Sandbox()
    await sandbox.start()
    environment = sandbox.bot_environment(tmp_path / "bot.sqlite") | {"VPS_API_TOKEN": "wrong"}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "bot", "run"]
    environ = os.environ | environment
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environ, stderr=theirs)
    os.close(theirs)
    terminal = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(terminal)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(ours))
    read = await terminal.readuntil(b"write backups.\r\n")
    process.terminate()
    assert await process.wait() == 0
    transport.close()
    await sandbox.stop()
    assert modes(tmp_path) == {0o600}
    address = f"127.0.0.1:{environment['BOT_PORT']}"
    assert read.decode().splitlines()[-3:-1] == [
        f"Backup Bot {bot.__version__} is connected to Sandbox; health on {address}.",
        "VPS_API_TOKEN: VPS.org doesn't accept the bot's token: “Invalid token.”",
    ]


@pytest.mark.usefixtures("no_settings")
def test_the_doctor_tells_of_bad_settings_in_its_own_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 1
    *told, empty, summary = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in told] == [
        ["✗", "SLACK_BOT_TOKEN"],
        ["✗", "SLACK_APP_TOKEN"],
        ["✗", "VPS_API_TOKEN"],
        ["✓", "DATABASE_URL:"],
    ]
    assert (empty, summary) == ("", "3 problems.")


@pytest.mark.usefixtures("no_settings")
def test_the_doctor_speaks_json_to_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["problems"], told["warnings"], told["policy"]) == (3, 0, [])
    assert [each["level"] for each in told["findings"]] == ["problem"] * 3 + ["well"]


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"backup-bot {bot.__version__}\n"


def test_the_manifest_can_be_a_link(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest", "--link"]) == 0
    assert capsys.readouterr().out.startswith("https://api.slack.com/apps?new_app=1&manifest_json=%7B")


def test_the_manifest_needs_no_settings(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["manifest"]) == 0
    assert capsys.readouterr().out == (ROOT / "manifest.yml").read_text()
    assert main(["manifest", "--http", "https://bot.example.org/slack/events"]) == 0
    assert "request_url: https://bot.example.org/slack/events" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dance"],
        ["manifest", "--http", "http://bot.example.org"],
        ["sandbox", "--port", "70000"],
        ["sandbox", "--speed", "0"],
        ["sandbox", "--speed", "nan"],
        ["sandbox", "--servers", "-1"],
        ["sandbox", "--servers", "2501"],
        ["audit", "export", "--format", "xml"],
    ],
)
def test_what_makes_no_sense_is_refused_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == os.EX_USAGE
    assert "usage: backup-bot" in capsys.readouterr().err


def test_a_settings_problem_is_found_in_a_group_unless_something_else_went_wrong_too() -> None:
    problem = ConfigurationError("X is missing")
    alone = BaseExceptionGroup("tasks", [BaseExceptionGroup("inner", [problem])])
    assert _settings_problem(alone) is problem
    mixed = BaseExceptionGroup("tasks", [problem, BotError("y")])
    assert _settings_problem(mixed) is mixed


def test_sigterm_ends_the_sandbox_cleanly_and_it_never_loads_the_bot(tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "bot", "sandbox", "--port", "0"]
    with (tmp_path / "stderr").open("w+") as errors:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)
        with process:
            assert process.stdout
            assert "http://127.0.0.1:" in process.stdout.readline()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=20) == 0
        errors.seek(0)
        loaded = {line.rsplit("|", 1)[-1].strip() for line in errors if line.startswith("import time:")}
    ours = {name for name in loaded if name.startswith("bot.") and not name.startswith("bot.sandbox")}
    assert "bot.sandbox.run" in loaded
    assert ours <= {"bot.errors", "bot.__main__", "bot.terminal"}


def test_a_reader_that_has_enough_is_no_failure() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    command = [sys.executable, "-m", "bot", "manifest"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(command, cwd=ROOT, env=buffered, stdout=theirs, stderr=subprocess.PIPE, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Where tests run in the background, a shell has SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("no_settings", "interruptible")
def test_a_doctor_that_is_interrupted_does_not_say_that_all_is_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt() -> None:
        with silent.accept()[0]:
            os.kill(os.getpid(), signal.SIGINT)
            is_over.wait(20)

    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        wanted = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_SIGNING_SECRET": "s", "VPS_API_TOKEN": "v"}
        for name, value in {**wanted, "SLACK_API_URL": address, "VPS_API_URL": address}.items():
            monkeypatch.setenv(name, value)
        person = threading.Thread(target=interrupt)
        person.start()
        assert main(["doctor"]) == 128 + signal.SIGINT
        is_over.set()
        person.join()
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("no_settings", "logging_as_it_was")
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("SSL_CERT_FILE", "nothing", "SSL_CERT_FILE can't be read: No such file or directory."),
        ("DATABASE_URL", "sqlite:////dev/full", "DATABASE_URL: /dev/full is not a file."),
    ],
)
def test_a_setting_that_is_found_wrong_at_the_start_is_a_line(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "umask", lambda _: 0)  # It would stay so for all other tests.
    wanted = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "VPS_API_TOKEN": "v", "BOT_PORT": "0"}
    for each in {**wanted, variable: value}.items():
        monkeypatch.setenv(*each)
    assert main(["run"]) == os.EX_CONFIG
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variable", "value", "code", "said"),
    [
        ("SSLKEYLOGFILE", "nothing/file", os.EX_OSERR, "No such file or directory: 'nothing/file'"),
        ("BOT_BIND", "192.0.2.1", os.EX_UNAVAILABLE, "can't listen on 192.0.2.1:0: Cannot assign requested"),
    ],
)
def test_what_keeps_the_bot_from_starting_is_a_line_and_a_code(
    variable: str, value: str, code: int, said: str, tmp_path: Path
) -> None:
    tokens = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1", "VPS_API_TOKEN": "vps-1"}
    surroundings = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "BOT_PORT": "0"}
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "run"],
        cwd=tmp_path,
        env={**surroundings, **tokens, variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == code
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="looks at /proc")
@pytest.mark.parametrize("loaded", ["", "pydantic_core", "_sqlite3"])
def test_sigterm_is_never_lost_however_early_it_comes(loaded: str, tmp_path: Path) -> None:
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "VPS_API_TOKEN": "x",
        "BOT_PORT": "0",
    }
    nowhere = {"SLACK_API_URL": "http://127.0.0.1:1/", "VPS_API_URL": "http://127.0.0.1:1/"}
    # Ignored at first, as process 1 of a container has it.
    ignoring = "import os, signal, sys; signal.signal(15, 1); os.execv(sys.executable, sys.argv[1:])"
    command = [sys.executable, "-c", ignoring, sys.executable, "-m", "bot", "run"]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings, **nowhere}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL) as process:
        status, maps = Path(f"/proc/{process.pid}/status"), Path(f"/proc/{process.pid}/maps")
        while not _catches(signal.SIGTERM, status.read_text()) or loaded not in maps.read_text():
            assert process.poll() is None
        assert loaded or "pydantic_core" not in maps.read_text()
        process.terminate()
        assert process.wait(timeout=20) == 0


def _catches(number: int, status: str) -> bool:
    [mask] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(mask, 16) >> (number - 1) & 1)
