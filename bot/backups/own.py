"""What a schedule has made on a server, as the audit trail and VPS.org tell now, and what of it can go."""

from bot.backups.api import BackupList
from bot.backups.model import Backup, tags_of
from bot.backups.rotation import own_backups, to_delete, to_make_room, unproven
from bot.operations import records
from bot.operations.model import (
    BackingUpOperation,
    CreateOperation,
    DeleteOperation,
    Operation,
    backup_id_of,
)
from bot.services import services


async def own_surplus(wanted: Operation, listing: BackupList) -> list[Backup]:
    """Return which of its schedule's own backups go, as things are now; none if not all are shown."""
    keep = wanted.keep if isinstance(wanted, CreateOperation | DeleteOperation) else None
    if keep is None or listing.not_shown:
        return []
    own, stays = await _own(wanted, listing)
    return to_delete(own, keep, stays)


async def own_spare(wanted: Operation, listing: BackupList) -> Backup | None:
    """Return which of its schedule's own backups goes if no slot is free; none if not all are shown."""
    if listing.not_shown:
        return None
    own, stays = await _own(wanted, listing)
    return to_make_room(own, stays)


async def _own(wanted: Operation, listing: BackupList) -> tuple[list[Backup], frozenset[int]]:
    """Return the schedule's own backups of the server, newest first, and the ids of those that must stay."""
    tags = tags_of(each for each in listing.backups if each.server.id == wanted.server_id)
    made = await services().audit.made_by_schedule(wanted.schedule_id, wanted.server_id, tags)
    own = own_backups(wanted.server_id, made, listing.backups)
    return own, unproven(made, own) | await _in_use(wanted)


async def _in_use(wanted: Operation) -> frozenset[int]:
    """Return the ids of the backups that other operations restore or delete, or wait to."""
    others = [one.operation for one in await records.unfinished(wanted.server_id)]
    used = {backup_id_of(each) for each in others if each.id != wanted.id}
    used |= {
        each.delete_first.id
        for each in others
        if each.id != wanted.id and isinstance(each, BackingUpOperation) and each.delete_first
    }
    return frozenset(each for each in used if each is not None)
