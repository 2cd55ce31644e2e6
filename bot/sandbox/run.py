"""`backup-bot sandbox`: the sandbox with the bot in it, until somebody stops it."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.manifest import ManifestRefused

SIGNALS = (signal.SIGINT, signal.SIGTERM)


async def run_sandbox(*, port: int, speed: float, database: Path | None, servers: int) -> None:
    """Serve the page and run the bot until SIGINT or SIGTERM; print the page's address on one line.

    `port` 0 takes a free one; `database` is the SQLite file the bot keeps (None: a temporary one). There are
    `servers` more than usual, with 40 backups each.

    Raises:
        SystemExit: the port can't be had, or Slack would not take the manifest; the message says so.
    """
    sandbox = _sandbox(port, speed, servers)
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stopped.set)
    try:
        await _serve(sandbox, port)
        bot = await sandbox.start_bot(database)
        report = asyncio.create_task(_report_an_early_end(bot))
        await stopped.wait()
        report.cancel()
        await asyncio.wait({report})
    finally:
        await sandbox.stop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)


def _sandbox(port: int, speed: float, servers: int) -> Sandbox:
    try:
        return Sandbox(port=port, speed=speed, servers=servers)
    except ManifestRefused as refused:
        raise SystemExit(f"Slack would not make an app of this manifest:\n{refused}") from None


async def _serve(sandbox: Sandbox, port: int) -> None:
    try:
        await sandbox.start()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else error.strerror
        advice = "Choose another with --port; --port 0 takes a free one."
        raise SystemExit(f"Port {port} can't be used: {reason}. {advice}") from None
    sys.stdout.write(f"The sandbox is ready: {sandbox.base_url} (Ctrl-C ends it)\n")
    sys.stdout.flush()


async def _report_an_early_end(bot: BotProcess) -> None:
    """Tell whoever started it when the bot could not start; the page can start it again."""
    await bot.ended()
    if bot.state.startswith("exited"):
        last_words = "\n".join(list(bot.lines)[-20:])
        sys.stderr.write(f"The bot has {bot.state}. Its last words:\n{last_words}\n")
