"""Deleting a backup: look once more whether it is the one that was shown, then delete it."""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups.checks import find_stale, look_until, revalidate
from bot.backups.limited import while_limited
from bot.errors import Failure, NotFound, ProviderError
from bot.lifecycle import operation
from bot.operations.card import Card
from bot.operations.engine import is_recovery, step
from bot.operations.model import (
    AnyOperation,
    BackingUpOperation,
    BackupRef,
    Deleted,
    DeleteOperation,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
)
from bot.services import services
from bot.verbs import Verb


@operation(Verb.DELETE, out_of_date=find_stale)
async def delete(wanted: DeleteOperation, _: Card) -> Outcome:
    """Delete one backup permanently, if it is still what the person was shown."""
    await revalidate(wanted)
    result = await while_limited(lambda: call_delete(wanted), lambda: revalidate(wanted))
    return _outcome(wanted, result)


class DeleteResult(BaseModel):
    """A backup that was deleted, or why not, by `at` (UTC); `may_be_gone`: it may be deleted all the same."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    was_gone: bool = False
    failure: Failure | None = None
    may_be_gone: bool = False


@step("call_delete")
async def call_delete(wanted: AnyOperation) -> DeleteResult:
    """Delete the operation's backup. If the answer was lost, the list tells whether it is gone."""
    result = await _delete(wanted.server_id, _target(wanted).id)
    return result.model_copy(update={"at": services().now()})


def _target(wanted: Operation) -> BackupRef:
    if isinstance(wanted, DeleteOperation):
        return wanted.backup
    if isinstance(wanted, BackingUpOperation) and wanted.delete_first:
        return wanted.delete_first
    raise TypeError(wanted.verb)


async def _delete(server_id: int, backup_id: int) -> DeleteResult:
    at = services().now()
    try:
        await services().backups.delete(backup_id)
    except NotFound as error:
        if not await _is_still_listed(server_id, backup_id):
            # Deleted by ourselves before a crash, or by somebody else.
            return DeleteResult(at=at, was_gone=not is_recovery())
        failure = Failure.of(NotFound(status=error.status, words=error.words, is_listed=True))
        return DeleteResult(at=at, failure=failure, may_be_gone=is_recovery())
    except ProviderError as error:
        # An earlier run may have deleted it, whatever is said to this one.
        may_be_gone = error.may_have_acted or is_recovery()
        if may_be_gone and await look_until(lambda: _is_gone(server_id, backup_id)):
            return DeleteResult(at=at)
        return DeleteResult(at=at, failure=Failure.of(error), may_be_gone=may_be_gone)
    return DeleteResult(at=at)


async def _is_gone(server_id: int, backup_id: int) -> bool:
    listing = await services().backups.list(server_id)
    return not listing.not_shown and backup_id not in listing.by_id


async def _is_still_listed(server_id: int, backup_id: int) -> bool:
    """Tell whether the backup was seen listed after the time a change may take to show up in the list."""
    listed = False

    async def is_not_listed() -> bool:
        nonlocal listed
        listed = backup_id in (await services().backups.list(server_id)).by_id
        return not listed

    await look_until(is_not_listed)
    return listed


def _outcome(wanted: DeleteOperation, result: DeleteResult) -> Outcome:
    if result.failure is None:
        return Deleted(ended_at=result.at, backup_id=wanted.backup.id, was_gone=result.was_gone)
    if result.may_be_gone:
        return NotKnown(ended_at=result.at, failure=result.failure)
    return NotDone(ended_at=result.at, failure=result.failure)
