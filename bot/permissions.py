"""Who may do what. Decided anew at each step, from who the person is and nothing they sent."""

from dataclasses import dataclass
from enum import StrEnum

from bot.errors import NotAllowed


class Risk(StrEnum):
    """What a request can do to a server at worst."""

    LOOK = "look"
    ADD = "add"
    DESTROY = "destroy"


@dataclass(frozen=True)
class Go:
    """The person may."""


@dataclass(frozen=True)
class Rules:
    """Who may do what destroys data. With nobody named, nobody may."""

    operators: frozenset[str] = frozenset()


def decide(person: str, risk: Risk, rules: Rules) -> Go:
    """Return Go where the person may; everybody may look at backups and make one.

    Raises:
        NotAllowed: says who may, or how to allow it.
    """
    if risk is not Risk.DESTROY or person in rules.operators:
        return Go()
    what = "You may not delete or restore backups here."
    if rules.operators:
        raise NotAllowed(what, who=tuple(sorted(rules.operators)))
    raise NotAllowed(what, "Nobody may yet: whoever runs me names people in the setting `BOT_OPERATORS`.")
