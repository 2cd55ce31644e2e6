"""The rules file, in TOML: tables `[[rule]]`, `[[group]]` and `[[channel]]`, and its mistakes by line."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import ConfigurationError
from bot.names import canonical_name
from bot.notifications.model import Notify
from bot.permissions import EVERYBODY
from bot.rules.messages import NO_RULE, channel_twice, in_words, named_twice, never_reached
from bot.settings_types import Positive, is_channel, is_person
from bot.verbs import ChangingVerb, is_verb

Place = tuple[int | str, ...]
"""Where something is in a document: keys, and positions in lists, from the outside in."""


def _person(text: str) -> str:
    if not is_person(text):
        raise ValueError(f"“{text[:40]}” isn't a Slack id (U012AB3CD, or S012AB3CD for a user group)")
    return text


def _person_or_everybody(text: str) -> str:
    return text if text == EVERYBODY else _person(text)


def _channel(text: str) -> str:
    if not is_channel(text):
        raise ValueError(f"“{text[:40]}” isn't a channel's id (C012AB3CD)")
    return text


def _channel_or_none(text: str) -> str:
    return text and _channel(text)


def _pattern(text: str) -> str:
    if not text.strip():
        raise ValueError("a server's name is empty")
    if text != text.strip() or not text.isprintable():
        raise ValueError(f"“{text[:40]}” has spaces around it or characters that can't be seen")
    if "[" in text or "]" in text:
        raise ValueError(f"“{text[:40]}” has brackets; in a pattern only * and ? are special")
    return text


def _group_name(text: str) -> str:
    if not text.strip():
        raise ValueError("a group's name is empty")
    if is_verb(text):
        raise ValueError(f"“{text}” is what I understand as a command")
    if not _GROUP_NAME.fullmatch(text):
        raise ValueError(
            f"“{text[:40]}” isn't one word of letters, digits, - and _ that begins with a letter"
        )
    return text


_GROUP_NAME = re.compile(r"[^\W\d_][\w-]*")
Pattern = Annotated[str, AfterValidator(_pattern)]
Person = Annotated[str, AfterValidator(_person)]
PersonOrEverybody = Annotated[str, AfterValidator(_person_or_everybody)]
ChannelId = Annotated[str, AfterValidator(_channel)]
ChannelOrNone = Annotated[str, AfterValidator(_channel_or_none)]


class RuleTable(BaseModel):
    """One rule as it is written; what is None was left out."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    servers: list[Pattern] = Field(min_length=1)
    channels: list[ChannelId] | None = None
    viewers: list[PersonOrEverybody] | None = None
    operators: list[Person] | None = None
    approvers: list[Person] | None = None
    second_person: list[ChangingVerb] | None = None
    break_glass: bool | None = None
    approval_minutes: Positive | None = None
    backup_hours: Positive | None = None
    alert_channel: ChannelOrNone | None = None


class GroupTable(BaseModel):
    """Servers that have a name together, as it is written."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(_group_name)]
    servers: list[Pattern] = Field(min_length=1)


class ChannelTable(BaseModel):
    """What a channel is told, as it is written."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    id: ChannelId
    notify: Literal[Notify.ALL, Notify.OUTCOMES, Notify.FAILURES]


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    rule: list[RuleTable] = []
    group: list[GroupTable] = []
    channel: list[ChannelTable] = []


class RulesFile(NamedTuple):
    """What a rules file says: its rules, groups of servers and channels, each in their order."""

    rules: list[RuleTable]
    groups: list[GroupTable]
    channels: list[ChannelTable]


def read_rules(text: str, file: str) -> RulesFile:
    """Return what a rules file's text says; `file` is its name, for people.

    Raises:
        ConfigurationError: with a line per problem: the file, the number of the line and the reason.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file}: this can't be read as TOML: {error}.") from None
    try:
        written = _Document.model_validate(document)
    except ValidationError as error:
        # Cut after the key, as only a key has a line for sure; its list may stand on one.
        problems = [(problem["loc"][:3], in_words(problem)) for problem in error.errors(include_url=False)]
    else:
        problems = [
            *_never_reached(written.rule),
            *_named_twice(written.group),
            *_twice(written.channel),
            *_without_any(written),
        ]
        if not problems:
            return RulesFile(written.rule, written.group, written.channel)
    found = sorted({(line_of(text, place), words) for place, words in problems})
    raise ConfigurationError(*(f"{file}, line {line}: {words}." for line, words in found))


def line_of(text: str, place: Place) -> int:
    """Return the number of the line on which something begins in a TOML text; the first line has 1.

    What is not there is looked for at what should hold it.
    """
    begins = 1
    lines = text.split("\n")
    for number in range(1, len(lines) + 1):
        # What ends in the middle of a value can't be read, so a value begins after the last that could.
        try:
            document = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        if _holds(document, place):
            return begins
        begins = number + 1
    return line_of(text, place[:-1]) if place else 1


def covers(wide: str, narrow: str) -> bool:
    """Tell whether a pattern fits every server that another one fits."""
    special = {"*": ".*", "?": "[^*]"}
    expression = "".join(special.get(each, re.escape(each)) for each in canonical_name(wide))
    return re.fullmatch(expression, canonical_name(narrow), re.DOTALL) is not None


def _holds(document: Any, place: Place) -> bool:
    try:
        for key in place:
            document = document[key]
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _never_reached(rules: Sequence[RuleTable]) -> Iterator[tuple[Place, str]]:
    for at, rule in enumerate(rules):
        earlier = [wide for before in rules[:at] for wide in before.servers]
        for pattern in rule.servers:
            if wide := next((wide for wide in earlier if covers(wide, pattern)), None):
                yield ("rule", at, "servers"), never_reached(pattern, wide)


def _named_twice(groups: Sequence[GroupTable]) -> Iterator[tuple[Place, str]]:
    names = [canonical_name(group.name) for group in groups]
    for at, group in enumerate(groups):
        if names[at] in names[:at]:
            yield ("group", at, "name"), named_twice(group.name)


def _twice(channels: Sequence[ChannelTable]) -> Iterator[tuple[Place, str]]:
    ids = [channel.id for channel in channels]
    for at, channel in enumerate(channels):
        if channel.id in ids[:at]:
            yield ("channel", at, "id"), channel_twice(channel.id)


def _without_any(written: _Document) -> Iterator[tuple[Place, str]]:
    if not written.rule and not written.group and not written.channel:
        yield (), NO_RULE
