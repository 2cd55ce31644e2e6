"""Acks go before work: Slack waits 3 s for an ack (SLACK.md, section 2), and for the rest nobody counts."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from bot.metrics import instruments
from bot.slack.payload import kind_of

ACK_SECONDS = 3.0
"""How long Slack waits for an ack. One that is later is of no use; an event is delivered again."""
GIVE_WAY_SECONDS = 0.02
"""How long work waits for acks. It waits in one line, so 50 pieces a second go on under any load."""


class PendingAcks:
    """Knows whether Slack waits for an ack, and has work give way meanwhile."""

    def __init__(self) -> None:
        self._count = 0
        self._none = asyncio.Event()
        self._none.set()
        self._line = asyncio.Lock()

    @contextmanager
    def pending(self) -> Iterator[None]:
        """Say that Slack waits for an ack, for as long as the context lasts."""
        self._count += 1
        self._none.clear()
        try:
            yield
        finally:
            self._count -= 1
            if not self._count:
                self._none.set()

    async def give_way(self) -> None:
        """Return at once if Slack waits for nothing; else in turn, first come first served."""
        if self._none.is_set() and not self._line.locked():
            return
        async with self._line:
            with suppress(TimeoutError):
                async with asyncio.timeout(GIVE_WAY_SECONDS):
                    await self._none.wait()


Outcome = Literal["acked", "lost", "refused", "left_to_slack", "failed"]
"""What came of a request of Slack's: see docs/metrics.md."""


class AckTimer:
    """Times one request of Slack's, from now on."""

    def __init__(self) -> None:
        self.is_read = False
        self._kind = "unknown"
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()

    def read(self, payload: object) -> None:
        """Say what the request holds."""
        self.is_read = True
        self._kind = kind_of(payload)

    def ended(self, outcome: Outcome) -> None:
        """Count what came of it; an ack after Slack has given up is late."""
        seconds = self._clock() - self._began
        is_late = outcome == "acked" and seconds > ACK_SECONDS
        instruments.ACK_SECONDS.labels(self._kind, "late" if is_late else outcome).observe(seconds)


def outcome_of(status: int) -> Outcome:
    """Return what came of a request that was read, by the HTTP status with which Bolt answers."""
    match status:
        case 200:
            return "acked"
        case 503:
            return "left_to_slack"
    return "failed"
