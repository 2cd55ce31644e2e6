"""What people type after `/backup schedule`: which servers, when, and what is kept."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.errors import Misuse, UsageError
from bot.timing import DAYS, Timing, describe, read_timing
from bot.verbs import Verb, Word, in_quotes, is_plain, read_words

MOST_KEPT = 9
"""Of ten slots the next backup needs one."""

_BEGINS = frozenset({"every", "hourly", "daily", "weekly", "monthly", "cron", *(f"{day}s" for day in DAYS)})
_KEEP = re.compile(r"\bkeep(?:ing|s)?(?: the)?(?: newest| last)?\s+(\S+)\s*$")
_ROOM = re.compile(r"\b(?:and )?makes?(?:ing)? room\s*$")
_SKIP = re.compile(r"\b(?:and )?skip(?:ping|s)?(?: missed)?(?: runs)?\s*$")
_CREATE = frozenset({"create", "new", "add"})
_LIST = frozenset({"list", "ls", "show"})
_PATTERN = re.compile(r"[\w.*?-]+")


@dataclass(frozen=True)
class CreateSchedule:
    """Make a schedule; what was not said is asked for in a form."""

    servers: tuple[str, ...] = ()
    timing: Timing | None = None
    keep: int | None = None
    makes_room: bool = False
    makes_up: bool = True


def read_schedule(text: str) -> CreateSchedule | None:
    """Return which schedule is to be made; None if the list is wanted.

    Raises:
        UsageError: it can't be understood.
    """
    first, _, rest = text.strip().partition(" ")
    if not first or (first.lower() in _LIST and not rest.strip()):
        return None
    if first.lower() not in _CREATE:
        raise UsageError(Misuse.UNKNOWN_WORDS, text[:50], Verb.SCHEDULE)
    return _read_create(rest.strip()) if rest.strip() else CreateSchedule()


def as_command(wanted: CreateSchedule) -> str:
    """Return what can be typed to make the same schedule; it reads back to the same."""
    words = ["create", *([servers_as_typed(wanted.servers)] if wanted.servers else [])]
    words += [describe(wanted.timing)] if wanted.timing else []
    words += [] if wanted.keep is None else [f"keep {wanted.keep}"]
    words += ["make room"] if wanted.makes_room else []
    words += [] if wanted.makes_up else ["skip missed"]
    return " ".join(words)


def servers_as_typed(servers: Sequence[str]) -> str:
    """Return names, patterns and groups as they can be typed."""
    return " ".join(each if _is_bare(each) else in_quotes(each) for each in servers)


def read_servers(text: str) -> tuple[str, ...]:
    """Return the names, patterns and groups that a text consists of."""
    words = read_words(text.replace(",", " ") if '"' not in text else text, Verb.SCHEDULE)
    return tuple(dict.fromkeys(name for word in words if (name := _name(word))))


def read_keep(text: str) -> int | None:
    """Return how many backups are to be kept; None for all."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 4 and 1 <= int(text) <= MOST_KEPT):
        raise UsageError(Misuse.NO_KEEP, text[:20], Verb.SCHEDULE)
    return int(text)


def _read_create(text: str) -> CreateSchedule:
    servers, when = _split(text)
    keep, makes_room, makes_up = None, False, True
    while when:
        if found := _KEEP.search(when):
            keep = read_keep(found[1])
        elif found := _ROOM.search(when):
            makes_room = True
        elif found := _SKIP.search(when):
            makes_up = False
        else:
            break
        when = when[: found.start()].rstrip(" ,")
    if not when:
        raise UsageError(Misuse.NO_TIMING, text[:80], Verb.SCHEDULE)
    return CreateSchedule(read_servers(servers), read_timing(when), keep, makes_room, makes_up)


def _split(text: str) -> tuple[str, str]:
    """Return what is said of servers, and from where on it says when."""
    rest = text
    for word in read_words(_without_cron(text), Verb.SCHEDULE):
        place = rest.find(word.text)
        if not word.is_quoted and word.text.lower() in _BEGINS:
            return text[: len(text) - len(rest) + place].strip(), rest[place:]
        rest = rest[place + len(word.text) :]
    return text, ""


def _without_cron(text: str) -> str:
    # The quotes around a cron are closed in most cases, and none of ours.
    return re.split(r"(?<=\bcron)\s", text, maxsplit=1)[0]


def _name(word: Word) -> str:
    name = word.text if word.is_quoted else word.text.strip(",")
    return "" if not word.is_quoted and name.lower() == "and" else name


def _is_bare(name: str) -> bool:
    is_plain_name = is_plain(name) or (_PATTERN.fullmatch(name) and ("*" in name or "?" in name))
    return bool(is_plain_name) and name.lower() not in _BEGINS | {"and"}
