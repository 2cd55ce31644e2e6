"""What a Home shows of the servers: those at risk first, how each is backed up, day by day."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from bot.alerts.model import Limits, Trouble, find_troubles
from bot.backups.model import Backup, freshness_by_server
from bot.names import fits
from bot.permissions import Sight
from bot.servers.model import Freshness, Server, matching

DAYS = 14
PAGE = 15
"""Servers on a page."""


class Day(StrEnum):
    """What is left of the backups of one day: a good one, none but failed ones, or none."""

    GOOD = "good"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True)
class Inventory:
    """All servers and backups as VPS.org listed them at a moment (UTC); sorted out once, for all who look.

    `backups`, `freshness` and `troubles` (the gravest first) are by server id. `servers_not_shown` and
    `backups_not_shown` are how many more VPS.org has.
    """

    at: datetime
    servers: Sequence[Server]
    backups: Mapping[int, Sequence[Backup]] = field(default_factory=dict)
    freshness: Mapping[int, Freshness] = field(default_factory=dict)
    troubles: Mapping[int, Sequence[Trouble]] = field(default_factory=dict)
    servers_not_shown: int = 0
    backups_not_shown: int = 0


@dataclass(frozen=True)
class Row:
    """A server and how it is backed up. `days` ends with today; `expires_at` is when the next backup goes."""

    server: Server
    fresh: Freshness
    troubles: Sequence[Trouble]
    days: Sequence[Day]
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Page:
    """Some of the servers that a person can see, those at risk first; pages count from 0.

    `fitting` is how many the filter leaves of `total`, and `needy` how many of these need attention.
    """

    rows: Sequence[Row]
    number: int
    fitting: int
    total: int
    needy: int

    @property
    def is_last(self) -> bool:
        """True if no server follows."""
        return (self.number + 1) * PAGE >= self.fitting


@dataclass(frozen=True)
class ServerFilter:
    """Which servers a person wants to see: a part of their names, patterns of a group, only those at risk."""

    part: str = ""
    patterns: Sequence[str] = ()
    only_needy: bool = False
    page: int = 0


def inventory(
    at: datetime,
    servers: Sequence[Server],
    backups: Sequence[Backup],
    limits: Callable[[str], Limits] = lambda _: Limits(),
    *,
    servers_not_shown: int = 0,
    backups_not_shown: int = 0,
) -> Inventory:
    """Return what VPS.org listed, sorted out by server; `limits` tells them for a server by its name."""
    by_server: dict[int, list[Backup]] = defaultdict(list)
    for backup in backups:
        by_server[backup.server.id].append(backup)
    is_partial = backups_not_shown > 0
    troubles = {
        server.id: find_troubles(
            server, by_server.get(server.id, ()), at, limits(server.name), is_partial=is_partial
        )
        for server in servers
    }
    fresh = freshness_by_server(backups)
    return Inventory(at, servers, by_server, fresh, troubles, servers_not_shown, backups_not_shown)


def page_of(found: Inventory, wanted: ServerFilter, sees: Sight, zone: tzinfo) -> Page:
    """Return a page of the servers that a person can see and wants to; days are those of their time zone."""
    seen = [server for server in found.servers if sees(server.name)]
    fitting = [
        server
        for server in (matching(wanted.part, seen) if wanted.part else seen)
        if found.troubles.get(server.id) or not wanted.only_needy
        if not wanted.patterns or any(fits(pattern, server.name) for pattern in wanted.patterns)
    ]
    fitting.sort(key=lambda server: risk(server, found))
    # Servers may have gone since the page was asked for.
    number = min(wanted.page, max(0, (len(fitting) - 1) // PAGE))
    rows = [_row(server, found, zone) for server in fitting[number * PAGE : (number + 1) * PAGE]]
    needy = sum(bool(found.troubles.get(server.id)) for server in seen)
    return Page(rows, number, len(fitting), len(seen), needy)


def days_of(backups: Sequence[Backup], today: date, zone: tzinfo) -> list[Day]:
    """Return what is left of the backups of each of the last 14 days, the last of which is today."""
    first = today - timedelta(days=DAYS - 1)
    days = [Day.NONE] * DAYS
    for backup in backups:
        place = (backup.created_at.astimezone(zone).date() - first).days
        if not 0 <= place < DAYS:
            continue
        if backup.is_complete:
            days[place] = Day.GOOD
        elif backup.has_failed and days[place] is Day.NONE:
            days[place] = Day.FAILED
    return days


def _row(server: Server, found: Inventory, zone: tzinfo) -> Row:
    backups = found.backups.get(server.id, ())
    complete = (each for each in backups if each.is_complete)
    expiries = [each.expires_at for each in complete if each.expires_at and each.expires_at > found.at]
    return Row(
        server,
        found.freshness.get(server.id, Freshness()),
        found.troubles.get(server.id, ()),
        days_of(backups, found.at.astimezone(zone).date(), zone),
        min(expiries, default=None),
    )


def risk(server: Server, found: Inventory) -> tuple[list[int], float]:
    """Return what sorts servers: the gravest troubles first, and of equal ones the oldest last backup."""
    troubles = found.troubles.get(server.id, ())
    fresh = found.freshness.get(server.id)
    last = fresh.last_complete if fresh and troubles else None
    # A list that ends is less than one that goes on; so the end counts as no trouble at all.
    return [*(-each.severity for each in troubles), 0], last.timestamp() if last else 0.0
