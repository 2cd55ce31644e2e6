"""The bot's process is started, watched and ended as told. A small stand-in plays the bot."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.sandbox.bot_process import BotProcess, BotStopped
from bot.sandbox.server import free_port

READY = """
import http.server, os, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()
    def log_message(self, *_): pass
print("token:", os.environ.get("VPS_API_TOKEN"), "ours:", os.environ.get("OURS"), flush=True)
print("in", os.getcwd(), flush=True)
"""
SERVE = 'http.server.HTTPServer(("127.0.0.1", int(os.environ["BOT_PORT"])), Answer).serve_forever()\n'
CLEAN = "import signal\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\n"
STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
WRONG_SETTINGS = 'import sys\nsys.exit("VPS_API_TOKEN is missing.")\n'

Starter = Callable[[str], BotProcess]


@pytest.fixture
async def stand_in(tmp_path: Path) -> AsyncIterator[Starter]:
    """A bot that is the given Python program; stopped at the end."""
    async with AsyncExitStack() as stack:

        def make(program: str) -> BotProcess:
            environment = {"BOT_PORT": str(free_port()), "VPS_API_TOKEN": "vps-sandbox"}
            bot = BotProcess(environment, directory=tmp_path, command=(sys.executable, "-c", program))
            stack.push_async_callback(bot.kill)
            return bot

        yield make


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_starts_says_when_it_is_ready_and_stops(stand_in: Starter) -> None:
    bot = stand_in(READY + CLEAN + SERVE)
    assert bot.state == "stopped"
    await bot.start()
    assert bot.state == "starting"
    await bot.ready()
    assert bot.state == "running"
    pid = bot.pid
    await bot.stop()
    assert bot.state == "stopped"
    assert pid is not None
    assert not is_alive(pid)
    assert bot.pid is None


async def test_it_gets_its_settings_and_nothing_else(
    stand_in: Starter, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OURS", "private")
    bot = stand_in(READY + SERVE)
    await bot.start()
    await bot.ready()
    assert list(bot.lines) == ["token: vps-sandbox ours: None", f"in {tmp_path}"]


async def test_starting_it_twice_is_starting_it_once(stand_in: Starter) -> None:
    bot = stand_in(READY + SERVE)
    await asyncio.gather(bot.start(), bot.start())
    pid = bot.pid
    await bot.start()
    assert bot.pid == pid


async def test_a_bot_that_can_t_start_says_why(stand_in: Starter) -> None:
    bot = stand_in(WRONG_SETTINGS)
    await bot.start()
    with pytest.raises(BotStopped, match=r"exited 1(?s:.*)VPS_API_TOKEN is missing"):
        await bot.ready()
    assert bot.state == "exited 1"


async def test_waiting_until_it_is_ready_has_an_end(stand_in: Starter) -> None:
    bot = stand_in("import time\ntime.sleep(600)\n")
    await bot.start()
    with pytest.raises(TimeoutError):
        await bot.ready(seconds=0.05)
    assert bot.state == "starting"


async def test_killing_it_is_a_crash_and_it_can_be_started_again(stand_in: Starter) -> None:
    bot = stand_in(READY + CLEAN + SERVE)
    await bot.start()
    await bot.ready()
    first = bot.pid
    await bot.kill()
    assert bot.state == f"exited {-signal.SIGKILL}"
    await bot.start()
    await bot.ready()
    assert bot.pid != first


async def test_a_restart_is_a_new_process(stand_in: Starter) -> None:
    bot = stand_in(READY + CLEAN + SERVE)
    await bot.start()
    await bot.ready()
    first = bot.pid
    await bot.restart()
    assert bot.state == "starting"
    await bot.ready()
    assert bot.pid != first


async def test_one_that_does_not_want_to_stop_is_made_to(
    stand_in: Starter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.bot_process.STOP_SECONDS", 0.05)
    bot = stand_in(STUBBORN + READY + SERVE)
    await bot.start()
    await bot.ready()
    await bot.stop()
    assert bot.state == "stopped"


async def test_stopping_what_does_not_run_does_nothing(stand_in: Starter) -> None:
    bot = stand_in(READY)
    await bot.stop()
    await bot.kill()
    await bot.ended()
    assert bot.state == "stopped"


async def test_a_line_too_long_to_keep_does_not_stop_the_rest(stand_in: Starter) -> None:
    bot = stand_in('print("x" * 3_000_000)\nprint("the end")\n')
    await bot.start()
    await bot.ended()
    assert bot.lines[-1] == "the end"


async def test_listeners_hear_of_every_change(tmp_path: Path) -> None:
    heard: list[str] = []
    command = (sys.executable, "-c", 'print("hello")')
    environment = {"BOT_PORT": str(free_port())}
    bot = BotProcess(
        environment, directory=tmp_path, command=command, changed=lambda: heard.append(bot.state)
    )
    await bot.start()
    await bot.ended()
    assert heard == ["starting", "starting", "exited 0"]


PARENT = """
import asyncio, sys
from pathlib import Path
from bot.sandbox.bot_process import BotProcess
async def main():
    bot = BotProcess({"BOT_PORT": "1"}, directory=Path.cwd(), command=("sleep", "600"))
    await bot.start()
    print(bot.pid, flush=True)
    await bot.ended()
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's prctl")
async def test_it_ends_with_the_sandbox_even_if_that_is_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    bot = os.pidfd_open(int(await parent.stdout.readline()))
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(bot, gone.set)
    parent.kill()
    await parent.communicate()
    async with asyncio.timeout(10):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(bot)
    os.close(bot)
