"""What time it is in the sandbox, and doing things later."""

import asyncio
import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Protocol


class Clock(Protocol):
    """A clock the pretend provider lives by."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` once, that many seconds from now."""


class RealClock:
    """The time it really is, or `ahead` seconds more; needs a running event loop."""

    def __init__(self, ahead: float = 0.0) -> None:
        self._ahead = timedelta(seconds=ahead)

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC) + self._ahead

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` once, that many seconds from now."""
        asyncio.get_running_loop().call_later(seconds, action)


class ManualClock:
    """A clock that stands still until it is moved on, so that tests need not wait."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = count()

    def now(self) -> datetime:
        """Return the moment it stands at, in UTC."""
        return self._now

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do `action` once, when the clock has been moved on that many seconds."""
        heapq.heappush(self._due, (self._now + timedelta(seconds=seconds), next(self._order), action))

    def advance(self, seconds: float) -> None:
        """Move on, doing what falls due on the way, each at its own moment."""
        end = self._now + timedelta(seconds=seconds)
        while self._due and self._due[0][0] <= end:
            self._now, _, action = heapq.heappop(self._due)
            action()
        self._now = end
