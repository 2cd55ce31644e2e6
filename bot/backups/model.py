"""Backups as VPS.org tells of them."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from heapq import nlargest
from typing import Annotated, Literal

from pydantic import BeforeValidator, TypeAdapter
from pydantic.dataclasses import dataclass

from bot.servers.model import Freshness, Id, Moment, Name, OddMoment, Text, Word

FAILED_STATUSES = frozenset({"failed", "error", "cancelled", "canceled"})

_LARGEST = 2**63 - 1

BackupType = Literal["manual", "automatic"]


def _whole(size: object) -> int | None:
    try:
        whole = size if isinstance(size, int) else round(float(size)) if isinstance(size, float | str) else -1
    except (ValueError, OverflowError):
        return None
    return whole if 0 <= whole <= _LARGEST else None


Megabytes = Annotated[int | None, BeforeValidator(_whole)]
"""A size in MB; None if it is not known, or none that can be."""


@dataclass(frozen=True, slots=True)
class ServerRef:
    """The server a backup belongs to."""

    id: Id
    name: Name


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup. Unknown fields are ignored, unknown statuses and types kept as text (VPS-API.md).

    What it can't be without are the ids, the server's name and when it was made.

    A dataclass, since there may be a hundred thousand of them: they are read faster, and take less memory.
    """

    id: Id
    server: ServerRef
    backup_type: Word
    status: Word
    created_at: Moment
    size_mb: Megabytes = None
    expires_at: OddMoment = None
    description: Text = ""

    @property
    def is_complete(self) -> bool:
        """True once it can be restored."""
        return self.status == "completed"

    @property
    def has_failed(self) -> bool:
        """True once it has ended without being usable."""
        return self.status in FAILED_STATUSES

    @property
    def is_final(self) -> bool:
        """True once its status will not change any more."""
        return self.is_complete or self.has_failed

    @property
    def is_manual(self) -> bool:
        """True for backups a person made; these use one of the server's slots."""
        return self.backup_type == "manual"


read_backup = TypeAdapter(Backup).validate_python
"""Returns the backup that a JSON object of VPS.org's stands for; raises ValidationError if it is none."""


def _age(backup: Backup) -> tuple[datetime, int]:
    return backup.created_at, backup.id


_TAG = re.compile(r"#[0-9a-f]{8}")


def tags_of(backups: Iterable[Backup]) -> frozenset[str]:
    """Return what may be operations' tags in the descriptions of backups."""
    ends = (end for each in backups for end in (each.description[:9], each.description[-9:]))
    return frozenset(end for end in ends if _TAG.fullmatch(end))


def has_tag(description: str, tag: str) -> bool:
    """Tell whether a description carries an operation's tag."""
    # At its end in what earlier releases made.
    return description.startswith(tag) or description.endswith(tag)


def newest_first(backups: Iterable[Backup]) -> list[Backup]:
    """Return the backups sorted by age; the provider promises no order."""
    return sorted(backups, key=_age, reverse=True)


def newest(backups: Sequence[Backup], count: int) -> list[Backup]:
    """Return the newest of many backups, newest first."""
    return nlargest(count, backups, key=_age)


@dataclass(frozen=True, slots=True)
class Day:
    """How many of the backups that were made on a day are complete, have failed, or are neither yet."""

    day: date
    complete: int = 0
    failed: int = 0
    unfinished: int = 0

    @property
    def is_empty(self) -> bool:
        """True if no backup of that day is left."""
        return not (self.complete or self.failed or self.unfinished)


def by_day(backups: Iterable[Backup], today: date, zone: tzinfo, days: int) -> list[Day]:
    """Return so many days, of which `today` is the last, with the backups that are left of them."""
    made: dict[date, list[Backup]] = defaultdict(list)
    for backup in backups:
        made[backup.created_at.astimezone(zone).date()].append(backup)
    dates = (today - timedelta(days=ago) for ago in range(days - 1, -1, -1))
    return [_day(each, made[each]) for each in dates]


def _day(day: date, backups: Sequence[Backup]) -> Day:
    complete = sum(backup.is_complete for backup in backups)
    failed = sum(backup.has_failed for backup in backups)
    return Day(day, complete, failed, len(backups) - complete - failed)


def newest_by_server(backups: Iterable[Backup]) -> list[Backup]:
    """Return the newest backup of each server, in no particular order."""
    found: dict[int, Backup] = {}
    for backup in backups:
        known = found.get(backup.server.id)
        if known is None or _age(known) < _age(backup):
            found[backup.server.id] = backup
    return [*found.values()]


def freshness_by_server(found: Iterable[Backup]) -> dict[int, Freshness]:
    """Return, by server id, what its backups say about it."""
    by_server: dict[int, list[Backup]] = defaultdict(list)
    for backup in found:
        by_server[backup.server.id].append(backup)
    return {server: _freshness(backups) for server, backups in by_server.items()}


def _freshness(backups: Sequence[Backup]) -> Freshness:
    return Freshness(
        last_complete=max((each.created_at for each in backups if each.is_complete), default=None),
        newest_failed=max(backups, key=_age).has_failed,
        manual=sum(backup.is_manual for backup in backups),
    )
