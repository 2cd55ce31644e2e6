"""Several servers at once, as people type them: names, patterns with `*` and `?`, and named groups."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.errors import UnknownServer, UsageError
from bot.names import canonical_name, fits, is_same_name
from bot.servers.model import Server, find_server, leading_name, near_names
from bot.verbs import Verb, first_word, in_quotes, is_plain

Groups = Mapping[str, Sequence[str]]
"""By name, the patterns of the servers in it."""

_SEPARATOR = re.compile(r"[\s,]*(?:(?:and|&)\s+)?", re.IGNORECASE)
_BOLD = re.compile(r"\*[^*]+\*")
_LIKE_A_NAME = re.compile(r"\w+[-_.\d][-\w.]*")
"""A word that is hardly one of a reason: with a digit, a hyphen, an underscore or a dot in it."""
_SLIP_CUTOFF = 0.75


@dataclass(frozen=True)
class Selection:
    """Servers, each once, in the order in which they are meant.

    `wide` are the patterns and groups among the words: what fits them may surprise. `unknown` is what fits
    nothing, with the names that look like it.
    """

    servers: tuple[Server, ...]
    wide: tuple[str, ...] = ()
    unknown: tuple[UnknownServer, ...] = ()


@dataclass(frozen=True)
class Selected:
    """The words that a text begins with and that name servers, and the rest: the reason.

    `doubtful` is the word after them if it looks like a server's name with a slip.
    """

    words: tuple[str, ...]
    rest: str = ""
    doubtful: str = ""


def select(words: Sequence[str], servers: Sequence[Server], groups: Groups) -> Selection:
    """Return the servers that the words mean, of those given: all that a person, or a schedule, can see.

    A word is a server's name (or what else finds one), a pattern or a group's name, in this order.
    """
    found: dict[int, Server] = {}
    wide: list[str] = []
    unknown: list[UnknownServer] = []
    for word in dict.fromkeys(words):
        patterns = None if _named(word, servers) else _patterns(word, groups)
        if patterns is not None:
            wide.append(word)
        try:
            meant = _fitting(word, patterns, servers) if patterns else [find_server(word, servers)]
        except UnknownServer as error:
            unknown.append(error)
        else:
            found |= {server.id: server for server in meant if server.id not in found}
    return Selection(tuple(found.values()), tuple(wide), tuple(unknown))


def split_selection(text: str, verb: Verb, servers: Sequence[Server], groups: Groups) -> Selected:
    """Return what of a text names servers, and where the reason begins.

    The first word always names one. The reason begins with the first word after it that is no whole name or
    address of a server, no pattern and no group; a reason that begins with one of these is put in quotes.

    Raises:
        UsageError: a quote at the beginning is not closed.
    """
    word, rest = _first(text, verb, servers)
    words = [word]
    while following := _following(rest, verb, servers, groups):
        word, rest = following
        words.append(word)
    reason, is_quoted = _reason(rest.strip().lstrip(", "), verb)
    return Selected(tuple(words), reason, "" if is_quoted else _doubtful(reason, servers))


def as_typed(words: Sequence[str]) -> str:
    """Return words as they can be typed to mean the same."""
    return " ".join(word if is_plain(word) or is_pattern(word) else in_quotes(word) for word in words)


def is_pattern(word: str) -> bool:
    """Tell whether a word is a pattern."""
    return ("*" in word or "?" in word) and not any(each.isspace() or each in "\"'" for each in word)


def _first(text: str, verb: Verb, servers: Sequence[Server]) -> tuple[str, str]:
    name, rest = leading_name(text, servers)
    if name:
        return name, rest
    before, comma, others = text.partition(",")
    if comma and _named(before, servers):
        return before.strip(), f",{others}"
    word, after = first_word(text, verb)
    if word.is_quoted:
        return word.text, after
    # Commas between names may stand without spaces.
    one, comma, others = word.text.partition(",")
    return (one, f",{others}{after}") if comma and one else (word.text, after)


def _following(text: str, verb: Verb, servers: Sequence[Server], groups: Groups) -> tuple[str, str] | None:
    """Return the next word that names servers, and the rest; None if the reason begins there, or nothing.

    Between two there may be a comma, or “and”.
    """
    for start in filter(None, (text.lstrip(), _SEPARATOR.sub("", text, count=1))):
        try:
            word, rest = _first(start, verb, servers)
        except UsageError:
            continue
        if _named(word, servers) or _addressed(word, servers) or _means_several(word, servers, groups):
            return word, rest
    return None


def _means_several(word: str, servers: Sequence[Server], groups: Groups) -> bool:
    patterns = _patterns(word, groups)
    if patterns is None:
        return False
    if not is_pattern(word) or any(fits(word, server.name) for server in servers):
        return True
    # Such as “really?” and “*urgent*”, which people write in a reason.
    return "*" in word and not _BOLD.fullmatch(word)


def _reason(rest: str, verb: Verb) -> tuple[str, bool]:
    """Return the reason, without the quotes around it if there are any, and whether there were."""
    try:
        word, after = first_word(rest, verb)
    except UsageError:
        return rest, False
    return (rest, word.is_quoted) if after.strip() or not word.is_quoted else (word.text, True)


def _doubtful(reason: str, servers: Sequence[Server]) -> str:
    """Return the first word of a reason if it looks like a server's name with a slip, else ""."""
    word = reason.partition(" ")[0].rstrip(",")
    if not _LIKE_A_NAME.fullmatch(word):
        return ""
    names = [canonical_name(server.name) for server in servers]
    return word if get_close_matches(canonical_name(word), names, 1, _SLIP_CUTOFF) else ""


def _patterns(word: str, groups: Groups) -> Sequence[str] | None:
    """Return the patterns that a word stands for; None if it is neither a pattern nor a group's name."""
    named = next((patterns for name, patterns in groups.items() if is_same_name(name, word)), None)
    return named if named is not None else [word] if is_pattern(word) else None


def _fitting(word: str, patterns: Sequence[str], servers: Sequence[Server]) -> list[Server]:
    found = [each for each in servers if any(fits(pattern, each.name) for pattern in patterns)]
    if not found:
        near = tuple(near_names(re.sub(r"[*?]", "", word), servers)) if is_pattern(word) else ()
        raise UnknownServer(word, near=near, is_wide=True)
    return found


def _named(word: str, servers: Sequence[Server]) -> bool:
    return any(is_same_name(server.name, word) for server in servers)


def _addressed(word: str, servers: Sequence[Server]) -> bool:
    return any(
        each and is_same_name(each, word)
        for server in servers
        for each in (server.hostname, server.ip_address)
    )
