"""The log can't be written: its reader has gone, or its disk is full. The work goes on all the same."""

import logging
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from io import StringIO
from pathlib import Path
from shutil import copy

import pytest
import pytest_asyncio
from typing_extensions import override

from bot import logs
from bot.sandbox.bot_process import BotProcess
from tests import forked
from tests.world import World

CLOSED_PIPE = "read, write = os.pipe(); os.dup2(write, 2); os.close(write); os.close(read)"
FULL_DISK = "os.dup2(os.open('/dev/full', os.O_WRONLY), 2)"
CLOSED_BY_SIGNAL = """
read, write = os.pipe(); os.dup2(write, 2); os.close(write)
signal.signal(signal.SIGUSR1, lambda *_: os.close(read))
"""
BOT = """
import os, signal, sys
{stderr}
sys.stderr = os.fdopen(2, "w", buffering=1)
from bot.__main__ import main
sys.exit(main(["run"]))
"""


@pytest_asyncio.fixture
async def unheard(
    request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path
) -> AsyncIterator[tuple[World, BotProcess]]:
    """A world whose bot is a process that does the given thing to its stderr before it starts."""
    world = World(Path(copy(empty_database, tmp_path / "bot.sqlite")))
    world.provider.hold()
    world.provider.add_server("web-1")
    await world.sandbox.start()

    async def spawn(_: Sequence[str], directory: Path, environment: Mapping[str, str]) -> forked.Forked:
        return await forked.spawn(("-c", BOT.format(stderr=request.param)), directory, environment)

    bot = BotProcess(world.sandbox.bot_environment(world.database), directory=tmp_path, spawn=spawn)
    await bot.start()
    await bot.ready()
    yield world, bot
    await bot.stop()
    await world.end()


@pytest.mark.parametrize("unheard", [CLOSED_PIPE, FULL_DISK], ids=["reader gone", "disk full"], indirect=True)
async def test_a_backup_is_acked_done_and_told(unheard: tuple[World, BotProcess]) -> None:
    world, bot = unheard
    assert (await world.person("ana").types("/backup create web-1")).acked
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    await world.person("ana").types("/backup restore nowhere")
    await world.until_whisper("ana", "There is no server “nowhere” that you can see.")
    await bot.stop()
    assert bot.state == "stopped"
    assert len(world.provider.creates) == len(world.posts()) == len(world.replies()) == 1


@pytest.mark.parametrize("unheard", [CLOSED_BY_SIGNAL], ids=[""], indirect=True)
async def test_a_reader_that_goes_while_a_backup_runs_costs_nobody_the_outcome(
    unheard: tuple[World, BotProcess],
) -> None:
    world, bot = unheard
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.until_post("Backing up *web-1*")
    assert bot.pid
    os.kill(bot.pid, signal.SIGUSR1)
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    await bot.restart()
    await bot.ready()
    await world.person("ana").types("/backup status")
    await world.until_whisper("ana", "Nothing is running or waiting.")
    assert len(world.provider.creates) == len(world.replies()) == 1


class BrokenStream(StringIO):
    """A stream at which all fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    @override
    def write(self, text: str) -> int:
        raise self._error

    @override
    def flush(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    "error",
    [
        BrokenPipeError(32, "Broken pipe"),
        OSError(28, "No space left on device"),
        ValueError("I/O operation on closed file"),
        UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range"),
        AttributeError("'NoneType' object has no attribute 'write'"),
        RecursionError("maximum recursion depth exceeded"),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_handler_of_ours_never_raises(error: Exception) -> None:
    handler = logs._Handler(BrokenStream(error))
    record = logging.LogRecord("bot", logging.INFO, __file__, 1, "started", (), None)
    handler.handle(record)
    handler.handle(logging.LogRecord("bot", logging.INFO, __file__, 1, "%d", ("no number",), None))
    handler.flush()
