"""`backup-bot sandbox`: the sandbox with the bot in it, until somebody stops it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.sandbox.bot_manifest import read_manifest
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Change

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def run_sandbox(*, port: int, speed: float, database: Path | None) -> None:
    """Serve the page and run the bot until SIGINT or SIGTERM; print the page's address on one line.

    `port` 0 takes a free one; `database` is the SQLite file the bot keeps (None: a temporary one).

    Raises:
        SystemExit: the port can't be had; the message says so.
    """
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stopped.set)
    sandbox = Sandbox(port=port, speed=speed)
    try:
        await _serve(sandbox, port)
        bot = await sandbox.start_bot(database)
        tasks = [
            asyncio.create_task(_report_an_early_end(bot)),
            asyncio.create_task(_learn_manifest(sandbox)),
        ]
        await stopped.wait()
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    finally:
        await sandbox.stop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


async def _serve(sandbox: Sandbox, port: int) -> None:
    try:
        await sandbox.start()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else error.strerror
        advice = "Choose another with --port; --port 0 takes a free one."
        raise SystemExit(f"Port {port} can't be used: {reason}. {advice}") from None
    sys.stdout.write(f"The sandbox is ready: {sandbox.base_url} (Ctrl-C ends it)\n")
    sys.stdout.flush()


async def _learn_manifest(sandbox: Sandbox) -> None:
    sandbox.manifest = await read_manifest()
    sandbox.workspace.changed(Change("bot"))


async def _report_an_early_end(bot: BotProcess) -> None:
    """Tell whoever started it when the bot could not start; the page can start it again."""
    await bot.ended()
    if bot.state.startswith("exited"):
        last_words = "\n".join(list(bot.lines)[-20:])
        sys.stderr.write(f"The bot has {bot.state}. Its last words:\n{last_words}\n")
