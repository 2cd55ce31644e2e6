"""Between `/backup audit …` as it is typed and which part of the trail is meant."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.errors import Misuse, UsageError
from bot.verbs import Verb, Word, read_words

Since = timedelta | date
"""How long ago, or from which day on."""

LONGEST_NAME = 120
"""So that all filters together fit into the id of a block (255 characters)."""
_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_SPAN = re.compile(r"(\d{1,3})([mhdw])", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}", re.ASCII)
_EARLIEST = "2000-01-01"
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


def parse(text: str, today: date, verb: Verb = Verb.AUDIT) -> ShowAudit:
    """Return which part is meant, from what follows the verb; the order does not matter.

    Words that are neither a person nor a time are the server's name together. What is quoted is a server's
    name, even if it looks like a time.

    Raises:
        UsageError: nothing else ever.
    """
    people: list[str] = []
    times: list[Since] = []
    name: list[str] = []
    for word in read_words(text, verb):
        _sort_in(word, today, people, times, name)
    if len(people) > 1 or len(times) > 1:
        raise UsageError(Misuse.ONE_FILTER, verb=verb)
    server = " ".join(name)
    if name and (not server.strip() or len(server) > LONGEST_NAME):
        raise UsageError(Misuse.NO_SERVER_NAME, verb=verb)
    return ShowAudit(server or None, people[0] if people else None, times[0] if times else None)


def parse_since(text: str, today: date) -> Since | None:
    """Return the time a word stands for: `7d`, `24h`, `2026-11-01`, `yesterday`; None if it is none."""
    if span := _SPAN.fullmatch(text):
        return int(span[1]) * _UNITS[span[2]]
    if text in _DAYS:
        return today - timedelta(days=_DAYS[text])
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) and text >= _EARLIEST else None
    except ValueError:
        return None


def begins(since: Since, now: datetime) -> datetime:
    """Return the moment; a day begins at midnight in the time zone of `now`."""
    if isinstance(since, date):
        return datetime.combine(since, time(), now.tzinfo)
    return now - since


def _sort_in(word: Word, today: date, people: list[str], times: list[Since], name: list[str]) -> None:
    if word.is_quoted:
        name.append(word.text)
    elif person := _PERSON.fullmatch(word.text):
        people.append(person[1])
    elif (since := parse_since(word.text.casefold(), today)) is not None:
        times.append(since)
    elif word.text.startswith(("@", "<")):
        raise UsageError(Misuse.UNKNOWN_PERSON, word.text[:100])
    elif _DATE.fullmatch(word.text):
        raise UsageError(Misuse.UNKNOWN_TIME, word.text)
    else:
        name.append(word.text)
