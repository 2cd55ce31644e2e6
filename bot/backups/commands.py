"""What people type after `/backup list`, `create`, `help`, and to pick a backup, read into types."""

import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import get_args

from bot.backups.model import BackupType
from bot.errors import Misuse, UsageError
from bot.verbs import ConfirmedVerb, Verb, Word, first_word, in_quotes, read_verb, read_words

_TYPES: tuple[BackupType, ...] = get_args(BackupType)
_DASH = re.compile(r"^(?:[—–]|-)(?=type\b)")
_DAY = re.compile(r"(?P<name>today|yesterday)|(?P<date>\d{4}-\d\d-\d\d)", re.IGNORECASE)
_TIME = re.compile(r"(?P<hour>\d{1,2})(?::(?P<minute>\d\d))?\s*(?P<half>am|pm)?", re.IGNORECASE)


@dataclass(frozen=True)
class ListBackups:
    """Show the backups of one server, or of all."""

    server: str | None = None
    backup_type: BackupType | None = None


@dataclass(frozen=True)
class CreateBackup:
    """Make a backup of a server, or of several. Only the servers' names tell where the reason begins.

    `text` is all that was typed; `server` and `reason` are as if there was one server, of one word.
    """

    server: str | None = None
    reason: str = ""
    text: str = field(default="", compare=False)


@dataclass(frozen=True)
class Moment:
    """A moment as people say it, in their own time zone: a date or how many days ago, and a time of day.

    Without a day it is the last time that it was that late.
    """

    day: date | int | None = None
    time_of_day: time = time()

    def at(self, now: datetime) -> datetime:
        """Return the moment in the time zone of `now`."""
        today = now.date()
        day = self.day if isinstance(self.day, date) else today - timedelta(days=self.day or 0)
        moment = datetime.combine(day, self.time_of_day, now.tzinfo)
        if self.day is None and moment > now:
            return datetime.combine(today - timedelta(days=1), self.time_of_day, now.tzinfo)
        return moment


@dataclass(frozen=True)
class PickBackup:
    """Which backup is meant: by a number (a backup's or a server's), by its server, or by both.

    `is_newest`: the server's newest one, before a moment if `before` is set.
    """

    number: int | None = None
    server: str | None = None
    is_newest: bool = False
    before: Moment | None = None


def read_list(text: str) -> ListBackups:
    """Return which backups are to be listed; a keyboard that turns `--` into a dash is understood.

    Raises:
        UsageError: nothing else ever; so do the other readers.
    """
    words = read_words(text, Verb.LIST)
    backup_type: BackupType | None = None
    server: list[Word] = []
    while words:
        word = words.pop(0)
        option = "" if word.is_quoted else _DASH.sub("--", word.text)
        if option == "--type" or option.startswith("--type="):
            value = option.removeprefix("--type").removeprefix("=") or (words.pop(0).text if words else "")
            backup_type = _backup_type(value, " ".join(each.text for each in server))
        elif option.startswith("--"):
            raise UsageError(Misuse.UNKNOWN_OPTION, word.text, Verb.LIST)
        else:
            server.append(word)
    return ListBackups(_one_name(server, Verb.LIST), backup_type)


def read_create(text: str) -> CreateBackup:
    """Return of which server a backup is to be made, and why."""
    if not text:
        return CreateBackup()
    server, reason = first_word(text, Verb.CREATE)
    return CreateBackup(server.text or None, reason.strip(), text)


def read_pick(text: str, verb: ConfirmedVerb) -> PickBackup:
    """Return which backup is meant, as far as that was said: by its number, or of which server and which."""
    words = read_words(text, verb)
    end = next((place for place in range(1, len(words)) if _says_when(words[place:])), None)
    before = None
    if end and words[end].text.lower() == "before":
        before = read_moment(" ".join(word.text for word in words[end + 1 :]))
    picked = words[:end]
    numbers = [None if word.is_quoted else _number(word.text) for word in picked]
    if len(picked) > 1 and None not in numbers:
        raise UsageError(Misuse.ONE_BACKUP, verb=verb)
    number = numbers[-1] if numbers else None
    server = _one_name(picked if number is None else picked[:-1], verb)
    return PickBackup(number, server, is_newest=end is not None, before=before)


def read_moment(text: str) -> Moment:
    """Return the moment that a text says, such as `14:00`, `yesterday` or `2026-11-24 2pm`."""
    rest, day, at = text.strip(), None, None
    if found := _DAY.match(rest):
        rest = rest[found.end() :].strip()
        day = _date(found["date"]) if found["date"] else _DAYS_AGO[found["name"].lower()]
        if day is None:
            raise UsageError(Misuse.UNKNOWN_MOMENT, text)
    if found := _TIME.fullmatch(rest):
        at = _time(found)
    if (rest and at is None) or (day is None and at is None):
        raise UsageError(Misuse.UNKNOWN_MOMENT, text)
    return Moment(day, at or time())


_DAYS_AGO = {"today": 0, "yesterday": 1}


def _date(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # In every time zone it is within the calendar.
    return day if 1970 < day.year < 9999 else None


def _time(found: re.Match[str]) -> time | None:
    hour, half = int(found["hour"]), (found["half"] or "").lower()
    if not half and found["minute"] is None:
        return None
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    try:
        return time(hour, int(found["minute"] or 0))
    except ValueError:
        return None


def read_help(text: str) -> Verb | None:
    """Return which verb is to be explained; None for all."""
    try:
        verb, rest = read_verb(text)
    except UsageError as error:
        near = error.verb
        raise replace(error, verb=Verb.HELP if near else None, rest=near or "") from None
    if rest:
        raise UsageError(Misuse.UNKNOWN_WORDS, rest[:50], Verb.HELP)
    return verb


def _says_when(words: list[Word]) -> bool:
    """Tell whether these words, the last ones, say which of a server's backups is meant."""
    first = "" if words[0].is_quoted else words[0].text.lower()
    return first == "before" or (first in {"latest", "newest"} and len(words) == 1)


def _one_name(words: list[Word], verb: Verb) -> str | None:
    """Return the name that the words are, which without quotes may be several."""
    if len(words) > 1 and any(word.is_quoted for word in words):
        raise UsageError(Misuse.ONE_SERVER, verb=verb)
    return " ".join(word.text for word in words) or None


def _backup_type(value: str, server: str) -> BackupType:
    for known in _TYPES:
        if value and known.startswith(value.lower()):
            return known
    misuse, rest = Misuse.UNKNOWN_TYPE if value else Misuse.NO_TYPE, in_quotes(server) if server else ""
    raise UsageError(misuse, value, Verb.LIST, rest)


def _number(word: str) -> int | None:
    digits = word.removeprefix("#")
    return int(digits) if digits.isdecimal() and len(digits) <= 18 else None
