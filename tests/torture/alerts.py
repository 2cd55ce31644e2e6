"""Kill the bots that watch, and count what they told: `python -m tests.torture.alerts --help`.

Servers lose their backups and get others, while one of two bots (one, with SQLite) is killed at random.
In the end each server that is in trouble must be told so, none that is well, and no message twice.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from bot.sandbox.slack.workspace import Change, Message
from tests.torture.by_clock import Stage, main

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


class AlertStage(Stage):
    """Servers, and the bots that watch them."""

    code = ONE_BY_ONE
    settings: ClassVar[dict[str, str]] = {
        "BOT_ALERT_CHANNEL": "COPS",
        "BOT_ALERT_MINUTES": str(LOOK_MINUTES),
        "BOT_ALERT_REMIND_MINUTES": "0.02",
    }

    async def begin(self) -> None:
        """Start everything, with servers of which none has a backup."""
        for name in SERVERS:
            self.sandbox.provider.add_server(name)
        await super().begin()

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
        await self.kill(doomed)

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

    async def count(self) -> tuple[str, int]:
        """Return how many were told, lost, untrue and doubled."""
        await self.settle()
        lost, untrue = self.wanted() - self.told(), self.told() - self.wanted()
        posts = sum(not each.is_reply for each in self.said())
        replies = len(self.said()) - posts
        counted = f"lost {len(lost)}, untrue {len(untrue)}, doubled {self.doubled()}"
        return f"{posts} alerts, {replies} reminders; {counted}", len(lost) + len(untrue) + self.doubled()

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


if __name__ == "__main__":
    sys.exit(main(AlertStage, "alerts", __doc__))
