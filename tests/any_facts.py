"""Strategies for all that errors, outcomes and operations can hold."""

from enum import Enum
from inspect import signature
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AwareDatetime

from bot.errors import BotError, ConfigurationError, Failure, Unavailable
from bot.operations.model import Ending, Operation, Outcome
from bot.verbs import USAGES
from tests.views_kit import moments, words

PEOPLE = ["UANA", "UBEN", "UCLEO"]
GOES_AHEAD = {Ending.APPROVED, Ending.BREAK_GLASS}
"""Endings of a request after which the operation is carried out, so that it does not end there."""

_Ids = tuple[str, ...]
_BY_NAME: dict[tuple[str, Any], st.SearchStrategy[Any]] = {
    ("id", str): st.text(min_size=1, max_size=40),
    ("who", _Ids): st.lists(st.sampled_from([*PEOPLE, "SOPS"]), max_size=30).map(tuple),
    ("where", _Ids): st.lists(st.sampled_from(["COPS", "CRANDOM"]), max_size=30).map(tuple),
    ("channel", str): st.sampled_from(["COPS", "DANA"]),
    ("by", str): st.sampled_from(PEOPLE),
    ("requested_by", str): st.sampled_from(PEOPLE),
    ("approved_by", str): st.sampled_from(["", *PEOPLE]),
    ("ending", Ending): st.sampled_from([each for each in Ending if each not in GOES_AHEAD]),
    ("verb", str): st.sampled_from([verb.value for verb in USAGES]),
    ("verb", str | None): st.none() | st.sampled_from([verb.value for verb in USAGES]),
}
"""What Slack and the bot itself give; all other words come from outside."""
_BY_HINT: dict[Any, st.SearchStrategy[Any]] = {
    str: words,
    bool: st.booleans(),
    int: st.integers(0, 2**62),
    float: st.floats(0, 1e9),
    AwareDatetime: moments,
    NoneType: st.none(),
}


def any_facts(kind: Any) -> st.SearchStrategy[Any]:
    """Return a strategy for any instance of a class of errors, outcomes or operations."""
    fields = signature(kind).parameters.values()
    return st.builds(kind, **{each.name: _any(each.name, each.annotation) for each in fields})


def _any(name: str, hint: Any) -> st.SearchStrategy[Any]:
    if (name, hint) in _BY_NAME:
        return _BY_NAME[name, hint]
    if hint in _BY_HINT:
        return _BY_HINT[hint]
    if get_origin(hint) is UnionType:
        return st.one_of(*(_any(name, each) for each in get_args(hint)))
    if get_origin(hint) is tuple:
        return st.lists(_any(name, get_args(hint)[0]), max_size=5).map(tuple)
    values = get_args(hint) if get_origin(hint) is Literal else issubclass(hint, Enum) and list(hint)
    return st.sampled_from(values) if values else any_facts(hint)


def kinds_of_errors(base: type[BotError] = BotError) -> list[type[BotError]]:
    """Return every class of expected failure but those with which the bot does not even start."""
    kinds = [kind for kind in base.__subclasses__() if kind not in {ConfigurationError, Unavailable}]
    found = [each for kind in kinds for each in kinds_of_errors(kind)]
    return found if base is BotError else [base, *found]


errors: st.SearchStrategy[BotError] = st.one_of(*map(any_facts, kinds_of_errors()))
failures = errors.map(Failure.of)
_BY_HINT[Failure] = failures
outcomes: st.SearchStrategy[Outcome] = st.one_of(*map(any_facts, get_args(Outcome)))
operations: st.SearchStrategy[Operation] = st.one_of(*map(any_facts, get_args(Operation)))
