"""Starts bots quickly: each is forked from a process that has loaded the bot's code already.

Everything a bot does of its own (settings, database, connections) still happens after the fork.
"""

import asyncio
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from bot.__main__ import main
from bot.sandbox.bot_process import COMMAND
from bot.sandbox.child import LONGEST_LINE

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["bot.app", "bot.logs", "bot.settings", "tests.forked"])


class Forked:
    """A bot that was forked, with what `asyncio.subprocess.Process` has."""

    def __init__(self, process: ForkServerProcess, stdout: asyncio.StreamReader) -> None:
        self._process = process
        self.stdout: asyncio.StreamReader | None = stdout
        self.pid = process.pid or 0

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Wait until it has ended; return its exit code, or minus the number of the signal that ended it."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(self._process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self._process.sentinel)
        self._process.join()
        return self._process.exitcode or 0


async def spawn(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Forked:
    """Do what `bot.sandbox.child.spawn` does; `command` runs the bot, or a program by `-c`."""
    program = None if command == COMMAND else command[-1]
    ours, theirs = CONTEXT.Pipe(duplex=False)
    with theirs:
        process = CONTEXT.Process(target=_become, args=(program, directory, environment, theirs), daemon=True)
        await asyncio.to_thread(process.start)
    return Forked(process, await _reading(ours))


async def _reading(pipe: Connection) -> asyncio.StreamReader:
    reader = asyncio.StreamReader(limit=LONGEST_LINE)
    file = os.fdopen(os.dup(pipe.fileno()), "rb", buffering=0)
    pipe.close()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


def _become(program: str | None, directory: Path, environment: Mapping[str, str], output: Connection) -> None:
    os.setsid()
    for number in (1, 2):
        os.dup2(output.fileno(), number)
    output.close()
    sys.stdout = sys.stderr = os.fdopen(1, "w", buffering=1)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.chdir(directory)
    os.environ.clear()
    os.environ.update(environment)
    if program is None:
        sys.exit(main(["run"]))
    exec(program, {"__name__": "__main__"})


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)
