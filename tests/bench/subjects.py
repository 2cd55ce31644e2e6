"""The processes that are measured: the bot, and a Bolt app that only acks."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.sandbox.bot_process import COMMAND, PASSED_ON, SOURCES, BotProcess
from bot.sandbox.child import Spawn, spawn
from tests.bench.databases import Databases
from tests.bench.sizes import Sizes
from tests.bench.stage import PEOPLE, Stage
from tests.operations.postgres import Postgres

MALLOC = dict(re.findall(r"(MALLOC_\w+)=(\d+)", (SOURCES / "Dockerfile").read_text()))
"""What has memory given back to the system, as in the image."""
UNLIMITED = (sys.executable, "-c", "from tests.bench.unlimited import run; run()")
BARE = (sys.executable, "-c", "from tests.bench.bare import run; run()")
START_SECONDS = 30.0


@dataclass(frozen=True)
class Bench:
    """What every measurement needs; `spawn` starts processes, `postgres` is for what takes several bots."""

    sizes: Sizes
    databases: Databases
    folder: Path
    spawn: Spawn = spawn
    postgres: Postgres | None = None

    def settings(self, stage: Stage, database: str = "") -> dict[str, str]:
        """Return a bot's environment: as in the image, but for how often it looks for its backups."""
        given = stage.bot_environment(self.folder / "none.sqlite")
        quick = {"BOT_LATE_MINUTES", "BOT_RESTORE_WATCH_MINUTES", "BOT_SETTLE_SECONDS"}
        ours = {
            "DATABASE_URL": database or self.databases.new(),
            "BOT_OPERATORS": ",".join(PEOPLE),
            "BOT_POLL_SECONDS": str(self.sizes.tick),
            "BOT_POLL_MAX_SECONDS": str(self.sizes.tick),
            "BOT_SERVERS_REFRESH_SECONDS": "60",
            "BOT_LOG_FORMAT": "json",
        }
        return {name: value for name, value in given.items() if name not in quick} | MALLOC | ours


@asynccontextmanager
async def on_stage(*, servers: int, channels: int = 1) -> AsyncIterator[Stage]:
    """Both pretend services, until the end of the block."""
    stage = Stage(servers=servers, channels=channels)
    await stage.start()
    try:
        yield stage
    finally:
        await stage.stop()


@asynccontextmanager
async def bot_on(bench: Bench, stage: Stage, *, limited: bool = True) -> AsyncIterator[BotProcess]:
    """A bot that is ready, until the end of the block; `limited` to what Slack allows, or not."""
    command = COMMAND if limited else UNLIMITED
    bot = BotProcess(bench.settings(stage), directory=bench.folder, command=command, spawn=bench.spawn)
    await bot.start()
    try:
        await bot.ready(START_SECONDS)
        yield bot
    finally:
        await bot.kill()


@asynccontextmanager
async def bots_on(
    bench: Bench, stage: Stage, database: str, *differing: Mapping[str, str]
) -> AsyncIterator[list[BotProcess]]:
    """A bot over one database for each of these environments, ready, until the end of the block.

    They are not limited to what Slack allows.
    """
    bots = [
        BotProcess(
            {**bench.settings(stage, database), **each},
            directory=bench.folder,
            command=UNLIMITED,
            spawn=bench.spawn,
        )
        for each in differing
    ]
    try:
        await asyncio.gather(*(bot.start() for bot in bots))
        await asyncio.gather(*(bot.ready(START_SECONDS) for bot in bots))
        yield bots
    finally:
        await asyncio.gather(*(bot.kill() for bot in bots))


@asynccontextmanager
async def bare_on(bench: Bench, stage: Stage) -> AsyncIterator[None]:
    """A Bolt app that only acks, until the end of the block."""
    passed_on = {name: value for name, value in bench.settings(stage).items() if name.startswith("SLACK_")}
    inherited = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    child = await bench.spawn(BARE, bench.folder, inherited | {"PYTHONPATH": str(SOURCES)} | passed_on)
    reading = asyncio.create_task(child.stdout.read() if child.stdout else asyncio.sleep(0, b""))
    try:
        async with asyncio.timeout(START_SECONDS):
            await stage.slack.socket_mode.connected.wait()
        yield
    finally:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()
        await reading


def pid_of(bot: BotProcess) -> int:
    """Return the process id of a bot; raises OSError where it has died, with its last words."""
    if bot.pid is None:
        raise OSError("\n".join([f"The bot has {bot.state}.", *list(bot.lines)[-20:]]))
    return bot.pid


async def started_again(bot: BotProcess) -> float:
    """Kill a bot and start it; return the seconds from its start until it says that it is ready."""
    await bot.kill()
    began = time.perf_counter()
    await bot.start()
    await bot.ready(START_SECONDS)
    return time.perf_counter() - began
