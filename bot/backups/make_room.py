"""Making room on a full server: a manual backup is deleted before another is made, at one request."""

from collections.abc import Awaitable

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups.api import BackupList
from bot.backups.checks import check_unchanged, manual_backups, oldest_spare
from bot.backups.delete import call_delete
from bot.backups.limited import while_limited
from bot.backups.model import Backup
from bot.backups.own import own_spare
from bot.errors import BotError, Failure, InvalidResponse, Nonsense, SlotsFull, Stale, StaleConfirmation
from bot.operations.cancel import cancelled_by
from bot.operations.engine import step
from bot.operations.model import (
    AnyOperation,
    BackingUpOperation,
    Cancelled,
    NoRoom,
    NotDone,
    Outcome,
    Refused,
    backup_id_of,
)
from bot.servers.model import MANUAL_SLOTS
from bot.services import services


async def make_room(wanted: BackingUpOperation) -> int | None:
    """Delete the backup that goes first, unless a slot is free by now; return its id if it was deleted.

    Raises:
        Refused: somebody has cancelled, it is not the one to go any more, or it could not be deleted.
    """
    if wanted.delete_first is None:
        return None
    if not await _is_room_needed(wanted):
        return None
    try:
        result = await while_limited(lambda: call_delete(wanted), lambda: _check_need(wanted))
    except _NoNeed:
        return None
    if result.failure:
        raise Refused(
            NoRoom(
                ended_at=result.at,
                backup_id=wanted.delete_first.id,
                failure=result.failure,
                may_be_gone=result.may_be_gone,
            )
        )
    return wanted.delete_first.id


async def _is_room_needed(wanted: BackingUpOperation) -> bool:
    found = await while_limited(lambda: check_room(wanted))
    if found.cancelled_by:
        raise Refused(Cancelled(ended_at=found.at, by=found.cancelled_by))
    if found.failure:
        raise Refused(NotDone(ended_at=found.at, failure=found.failure))
    return found.is_full


class _NoNeed(Exception):
    """A slot became free while VPS.org limited the call."""


async def _check_need(wanted: BackingUpOperation) -> None:
    if not await _is_room_needed(wanted):
        raise _NoNeed


async def telling_of(deleted: int | None, work: Awaitable[Outcome]) -> Outcome:
    """Return what came of the work, with the id of the backup that was deleted for it, if one was."""
    try:
        outcome = await work
    except Refused as refusal:
        outcome = refusal.outcome
    return outcome.model_copy(update={"deleted_first": deleted})


class RoomCheck(BaseModel):
    """Whether the server is full at `at` (UTC), and why the backup that goes first must stay, if it must."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    is_full: bool = True
    failure: Failure | None = None
    cancelled_by: str = ""


@step("check_room")
async def check_room(wanted: AnyOperation) -> RoomCheck:
    """Look whether room is needed, and whether the backup that goes first is still the one to go."""
    if not isinstance(wanted, BackingUpOperation) or not wanted.delete_first:
        raise TypeError(wanted.verb)
    failure, is_full = None, True
    try:
        listing = await services().backups.list(wanted.server_id)
        own = await own_spare(wanted, listing) if wanted.schedule_id else None
        is_full = find_need_of_room(wanted, listing, own)
    except BotError as error:
        failure = Failure.of(error)
    by = await cancelled_by(wanted.id)
    return RoomCheck(at=services().now(), is_full=is_full, failure=failure, cancelled_by=by)


async def find_stale_room(wanted: BackingUpOperation) -> Failure | None:
    """Return why the backup that was to go first is no longer the one to go; None if that is unclear."""
    failure = (await check_room(wanted)).failure if wanted.delete_first else None
    return failure if failure and failure.kind == StaleConfirmation.__name__ else None


def find_need_of_room(wanted: BackingUpOperation, listing: BackupList, own: Backup | None = None) -> bool:
    """Tell whether the server is full, so that a backup must go; for a schedule only the one of its `own`.

    Raises:
        SlotsFull: it is, and none was chosen to go first.
        StaleConfirmation: the one that was chosen is gone, or no longer the oldest that can go.
        InvalidResponse: it can't be told, since not all backups are shown.
    """
    used = len(manual_backups(wanted.server_id, listing.backups))
    if used < MANUAL_SLOTS:
        return False
    if wanted.delete_first is None:
        raise SlotsFull(server_name=wanted.server_name, used=used, limit=MANUAL_SLOTS)
    if listing.not_shown:
        raise InvalidResponse(nonsense=Nonsense.PARTIAL_LIST)
    check_unchanged(wanted.delete_first, wanted.server_id, listing)
    spare = own if wanted.schedule_id else _oldest_spare(wanted, listing)
    if spare is None or spare.id != wanted.delete_first.id:
        raise StaleConfirmation(Stale.NOT_THE_OLDEST, wanted.delete_first.id)
    return True


def _oldest_spare(wanted: BackingUpOperation, listing: BackupList) -> Backup | None:
    return oldest_spare(wanted.server_id, listing.backups, keep=backup_id_of(wanted))
