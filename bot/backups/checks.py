"""Is what a person confirmed still so? Asked when they submit, and again just before the call."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import structlog
from pydantic import BaseModel, ConfigDict

from bot.backups.api import BackupList
from bot.backups.limited import while_limited
from bot.backups.model import Backup, newest_first
from bot.backups.own import own_surplus
from bot.errors import (
    BotError,
    Failure,
    HiddenBackup,
    InvalidResponse,
    Nonsense,
    ProviderError,
    Stale,
    StaleConfirmation,
    UnknownBackup,
)
from bot.names import is_same_name
from bot.operations.cancel import cancelled_by
from bot.operations.engine import step
from bot.operations.model import (
    NEED_A_COMPLETE_BACKUP,
    AnyOperation,
    BackupRef,
    Cancelled,
    ConfirmedOperation,
    NotDone,
    Refused,
    State,
)
from bot.operations.records import Ended, ended_since
from bot.permissions import Sight
from bot.services import services

log = structlog.get_logger()

T = TypeVar("T")
LOOKS = 4


class Revalidation(BaseModel):
    """Why an operation must not go ahead; both are empty if it can."""

    model_config = ConfigDict(frozen=True)

    failure: Failure | None = None
    cancelled_by: str = ""


async def revalidate(operation: ConfirmedOperation) -> None:
    """Raise Refused unless all is as the person confirmed it, and nobody has cancelled; the last look."""
    found = await while_limited(lambda: revalidate_target(operation))
    now = services().now()
    if found.cancelled_by:
        raise Refused(Cancelled(ended_at=now, by=found.cancelled_by))
    if found.failure:
        raise Refused(NotDone(ended_at=now, failure=found.failure))


@step("revalidate_target")
async def revalidate_target(operation: AnyOperation) -> Revalidation:
    """Look once more whether the backup is as the person was shown it, and whether somebody has cancelled."""
    if not isinstance(operation, ConfirmedOperation):
        raise TypeError(operation.verb)
    failure = None
    try:
        listing = await services().backups.list(operation.server_id)
        if listing.is_incomplete_for(operation.backup.id):
            raise InvalidResponse(nonsense=Nonsense.PARTIAL_LIST)
        check_target(operation, listing)
        if operation.schedule_id:
            await check_surplus(operation, listing)
        else:
            check_nothing_newer(operation, await ended_since(operation.server_id, operation.shown_at))
    except BotError as error:
        failure = Failure.of(error)
    return Revalidation(failure=failure, cancelled_by=await cancelled_by(operation.id))


async def look_until(look: Callable[[], Awaitable[T]]) -> T | None:
    """Look a few times whether something has happened that may take a while to show in VPS.org's list.

    Returns the first true value that a look returns, None if there is none within the time to settle.
    """
    for _ in range(LOOKS):
        await asyncio.sleep(services().timeouts.settle / LOOKS)
        try:
            if found := await look():
                return found
        except ProviderError as error:
            log.warning("look_up_failed", error=type(error).__name__, status=error.status)
    return None


async def find_stale(operation: ConfirmedOperation) -> Failure | None:
    """Return what is no longer as the person was shown it.

    If VPS.org can't be asked nothing is out of date: it is asked again before the call.
    """
    failure = (await revalidate_target(operation)).failure
    return failure if failure and failure.kind == StaleConfirmation.__name__ else None


def find_backup(backup_id: int, listing: BackupList, sees: Sight) -> Backup:
    """Return the backup with that id, if the person can see its server; raises UnknownBackup."""
    backup = listing.by_id.get(backup_id)
    is_list_partial = listing.not_shown > 0
    if backup is None:
        raise UnknownBackup(backup_id, is_list_partial)
    if not sees(backup.server.name):
        raise HiddenBackup(backup_id, is_list_partial, backup.server.name)
    return backup


def check_unchanged(shown: BackupRef, server_id: int, listing: BackupList) -> Backup:
    """Return the backup a person was shown, as it is listed now.

    Raises:
        StaleConfirmation: it is gone, belongs to another server, or is another one than was shown.
    """
    backup = listing.by_id.get(shown.id)
    if backup is None or backup.server.id != server_id:
        raise StaleConfirmation(Stale.GONE, shown.id)
    if backup.created_at != shown.created_at:
        raise StaleConfirmation(Stale.DATE_CHANGED, shown.id)
    return backup


def check_restorable(backup: Backup) -> None:
    """Raise StaleConfirmation unless the backup is complete."""
    if not backup.is_complete:
        raise StaleConfirmation(Stale.NOT_RESTORABLE, backup.id, status=backup.status)


def check_name(shown: str, current: str) -> None:
    """Raise StaleConfirmation if a server has another name than a person was shown: rules go by names."""
    if not is_same_name(shown, current):
        raise StaleConfirmation(Stale.RENAMED, server_name=current, shown_name=shown)


def check_target(operation: ConfirmedOperation, listing: BackupList) -> None:
    """Raise StaleConfirmation unless the operation's backup is there as it was shown, and can be used."""
    backup = check_unchanged(operation.backup, operation.server_id, listing)
    check_name(operation.server_name, backup.server.name)
    if operation.verb in NEED_A_COMPLETE_BACKUP:
        check_restorable(backup)


async def check_surplus(operation: ConfirmedOperation, listing: BackupList) -> None:
    """Raise StaleConfirmation unless the backup is one that its schedule made and no longer keeps."""
    if operation.backup.id not in {each.id for each in await own_surplus(operation, listing)}:
        raise StaleConfirmation(Stale.NOT_SURPLUS, operation.backup.id)


def check_nothing_newer(operation: ConfirmedOperation, ended: Sequence[Ended]) -> None:
    """Raise StaleConfirmation if another operation changed the server after the person was shown it.

    A newer backup does no harm; a newer restore or delete makes what was shown untrue, if it did anything.
    """
    for other in ended:
        is_other = isinstance(other.operation, ConfirmedOperation) and other.operation.id != operation.id
        changed_nothing = other.outcome.state is State.REFUSED or isinstance(other.outcome, NotDone)
        if is_other and not changed_nothing:
            raise StaleConfirmation(
                Stale.NEWER_OPERATION, server_name=other.operation.server_name, verb=other.operation.verb
            )


def is_last_good(backup: Backup, found: Sequence[Backup]) -> bool:
    """Tell whether the server has no other complete backup."""
    complete = [each for each in found if each.is_complete and each.server.id == backup.server.id]
    return [each.id for each in complete] == [backup.id]


def manual_backups(server_id: int, found: Sequence[Backup]) -> list[Backup]:
    """Return a server's manual backups, which take its slots, newest first."""
    return newest_first(each for each in found if each.is_manual and each.server.id == server_id)


def oldest_spare(server_id: int, found: Sequence[Backup], keep: int | None = None) -> Backup | None:
    """Return the manual backup that would be missed least: the server's oldest that can go.

    That is none that still runs, not its only complete one, and not the one with the id `keep`.
    """
    spare = [
        each
        for each in manual_backups(server_id, found)
        if each.is_final and each.id != keep and not is_last_good(each, found)
    ]
    return spare[-1] if spare else None
