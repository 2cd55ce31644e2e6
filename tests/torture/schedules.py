"""Kill the bots that run schedules, and count the runs: `python -m tests.torture.schedules --help`.

Each of some servers is backed up every minute, while one of two bots (one, with SQLite) is killed at random.
In the end each minute must have one run of each schedule: made once, told once; and of its own backups
each schedule must have kept as many as it says, and touched none that it did not make.
"""

import argparse
import asyncio
import logging
import re
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from tests import forked
from tests.bench.load import until
from tests.operations.postgres import Postgres

SERVERS = tuple(f"web-{number}" for number in range(1, 7))
KEPT = 3
LONGEST_SECONDS = 4.0
"""The longest time between two kills, besides what a start takes."""
SCHEDULED_SECONDS, SETTLE_SECONDS = 20.0, 120.0
EVERY_MINUTE = """
from datetime import timedelta
from bot import timing
from bot.__main__ import main
from bot.schedules import model, run
timing.SHORTEST_MINUTES = 1
model.GRACE, run.LOOK_SECONDS = timedelta(seconds=12), 12.0
main(["run"])
"""
"""A bot for schedules that run every minute: all goes five times as fast as with every five minutes."""
RUN = re.compile(r"(\d+):create:schedule:\w+:(\d{4}-\d\d-\d\dT\d\d:\d\d):(card|outcome)")


class Stage:
    """A sandbox, its servers with their schedules, and the bots that run these."""

    def __init__(self, seed: int, folder: Path, database: str, bots: int) -> None:
        self.random = Random(seed)
        self.sandbox = Sandbox(seeded=False, speed=100.0)
        self._settings = {"DATABASE_URL": database} if database else {}
        self._folder = folder
        self._count = bots
        self._first = datetime.now(UTC)
        self.bots: list[BotProcess] = []

    async def begin(self) -> None:
        """Start everything, and make the schedules; each server has a backup that is none of theirs."""
        for name in SERVERS:
            self.sandbox.provider.add_server(name)
            self.sandbox.provider.add_backup(name, age=timedelta(days=9), description="Before the move")
        await self.sandbox.start()
        self.bots = [
            BotProcess(
                self.sandbox.bot_environment(self._folder / "bot.sqlite") | self._settings,
                directory=self._folder,
                command=(sys.executable, "-c", EVERY_MINUTE),
                spawn=forked.spawn,
            )
            for _ in range(self._count)
        ]
        await asyncio.gather(*(bot.start() for bot in self.bots))
        await asyncio.gather(*(bot.ready() for bot in self.bots))
        ana = self.sandbox.people.person("ana")
        for name in SERVERS:
            await ana.types(f'/backup schedule create {name} cron "* * * * *" keep {KEPT}')
        await until(lambda: self._made() == len(SERVERS), SCHEDULED_SECONDS)
        self._first = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)

    def _made(self) -> int:
        said = self.sandbox.workspace.messages.get("COPS", [])
        return sum("scheduled backups of" in each.text for each in said)

    async def end(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(bot.kill() for bot in self.bots))
        await self.sandbox.stop()

    async def strike(self) -> None:
        """Kill a bot after a while, and start it again."""
        await asyncio.sleep(self.random.uniform(0, LONGEST_SECONDS))
        doomed = self.random.choice(self.bots)
        await doomed.kill()
        await doomed.start()
        await doomed.ready()

    async def settle(self) -> list[str]:
        """Wait until each minute by now has its runs, for some minutes at most; return these minutes."""
        minutes = int((datetime.now(UTC) - self._first).total_seconds() // 60) + 1
        wanted = [f"{self._first + timedelta(minutes=each):%Y-%m-%dT%H:%M}" for each in range(minutes)]
        await until(lambda: not self.missing(wanted) and self.is_tidy(), SETTLE_SECONDS)
        return wanted

    def runs(self) -> Counter[tuple[str, str]]:
        """Return how many messages there are of each run, by server and minute (UTC)."""
        zone = self.sandbox.workspace.people["UANA"].tz
        found: Counter[tuple[str, str]] = Counter()
        for message in self.sandbox.workspace.messages.get("COPS", []):
            key = str(((message.metadata or {}).get("event_payload") or {}).get("key", ""))
            if run := RUN.fullmatch(key):
                found[self.sandbox.provider.servers[int(run[1])].name, in_utc(run[2], zone)] += 1
        return found

    def missing(self, wanted: list[str]) -> list[tuple[str, str]]:
        """Return the runs of these minutes that nobody was told of."""
        told = self.runs()
        return [(name, minute) for name in SERVERS for minute in wanted if not told[name, minute]]

    def is_tidy(self) -> bool:
        """Tell whether no schedule has more backups of its own than it is to keep."""
        return all(len(self._own(name)) <= KEPT for name in SERVERS)

    def _own(self, name: str) -> list[int]:
        backups = self.sandbox.provider.backups_of(name)
        return [each.id for each in backups if "Schedule: " in each.description]

    def touched(self) -> int:
        """Return how many servers have lost the backup that no schedule made."""
        return sum(
            all(each.description != "Before the move" for each in self.sandbox.provider.backups_of(name))
            for name in SERVERS
        )

    def run_twice(self) -> int:
        """Return how many more backups were made than there were runs."""
        made = Counter(each.server.name for each in self.sandbox.provider.creates)
        told = Counter(name for name, _ in self.runs())
        return sum(max(made[name] - told[name], 0) for name in SERVERS)


def in_utc(minute: str, zone: str) -> str:
    """Return a minute of a zone's clocks in UTC."""
    shown = datetime.fromisoformat(minute).replace(tzinfo=ZoneInfo(zone))
    return f"{shown.astimezone(UTC):%Y-%m-%dT%H:%M}"


async def campaign(seed: int, kills: int, database: str, bots: int) -> int:
    """Kill so often, and print what came of it; return how many promises were broken."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(seed, Path(folder), database, bots)
        await stage.begin()
        try:
            for _ in range(kills):
                await stage.strike()
            minutes = await stage.settle()
            runs, missing = stage.runs(), stage.missing(minutes)
            told_twice = runs.total() - len(runs)
            seconds = time.monotonic() - began
            sys.stdout.write(
                f"seed {seed}, {kills} kills of {bots}, {seconds:.0f} s: {len(runs)} runs in {len(minutes)} "
                f"minutes; lost {len(missing)}, run twice {stage.run_twice()}, told twice {told_twice}, "
                f"not rotated {int(not stage.is_tidy())}, others' backups deleted {stage.touched()}\n"
            )
            sys.stdout.writelines(f"lost: {name} {minute}\n" for name, minute in missing)
            return len(missing) + stage.run_twice() + told_twice + (not stage.is_tidy()) + stage.touched()
        finally:
            await stage.end()


def main() -> int:
    """Run what the command line says; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.schedules", description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="how often to kill (100)")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=2411, help="to repeat a run (2411)")
    chosen = parser.parse_args()
    # A bot that is killed while it sends leaves half a request, which aiohttp complains about.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    if chosen.database == "sqlite":
        return min(1, asyncio.run(campaign(chosen.seed, chosen.kills, "", 1)))
    server = Postgres()
    try:
        return min(1, asyncio.run(campaign(chosen.seed, chosen.kills, server.new_database(), 2)))
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(main())
