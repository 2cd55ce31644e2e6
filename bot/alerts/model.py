"""What can be wrong with a server's backups, how grave it is, and within which limits all is well."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups.model import Backup, newest_first
from bot.permissions import Rules
from bot.servers.model import MANUAL_SLOTS, OLD_AFTER, Server


class Severity(IntEnum):
    """How grave a trouble is; what is higher is graver."""

    NOTICE = 1
    WARNING = 2
    CRITICAL = 3


class Kind(StrEnum):
    """What is wrong. Stored: never change a value."""

    UNREADABLE = "unreadable"
    """VPS.org can't be asked, or does not show all: about no server."""
    NO_GOOD_BACKUP = "no_good_backup"
    EXPIRING = "expiring"
    """The last good backup is about to expire, and nothing follows it."""
    AUTOMATIC_FAILED = "automatic_failed"
    STUCK = "stuck"
    DELETED_OUTSIDE = "deleted_outside"
    MADE_OUTSIDE = "made_outside"
    SLOTS = "slots"
    """Manual backups take nearly all slots, or all."""


_SEVERITIES = {
    Kind.UNREADABLE: Severity.CRITICAL,
    Kind.NO_GOOD_BACKUP: Severity.CRITICAL,
    Kind.EXPIRING: Severity.CRITICAL,
    Kind.AUTOMATIC_FAILED: Severity.WARNING,
    Kind.STUCK: Severity.WARNING,
    Kind.DELETED_OUTSIDE: Severity.WARNING,
    Kind.MADE_OUTSIDE: Severity.NOTICE,
    Kind.SLOTS: Severity.NOTICE,
}
_OF_ONE_BACKUP = frozenset({Kind.STUCK, Kind.DELETED_OUTSIDE, Kind.MADE_OUTSIDE})
"""Kinds of which a server can have several at once, one for each backup."""

HAPPENED = frozenset({Kind.DELETED_OUTSIDE, Kind.MADE_OUTSIDE})
"""Kinds that are not a state that ends, but something that happened: told, and that is all."""

USUALLY_TIMES, USUALLY_MORE = 3.0, timedelta(minutes=10)
"""A backup takes far longer than usual after so many times as long, and at least so much longer."""

LAST_PART = 4
"""A backup is about to expire in the last quarter of its life, however far ahead the limit looks."""


@dataclass(frozen=True)
class Limits:
    """Within which all is well with a server.

    `good_backup`: how old its last good backup can be. `slots`: of how many manual backups on it is nearly
    full. `expiry`: how far ahead one looks for what expires. `late`: how long a backup can run if it is not
    known how long they usually take.
    """

    good_backup: timedelta = OLD_AFTER
    slots: int = MANUAL_SLOTS - 1
    expiry: timedelta = timedelta(hours=48)
    late: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class AlertPolicy:
    """Within which limits all is well with which server, and where it is told if it is not."""

    rules: Rules = field(default_factory=Rules)
    slots: int = MANUAL_SLOTS - 1
    late_minutes: float = 60.0

    def limits(self, server: str) -> Limits:
        """Return a server's limits, by its name."""
        return Limits(
            good_backup=timedelta(hours=self.rules.for_server(server).backup_hours),
            slots=self.slots,
            late=timedelta(minutes=self.late_minutes),
        )

    def channel(self, trouble: "Trouble") -> str:
        """Return the channel in which a trouble is told; "" if it is told nowhere."""
        if trouble.server_id is None:
            return next(iter(self.rules.alert_channels), "")
        return self.rules.for_server(trouble.server_name).alert_channel


class Trouble(BaseModel):
    """Something that is wrong, as facts. Stored: only add fields that have a default.

    `at` (UTC) is when the last good backup was made, the failed one or the running one begun, or when the
    last good one expires; None if there is none. `used` are manual slots. `usual_seconds` is how long a
    backup usually takes there, `limit_hours` how old the last good one can be.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    server_id: int | None = None
    server_name: str = ""
    backup_id: int | None = None
    at: AwareDatetime | None = None
    status: str = ""
    used: int = 0
    usual_seconds: float | None = None
    limit_hours: float = 0.0

    @property
    def key(self) -> str:
        """What is the same for the same trouble, for as long as it lasts."""
        part = f":{self.backup_id}" if self.kind in _OF_ONE_BACKUP else ""
        return f"{self.kind}:{'' if self.server_id is None else self.server_id}{part}"

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        if self.kind is Kind.SLOTS and self.used >= MANUAL_SLOTS:
            return Severity.WARNING
        return _SEVERITIES[self.kind]


def gravest_first(troubles: Iterable[Trouble]) -> list[Trouble]:
    """Return the troubles, the gravest first, then by server."""
    order = list(Kind)
    return sorted(
        troubles,
        key=lambda each: (-each.severity, order.index(each.kind), each.server_name, each.backup_id or 0),
    )


def find_troubles(
    server: Server,
    backups: Sequence[Backup],
    now: datetime,
    limits: Limits,
    *,
    usual_seconds: float | None = None,
    is_partial: bool = False,
) -> list[Trouble]:
    """Return what is wrong with a server, the gravest first, by its backups as VPS.org lists them.

    `backups` can hold those of other servers, which don't count. `usual_seconds` is how long a backup of it
    usually takes. If the list `is_partial`, only what that part proves is returned.
    """
    own = newest_first(each for each in backups if each.server.id == server.id)
    found = [*_slots(server, own, limits), *_stuck(server, own, now, limits, usual_seconds)]
    if not is_partial:
        found += [*_no_good(server, own, now, limits), *_expiring(server, own, now, limits)]
        found += _failed(server, own)
    return gravest_first(found)


def _no_good(server: Server, own: Sequence[Backup], now: datetime, limits: Limits) -> Iterator[Trouble]:
    last = next((each for each in own if each.is_complete), None)
    since = last.created_at if last else server.created_at
    if since is None or now - since > limits.good_backup:
        yield _about(server, Kind.NO_GOOD_BACKUP, last, limit_hours=limits.good_backup.total_seconds() / 3600)


def _expiring(server: Server, own: Sequence[Backup], now: datetime, limits: Limits) -> Iterator[Trouble]:
    last = next((each for each in own if each.is_complete), None)
    if last is None or last.is_manual or last.expires_at is None:
        return
    ahead = min(limits.expiry, (last.expires_at - last.created_at) / LAST_PART)
    if last.expires_at - now < ahead:
        yield _about(server, Kind.EXPIRING, last).model_copy(update={"at": last.expires_at})


def _failed(server: Server, own: Sequence[Backup]) -> Iterator[Trouble]:
    last = next((each for each in own if not each.is_manual and each.is_final), None)
    if last and last.has_failed:
        yield _about(server, Kind.AUTOMATIC_FAILED, last)


def _stuck(
    server: Server, own: Sequence[Backup], now: datetime, limits: Limits, usual_seconds: float | None
) -> Iterator[Trouble]:
    longest = limits.late
    if usual_seconds is not None:
        usual = timedelta(seconds=usual_seconds)
        longest = max(USUALLY_TIMES * usual, usual + USUALLY_MORE)
    for each in own:
        if not each.is_final and now - each.created_at > longest:
            yield _about(server, Kind.STUCK, each, usual_seconds=usual_seconds)


def _slots(server: Server, own: Sequence[Backup], limits: Limits) -> Iterator[Trouble]:
    used = sum(each.is_manual for each in own)
    if used >= limits.slots:
        yield _about(server, Kind.SLOTS, used=used)


def _about(server: Server, kind: Kind, backup: Backup | None = None, **more: float | None) -> Trouble:
    of_backup = {"backup_id": backup.id, "at": backup.created_at, "status": backup.status} if backup else {}
    named = {"kind": kind, "server_id": server.id, "server_name": server.name}
    return Trouble.model_validate({**named, **of_backup, **more})
