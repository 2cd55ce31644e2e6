"""Trigger ids: proof that a person has just done something, good for one modal."""

from collections.abc import Callable
from dataclasses import dataclass
from secrets import token_hex

LIFE_SECONDS = 3.0


class TriggerRefused(Exception):
    """A trigger id can't be used. `str()` is the error name `views.*` methods give."""


@dataclass
class Trigger:
    """Who did something, when, and in which modal (None: not in a modal)."""

    person: str
    minted: float
    view_id: str | None = None
    used: bool = False


class Triggers:
    """Mints trigger ids that can be used once, within 3 s."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._minted: dict[str, Trigger] = {}

    def mint(self, person: str, view_id: str | None = None) -> str:
        """Give a fresh trigger id."""
        trigger_id = f"{len(self._minted) + 1}.{int(self._now())}.{token_hex(16)}"
        self._minted[trigger_id] = Trigger(person, self._now(), view_id)
        return trigger_id

    def exchange(self, trigger_id: object) -> Trigger:
        """Use a trigger id up.

        Raises:
            TriggerRefused: it is unknown, used already or older than 3 s.
        """
        trigger = self._minted.get(trigger_id) if isinstance(trigger_id, str) else None
        if trigger is None:
            raise TriggerRefused("invalid_trigger_id")
        if trigger.used:
            raise TriggerRefused("exchanged_trigger_id")
        if self._now() - trigger.minted > LIFE_SECONDS:
            raise TriggerRefused("expired_trigger_id")
        trigger.used = True
        return trigger
