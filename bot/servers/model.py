"""Servers, and finding the one a person means."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from bot.errors import UnknownServer
from bot.names import canonical_name


def _name(value: object) -> object:
    return str(value) if isinstance(value, int | float) else value


def _text(value: object) -> object:
    text = _name(value)
    return text if isinstance(text, str) else ""


def _word(value: object) -> str:
    return str(_text(value)).strip().lower()


def _utc(moment: datetime) -> datetime:
    # In every time zone it is within the calendar then.
    if not 1 < moment.year < 9999:
        raise ValueError("at the end of the calendar")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _none_if_odd(value: object, read: ValidatorFunctionWrapHandler) -> object:
    try:
        return read(value)
    except ValidationError:
        return None


Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A number that menus can carry and databases store."""

Name = Annotated[str, BeforeValidator(_name)]
"""A text that must be there; a number is taken as one."""

Text = Annotated[str, BeforeValidator(_text)]
"""A text; null, and whatever is none, is taken as empty: one odd field hides nothing else."""

Word = Annotated[str, BeforeValidator(_word)]
"""One of a few words, in lower case; empty like a text."""

Moment = Annotated[datetime, AfterValidator(_utc)]
"""A moment in UTC; one that came without an offset is taken as UTC."""

OddMoment = Annotated[Moment | None, WrapValidator(_none_if_odd)]
"""A moment; None for whatever is none."""


OLD_AFTER = timedelta(hours=48)
"""Age from which on a server's last complete backup is a concern, where no other is set."""

MANUAL_SLOTS = 10
"""Manual backups a server can have at most (VPS-API.md, rules)."""


class Server(BaseModel):
    """One server as VPS.org lists it. Unknown fields are ignored (VPS-API.md)."""

    model_config = ConfigDict(frozen=True)

    id: Id
    name: Name
    hostname: Text = ""
    status: Word = ""
    ip_address: Text = ""
    location: Text = ""
    created_at: OddMoment = None


class ServerList(NamedTuple):
    """Servers in no particular order, and how many more there are that VPS.org did not show readably."""

    servers: list[Server]
    not_shown: int = 0


_WORD = re.compile(r"\S+")
_MOST_WORDS = 20
_LONGEST_COMPARED = 255
"""Characters; to compare a text of many thousands would hold up everybody else."""


def find_server(wanted: str, servers: Sequence[Server]) -> Server:
    """Return the server a person means by its name, host name, address, id or unique beginning.

    For what a person typed. What a picker or a button gave is an id, and found by that alone.

    Raises:
        UnknownServer: none or several fit; names the nearest.
    """
    wanted = wanted.strip()
    folded = canonical_name(wanted)
    if not folded:
        raise UnknownServer
    for key in (_folded, _hostname, _address, _id):
        exact = [server for server in servers if key(server) == folded]
        if len(exact) == 1:
            return exact[0]
        if exact:
            raise UnknownServer(wanted, ids=tuple(server.id for server in exact[:5]))
    starting = [server for server in servers if _folded(server).startswith(folded)]
    if len(starting) == 1:
        return starting[0]
    names = tuple(server.name for server in starting[:5])
    near = () if starting else tuple(near_names(folded, servers))
    raise UnknownServer(wanted, names=names, near=near)


def server_with_id(server_id: int, servers: Sequence[Server]) -> Server:
    """Return the server with that id, however it is called; raises UnknownServer."""
    for server in servers:
        if server.id == server_id:
            return server
    raise UnknownServer(str(server_id))


def leading_name(text: str, servers: Sequence[Server]) -> tuple[str, str]:
    """Return the longest beginning of a text that is a server's whole name ("" if none is), and the rest."""
    names = {_folded(server) for server in servers}
    ends = [word.end() for word in islice(_WORD.finditer(text), _MOST_WORDS)]
    for end in reversed(ends):
        if canonical_name(text[:end]) in names:
            return text[:end], text[end:].strip()
    return "", text


def mentioned_in(text: str, servers: Sequence[Server]) -> list[Server]:
    """Return the servers that a text mentions by name, host name or address, in the order of the text."""
    searched = canonical_name(text)
    found: list[tuple[int, int, Server]] = []
    for server in servers:
        for known in {_folded(server), _hostname(server), server.ip_address.casefold()} - {""}:
            if known not in searched:
                # Of hundreds of servers a message mentions few, and an expression of each takes long to make.
                continue
            spans = re.finditer(rf"(?<![\w.-]){re.escape(known)}(?![\w-])", searched)
            found += [(span.start(), -span.end(), server) for span in spans]
    mentioned: dict[int, Server] = {}
    last = (0, 0)
    for start, minus_end, server in sorted(found, key=lambda each: each[:2]):
        # A name that is but a part of a longer one is not meant; two servers may have the same.
        if start >= -last[1] or (start, minus_end) == last:
            mentioned.setdefault(server.id, server)
            last = (start, minus_end)
    return list(mentioned.values())


def are_names(text: str, servers: Sequence[Server]) -> bool:
    """Tell whether a text is nothing but names of servers, one or several."""
    rest = text
    while rest:
        name, rest = leading_name(rest, servers)
        if not name:
            return False
    return bool(text)


def matching(part: str, servers: Sequence[Server]) -> list[Server]:
    """Return the servers whose name, host name, address or id holds what is typed, in their order."""
    wanted = canonical_name(part)
    return [server for server in servers if any(wanted in each for each in _known_as(server))]


def _known_as(server: Server) -> Iterator[str]:
    yield from (_folded(server), _hostname(server), server.ip_address.casefold(), _id(server))


def near_names(wanted: str, servers: Sequence[Server], most: int = 3) -> list[str]:
    """Return the names that look most like `wanted`, best first."""
    names = {_folded(server): server.name for server in servers}
    near = get_close_matches(canonical_name(wanted[:_LONGEST_COMPARED]), names, n=most, cutoff=0.5)
    return [names[name] for name in near]


def _folded(server: Server) -> str:
    return canonical_name(server.name)


def _hostname(server: Server) -> str:
    return canonical_name(server.hostname)


def _address(server: Server) -> str:
    return canonical_name(server.ip_address)


def _id(server: Server) -> str:
    return str(server.id)


class Concern(StrEnum):
    """Why a server needs attention."""

    NO_BACKUP = "no_backup"
    NEWEST_FAILED = "newest_failed"
    OLD = "old"
    NO_FREE_SLOT = "no_free_slot"


class Freshness(BaseModel):
    """How well a server is backed up: its last complete backup (UTC) and its manual backups."""

    model_config = ConfigDict(frozen=True)

    last_complete: AwareDatetime | None = None
    newest_failed: bool = False
    manual: int = 0

    def concerns(
        self, now: datetime, *, is_partial: bool = False, old_after: timedelta = OLD_AFTER
    ) -> list[Concern]:
        """Return why the server needs attention; of a part of its backups, only what that part proves."""
        found = []
        if self.last_complete is None and not is_partial:
            found.append(Concern.NO_BACKUP)
        if self.newest_failed:
            found.append(Concern.NEWEST_FAILED)
        if self.last_complete and now - self.last_complete > old_after and not is_partial:
            found.append(Concern.OLD)
        if self.manual >= MANUAL_SLOTS:
            found.append(Concern.NO_FREE_SLOT)
        return found
