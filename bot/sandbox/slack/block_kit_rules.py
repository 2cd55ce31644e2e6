"""Small rules that combine into the shape of what Slack takes; each yields problems in Slack's words."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Rule = Callable[[Any, str], Iterator[str]]


def at(pointer: str, words: str) -> str:
    """A problem with the place it is at."""
    return f"{words} [json-pointer:{pointer}]"


def string(most: int, least: int = 1) -> Rule:
    """Text of that many characters."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield at(pointer, "must be a string")
        elif len(value) > most:
            yield at(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            yield at(pointer, f"must be more than {least - 1} characters")

    return rule


def matching(pattern: str) -> Rule:
    """Text that is wholly of that form."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, str):
            yield at(pointer, "must be a string")
        elif not re.fullmatch(pattern, value):
            yield at(pointer, f"must match the pattern {pattern}")

    return rule


_URL = matching(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_URL_LENGTH = string(3000)


def url(value: Any, pointer: str) -> Iterator[str]:
    """An address of up to 3,000 characters, of whatever scheme."""
    found = list(_URL_LENGTH(value, pointer)) or list(_URL(value, pointer))
    yield from found


def one_of(*allowed: object) -> Rule:
    """One of these values."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if value not in allowed or isinstance(value, bool):
            yield at(pointer, f"must be one of: {', '.join(map(str, allowed))}")

    return rule


def boolean(value: Any, pointer: str) -> Iterator[str]:
    """True or false."""
    if not isinstance(value, bool):
        yield at(pointer, "must be a boolean")


def integer(least: int, most: int) -> Rule:
    """A whole number between these."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield at(pointer, f"must be a whole number from {least} to {most}")

    return rule


def number(value: Any, pointer: str) -> Iterator[str]:
    """Any number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield at(pointer, "must be a number")


def anything(_: Any, __: str) -> Iterator[str]:
    """No rule: what we know too little about to refuse."""
    return iter(())


def or_null(rule: Rule) -> Rule:
    """What the rule says, or null in its place."""

    def rule_or_null(value: Any, pointer: str) -> Iterator[str]:
        if value is not None:
            yield from rule(value, pointer)

    return rule_or_null


def items(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of that many things."""

    def rule_for_all(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield at(pointer, "must be an array")
            return
        if len(value) > most:
            yield at(pointer, f"no more than {most} items allowed")
        if len(value) < least:
            yield at(pointer, f"no fewer than {least} items allowed")
        for index, item in enumerate(value):
            yield from rule(item, f"{pointer}/{index}")

    return rule_for_all


def shape(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Rule) -> Rule:
    """An object with these properties and no others; a missing one and null are the same.

    Rules in `also` look at the whole object, and only at one whose properties are all sound.
    """
    known = {"type": anything, **required, **(optional or {})}

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at(pointer, "must provide an object")
            return
        found = [
            at(pointer, f"missing required field: {name}") for name in required if value.get(name) is None
        ]
        for name, part in value.items():
            if name not in known:
                found.append(at(pointer, f"invalid additional property: {name}"))
            elif part is not None:
                found.extend(known[name](part, f"{pointer}/{name}"))
        yield from found
        for more in () if found else also:
            yield from more(value, pointer)

    return rule


def by_type(rules: Mapping[str, Rule], allowed: tuple[str, ...] | None = None) -> Rule:
    """An object whose `type` says which rule applies, among the allowed ones."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield at(pointer, "must provide an object")
            return
        kind = value.get("type")
        if not isinstance(kind, str) or kind not in rules or (allowed is not None and kind not in allowed):
            yield at(f"{pointer}/type", f"unsupported type: {kind}")
            return
        yield from rules[kind](value, pointer)

    return rule


def some_of(*names: str) -> Rule:
    """At least one of these properties."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if all(value.get(name) is None for name in names):
            yield at(pointer, f"must define at least one of: {', '.join(names)}")

    return rule


def just_one_of(*names: str) -> Rule:
    """Exactly one of these properties."""

    def rule(value: Any, pointer: str) -> Iterator[str]:
        if sum(value.get(name) is not None for name in names) != 1:
            yield at(pointer, f"must define exactly one of: {', '.join(names)}")

    return rule


def text(most: int, *kinds: str) -> Rule:
    """A text object of at most that many characters (of any kind when none is named)."""
    words = string(most)
    rules = {
        "plain_text": shape({"text": words}, {"emoji": boolean}),
        "mrkdwn": shape({"text": words}, {"verbatim": boolean}),
    }
    return by_type(rules, kinds or None)


def plain(most: int) -> Rule:
    """A `plain_text` object."""
    return text(most, "plain_text")
