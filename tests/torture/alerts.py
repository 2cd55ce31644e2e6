"""Kill the bots that watch, and count what they told: `python -m tests.torture.alerts --help`.

Servers lose their backups and get others, while one of two bots (one, with SQLite) is killed at random.
In the end each server that is in trouble must be told so, none that is well, and no message twice.
"""

import argparse
import asyncio
import logging
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Change, Message
from tests import forked
from tests.operations.postgres import Postgres

SERVERS = tuple(f"web-{number}" for number in range(1, 9))
LOOK_MINUTES = 0.003
LONGEST_SECONDS = 0.6
SETTLE_SECONDS = 60.0
NO_BACKUP = "*{}* has no good backup"
ONE_BY_ONE = """
from bot.alerts import alert
from bot.__main__ import main
alert.MERGE_ABOVE = 1_000_000
main(["run"])
"""
"""A bot that never merges alerts, so that it posts as many as can be."""


class Stage:
    """A sandbox, its servers, and the bots that watch them."""

    def __init__(self, seed: int, folder: Path, database: str, bots: int) -> None:
        self.random = Random(seed)
        self.sandbox = Sandbox(seeded=False)
        settings = {
            "BOT_ALERT_CHANNEL": "COPS",
            "BOT_ALERT_MINUTES": str(LOOK_MINUTES),
            "BOT_ALERT_REMIND_MINUTES": "0.02",
        }
        self._settings = settings | ({"DATABASE_URL": database} if database else {})
        self._folder = folder
        self._count = bots
        self.bots: list[BotProcess] = []

    async def begin(self) -> None:
        """Start everything, with servers of which some are well."""
        for name in SERVERS:
            self.sandbox.provider.add_server(name)
        await self.sandbox.start()
        self.bots = [
            BotProcess(
                self.sandbox.bot_environment(self._folder / "bot.sqlite") | self._settings,
                directory=self._folder,
                command=(sys.executable, "-c", ONE_BY_ONE),
                spawn=forked.spawn,
            )
            for _ in range(self._count)
        ]
        await asyncio.gather(*(bot.start() for bot in self.bots))
        await asyncio.gather(*(bot.ready() for bot in self.bots))

    async def end(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(bot.kill() for bot in self.bots))
        await self.sandbox.stop()

    async def strike(self) -> None:
        """Let a server lose its backups, or get one; kill a bot soon after, and start it again.

        Every other time all of them, when Slack has a message and they don't know that yet.
        """
        name = self.random.choice(SERVERS)
        if own := self.sandbox.provider.backups_of(name):
            for backup in own:
                del self.sandbox.provider.backups[backup.id]
        else:
            # Kept so shortly that it may be gone without a word of it.
            kept = timedelta(minutes=61)
            self.sandbox.provider.add_backup(name, backup_type="automatic", age=timedelta(0), kept=kept)
        doomed = [self.random.choice(self.bots)]
        if self.random.random() < 0.5:
            doomed = self.bots
            await self._kill_at_a_message()
        else:
            await asyncio.sleep(self.random.uniform(0, LONGEST_SECONDS))
        await asyncio.gather(*(bot.kill() for bot in doomed))
        await asyncio.gather(*(bot.start() for bot in doomed))
        await asyncio.gather(*(bot.ready() for bot in doomed))

    async def _kill_at_a_message(self) -> None:
        """Kill all bots the moment that Slack takes a message of theirs, if one comes soon."""
        struck = asyncio.Event()

        def strike(change: Change) -> None:
            if change.kind == "message" and not struck.is_set():
                struck.set()
                for pid in filter(None, (bot.pid for bot in self.bots)):
                    os.kill(pid, signal.SIGKILL)

        leave = self.sandbox.workspace.listen(strike)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_SECONDS):
                await struck.wait()
        leave()

    async def settle(self) -> None:
        """Wait until what is told is so, for a minute at most."""
        changed = asyncio.Event()
        leave = self.sandbox.workspace.listen(lambda _: changed.set())
        with suppress(TimeoutError):
            async with asyncio.timeout(SETTLE_SECONDS):
                while self.told() != self.wanted():
                    await changed.wait()
                    changed.clear()
        leave()

    def said(self) -> list[Message]:
        """Return all that the bots said."""
        return [each for each in self.sandbox.workspace.messages.get("COPS", []) if each.by_bot]

    def told(self) -> set[str]:
        """Return the servers of which it is told that they are in trouble."""
        over = (":white_check_mark:", "*:white_check_mark:")
        texts = [each.text for each in self.said() if not each.is_reply and not each.text.startswith(over)]
        return {name for name in SERVERS if any(NO_BACKUP.format(name) in text for text in texts)}

    def wanted(self) -> set[str]:
        """Return the servers that are in trouble."""
        return {name for name in SERVERS if not self.sandbox.provider.backups_of(name)}

    def doubled(self) -> int:
        """Return how many messages were posted more than once."""
        keys = Counter(str((each.metadata or {})["event_payload"]["key"]) for each in self.said())
        return keys.total() - len(keys)


async def campaign(seed: int, kills: int, database: str, bots: int) -> int:
    """Kill so often, and print what came of it; return how many promises were broken."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(seed, Path(folder), database, bots)
        await stage.begin()
        try:
            for _ in range(kills):
                await stage.strike()
            await stage.settle()
            lost, untrue = stage.wanted() - stage.told(), stage.told() - stage.wanted()
            posts = sum(not each.is_reply for each in stage.said())
            replies = len(stage.said()) - posts
            sys.stdout.write(
                f"seed {seed}, {kills} kills of {bots}, {time.monotonic() - began:.0f} s: {posts} alerts, "
                f"{replies} reminders; lost {len(lost)}, untrue {len(untrue)}, doubled {stage.doubled()}\n"
            )
            return len(lost) + len(untrue) + stage.doubled()
        finally:
            await stage.end()


def main() -> int:
    """Run what the command line says; 1 if a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.alerts", description=__doc__)
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
