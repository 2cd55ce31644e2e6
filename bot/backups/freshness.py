"""How well each server is backed up."""

from collections import defaultdict
from collections.abc import Sequence

from bot.backups.model import Backup, newest_first
from bot.servers.model import Freshness


def freshness(found: Sequence[Backup]) -> dict[int, Freshness]:
    """Return, by server id, what its backups say about it."""
    by_server: dict[int, list[Backup]] = defaultdict(list)
    for backup in newest_first(list(found)):
        by_server[backup.server.id].append(backup)
    return {server: _of(backups) for server, backups in by_server.items()}


def _of(backups: Sequence[Backup]) -> Freshness:
    complete = [backup.created_at for backup in backups if backup.is_complete]
    return Freshness(
        last_complete=complete[0] if complete else None,
        newest_failed=backups[0].has_failed,
        manual=sum(backup.is_manual for backup in backups),
    )
