"""Calling for a restore, and what can be seen of it afterwards."""

import asyncio
from datetime import UTC, datetime

import structlog
from pydantic import BaseModel, ConfigDict

from bot.backups.ports import patience, provider, servers
from bot.errors import Missing, ProviderError
from bot.operations.engine import is_replayed, step
from bot.operations.model import Began, Failure, Operation, Outcome, State

log = structlog.get_logger()

QUIET_LOOKS = 12
"""Looks after which a server that has not changed at all is no longer expected to."""


class ServerStatus(BaseModel):
    """A server's status in VPS.org's own word; empty where it could not be read."""

    model_config = ConfigDict(frozen=True)

    word: str = ""


class Called(BaseModel):
    """What VPS.org answered to the call for a restore, in its own words, or why it is not known.

    Where the answer was lost but the server was seen to change its status, that is `went_from` and `went_to`.
    """

    model_config = ConfigDict(frozen=True)

    words: str = ""
    went_from: str = ""
    went_to: str = ""
    failure: Failure | None = None


class Watched(BaseModel):
    """What was seen of a server after its restore was accepted."""

    model_config = ConfigDict(frozen=True)

    status: str
    changed: bool
    came_back: bool
    at: datetime


@step("server_status")
async def server_status(server_id: int) -> ServerStatus:
    """Return the server's status; empty where it can't be told."""
    return ServerStatus(word=await _status(server_id) or "")


@step("call_restore")
async def call_restore(operation: Operation, before: ServerStatus, began: Began) -> Called:
    """Call for the restore, once. Where it is not known whether an earlier call arrived, look, don't call."""
    if is_replayed(began):
        return await _look(operation, before, "I was interrupted just when I called VPS.org for the restore.")
    try:
        return Called(words=await provider().restore(operation.server_id, operation.backup_id or 0))
    except ProviderError as error:
        if error.may_have_acted:
            return await _look(operation, before, error.what)
        return Called(failure=Failure.of(error))


@step("see_restore", waits=True)
async def see_restore(server_id: int, before: ServerStatus, until: datetime) -> Watched:
    """Watch the server until it has changed and is as before again, or nothing more is to be seen."""
    status, changed, looks = before.word, False, 0
    while datetime.now(UTC) < until and (changed or looks < QUIET_LOOKS):
        looks += 1
        status = await _status(server_id) or status
        changed = changed or status != before.word
        if changed and status == before.word:
            break
        await asyncio.sleep(patience().poll)
    came_back = changed and status == before.word
    return Watched(status=status, changed=changed, came_back=came_back, at=datetime.now(UTC))


def restored(called: Called, seen: Watched | None, began: Began) -> Outcome:
    """Return the outcome of a restore: what VPS.org said and what was seen, and no more."""
    if called.failure:
        state = State.UNKNOWN if called.failure.may_have_acted else State.FAILED
        return Outcome(state=state, what=called.failure.what, hint=called.failure.hint, ended_at=began.at)
    if seen is None:
        raise ValueError("an accepted restore is watched")
    said = _said(called)
    seconds = (seen.at - began.at).total_seconds()
    if seen.came_back or (called.went_to and seen.status == called.went_from):
        what = f"{said} The server changed its status and is “{seen.status}” again."
        return Outcome(state=State.DONE, what=what, hint=_LOOK, ended_at=seen.at, seconds=seconds)
    now = f"The server's status is “{seen.status}”." if seen.status else "Its status can't be read."
    what = f"{said} {now} VPS.org does not show how far a restore has come."
    return Outcome(state=State.ACCEPTED, what=what, hint=_LOOK, ended_at=seen.at)


def _said(called: Called) -> str:
    if called.went_to:
        went = f"the server's status went from “{called.went_from}” to “{called.went_to}”"
        return f"VPS.org's answer did not arrive, but {went}."
    if not called.words:
        return "VPS.org accepted the call."
    return f"VPS.org said: “{called.words}”{'' if called.words.endswith(('.', '!', '?')) else '.'}"


_LOOK = "Check the server itself before you rely on it."


async def _look(operation: Operation, before: ServerStatus, what: str) -> Called:
    """Tell from the server's state whether the call arrived; where that doesn't tell, a person decides."""
    await asyncio.sleep(patience().settle)
    status = await _status(operation.server_id)
    if status and before.word and status != before.word:
        return Called(went_from=before.word, went_to=status)
    hint = "I did not call again. Look at the server, then decide whether to restore once more."
    return Called(failure=Failure(kind="Unknown", what=what, hint=hint, may_have_acted=True))


async def _status(server_id: int) -> str | None:
    try:
        found = [server for server in await servers().list() if server.id == server_id]
    except (ProviderError, Missing) as error:
        log.warning("server_not_read", server=server_id, reason=error.what)
        return None
    return found[0].status if found else None
