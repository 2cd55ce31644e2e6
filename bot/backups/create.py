"""Making a backup: make it, watch it until it is finished. A restore makes its safety backup the same way.

VPS.org knows no idempotency key. So a backup carries our tag in its description, by which it is found again
after a crash, or if the answer was lost; it is never made blindly a second time.
"""

import asyncio
from datetime import datetime

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups.checks import look_until, manual_backups
from bot.backups.limited import while_limited
from bot.backups.make_room import find_stale_room, make_room, telling_of
from bot.backups.model import Backup, has_tag
from bot.backups.rotate import choose_room, rotate
from bot.backups.watch import watch_backup
from bot.errors import (
    Failure,
    InvalidResponse,
    Nonsense,
    ProviderError,
    SlotsFull,
)
from bot.lifecycle import operation
from bot.operations.card import Card
from bot.operations.engine import execution, is_recovery, step
from bot.operations.model import (
    AnyOperation,
    BackingUpOperation,
    CreateOperation,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    Refused,
)
from bot.servers.model import MANUAL_SLOTS
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()

ROOM_SECONDS = 3.0
DESCRIPTION_LIMIT, REQUESTER_LIMIT = 250, 40
"""Characters; VPS.org documents no limit, and what is longer may be refused or shortened."""


async def find_no_room(wanted: BackingUpOperation) -> Failure | None:
    """Return a failure if the server has no free slot and none is to be made; None if that is unclear."""
    makes_room = isinstance(wanted, CreateOperation) and wanted.makes_room
    return None if wanted.delete_first or makes_room else await _no_room(wanted)


async def _no_room(wanted: Operation) -> Failure | None:
    try:
        async with asyncio.timeout(ROOM_SECONDS):
            listing = await services().backups.list(wanted.server_id, "manual")
    except (ProviderError, TimeoutError):
        return None
    full = _full(wanted, listing.backups)
    return Failure.of(full) if full else None


@operation(Verb.CREATE, preflight=find_no_room, out_of_date=find_stale_room)
async def create(wanted: CreateOperation, card: Card) -> Outcome:
    """Make a backup of a server, after making room if that was wanted, and watch it until it is finished."""
    wanted = await choose_room(wanted)
    deleted = await make_room(wanted)
    return await rotate(wanted, await telling_of(deleted, _back_up(wanted, card)))


async def _back_up(wanted: CreateOperation, card: Card) -> Outcome:
    backup, started = await make_backup(wanted, "")
    return await watch_backup(wanted.server_id, backup.id, started, card)


async def make_backup(wanted: Operation, purpose: str) -> tuple[Backup, datetime]:
    """Return the backup that was started, and when (UTC); raises Refused if none was, as far as is known."""
    created = await while_limited(lambda: call_create(wanted, purpose))
    if backup := created.backup:
        # One that is found again is older than the look, and its own moment is by VPS.org's clock.
        return backup, max(execution().started_at, min(created.at, backup.created_at))
    if created.failure is None:
        raise ValueError("neither a backup nor a failure")
    outcome = NotKnown if created.may_exist else NotDone
    raise Refused(outcome(ended_at=created.at, failure=created.failure))


class CreateResult(BaseModel):
    """A backup that was started, or why not; `may_exist`: one may have been started all the same."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    backup: Backup | None = None
    failure: Failure | None = None
    may_exist: bool = False


@step("call_create")
async def call_create(wanted: AnyOperation, purpose: str) -> CreateResult:
    """Start a backup, unless one that carries our tag is there already."""
    if is_recovery():
        await asyncio.sleep(services().timeouts.settle)
    now = services().now()
    try:
        backup = await _find_or_create(wanted, purpose)
    except SlotsFull as error:
        return CreateResult(at=now, failure=await _no_room(wanted) or Failure.of(error))
    except ProviderError as error:
        may_exist = error.may_have_acted or is_recovery()
        found = await look_until(lambda: _find(wanted)) if may_exist else None
        if found is None:
            return CreateResult(at=services().now(), failure=Failure.of(error), may_exist=may_exist)
        backup = found
    log.info("backup_started", server=wanted.server_id, backup=backup.id)
    return CreateResult(at=now, backup=backup)


async def _find_or_create(wanted: Operation, purpose: str) -> Backup:
    listing = await services().backups.list(wanted.server_id, "manual")
    if found := _tagged(wanted, listing.backups):
        return found
    if is_recovery() and listing.not_shown:
        raise InvalidResponse(nonsense=Nonsense.PARTIAL_LIST)
    if full := _full(wanted, listing.backups):
        raise full
    return await services().backups.create(wanted.server_id, _description(wanted, purpose))


async def _find(wanted: Operation) -> Backup | None:
    return _tagged(wanted, (await services().backups.list(wanted.server_id, "manual")).backups)


def _tagged(wanted: Operation, backups: list[Backup]) -> Backup | None:
    return next((backup for backup in backups if has_tag(backup.description, wanted.tag)), None)


def _full(wanted: Operation, backups: list[Backup]) -> SlotsFull | None:
    first = wanted.delete_first if isinstance(wanted, BackingUpOperation) else None
    # What was just deleted may be listed a little longer.
    manual = [each for each in manual_backups(wanted.server_id, backups) if not first or each.id != first.id]
    if len(manual) < MANUAL_SLOTS:
        return None
    return SlotsFull(server_name=wanted.server_name, used=len(manual), limit=MANUAL_SLOTS)


def _description(wanted: Operation, purpose: str) -> str:
    # The tag first, so that it is there even if VPS.org shortens what follows.
    requester = (wanted.requester_name or wanted.requested_by)[:REQUESTER_LIMIT]
    by = f" · by {requester}"
    said = " ".join(part for part in (purpose, wanted.reason) if part) or "Requested in Slack"
    room = DESCRIPTION_LIMIT - len(wanted.tag) - 1 - len(by)
    return f"{wanted.tag} {said[:room].strip()}{by}"
