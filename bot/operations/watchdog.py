"""Ends a process whose event loop hangs, as nothing in that loop can."""

import threading
from collections.abc import Callable
from typing import Self

TICKS = 13


class Watchdog:
    """Calls `die`, from a thread of its own, when nobody has said for so many seconds that all is well.

    It counts ticks, not the time: a process that was paused as a whole is given its time when it goes on.
    """

    def __init__(self, seconds: float, die: Callable[[], object]) -> None:
        self.ticks = 0
        self._tick_seconds = seconds / TICKS
        self._last = TICKS
        self._die = die
        self._called_off = threading.Event()

    def all_was_well(self, tick: int) -> None:
        """Say that all was well at that tick."""
        self._last = tick + TICKS

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._called_off.set()

    def _watch(self) -> None:
        while not self._called_off.wait(self._tick_seconds):
            self.ticks += 1
            if self.ticks > self._last:
                # Not a word before: whatever hangs may be what words are written to.
                self._die()
                return
