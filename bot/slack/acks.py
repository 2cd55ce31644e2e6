"""Acks go before work: Slack waits 3 s for an ack (SLACK.md, section 2), and for the rest nobody counts."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

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
