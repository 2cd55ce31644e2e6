"""What changed at VPS.org between two scans, to find out what was done outside the bot. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.alerts.model import Kind
from bot.audit.model import Entry
from bot.backups.model import Backup, has_tag
from bot.verbs import Verb

MOST_DURATIONS = 5
"""How many of a server's last backups tell how long they usually take."""
EARLY = timedelta(hours=1)
"""How much before its time an automatic backup may go by itself."""


class BackupSeen(NamedTuple):
    """A backup as it was last seen; moments are in seconds since 1970, 0 if it never expires by itself.

    `is_missing`: it was not there at the last scan, which alone proves nothing.
    """

    is_manual: bool
    is_complete: bool
    is_final: bool
    created: float
    expires: float = 0.0
    is_missing: bool = False


class Snapshot(BaseModel):
    """What was seen at VPS.org at a moment (UTC), by the ids of server and backup.

    `took` is how long the last backups of a server took, in seconds, as far as scans can tell: never less
    than they really took. Stored: only add fields that have a default.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    servers: dict[int, dict[int, BackupSeen]]
    took: dict[int, list[float]] = {}

    def usual_seconds(self, server_id: int) -> float | None:
        """Return how long a server's backups usually take; None if none was seen from start to end."""
        took = sorted(self.took.get(server_id, ()))
        return took[len(took) // 2] if took else None


@dataclass(frozen=True)
class Change:
    """A backup that came (`made_outside`) or went, unless an operation of ours explains it."""

    kind: Kind
    server_id: int
    backup_id: int
    created_at: datetime
    description: str = ""


def take_snapshot(
    backups: Iterable[Backup], servers: Iterable[int], now: datetime, before: Snapshot | None
) -> Snapshot:
    """Return what is seen now; a backup that has just gone is kept for one more scan."""
    seen: dict[int, dict[int, BackupSeen]] = {server: {} for server in servers}
    for each in backups:
        if each.server.id in seen:
            seen[each.server.id][each.id] = _seen(each)
    if before is None:
        return Snapshot(at=now, servers=seen)
    took: dict[int, list[float]] = {}
    for server, own in seen.items():
        earlier = before.servers.get(server, {})
        ended = [
            now.timestamp() - each.created for number, each in own.items() if _ends(earlier.get(number), each)
        ]
        if durations := [*before.took.get(server, ()), *ended][-MOST_DURATIONS:]:
            took[server] = durations
        own |= {
            number: each._replace(is_missing=True)
            for number, each in earlier.items()
            if number not in own and not each.is_missing
        }
    return Snapshot(at=now, servers=seen, took=took)


def changes(before: Snapshot | None, backups: Iterable[Backup], after: Snapshot) -> list[Change]:
    """Return what came and went between two scans; a first scan of a server tells nothing.

    What went is told when it is missing for the second time. Automatic backups come, and at their time go,
    by themselves.
    """
    if before is None:
        return []
    found = [
        Change(Kind.MADE_OUTSIDE, each.server.id, each.id, each.created_at, each.description)
        for each in backups
        if each.is_manual
        and each.server.id in before.servers
        and each.id not in before.servers[each.server.id]
    ]
    for server, earlier in before.servers.items():
        # With its server, everything goes.
        own = after.servers.get(server)
        if own is None:
            continue
        found += [
            Change(Kind.DELETED_OUTSIDE, server, number, datetime.fromtimestamp(each.created, UTC))
            for number, each in earlier.items()
            if each.is_missing and number not in own and _was_lost(each, after.at)
        ]
    return found


def is_explained(change: Change, entries: Iterable[Entry]) -> bool:
    """Tell whether an operation of ours did it; `entries` are what the audit trail has of its server.

    What our operations make carries their tag, and that they start is on record before they act.
    """
    started = (entry for entry in entries if entry.event == "started")
    if change.kind is Kind.MADE_OUTSIDE:
        return any(entry.tag and has_tag(change.description, entry.tag) for entry in started)
    return any(
        entry.delete_first == change.backup_id
        or (entry.verb == Verb.DELETE and entry.backup_id == change.backup_id)
        for entry in started
    )


def by_server(found: Iterable[Change]) -> Mapping[int, list[Change]]:
    """Return the changes by the id of their server."""
    grouped: dict[int, list[Change]] = defaultdict(list)
    for change in found:
        grouped[change.server_id].append(change)
    return grouped


def _seen(backup: Backup) -> BackupSeen:
    return BackupSeen(
        is_manual=backup.is_manual,
        is_complete=backup.is_complete,
        is_final=backup.is_final,
        created=backup.created_at.timestamp(),
        expires=backup.expires_at.timestamp() if backup.expires_at else 0.0,
    )


def _ends(was: BackupSeen | None, each: BackupSeen) -> bool:
    return was is not None and not was.is_final and each.is_complete


def _was_lost(each: BackupSeen, now: datetime) -> bool:
    if not each.is_complete:
        return False
    if each.is_manual:
        return True
    return each.expires > (now + EARLY).timestamp()
