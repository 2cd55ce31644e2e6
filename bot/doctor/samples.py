"""Every view and message that the bot can draw, with sample facts; found by itself, so none is forgotten."""

import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import suppress
from dataclasses import is_dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import AwareDatetime, BaseModel
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

import bot
from bot.errors import BotError, Failure
from bot.slack.message import Message
from bot.verbs import USAGES

Drawn = Message | View

_MOMENT = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
_ON_A_PAGE = 8
_PLAIN: Mapping[Any, list[Any]] = {
    bool: [True, False],
    int: [501],
    float: [90.0],
    datetime: [_MOMENT],
    AwareDatetime: [_MOMENT],
    date: [_MOMENT.date()],
    timedelta: [timedelta(hours=2)],
    tzinfo: [UTC],
    NoneType: [None],
}
_WORDS = ["web-1"]
_USERS, _CHANNELS = ["U0SAMPLE"], ["C0SAMPLE"]
_NAMED: Mapping[str, list[str]] = {
    **dict.fromkeys(("by", "person", "requested_by", "approved_by", "who", "approvers", "owner"), _USERS),
    **dict.fromkeys(("channel", "where"), _CHANNELS),
    "permalink": ["https://example.slack.com/archives/C0SAMPLE/p1"],
    "verb": [verb.value for verb in USAGES],
    "cron": ["0 3 * * *", "0 3 1-7 * 1"],
}
"""What texts of these names hold: ids and addresses, which Slack looks at, and verbs."""


def samples() -> Iterator[tuple[str, Drawn]]:
    """Yield each kind of view and message at least once, with the name of what draws it."""
    for draw in drawing_functions():
        name = f"{draw.__module__.removeprefix('bot.')}.{draw.__name__}"
        for arguments in _combined(_parameters(draw)):
            # Some facts never come together, such as the page after the last of an empty list.
            with suppress(LookupError, ValueError, AssertionError):
                view = draw(**arguments)
                yield name, view


def drawing_functions() -> list[Callable[..., Drawn]]:
    """Return all public functions in files of views that make a view or a message of facts."""
    modules = [
        import_module(found.name)
        for found in pkgutil.walk_packages(bot.__path__, "bot.")
        if found.name.endswith("views") and not found.name.startswith("bot.sandbox.")
    ]
    return [
        function
        for module in modules
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
        if _draws_facts(typing.get_type_hints(function))
    ]


def _draws_facts(hints: dict[str, Any]) -> bool:
    """Tell whether a function draws; one that is given blocks is seen in what others draw with it."""
    taken = {each for hint in hints.values() for each in (hint, *get_args(hint))}
    return hints.get("return") in get_args(Drawn) and Block not in taken


def samples_of(hint: Any, name: str = "") -> list[Any]:
    """Return some values of a type: of all kinds that it knows, and with each value of each field."""
    if hint is str:
        return _NAMED.get(name, _WORDS)
    kind, of = get_origin(hint), get_args(hint)
    if kind is Annotated:
        return samples_of(of[0], name)
    if kind is Literal:
        return list(of)
    if kind in {Union, UnionType}:
        return [sample for each in of for sample in samples_of(each, name)]
    return _instances(hint) if kind is None else _containers(kind, of, name)


def _instances(kind: Any) -> list[Any]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if issubclass(kind, Enum):
        return list(kind)
    if kind is Failure:
        # One of each kind: there are outcomes in outcomes that hold one.
        return [*{type(error): Failure.of(error) for error in samples_of(BotError)}.values()]
    if issubclass(kind, BotError) and kind.__subclasses__():
        return [sample for each in kind.__subclasses__() for sample in samples_of(each)]
    return [kind(**facts) for facts in _combined(_parameters(kind))]


def _containers(kind: Any, of: tuple[Any, ...], name: str) -> list[Any]:
    """Return a container with samples of what it holds, as many as a page has, and an empty one."""
    if issubclass(kind, Mapping):
        return [{}]
    if kind is tuple and Ellipsis not in of:
        return [tuple(samples_of(each, name)[0] for each in of)]
    make: Callable[..., Any] = list
    if issubclass(kind, tuple | Set):
        make = tuple if kind is tuple else frozenset
    held = samples_of(of[0], name)
    return [make(held[:: 1 + len(held) // _ON_A_PAGE]), make()]


def _parameters(kind: Any) -> dict[str, Any]:
    """Return the names and types of what a function or a class takes."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: field.annotation for name, field in kind.model_fields.items()}
    has_fields = is_dataclass(kind) or hasattr(kind, "_fields") or inspect.isfunction(kind)
    hints = typing.get_type_hints(kind if has_fields else kind.__init__)
    parameters = inspect.signature(kind).parameters.values()
    return {each.name: hints[each.name] for each in parameters if each.kind is not each.VAR_POSITIONAL}


def _combined(hints: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return facts for these names and types: with each sample of each of them, in as few as that takes."""
    values = {name: samples_of(hint, name) for name, hint in hints.items()}
    most = max(map(len, values.values()), default=1)
    return [
        {name: each[(row + column) % len(each)] for column, (name, each) in enumerate(values.items())}
        for row in range(most)
    ]
