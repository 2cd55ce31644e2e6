"""Entries of the audit trail, and the chain of hashes in which a change or a gap shows."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

Event = Literal[
    "requested",
    "refused",
    "asked",
    "reminded",
    "approved",
    "denied",
    "withdrawn",
    "expired",
    "stale",
    "break_glass",
    "started",
    "ended",
]

GENESIS = sha256(b"backup-bot audit trail").hexdigest()
"""What stands for the hash before the first entry. Never change it: every trail begins with it."""

Utc = Annotated[AwareDatetime, AfterValidator(lambda moment: moment.astimezone(UTC))]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Entry(_Frozen):
    """One thing that happened. Only add fields that have a default, and never change a default.

    `key` makes a repeated append harmless. `person` is whoever asked, `decided_by` whoever approved or
    denied, `state` and `what` say how it ended, `at` is UTC.
    """

    event: Event
    key: str
    at: Utc
    person: str
    decided_by: str | None = None
    operation: str = ""
    tag: str = ""
    verb: str = ""
    server_id: int | None = None
    server_name: str = ""
    backup_id: int | None = None
    channel: str = ""
    permalink: str = ""
    reason: str = ""
    state: str = ""
    what: str = ""

    def brief(self) -> dict[str, str | int]:
        """Return the entry as JSON has it, defaults left out."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def canonical(self) -> str:
        """Return the one way to write the entry: JSON, names sorted, no spaces, defaults left out.

        Fields that come later do not change how older entries are written. `jq -cS` writes the same.
        """
        return json.dumps(self.brief(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Sealed(_Frozen):
    """An entry in its place in the trail; `seq` counts from 1 without gaps."""

    seq: int
    entry: Entry
    previous: str
    hash: str


class Row(_Frozen):
    """An entry as the database keeps it, which may have been tampered with.

    `written` is the entry's canonical form. The other columns repeat parts of it, to find entries by.
    """

    seq: int
    key: str
    at: str
    server_id: int | None
    server: str
    person: str
    decided_by: str | None
    written: str
    previous: str
    hash: str

    def sealed(self) -> Sealed:
        """Return the entry; raises ValidationError where what is written is none."""
        entry = Entry.model_validate_json(self.written)
        return Sealed(seq=self.seq, entry=entry, previous=self.previous, hash=self.hash)


class Intact(_Frozen):
    """A trail in which nothing was changed."""

    entries: int
    last_hash: str


class Broken(_Frozen):
    """The first place where a trail was tampered with, and how that shows."""

    seq: int
    why: str


def sealed_row(entry: Entry, seq: int, previous: str) -> Row:
    """Return the row that follows on the entry whose hash is `previous`."""
    written = entry.canonical()
    return Row(
        seq=seq,
        written=written,
        previous=previous,
        hash=chained(previous, written),
        **_found_by(entry),
    )


def chained(previous: str, written: str) -> str:
    """Return the hash of an entry: SHA-256 of the hash before it, a line break, and what is written."""
    return sha256(f"{previous}\n{written}".encode()).hexdigest()


def folded(server: str) -> str:
    """Return a server's name as it is searched for, whatever its case."""
    return server.strip().casefold()


def moment(at: datetime) -> str:
    """Return a time so that later ones sort after earlier ones, on every database alike."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def verify(rows: Iterable[Row], last: str = "") -> Intact | Broken:
    """Return whether the rows, read in their order, are a whole trail.

    `last` is a hash known from a log line or a mirrored entry. Without one, an end that was cut off, or whose
    last entry was written anew with a fitting hash, can't show.
    """
    entries, previous, is_last_there = 0, GENESIS, last in {"", GENESIS}
    for row in rows:
        if why := _fault(row, entries + 1, previous):
            return Broken(seq=min(row.seq, entries + 1), why=why)
        entries, previous = row.seq, row.hash
        is_last_there = is_last_there or row.hash == last
    if is_last_there:
        return Intact(entries=entries, last_hash=previous)
    return Broken(
        seq=entries + 1, why=f"the entry with the hash {last} is gone: the end was cut off or rewritten"
    )


def _fault(row: Row, seq: int, previous: str) -> str:
    if row.seq > seq:
        gone = f"entry {seq} was" if row.seq == seq + 1 else f"entries {seq} to {row.seq - 1} were"
        return f"{gone} removed"
    if row.seq < seq:
        return "it was inserted or moved: its number comes out of order"
    if chained(row.previous, row.written) != row.hash:
        return "it was edited: its hash does not fit what it says"
    if row.previous != previous:
        return "it does not follow on the entry before: one was edited, removed, inserted or moved here"
    return "" if _columns_fit(row) else "it was edited: its columns do not fit what it says"


def _columns_fit(row: Row) -> bool:
    try:
        return row.model_dump(include=_COLUMNS) == _found_by(row.sealed().entry)
    except ValidationError:
        return False


_COLUMNS = {"key", "at", "server_id", "server", "person", "decided_by"}


def _found_by(entry: Entry) -> dict[str, str | int | None]:
    return {
        "key": entry.key,
        "at": moment(entry.at),
        "server_id": entry.server_id,
        "server": folded(entry.server_name),
        "person": entry.person,
        "decided_by": entry.decided_by,
    }
