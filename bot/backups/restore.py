"""Restoring a server: a safety backup, a last look, the call, and watching the server as far as can be seen.

VPS.org documents neither a restore's answer nor its progress (VPS-API.md), and a restore leaves no mark to
look for. So the call is never repeated, and the outcome says what was seen and no more.
"""

import asyncio
from datetime import UTC, datetime

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.backups import messages
from bot.backups.checks import find_stale, revalidate
from bot.backups.create import find_no_room, make_backup
from bot.backups.limited import while_limited
from bot.backups.make_room import find_stale_room, make_room, telling_of
from bot.backups.watch import watch_backup
from bot.errors import Failure, ProviderError, Silence, Unreachable
from bot.lifecycle import operation, recheck
from bot.operations.card import Card
from bot.operations.engine import Execution, adopt, is_recovery, new_execution, step
from bot.operations.model import (
    Accepted,
    AnyOperation,
    BackedUp,
    NoSafetyBackup,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    Refused,
    Restored,
    RestoreOperation,
)
from bot.operations.progress import AwaitingServer, SafetyBackupRunning, ServerLate
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()

RESTORING = "restoring"
"""VPS.org's word for the status of a server while it is restored (VPS-API.md)."""
LONGEST_PAUSE = 60.0
"""Seconds between two looks at a server, however long it takes."""


async def find_no_room_for_safety(wanted: RestoreOperation) -> Failure | None:
    """Return a failure if there is no slot for the safety backup that was wanted."""
    return await find_no_room(wanted) if wanted.safety_backup else None


async def find_stale_parts(wanted: RestoreOperation) -> Failure | None:
    """Return what is no longer as the person was shown it, of the backup or of the one that goes first."""
    return await find_stale(wanted) or await find_stale_room(wanted)


@operation(Verb.RESTORE, preflight=find_no_room_for_safety, out_of_date=find_stale_parts)
async def restore(wanted: RestoreOperation, card: Card) -> Outcome:
    """Reset a server to a backup."""
    await revalidate(wanted)
    if not wanted.safety_backup:
        return await call_and_watch(wanted, card)
    deleted = await make_room(wanted)
    return await telling_of(deleted, restore_safely(wanted, card))


async def restore_safely(wanted: RestoreOperation, card: Card) -> Outcome:
    """Reset a server to a backup, once another one of its current state is complete."""
    safety = await back_up_first(wanted, card)
    outcome: Outcome
    try:
        await recheck(wanted)  # Hours may have passed.
        await revalidate(wanted)
        outcome = await call_and_watch(wanted, card)
    except Refused as refusal:
        outcome = refusal.outcome
    made = {"safety_backup_id": safety.backup_id}
    took = {"safety_backup_seconds": safety.seconds} if isinstance(outcome, Restored) else {}
    return outcome.model_copy(update=made | took)


async def call_and_watch(wanted: RestoreOperation, card: Card) -> Restored | Accepted | NotDone | NotKnown:
    """Return what came of the call for the restore, as far as VPS.org shows it."""
    reply = await while_limited(lambda: look_and_call(wanted), lambda: revalidate(wanted))
    if reply.failure:
        return not_restored(reply)
    await card.update(AwaitingServer())
    return restored(reply, await watch_restored(wanted.server_id, reply, card))


async def look_and_call(wanted: RestoreOperation) -> "RestoreReply":
    """Call for the restore, after a look at how the server is before."""
    before = await read_server_status(wanted.server_id)
    # From here on a recovery means that another run may have called already.
    adopt(before.execution)
    return await call_restore(wanted, before.status)


async def back_up_first(wanted: RestoreOperation, card: Card) -> BackedUp:
    """Return the safety backup once it is complete; raises Refused if it is not."""
    await card.update(SafetyBackupRunning())
    try:
        backup, started = await make_backup(wanted, messages.safety_purpose(wanted.backup.id))
        outcome: Outcome = await watch_backup(wanted.server_id, backup.id, started, card)
    except Refused as refusal:
        outcome = refusal.outcome
    if isinstance(outcome, BackedUp):
        return outcome
    raise Refused(NoSafetyBackup.model_validate({"ended_at": outcome.ended_at, "cause": outcome}))


class ServerStatus(BaseModel):
    """A server's status in VPS.org's own word, empty if it could not be read; and which run read it."""

    model_config = ConfigDict(frozen=True)

    status: str
    execution: Execution


class RestoreReply(BaseModel):
    """What VPS.org answered to the call for a restore, in its own `words`, or why it is not known.

    `before` is the server's status before the call. If the answer was lost but the status was seen to change,
    it changed to `during`. `may_have_acted`: the restore may run all the same.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    before: str
    during: str = ""
    words: str = ""
    failure: Failure | None = None
    may_have_acted: bool = False

    @property
    def answer_lost(self) -> bool:
        """True if the change of status told that the call arrived."""
        return bool(self.during)


class RestoreObservation(BaseModel):
    """What was seen of a server after its restore was accepted, until `at` (UTC).

    `status` is the last one; `during` is one that it had in between, other than before.
    """

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    status: str = ""
    during: str = ""

    @property
    def is_unfinished(self) -> bool:
        """True if VPS.org was still at it when the server was last seen."""
        return self.status.casefold() == RESTORING


@step("read_server_status", interruptible=True)
async def read_server_status(server_id: int) -> ServerStatus:
    """Return the server's status; empty if it can't be told."""
    return ServerStatus(status=await _status(server_id), execution=new_execution())


@step("call_restore")
async def call_restore(wanted: AnyOperation, before: str) -> RestoreReply:
    """Call for the restore, once. If it is not known whether an earlier call arrived, look, don't call."""
    if not isinstance(wanted, RestoreOperation):
        raise TypeError(wanted.verb)
    if is_recovery():
        return await _look(wanted, before, Unreachable(silence=Silence.INTERRUPTED, may_have_acted=True))
    at = datetime.now(UTC)
    try:
        words = await services().backups.restore(wanted.server_id, wanted.backup.id)
    except ProviderError as error:
        if error.may_have_acted:
            return await _look(wanted, before, error)
        return RestoreReply(at=at, before=before, failure=Failure.of(error))
    return RestoreReply(at=at, before=before, words=words)


async def watch_restored(server_id: int, reply: RestoreReply, card: Card) -> RestoreObservation:
    """Watch the server until it is back; if it is still being restored by then, say so and watch on."""
    limits = services().timeouts
    seen = await watch_server(server_id, reply, reply.during, limits.restore_watch)
    if seen.is_unfinished and limits.give_up > limits.restore_watch:
        await card.tell_late(ServerLate(reply.at, limits.restore_watch, seen.status))
        seen = await watch_server(server_id, reply, seen.during, limits.give_up)
    return seen


@step("watch_server", interruptible=True)
async def watch_server(
    server_id: int, reply: RestoreReply, during: str, seconds: float
) -> RestoreObservation:
    """Watch the server until it has changed and is as before again, for so many seconds after the reply.

    `during` is a status that it was seen to have meanwhile. Looks once at least: the bot may have been away.
    """
    status = during
    while True:
        seen = await _status(server_id)
        status = seen or status
        if _is_changed(seen, reply.before):
            during = seen
        elif seen and during:
            break
        passed = (datetime.now(UTC) - reply.at).total_seconds()
        if passed >= seconds:
            break
        pause = max(services().timeouts.poll, min(passed / 60, LONGEST_PAUSE))
        await asyncio.sleep(min(pause, seconds - passed))
    waited = round((datetime.now(UTC) - reply.at).total_seconds(), 1)
    log.info("restore_watched", server=server_id, status=status, during=during, waited_seconds=waited)
    return RestoreObservation(at=datetime.now(UTC), status=status, during=during)


def _is_changed(status: str, before: str) -> bool:
    """Tell whether a status is another than before; if that is not known, whether it tells of a restore."""
    return bool(status) and status != before if before else status.casefold() == RESTORING


def not_restored(reply: RestoreReply) -> NotDone | NotKnown:
    """Return the outcome of a call for a restore that failed, or of which it is not known."""
    if reply.failure is None:
        raise ValueError("the restore was accepted")
    outcome = NotKnown if reply.may_have_acted else NotDone
    return outcome(ended_at=reply.at, failure=reply.failure)


def restored(reply: RestoreReply, seen: RestoreObservation) -> Restored | Accepted:
    """Return the outcome of a restore that was accepted: what VPS.org said and what was seen, no more."""
    if seen.during and seen.status == reply.before:
        return Restored(
            ended_at=seen.at,
            before=reply.before,
            during=seen.during,
            words=reply.words,
            answer_lost=reply.answer_lost,
            seconds=(seen.at - reply.at).total_seconds(),
        )
    return Accepted(
        ended_at=seen.at,
        status=seen.status,
        before=reply.before,
        during=seen.during,
        words=reply.words,
        answer_lost=reply.answer_lost,
    )


async def _look(wanted: Operation, before: str, error: ProviderError) -> RestoreReply:
    """Tell from the server's state whether the call arrived; if that doesn't tell, a person decides."""
    at = datetime.now(UTC)
    await asyncio.sleep(services().timeouts.settle)
    status = await _status(wanted.server_id)
    if status and before and status != before:
        return RestoreReply(at=at, before=before, during=status)
    return RestoreReply(at=at, before=before, failure=Failure.of(error), may_have_acted=True)


async def _status(server_id: int) -> str:
    try:
        found = [server for server in (await services().servers.list()).servers if server.id == server_id]
    except ProviderError as error:
        log.warning("server_not_read", server=server_id, error=type(error).__name__)
        return ""
    return found[0].status if found else ""
