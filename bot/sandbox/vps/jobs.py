"""Work that takes time: it ends by itself after a while, or when it is told to."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.sandbox.clock import Clock


@dataclass(frozen=True, eq=False)
class _Job:
    """`left` is how many seconds it takes from `since` on, at speed 1."""

    left: float
    since: datetime
    end: Callable[[], None]


class Jobs:
    """The work in progress, by key; it goes `speed` times faster than it is said to take."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._held = False
        self._running: dict[Hashable, _Job] = {}

    @property
    def speed(self) -> float:
        """How many times faster; a change also concerns the rest of what is in progress."""
        return self._speed

    @speed.setter
    def speed(self, speed: float) -> None:
        now = self._clock.now()
        for key, job in list(self._running.items()):
            done = (now - job.since).total_seconds() * self._speed
            self._running[key] = replace(job, left=max(job.left - done, 0.0), since=now)
        self._speed = speed
        self._time_all()

    def start(self, key: Hashable, seconds: float, end: Callable[[], None]) -> None:
        """Begin work that takes that many seconds at speed 1, then call `end`."""
        self._running[key] = _Job(seconds, self._clock.now(), end)
        self._time(key)

    def drop(self, key: Hashable) -> None:
        """Forget that work, if it is in progress; it will not end."""
        self._running.pop(key, None)

    def hold(self) -> None:
        """Let nothing end by itself any more."""
        self._held = True

    def release(self) -> None:
        """Let everything end by itself again; what is in progress starts its time anew."""
        self._held = False
        now = self._clock.now()
        for key, job in list(self._running.items()):
            self._running[key] = replace(job, since=now)
        self._time_all()

    def _time_all(self) -> None:
        for key in list(self._running):
            self._time(key)

    def _time(self, key: Hashable) -> None:
        if not self._held:
            job = self._running[key]
            self._clock.call_later(job.left / self._speed, lambda: self._due(key, job))

    def _due(self, key: Hashable, job: _Job) -> None:
        # A job that was timed again, dropped or begun anew is another object, and this call out of date.
        if not self._held and self._running.get(key) is job:
            del self._running[key]
            job.end()
