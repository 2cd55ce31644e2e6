"""Rotating a schedule's own backups: room is made before it runs, and what is surplus goes afterwards.

What is its own is what the audit trail says that its operations made. What goes, goes by operations of their
own, which are queued, decided and looked at anew like any other.
"""

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.audit import record
from bot.audit.record import entry_of
from bot.backups.api import BackupList
from bot.backups.checks import manual_backups
from bot.backups.limited import while_limited
from bot.backups.model import Backup
from bot.backups.own import own_spare, own_surplus
from bot.errors import BotError, Failure
from bot.operations import engine
from bot.operations.engine import step
from bot.operations.model import (
    AnyOperation,
    BackedUp,
    BackupRef,
    CreateOperation,
    DeleteOperation,
    NotDone,
    Operation,
    Outcome,
    Refused,
)
from bot.operations.records import REQUEST, new_id
from bot.servers.model import MANUAL_SLOTS
from bot.services import services
from bot.verbs import Verb


class Room(BaseModel):
    """The backup that goes before another is made, if any has to, by `at` (UTC); or why that is not known."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    first: BackupRef | None = None
    failure: Failure | None = None


async def choose_room(wanted: CreateOperation) -> CreateOperation:
    """Return the operation with the backup that goes first, if the server is full and its schedule may.

    Raises:
        Refused: it can't be put on record what is to go.
    """
    if not wanted.makes_room or wanted.delete_first:
        return wanted
    room = await while_limited(lambda: find_room(wanted))
    if room.failure:
        raise Refused(NotDone(ended_at=room.at, failure=room.failure))
    return wanted.model_copy(update={"delete_first": room.first})


@step("find_room")
async def find_room(wanted: AnyOperation) -> Room:
    """Look for the schedule's own backup that has to go first, and put on record which."""
    now = services().now()
    try:
        listing = await services().backups.list(wanted.server_id)
        first = await own_spare(wanted, listing) if _is_full(wanted, listing) else None
    except BotError as error:
        return Room(at=now, failure=Failure.of(error))
    if first is None:
        return Room(at=now)
    going = wanted.model_copy(update={"delete_first": _ref(first)})
    failure = await record.write(entry_of(going, "started", part="room"))
    return Room(at=now, first=None if failure else _ref(first), failure=failure)


async def rotate(wanted: CreateOperation, outcome: Outcome) -> Outcome:
    """Have what is surplus now deleted, each by an operation of its own; return the outcome that says so."""
    if wanted.keep is None or not isinstance(outcome, BackedUp):
        return outcome
    surplus = await find_surplus(wanted)
    for each in surplus:
        deleting = _deleting(wanted, each, outcome)
        await engine.start_next(engine.named(REQUEST), deleting.id, deleting)
    return outcome.model_copy(update={"rotates": tuple(each.id for each in surplus)})


@step("find_surplus")
async def find_surplus(wanted: AnyOperation) -> list[BackupRef]:
    """Return the schedule's own backups of the server that go now; none if that can't be told."""
    try:
        listing = await services().backups.list(wanted.server_id)
        return [_ref(each) for each in await own_surplus(wanted, listing)]
    except BotError:
        # The next run deletes it.
        return []


def _deleting(made: CreateOperation, backup: BackupRef, outcome: BackedUp) -> DeleteOperation:
    # Of the run and the backup, so that a run carried on by another process asks for the same.
    fields = made.model_dump(
        include={
            "server_id", "server_name", "requested_by", "requester_name", "team", "channel", "schedule_id",
            "reason", "keep", "delivery_id",
        }
    )  # fmt: skip
    return DeleteOperation(
        **fields,
        id=new_id(made.server_id, Verb.DELETE, f"rotate:{backup.id}:{made.tag}"),
        requested_at=outcome.ended_at,
        shown_at=outcome.ended_at,
        backup=backup,
    )


def _is_full(wanted: Operation, listing: BackupList) -> bool:
    return len(manual_backups(wanted.server_id, listing.backups)) >= MANUAL_SLOTS


def _ref(backup: Backup) -> BackupRef:
    return BackupRef(id=backup.id, created_at=backup.created_at)
