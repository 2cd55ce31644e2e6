"""Kill the bots that run schedules, and count the runs: `python -m tests.torture.schedules --help`.

Each of some servers is backed up every minute, while one of two bots (one, with SQLite) is killed at random.
In the end each minute must have one run of each schedule: made once, told once; and of its own backups
each schedule must have kept as many as it says, and touched none that it did not make.
"""

import asyncio
import re
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.bench.load import until
from tests.torture.by_clock import Stage, main

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


class ScheduleStage(Stage):
    """Servers with their schedules, and the bots that run these."""

    code = EVERY_MINUTE
    speed = 100.0
    _first = datetime.now(UTC)

    async def begin(self) -> None:
        """Start everything, and make the schedules; each server has a backup that is none of theirs."""
        for name in SERVERS:
            self.sandbox.provider.add_server(name)
            self.sandbox.provider.add_backup(name, age=timedelta(days=9), description="Before the move")
        await super().begin()
        ana = self.sandbox.people.person("ana")
        for name in SERVERS:
            await ana.types(f'/backup schedule create {name} cron "* * * * *" keep {KEPT}')
        await until(lambda: self._made() == len(SERVERS), SCHEDULED_SECONDS)
        self._first = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)

    def _made(self) -> int:
        said = self.sandbox.workspace.messages.get("COPS", [])
        return sum("scheduled backups of" in each.text for each in said)

    async def strike(self) -> None:
        """Kill a bot after a while, and start it again."""
        await asyncio.sleep(self.random.uniform(0, LONGEST_SECONDS))
        await self.kill([self.random.choice(self.bots)])

    async def settle(self) -> list[str]:
        """Wait until each minute by now has its runs, for some minutes at most; return these minutes."""
        minutes = int((datetime.now(UTC) - self._first).total_seconds() // 60) + 1
        wanted = [f"{self._first + timedelta(minutes=each):%Y-%m-%dT%H:%M}" for each in range(minutes)]
        await until(lambda: not self.missing(wanted) and self.is_tidy(), SETTLE_SECONDS)
        return wanted

    async def count(self) -> tuple[str, int]:
        """Return how many runs there were, and what of them was lost, doubled or done to others' backups."""
        minutes = await self.settle()
        runs, missing = self.runs(), self.missing(minutes)
        told_twice = runs.total() - len(runs)
        sys.stdout.writelines(f"lost: {name} {minute}\n" for name, minute in missing)
        counted = (
            f"{len(runs)} runs in {len(minutes)} minutes; lost {len(missing)}, run twice {self.run_twice()}, "
            f"told twice {told_twice}, not rotated {int(not self.is_tidy())}, "
            f"others' backups deleted {self.touched()}"
        )
        broken = len(missing) + self.run_twice() + told_twice + (not self.is_tidy()) + self.touched()
        return counted, broken

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


if __name__ == "__main__":
    sys.exit(main(ScheduleStage, "schedules", __doc__))
