"""`backup-bot`, which is also `python -m bot`: run, sandbox, doctor, manifest, audit."""

import os
import signal
import sys

if __name__ == "__main__" and sys.argv[1:2] == ["run"]:
    # The rest takes a while to load, and process 1 of a container loses a signal that it doesn't handle.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))

import argparse
import asyncio
import gc
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

from bot import __version__
from bot.errors import BotError, ConfigurationError, Unavailable, UsageError
from bot.terminal import on_one_line, wants_colour, write

if TYPE_CHECKING:
    from bot.app import Started

OK = 0
PROBLEMS_FOUND = 1
ONLY_OURS = 0o077
"""What is written, such as the database, is nobody else's to read."""
MOST_SERVERS = 2500
"""How many more servers the sandbox has at most: 100,000 backups, as much as the bot is measured with."""
INTERRUPTED = 128 + signal.SIGINT
_REFUSALS: dict[type[BotError], tuple[int, str]] = {
    ConfigurationError: (os.EX_CONFIG, "The settings are not right:"),
    Unavailable: (os.EX_UNAVAILABLE, "The bot can't start now:"),
    UsageError: (os.EX_USAGE, "That isn't understood:"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    78 (EX_CONFIG): settings or tokens are not right. 69 (EX_UNAVAILABLE): the database, or the address to
    listen on, can't be had for now. 71 (EX_OSERR): the system refuses what the bot needs, such as a file.
    64 (EX_USAGE): the command line is not understood.
    """
    chosen = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    try:
        code = command(chosen)
        sys.stdout.flush()
    except tuple(_REFUSALS) as problem:
        return _explain(problem)
    except BrokenPipeError:
        # Whoever read has enough; Python would complain once more at its end (docs of `signal`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except OSError as problem:  # Of what surrounds the bot: a folder that is gone, a limit, a full disk.
        write(sys.stderr, "What the bot needs can't be used:", f"  {on_one_line(str(problem))}")
        return os.EX_OSERR
    except KeyboardInterrupt:
        # What is stopped so has ended as it should; what is broken off has found nothing out.
        return OK if command in {_run, _sandbox} else INTERRUPTED
    return code


class _Parser(argparse.ArgumentParser):
    """Exits with 64 (EX_USAGE), and not with 2, after what is not understood; its subparsers do likewise."""

    def exit(self, status: int = OK, message: str | None = None) -> NoReturn:
        super().exit(os.EX_USAGE if status else OK, message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="backup-bot", description="A Slack bot that backs up and restores your VPS.org servers."
    )
    parser.add_argument("--version", action="version", version=f"backup-bot {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="command")

    run = commands.add_parser("run", help="run the bot; settings come from the environment")
    run.set_defaults(command=_run)

    sandbox = commands.add_parser("sandbox", help="try the bot in your browser: no account, no token")
    sandbox.add_argument("--port", type=_port, default=8765, help="port of the page; 0 takes a free one")
    sandbox.add_argument("--speed", type=_speed, default=1.0, help="how many times faster backups go")
    sandbox.add_argument("--db", type=Path, help="SQLite file to keep operations in; else a temporary one")
    sandbox.add_argument(
        "--servers", type=_servers, default=0, help="how many more servers there are, with 40 backups each"
    )
    sandbox.set_defaults(command=_sandbox)

    doctor = commands.add_parser("doctor", help="check settings, tokens, scopes and the database")
    doctor.add_argument("--blocks", action="store_true", help="have Slack check all that the bot can show")
    doctor.add_argument(
        "--post-twice", metavar="CHANNEL", help="find out whether Slack posts once what is sent there twice"
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object, for programs")
    doctor.set_defaults(command=_doctor)

    manifest = commands.add_parser("manifest", help="print the manifest of the Slack app")
    manifest.add_argument("--http", type=_address, metavar="URL", help="for HTTP mode, where Slack calls URL")
    manifest.add_argument("--link", action="store_true", help="print a link that makes the app at Slack")
    manifest.set_defaults(command=_manifest)

    audit = commands.add_parser("audit", help="export the audit trail, or verify that nobody changed it")
    tasks = audit.add_subparsers(title="tasks", required=True, metavar="task")
    export = tasks.add_parser("export", help="print entries, oldest first")
    export.add_argument(
        "--format", choices=["jsonl", "csv"], default="jsonl", help="jsonl unless you say csv"
    )
    export.add_argument("--since", default="", metavar="TIME", help="24h, 7d, yesterday or 2026-11-01 (UTC)")
    export.add_argument("--server", default="", metavar="SERVER", help="a server's full name or its id")
    export.set_defaults(command=_audit_export)
    verify = tasks.add_parser("verify", help="find the first entry that was edited, removed or inserted")
    verify.add_argument(
        "--last", default="", metavar="HASH", help="a hash from the log, to find an end that was cut off"
    )
    verify.set_defaults(command=_audit_verify)
    return parser


# Each command imports what it needs, so that the bot never loads the sandbox, nor the sandbox the bot.
def _run(_: argparse.Namespace) -> int:
    # What is loaded stays: the garbage collector would only look at it again and again, while people wait.
    gc.disable()
    from bot import app, event_loop, logs, settings, tracing

    gc.freeze()
    gc.enable()
    os.umask(ONLY_OURS)
    wanted = settings.load()
    logs.set_up(wanted.bot_log_level, wanted.bot_log_format, wanted.secrets)
    tracing.set_up()
    try:
        with asyncio.Runner(loop_factory=event_loop.EventLoop) as runner:
            return runner.run(_until_stopped(app.run(wanted, on_started=_tell_started)))
    finally:
        tracing.stop()


def _tell_started(started: "Started") -> None:
    """Tell the person at a terminal what the log tells otherwise."""
    if not sys.stderr.isatty():
        return
    from bot.doctor.messages import vps_refused

    lines = [f"Backup Bot {__version__} is connected to {started.workspace}; health on {started.address}."]
    if started.trouble:
        found = vps_refused(started.trouble)
        lines += [found.what, found.advice]
    write(sys.stderr, *map(on_one_line, lines))


def _sandbox(chosen: argparse.Namespace) -> int:
    from bot.sandbox.run import run_sandbox

    asyncio.run(run_sandbox(port=chosen.port, speed=chosen.speed, database=chosen.db, servers=chosen.servers))
    return OK


def _doctor(chosen: argparse.Namespace) -> int:
    from bot import logs, settings
    from bot.doctor import messages
    from bot.doctor.blocks import examine_blocks
    from bot.doctor.examine import Wrong, examine
    from bot.doctor.model import Level, Report
    from bot.doctor.posting import examine_posting
    from bot.doctor.report import as_json, as_text, progress

    os.umask(ONLY_OURS)

    async def ask(wanted: settings.Settings, wrong: Wrong | None = None) -> Report:
        logs.set_up("CRITICAL", "text", wanted.secrets)
        waiting: list[str] = []
        async with progress(waiting, sys.stderr):
            if chosen.post_twice:
                return await examine_posting(wanted, waiting, chosen.post_twice)
            if chosen.blocks:
                return await examine_blocks(wanted, waiting)
            return await examine(wanted, waiting, wrong=wrong)

    try:
        report = asyncio.run(ask(settings.load()))
    except ConfigurationError as problem:
        rest = settings.load_what_is_right()
        if rest is None or chosen.blocks or chosen.post_twice:
            report = Report(messages.refused(problem))
        else:
            report = asyncio.run(ask(rest[0], Wrong(problem, rest[1])))
    out = sys.stdout
    write(out, as_json(report)) if chosen.json else write(out, *as_text(report, colour=wants_colour(out)))
    return PROBLEMS_FOUND if report.count(Level.PROBLEM) else OK


def _manifest(chosen: argparse.Namespace) -> int:
    from bot.slack.manifest import as_link, as_yaml

    sys.stdout.write(f"{as_link(chosen.http)}\n" if chosen.link else as_yaml(chosen.http))
    return OK


def _audit_export(chosen: argparse.Namespace) -> int:
    from bot import settings
    from bot.audit import command_line

    database = settings.load_database().database_url
    return command_line.export(database, chosen.format, since=chosen.since, server=chosen.server)


def _audit_verify(chosen: argparse.Namespace) -> int:
    from bot import settings
    from bot.audit import command_line

    return command_line.verify(settings.load_database().database_url, last=chosen.last)


async def _until_stopped(work: Coroutine[object, object, None]) -> int:
    """Return 0 when the work ended, by itself or because SIGTERM or SIGINT cancelled it."""
    task = asyncio.create_task(work)

    def stop() -> None:
        # Once is enough: cancelling again would cut the clean stop short.
        if not task.cancelling():
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        return OK
    except BaseExceptionGroup as group:
        raise _settings_problem(group) from None
    return OK


def _settings_problem(group: BaseExceptionGroup) -> BaseException:
    """Return the settings' problem a group of tasks ended with, or the group if it was something else."""
    problems, others = group.split(ConfigurationError)
    if problems is None or others is not None:
        return group
    first = problems.exceptions[0]
    return _settings_problem(first) if isinstance(first, BaseExceptionGroup) else first


def _explain(problem: BotError) -> int:
    """Say what is wrong, and return the exit code for it."""
    from bot.slack.messages import explain

    explanation = explain(problem)
    code, heading = next(each for kind, each in _REFUSALS.items() if isinstance(problem, kind))
    lines = [heading, *(f"  {on_one_line(line)}" for line in explanation.what.splitlines())]
    write(sys.stderr, *lines, *([on_one_line(explanation.hint)] if explanation.hint else []))
    return code


def _port(text: str) -> int:
    if text.isdecimal() and int(text) <= 65535:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if 0 < speed <= 1000:
        return speed
    raise argparse.ArgumentTypeError("the speed is a number above 0 and up to 1000")


def _servers(text: str) -> int:
    if text.isdecimal() and int(text) <= MOST_SERVERS:
        return int(text)
    raise argparse.ArgumentTypeError(f"the number of servers is one from 0 to {MOST_SERVERS}")


def _address(text: str) -> str:
    if text.startswith("https://") and urlsplit(text).hostname:
        return text
    raise argparse.ArgumentTypeError(
        "Slack calls an https address, such as https://bot.example.org/slack/events"
    )


if __name__ == "__main__":
    sys.exit(main())
