"""What the campaigns share that kill bots which work by the clock: their stage and their command line."""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import ClassVar

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from tests import forked
from tests.operations.postgres import Postgres


class Stage:
    """A sandbox, and `count` bots between its two services, which run `code`."""

    code = ""
    settings: ClassVar[dict[str, str]] = {}
    speed = 1.0

    def __init__(self, seed: int, folder: Path, database: str, count: int) -> None:
        self.random = Random(seed)
        self.sandbox = Sandbox(seeded=False, speed=self.speed)
        self._settings = self.settings | ({"DATABASE_URL": database} if database else {})
        self._folder = folder
        self._count = count
        self.bots: list[BotProcess] = []

    async def begin(self) -> None:
        """Start everything."""
        await self.sandbox.start()
        self.bots = [
            BotProcess(
                self.sandbox.bot_environment(self._folder / "bot.sqlite") | self._settings,
                directory=self._folder,
                command=(sys.executable, "-c", self.code),
                spawn=forked.spawn,
            )
            for _ in range(self._count)
        ]
        await self._start(self.bots)

    async def end(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(bot.kill() for bot in self.bots))
        await self.sandbox.stop()

    async def kill(self, doomed: Iterable[BotProcess]) -> None:
        """Kill these bots, and start them again."""
        bots = list(doomed)
        await asyncio.gather(*(bot.kill() for bot in bots))
        await self._start(bots)

    async def _start(self, bots: Iterable[BotProcess]) -> None:
        await asyncio.gather(*(bot.start() for bot in bots))
        await asyncio.gather(*(bot.ready() for bot in bots))

    async def strike(self) -> None:
        """Kill one of the bots, or all, at a moment that is drawn by lot."""
        raise NotImplementedError

    async def count(self) -> tuple[str, int]:
        """Return what came of it in the end, and how many promises were broken."""
        raise NotImplementedError


async def campaign(stage: Stage, kills: int) -> int:
    """Kill so often, and print what came of it; return how many promises were broken."""
    began = time.monotonic()
    await stage.begin()
    try:
        for _ in range(kills):
            await stage.strike()
        said, broken = await stage.count()
    finally:
        await stage.end()
    seconds = time.monotonic() - began
    sys.stdout.write(f"{kills} kills of {len(stage.bots)}, {seconds:.0f} s: {said}\n")
    return broken


def main(kind: type[Stage], name: str, what: str) -> int:
    """Run what the command line says; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.torture.{name}", description=what)
    parser.add_argument("--kills", type=int, default=100, help="how often to kill (100)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=2411, help="to repeat a run (2411)")
    chosen = parser.parse_args()
    # A bot that is killed while it sends leaves half a request, which aiohttp complains about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        database, count = "", 1
        if chosen.database == "postgresql":
            server = Postgres()
            stack.callback(server.remove)
            database, count = server.new_database(), 2
        stage = kind(chosen.seed, Path(folder), database, count)
        return min(1, asyncio.run(campaign(stage, chosen.kills)))
