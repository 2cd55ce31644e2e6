"""What the workflows do at VPS.org: recorded steps, which look before they do a thing twice."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import structlog
from pydantic import BaseModel, ConfigDict

from bot.backups import checks
from bot.backups.model import MANUAL_SLOTS, Backup
from bot.backups.ports import patience, poller, provider
from bot.errors import BotError, Missing, Nonsense, ProviderError, SlotsFull
from bot.operations.engine import is_replayed, step
from bot.operations.model import Began, Failure, Operation
from bot.operations.records import ended_since
from bot.vps.refusals import outcome

log = structlog.get_logger()

LOOKS = 4
"""How often the list is read for a backup of which it is not known whether it was made."""
ROOM_SECONDS = 3.0
DESCRIPTION_LIMIT = 200


class Made(BaseModel):
    """A backup that was made, or why not; `oldest_manual_id` is set where the server has no room."""

    model_config = ConfigDict(frozen=True)

    backup: Backup | None = None
    failure: Failure | None = None
    oldest_manual_id: int | None = None


class Seen(BaseModel):
    """What was seen of a watched backup: its last state, or that it vanished, or that time ran out."""

    model_config = ConfigDict(frozen=True)

    backup: Backup | None = None
    vanished: bool = False
    at: datetime


class Removed(BaseModel):
    """A backup that was deleted, or why not, and when (UTC) that was known."""

    model_config = ConfigDict(frozen=True)

    was_gone: bool = False
    failure: Failure | None = None
    at: datetime | None = None


class Checked(BaseModel):
    """What a person confirmed is still so, unless there is a failure."""

    model_config = ConfigDict(frozen=True)

    failure: Failure | None = None


@step("check_room")
async def check_room(operation: Operation) -> Made:
    """Return a failure where the server has no slot left. An unclear answer is no failure: the call tells."""
    try:
        async with asyncio.timeout(ROOM_SECONDS):
            listing = await provider().list(operation.server_id, "manual")
    except (ProviderError, TimeoutError):
        return Made()
    return _full(operation.server_id, operation.server_name, listing.backups) or Made()


@step("make_backup")
async def make_backup(operation: Operation, began: Began, what_for: str) -> Made:
    """Make a backup, unless one that carries our tag is there already."""
    if is_replayed(began):
        await asyncio.sleep(patience().settle)
    try:
        listing = await provider().list(operation.server_id, "manual")
        if found := _tagged(operation, listing.backups):
            return Made(backup=found)
        if is_replayed(began) and listing.missing:
            raise _hidden("whether I had made this one when I was interrupted, and made no other")
        if full := _full(operation.server_id, operation.server_name, listing.backups):
            return full
        return Made(backup=await provider().create(operation.server_id, _describe(operation, what_for)))
    except SlotsFull as error:
        return Made(failure=Failure.of(error))
    except ProviderError as error:
        return await _looked_up(operation, error, possible=error.may_have_acted or is_replayed(began))


@step("await_backup", waits=True)
async def await_backup(server_id: int, backup_id: int, until: datetime) -> Seen:
    """Wait until the backup is final, has vanished, or it is `until`."""
    left = (until - datetime.now(UTC)).total_seconds()
    try:
        async with asyncio.timeout(max(left, 0)):
            backup = await poller().wait_final(server_id, backup_id)
    except TimeoutError:
        return Seen(at=datetime.now(UTC))
    return Seen(backup=backup, vanished=backup is None, at=datetime.now(UTC))


@step("check_target")
async def check_target(operation: Operation) -> Checked:
    """Check once more that what the person confirmed is so; a failure names the reason."""
    try:
        listing = await provider().list(operation.server_id)
        if listing.may_hide(operation.backup_id):
            raise _hidden(f"whether backup {operation.backup_id} is still there, and did nothing")
        checks.check_target(operation, listing.backups)
        if operation.shown_at:
            checks.check_nothing_newer(operation, await ended_since(operation.server_id, operation.shown_at))
    except BotError as error:
        return Checked(failure=_of_look(error))
    return Checked()


@step("remove_backup")
async def remove_backup(operation: Operation, began: Began) -> Removed:
    """Delete the backup. Where the answer was lost, the list tells whether it is gone."""
    removed = await _remove(operation, began)
    return removed.model_copy(update={"at": datetime.now(UTC)})


def deadline(began: Began, seconds: float) -> datetime:
    """Return the moment (UTC) that lies so many seconds after the work began."""
    return began.at + timedelta(seconds=seconds)


async def _remove(operation: Operation, began: Began) -> Removed:
    backup_id = operation.backup_id or 0
    try:
        await provider().delete(backup_id)
    except Missing as error:
        if not await _is_still_listed(operation.server_id, backup_id):
            return Removed(was_gone=not is_replayed(began))
        update = {
            "hint": f"Yet it lists backup {backup_id}: look there.",
            "may_have_acted": is_replayed(began),
        }
        return Removed(failure=Failure.of(error).model_copy(update=update))
    except ProviderError as error:
        if error.may_have_acted and await _until(lambda: _is_gone(operation.server_id, backup_id)):
            return Removed()
        return Removed(failure=Failure.of(error))
    return Removed()


def _of_look(error: BotError, *, acted: bool = False) -> Failure:
    """Return the failure of looking before a call, in words about the call."""
    failure = Failure.of(error)
    what = failure.what.replace(outcome("GET"), outcome("POST", acted=acted))
    return failure.model_copy(update={"what": what})


def _hidden(unknown: str) -> Nonsense:
    what = f"VPS.org did not show all backups of the server, so I can't tell {unknown}."
    return Nonsense(what, "Look with `/backup list`, and try again in a minute.")


async def _looked_up(operation: Operation, error: ProviderError, *, possible: bool) -> Made:
    failure = _of_look(error, acted=possible).model_copy(update={"may_have_acted": possible})
    if not possible:
        return Made(failure=failure)
    found: list[Backup] = []

    async def look() -> bool:
        listing = await provider().list(operation.server_id, "manual")
        tagged = _tagged(operation, listing.backups)
        found.extend([tagged] if tagged else [])
        return bool(found)

    await _until(look)
    return Made(backup=found[0]) if found else Made(failure=failure)


async def _until(look: Callable[[], Awaitable[bool]]) -> bool:
    """Look a few times within the time a change may take to show up in the list."""
    for _ in range(LOOKS):
        await asyncio.sleep(patience().settle / LOOKS)
        try:
            if await look():
                return True
        except ProviderError as error:
            log.warning("look_up_failed", reason=error.what)
    return False


async def _is_gone(server_id: int, backup_id: int) -> bool:
    listing = await provider().list(server_id)
    return not listing.missing and all(backup.id != backup_id for backup in listing.backups)


async def _is_still_listed(server_id: int, backup_id: int) -> bool:
    """Tell whether the backup is listed even after the time a change may take to show up in the list."""
    listed = False

    async def is_not() -> bool:
        nonlocal listed
        listing = await provider().list(server_id)
        listed = any(backup.id == backup_id for backup in listing.backups)
        return not listed

    await _until(is_not)
    return listed


def _tagged(operation: Operation, backups: list[Backup]) -> Backup | None:
    return next((backup for backup in backups if backup.description.endswith(operation.tag)), None)


def _full(server_id: int, server_name: str, backups: list[Backup]) -> Made | None:
    manual = [backup for backup in backups if backup.is_manual and backup.server.id == server_id]
    if len(manual) < MANUAL_SLOTS:
        return None
    oldest = checks.oldest_manual(server_id, manual)
    error = SlotsFull(
        f"{server_name} already has {len(manual)} of {MANUAL_SLOTS} manual backups.",
        "Delete one you no longer need, then try again.",
    )
    return Made(failure=Failure.of(error), oldest_manual_id=oldest.id if oldest else None)


def _describe(operation: Operation, what_for: str) -> str:
    said = " ".join(part for part in (what_for, operation.reason) if part)[:DESCRIPTION_LIMIT].strip()
    return (
        f"{said or 'Asked for in Slack'} · by {operation.asked_by_name or operation.asked_by} {operation.tag}"
    )
