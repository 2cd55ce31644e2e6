"""Entries of the audit trail, and the chain of hashes in which a change or a gap shows."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.errors import Failure
from bot.names import canonical_name
from bot.operations.model import (
    AnyOutcome,
    BackedUp,
    BackupFailed,
    BackupVanished,
    Restored,
    StillRunning,
)

Event = Literal[
    "requested",
    "refused",
    "approval_requested",
    "reminded",
    "approved",
    "declined",
    "withdrawn",
    "expired",
    "stale",
    "break_glass",
    "alarmed",
    "cancelled",
    "started",
    "ended",
    "acknowledged",
    "snoozed",
    "schedule_created",
    "schedule_changed",
    "schedule_paused",
    "schedule_resumed",
    "schedule_deleted",
    "schedule_run",
]

GENESIS = sha256(b"backup-bot audit trail").hexdigest()
"""What stands for the hash before the first entry. Never change it: every trail begins with it."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError from error


Utc = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Entry(_Frozen):
    """One thing that happened. Only add fields that have a default, and never change a default.

    `key` is an idempotency key: a repeated append is harmless. `person` is who requested, `decided_by` who
    approved, declined or cancelled, and `comment` what they said. `state` and `outcome` tell how it ended,
    `failure` why something was refused. `reached` and `not_reached` are whom an alarm was for. `delete_first`
    is the backup to delete before, to make room. `backup_at` is when the backup was made that a person was
    shown. `batch_id` is what it is a part of, if several servers were backed up on one request. `trouble` is
    the kind of an alert ("" for several at once), `until` how long it is snoozed.
    `schedule_id` is that of the schedule by which it runs, or that was changed: what it backs up and when, by
    the clocks of which zone, how many backups it keeps, whether it makes room, and makes up what was missed.
    `function_execution_id` is the run of a workflow's step, if one requested it. `at` is UTC.
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
    comment: str = ""
    state: str = ""
    failure: Failure | None = None
    outcome: AnyOutcome | None = None
    reached: tuple[str, ...] = ()
    not_reached: tuple[str, ...] = ()
    delete_first: int | None = None
    backup_at: Utc | None = None
    batch_id: str = ""
    trouble: str = ""
    until: Utc | None = None
    schedule_id: str = ""
    servers: tuple[str, ...] = ()
    cron: str = ""
    zone: str = ""
    keep: int | None = None
    makes_room: bool = False
    makes_up: bool = False
    function_execution_id: str = ""

    def brief(self) -> dict[str, object]:
        """Return the entry as JSON has it, defaults left out."""
        fields = type(self).model_fields
        written = self.model_dump(mode="json")
        return {name: value for name, value in written.items() if getattr(self, name) != fields[name].default}

    def canonical(self) -> str:
        """Return the one way to write the entry: JSON, names sorted, no spaces, defaults left out.

        Fields that come later do not change how older entries are written. `jq -cS` writes the same.
        """
        return json.dumps(self.brief(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def made(self) -> int | None:
        """The id of the backup that was made, however that ended; None if none was, or none is known."""
        match self.outcome:
            case BackedUp() | BackupFailed() | BackupVanished() | StillRunning():
                return self.outcome.backup_id
        return None

    def proof(self) -> "RestoreProof | None":
        """Return what the end of a restore proves; None if it was not seen to be one."""
        if not isinstance(self.outcome, Restored) or self.backup_id is None:
            return None
        return RestoreProof(
            at=self.outcome.ended_at,
            seconds=self.outcome.seconds,
            backup_id=self.backup_id,
            backup_at=self.backup_at,
            permalink=self.permalink,
        )


class RestoreProof(_Frozen):
    """That a server was really restored: it was seen to change, and to be back `at` (UTC).

    It took so many seconds from the call on, a safety backup not counted. `backup_at` is when the backup was
    made; None if a release wrote the entry that did not keep it.
    """

    at: Utc
    seconds: float
    backup_id: int
    backup_at: Utc | None = None
    permalink: str = ""


class ChainedEntry(_Frozen):
    """An entry in its place in the trail; `seq` counts from 1 without gaps."""

    seq: int
    entry: Entry
    previous: str
    hash: str


class Row(_Frozen):
    """An entry as the database keeps it, which may have been tampered with.

    `written` is the entry's canonical form. The other columns repeat parts of it, to find entries by.
    `subject` is the operation the entry is about, or what all refusals of a person within an hour share that
    are about none; None if it was written by a release that had no such column.
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
    subject: str | None = None

    def chained_entry(self) -> ChainedEntry:
        """Return the entry; raises ValidationError if what is written is none."""
        entry = Entry.model_validate_json(self.written)
        return ChainedEntry(seq=self.seq, entry=entry, previous=self.previous, hash=self.hash)

    def readable(self) -> ChainedEntry | None:
        """Return the entry; None if what is written is none."""
        try:
            return self.chained_entry()
        except ValidationError:
            return None


class AuditedOperation(_Frozen):
    """What is on record of one operation, or of a person's refusals before there was one; oldest first.

    `seq` is the number of its newest entry that was asked for. `unreadable` entries were changed by somebody.
    """

    subject: str
    seq: int
    entries: tuple[ChainedEntry, ...]
    unreadable: int = 0


class OddRow(_Frozen):
    """A row with a column that the bot never writes so; `seq` is what stands for its number, as code."""

    seq: str


class Intact(_Frozen):
    """A trail in which nothing was changed."""

    entries: int
    last_hash: str


class Tampering(StrEnum):
    """How it shows that a trail was tampered with."""

    REMOVED = "removed"
    OUT_OF_ORDER = "out_of_order"
    HASH = "hash"
    PREVIOUS = "previous"
    COLUMNS = "columns"
    ODD = "odd"
    """A column holds what the bot never writes there."""
    CUT_OFF = "cut_off"


class Broken(_Frozen):
    """The first place where a trail was tampered with, and how that shows.

    `until` is the last of the entries that were removed, `hash` that of an entry that is gone.
    """

    seq: int
    how: Tampering
    until: int = 0
    hash: str = ""


def next_row(entry: Entry, seq: int, previous: str) -> Row:
    """Return the row after the entry whose hash is `previous`."""
    written = entry.canonical()
    return Row(
        seq=seq,
        written=written,
        previous=previous,
        hash=chain_hash(previous, written),
        **_found_by(entry),
    )


def chain_hash(previous: str, written: str) -> str:
    """Return the hash of an entry: SHA-256 of the hash before it, a line break, and what is written."""
    return sha256(f"{previous}\n{written}".encode()).hexdigest()


def moment(at: datetime) -> str:
    """Return a time so that later ones sort after earlier ones, on every database alike."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def verify(rows: Iterable[Row | OddRow], last: str = "") -> Intact | Broken:
    """Return whether the rows, read in their order, are a whole trail.

    `last` is a hash known from a log line or a mirrored entry. Without one, an end that was cut off, or whose
    last entry was written anew with a fitting hash, can't show.
    """
    entries, previous, is_last_there = 0, GENESIS, last in {"", GENESIS}
    for row in rows:
        if isinstance(row, OddRow):
            return Broken(seq=entries + 1, how=Tampering.ODD)
        if broken := fault(row, entries + 1, previous):
            return broken
        entries, previous = row.seq, row.hash
        is_last_there = is_last_there or row.hash == last
    if is_last_there:
        return Intact(entries=entries, last_hash=previous)
    return Broken(seq=entries + 1, how=Tampering.CUT_OFF, hash=last)


def fault(row: Row, seq: int, previous: str) -> Broken | None:
    """Return what is wrong with the row that should have that number and follow on that hash."""
    if row.seq > seq:
        return Broken(seq=seq, how=Tampering.REMOVED, until=row.seq - 1)
    if row.seq < seq:
        return Broken(seq=row.seq, how=Tampering.OUT_OF_ORDER)
    if chain_hash(row.previous, row.written) != row.hash:
        return Broken(seq=seq, how=Tampering.HASH)
    if row.previous != previous:
        return Broken(seq=seq, how=Tampering.PREVIOUS)
    return None if _columns_fit(row) else Broken(seq=seq, how=Tampering.COLUMNS)


def _columns_fit(row: Row) -> bool:
    try:
        expected = _found_by(row.chained_entry().entry)
    except ValidationError:
        return False
    if row.subject is None:
        expected["subject"] = None
    return row.model_dump(include={*expected}) == expected


def _found_by(entry: Entry) -> dict[str, str | int | None]:
    return {
        "key": entry.key,
        "at": moment(entry.at),
        "server_id": entry.server_id,
        "server": canonical_name(entry.server_name),
        "person": entry.person,
        "decided_by": entry.decided_by,
        "subject": entry.operation or _refusals_of_an_hour(entry),
    }


def _refusals_of_an_hour(entry: Entry) -> str:
    return f"{entry.event}:{entry.person}:{entry.at:%Y-%m-%dT%H}"
