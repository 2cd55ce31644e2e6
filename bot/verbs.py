"""The verbs: one name for each thing people can do, how it is typed, and reading the words they type."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal, NamedTuple, get_args

from bot.errors import Misuse, UsageError


class Verb(StrEnum):
    """What people can ask for. Stored in operations and in the audit trail: never change a value."""

    LIST = "list"
    CREATE = "create"
    RESTORE = "restore"
    DELETE = "delete"
    WATCH = "watch"
    STATUS = "status"
    SERVERS = "servers"
    TIMELINE = "timeline"
    AUDIT = "audit"
    SCHEDULE = "schedule"
    HELP = "help"


ChangingVerb = Literal[Verb.CREATE, Verb.DELETE, Verb.RESTORE]
CHANGING: frozenset[Verb] = frozenset(get_args(ChangingVerb))
"""Those that change something at VPS.org."""
ConfirmedVerb = Literal[Verb.RESTORE, Verb.DELETE]
"""Those that destroy data, so that a form shows what will be lost, and asks for the server's name."""
GO_BACK: ConfirmedVerb = Verb.RESTORE
"""The one by which a server goes back to a backup."""


@dataclass(frozen=True)
class Usage:
    """How a verb is typed after `/backup`, an example, what its button says (none if empty).

    `permission` follows "You don't have permission to". `style` is the button's: primary, danger or none.
    """

    pattern: str
    example: str
    permission: str
    button: str
    style: str | None = None


USAGES = {
    Verb.LIST: Usage(
        "list [server] [--type manual|automatic]",
        "list web-1",
        "see the backups of this server",
        "List backups",
    ),
    Verb.CREATE: Usage(
        "create [servers] [reason…]",
        "create web-1 before the upgrade",
        "back up this server",
        "Back up…",
        "primary",
    ),
    Verb.RESTORE: Usage(
        "restore [server|id] [latest|before…]",
        "restore web-1 before 14:00",
        "restore this server",
        "Restore…",
    ),
    Verb.DELETE: Usage(
        "delete [server|id]", "delete web-1", "delete backups of this server", "Delete…", "danger"
    ),
    Verb.STATUS: Usage("status [server]", "status web-1", "see what runs on this server", "Status"),
    Verb.SERVERS: Usage("servers [part of a name]", "servers web", "see this server", "Servers"),
    Verb.TIMELINE: Usage(
        "timeline [server] [since]", "timeline web-1 6h", "see what was done on this server", ""
    ),
    Verb.SCHEDULE: Usage(
        "schedule [create servers when…]",
        "schedule create web-1 every day at 03:00 keep 7",
        "see the schedules of this server",
        "Schedules",
    ),
    Verb.AUDIT: Usage("audit [server] [@person] [since]", "audit web-1 7d", "read the audit trail", ""),
    Verb.HELP: Usage("help [verb]", "help restore", "use me", "Help"),
}
"""Every verb that can be typed, in the order of the help."""

_SYNONYMS = {
    "ls": Verb.LIST,
    "show": Verb.LIST,
    "new": Verb.CREATE,
    "run": Verb.CREATE,
    "backup": Verb.CREATE,
    "rm": Verb.DELETE,
    "remove": Verb.DELETE,
    "rollback": Verb.RESTORE,
    "ps": Verb.STATUS,
    "jobs": Verb.STATUS,
    "hosts": Verb.SERVERS,
    "history": Verb.TIMELINE,
    "incident": Verb.TIMELINE,
    "postmortem": Verb.TIMELINE,
    "schedules": Verb.SCHEDULE,
    "cron": Verb.SCHEDULE,
    "?": Verb.HELP,
}
_TYPED = {**{verb.value: verb for verb in USAGES}, **_SYNONYMS}


def read_verb(text: str) -> tuple[Verb | None, str]:
    """Return the verb a command begins with (None for an empty command), and what follows it.

    Raises:
        UsageError: it begins with no verb; names the one that looks most like it, if any does.
    """
    first, _, rest = text.strip().partition(" ")
    if not first:
        return None, ""
    verb = _TYPED.get(first.casefold())
    if verb is None:
        raise UsageError(Misuse.UNKNOWN_VERB, text=first[:50], verb=_nearest(first), rest=rest.strip())
    return verb, rest.strip()


def is_verb(word: str) -> bool:
    """Tell whether a word is typed as a verb."""
    return word.casefold() in _TYPED


def _nearest(word: str) -> Verb | None:
    """Return the verb that was meant; one that changes something only if its own name has one slip."""
    typed = word.casefold()[:100]
    for verb in CHANGING:
        if _is_one_slip(typed, verb):
            return verb
    looking = [each for each, verb in _TYPED.items() if verb not in CHANGING]
    near = get_close_matches(typed, looking, n=1, cutoff=0.7)
    return _TYPED[near[0]] if near else None


def _is_one_slip(typed: str, meant: str) -> bool:
    """Tell whether one letter too many, too few, wrong, or swapped with the next makes the difference."""
    one, other = typed, meant
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    is_swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return is_swapped or one[1:] == other[1:] or one[1:] == other or one == other[1:]


_QUOTES = "\"'“”„‘’"
_QUOTED = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|[“”„]([^“”]*)[“”]|[‘’]([^‘’]*)[‘’])""", re.DOTALL
)
_BARE = re.compile(r"\s*(\S+)")
_PLAIN = re.compile(r"[\w.]+(?:-+[\w.]+)*")


class Word(NamedTuple):
    """One word, without its quotes."""

    text: str
    is_quoted: bool


def read_words(text: str, verb: Verb) -> list[Word]:
    """Return the words that follow a verb; raises UsageError if a quote is not closed."""
    found: list[Word] = []
    while text.strip():
        word, text = first_word(text, verb)
        found.append(word)
    return found


def first_word(text: str, verb: Verb) -> tuple[Word, str]:
    """Return the first word and the rest. A quote counts only at a word's beginning: `ana's-box` is one."""
    if quoted := _QUOTED.match(text):
        word = next(group for group in quoted.groups() if group is not None)
        return Word(re.sub(r'\\(["\\])', r"\1", word) if quoted[1] else word, True), text[quoted.end() :]
    bare = _BARE.match(text)
    if not bare or bare[1].startswith(tuple(_QUOTES)):
        raise UsageError(Misuse.OPEN_QUOTE, verb=verb)
    return Word(bare[1], False), text[bare.end() :]


def is_plain(text: str) -> bool:
    """Tell whether a text is one word, and the same one, without quotes."""
    return bool(_PLAIN.fullmatch(text))


def in_quotes(text: str) -> str:
    """Return a text in quotes, which is read as one word and the same one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
