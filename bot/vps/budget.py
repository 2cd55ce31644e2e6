"""How often one person can look at VPS.org, so that nobody uses up what it allows us for all."""

import time
from collections.abc import Callable

from bot.errors import AskedTooOften

LOOKS, LOOKS_SECONDS = 30, 60.0
MOST_PEOPLE = 10_000
"""So many are kept in mind; beyond that, those whose budget is whole again are forgotten."""


class LookBudget:
    """Lets each person look `looks` times within `seconds`, all at once or one by one.

    For looking alone: what changes something is never refused for being asked for often.
    """

    def __init__(
        self,
        looks: int = LOOKS,
        seconds: float = LOOKS_SECONDS,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._every = seconds / looks
        self._at_once = seconds - self._every
        self._clock = clock
        self._whole_at: dict[str, float] = {}

    def spend(self, person: str) -> None:
        """Count one look; raises AskedTooOften, which is not counted, if there were too many."""
        now = self._clock()
        whole_at = max(self._whole_at.get(person, now), now)
        wait = whole_at - now - self._at_once
        if wait > 0:
            raise AskedTooOften(wait)
        self._whole_at[person] = whole_at + self._every
        if len(self._whole_at) > MOST_PEOPLE:
            self._whole_at = {each: at for each, at in self._whole_at.items() if at > now}
