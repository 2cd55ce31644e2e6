"""Between `/backup audit …` as it is typed and which part of the trail is meant."""

import re
from dataclasses import astuple, dataclass
from datetime import date, datetime, time, timedelta

from bot.errors import Misuse, UsageError
from bot.verbs import Verb, Word, read_words

Since = timedelta | date
"""How long ago, or from which day on."""

LONGEST_NAME = 255
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_SPAN = re.compile(r"(\d{1,3})([mhdw])", re.ASCII)
_DATE = re.compile(r"2\d{3}-\d\d-\d\d", re.ASCII)
_UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
_DAYS = {"today": 0, "yesterday": 1}


@dataclass(frozen=True)
class ShowAudit:
    """Part of the trail: of a server by name or id, of a person by id, since when."""

    server: str | None = None
    person: str | None = None
    since: Since | None = None


def parse(text: str, today: date) -> ShowAudit:
    """Return which part is meant, from what follows `audit`; the order does not matter.

    What is quoted is a server's name, even if it looks like a time.

    Raises:
        UsageError: nothing else ever.
    """
    request = ShowAudit()
    for word in read_words(text, Verb.AUDIT):
        request = _joined(request, _meaning(word, today))
    return request


def parse_since(text: str, today: date) -> Since | None:
    """Return the time a word stands for: `7d`, `24h`, `2026-11-01`, `yesterday`; None if it is none."""
    if span := _SPAN.fullmatch(text):
        return int(span[1]) * _UNITS[span[2]]
    if text in _DAYS:
        return today - timedelta(days=_DAYS[text])
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def begins(since: Since, now: datetime) -> datetime:
    """Return the moment; a day begins at midnight in the time zone of `now`."""
    if isinstance(since, date):
        return datetime.combine(since, time(), now.tzinfo)
    return now - since


def _meaning(word: Word, today: date) -> ShowAudit:
    if not word.is_quoted:
        if person := _PERSON.fullmatch(word.text):
            return ShowAudit(person=person[1])
        if (since := parse_since(word.text.casefold(), today)) is not None:
            return ShowAudit(since=since)
        if word.text.startswith(("@", "<")):
            raise UsageError(Misuse.UNKNOWN_PERSON, word.text[:100])
    if not word.text.strip() or len(word.text) > LONGEST_NAME:
        raise UsageError(Misuse.NO_SERVER_NAME, verb=Verb.AUDIT)
    return ShowAudit(server=word.text)


def _joined(one: ShowAudit, other: ShowAudit) -> ShowAudit:
    if any(None not in pair for pair in zip(astuple(one), astuple(other), strict=True)):
        raise UsageError(Misuse.ONE_FILTER, verb=Verb.AUDIT)
    return ShowAudit(
        server=one.server or other.server,
        person=one.person or other.person,
        since=other.since if one.since is None else one.since,
    )
