"""What VPS.org shows of all servers, and what is wrong with that."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.alerts.messages import PARTIAL
from bot.alerts.model import USUALLY_MORE, AlertPolicy, Trouble, find_troubles
from bot.alerts.snapshot import Snapshot, by_server, changes, is_explained
from bot.audit.model import Row
from bot.audit.search import Filter
from bot.backups.api import BackupList
from bot.backups.model import Backup
from bot.errors import ProviderError
from bot.operations import records
from bot.servers.model import Server
from bot.services import services

MOST_ENTRIES = 500
ENTRIES_OF = timedelta(days=7)
"""How far back the audit trail is searched for what explains a change."""


@dataclass(frozen=True)
class Scan:
    """What VPS.org shows: servers, and backups; or why it can't be read."""

    servers: list[Server] = field(default_factory=list)
    listing: BackupList = field(default_factory=lambda: BackupList([]))
    failure: str = ""
    not_shown: int = 0


async def scan_all() -> Scan:
    """Look at all servers and backups."""
    try:
        servers, not_shown = await services().servers.list()
        listing = await services().backups.list_to_show()
    except ProviderError as error:
        return Scan(failure=type(error).__name__)
    missing = not_shown + listing.not_shown
    return Scan(servers, listing, PARTIAL if missing else "", missing)


async def find_all(
    servers: list[Server],
    listing: BackupList,
    now: datetime,
    policy: AlertPolicy,
    snapshot: Snapshot | None = None,
) -> list[Trouble]:
    """Return what is wrong with these servers, by a whole list of backups."""
    own: dict[int, list[Backup]] = {server.id: [] for server in servers}
    for backup in listing.backups:
        if backup.server.id in own:
            own[backup.server.id].append(backup)
    troubles: list[Trouble] = []
    for server in servers:
        # Others get their turn on the event loop.
        await asyncio.sleep(0)
        usual = await _usual_seconds(server, own[server.id], now, snapshot)
        limits = policy.limits(server.name)
        troubles += find_troubles(server, own[server.id], now, limits, usual_seconds=usual)
    return troubles


async def _usual_seconds(
    server: Server, own: list[Backup], now: datetime, snapshot: Snapshot | None
) -> float | None:
    """Return how long a server's backups usually take; None as well where that can't matter."""
    if not any(not each.is_final and now - each.created_at > USUALLY_MORE for each in own):
        return None
    seen = snapshot.usual_seconds(server.id) if snapshot else None
    return seen or await records.usual_seconds(server.id)


async def done_outside(before: Snapshot | None, after: Snapshot, scan: Scan) -> list[Trouble]:
    """Return what was made or deleted that no operation of ours explains; raises NotRecorded."""
    names = {server.id: server.name for server in scan.servers}
    found = []
    for server, changed in by_server(changes(before, scan.listing.backups, after)).items():
        # Read after the list: what an operation had done by then, it had put on record before.
        wanted = Filter(server_id=server, since=after.at - ENTRIES_OF)
        rows = await services().audit.newest_rows(wanted, MOST_ENTRIES)
        readable_rows = (row.readable() for row in rows if isinstance(row, Row))
        entries = [chained.entry for chained in readable_rows if chained]
        found += [
            Trouble(
                kind=change.kind,
                server_id=server,
                server_name=names[server],
                backup_id=change.backup_id,
                at=change.created_at,
            )
            for change in changed
            if not is_explained(change, entries)
        ]
    return found
