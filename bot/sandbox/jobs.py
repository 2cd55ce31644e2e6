"""Work that takes time: it ends by itself after a while, or when it is told to."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from bot.sandbox.clock import Clock


@dataclass(frozen=True)
class _Job:
    seconds: float
    end: Callable[[], None]


class Jobs:
    """The work in progress, by key. `speed` makes seconds go that many times faster."""

    def __init__(self, clock: Clock, speed: float) -> None:
        self._clock = clock
        self._speed = speed
        self._held = False
        self._running: dict[Hashable, _Job] = {}

    def start(self, key: Hashable, seconds: float, end: Callable[[], None]) -> None:
        """Begin work that takes that many seconds at speed 1, then call `end`."""
        job = _Job(seconds, end)
        self._running[key] = job
        if not self._held:
            self._time(key, job)

    def is_running(self, key: Hashable) -> bool:
        """Tell whether that work is still in progress."""
        return key in self._running

    def drop(self, key: Hashable) -> None:
        """Forget that work, if it is in progress; it will not end."""
        self._running.pop(key, None)

    def hold(self) -> None:
        """Let nothing end by itself any more."""
        self._held = True

    def release(self) -> None:
        """Let everything end by itself again; what is in progress starts its time anew."""
        self._held = False
        for key, job in self._running.items():
            self._time(key, job)

    def _time(self, key: Hashable, job: _Job) -> None:
        self._clock.call_later(job.seconds / self._speed, lambda: self._due(key, job))

    def _due(self, key: Hashable, job: _Job) -> None:
        if not self._held and self._running.get(key) is job:
            del self._running[key]
            job.end()
