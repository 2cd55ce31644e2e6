"""The life of an operation: three durable workflows in a row, none of which waits for another.

    request_operation   admit → announce (or ask a second person) → queue
    execute_operation   in its server's queue: start → the verb's procedure
    report_operation    record how it ended → show it in the card → tell the requester

A bug anywhere ends in a report. Each verb's procedure stands in `backups/`, in a file named after it.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from pydantic import BaseModel, ConfigDict

from bot.approvals import approval
from bot.approvals.alarm import find_alarms, show_outcome_to_approvers
from bot.audit import record
from bot.audit.model import Entry
from bot.audit.record import entry_of, record_surely
from bot.batches.batch import end_part
from bot.batches.card import PartCard
from bot.errors import (
    Denial,
    Failure,
    NotAllowed,
    ProviderError,
    SlotsFull,
    Stale,
    StaleConfirmation,
    UnknownServer,
)
from bot.metrics.instruments import OPERATION_SECONDS, REFUSALS, SCHEDULED_BACKUPS, UNEXPECTED
from bot.names import is_same_name
from bot.notifications.model import MessageRef
from bot.operations import engine
from bot.operations.cancel import cancelled_by, find_cancel, tell_if_queued
from bot.operations.card import (
    Card,
    PostedCard,
    announce,
    show_approved,
    show_outcome,
    tell_channel,
    tell_privately,
    tell_requester,
)
from bot.operations.completion import complete_function
from bot.operations.engine import Execution, step, workflow
from bot.operations.model import (
    AnyOperation,
    AnyOutcome,
    Cancelled,
    InternalError,
    NotDone,
    Operation,
    Outcome,
    Refused,
    Unworded,
    WatchOperation,
)
from bot.operations.progress import Running
from bot.operations.records import EXECUTE, REPORT, REQUEST, about_operation, execute_id, report_id
from bot.operations.visibility import is_ended_by_requester, is_part_of_a_run, is_routine
from bot.permissions import NeedsApproval, sees_all
from bot.services import services
from bot.verbs import Verb

log = structlog.get_logger()

MAX_DELAY_SECONDS = 600.0
"""What is begun later than this after it was requested, with nobody told meanwhile, would surprise people."""

NO_CARD = PostedCard()

Check = Callable[[Any], Awaitable[Failure | None]]
P = TypeVar("P", bound=Callable[[Any, Card], Awaitable[Outcome]])


@dataclass(frozen=True)
class _Procedure:
    """What is done in the server's turn, and what is looked at before: on request, and on approval."""

    run: Callable[[Any, Card], Awaitable[Outcome]]
    preflight: Check | None
    out_of_date: Check | None


_procedures: dict[Verb, _Procedure] = {}


def operation(
    verb: Verb, *, preflight: Check | None = None, out_of_date: Check | None = None
) -> Callable[[P], P]:
    """Make a function the procedure of a verb; it returns the outcome, or raises Refused.

    `preflight` returns why the operation can't succeed, before anybody is told of it. `out_of_date` returns
    what is no longer as it was shown when a second person approves.
    """

    def register(run: P) -> P:
        _procedures[verb] = _Procedure(run, preflight, out_of_date)
        return run

    return register


async def request(wanted: Operation) -> None:
    """Record an operation and let it run; raises NotRecorded if the database did not confirm."""
    await engine.start(request_operation, wanted.id, wanted)


async def request_watch(wanted: WatchOperation) -> None:
    """Record a watch and let it run: it changes nothing, so it asks nobody and waits for no turn."""
    await engine.start(execute_operation, execute_id(wanted.id), wanted, PostedCard())


@workflow(REQUEST, about=about_operation)
async def request_operation(wanted: AnyOperation, card: PostedCard = NO_CARD) -> None:
    """Record a request, announce it or have it approved, and put it into its server's queue.

    An operation in a batch is given the batch's message as its card.
    """
    try:
        await engine.begin_in_line()
        admission = await admit(wanted)
        engine.adopt(admission.execution)
        admission.check()
        if is_part_of_a_run(wanted):
            pass
        elif wanted.batch_id:
            # Nobody has decided on this server yet.
            await recheck(wanted)
        elif wanted.approval is None:
            card = await announce(wanted)
        else:
            asked = await approval.ask(wanted)
            card = asked.card
            wanted = await approval.wait(wanted, asked, _procedures[wanted.verb].out_of_date)
            card = await show_approved(wanted, card)
        await engine.enqueue(wanted.server_id, execute_operation, execute_id(wanted.id), wanted, card)
    except engine.NOT_BUGS:
        raise
    except Exception as error:  # A bug must not leave the requester without an answer.
        await _end(wanted, card, _outcome_of(error))
    else:
        # The card offers to cancel before there is anything in the queue that could be.
        if card.says_queued and (by := await find_cancel(wanted.id)):
            await tell_if_queued(wanted.id, by)


@workflow(EXECUTE, is_queued=True, about=about_operation)
async def execute_operation(wanted: AnyOperation, card: PostedCard) -> None:
    """Carry an operation out by its verb's procedure."""
    try:
        admission = await start_execution(wanted, card)
        engine.adopt(admission.execution)
        admission.check()
        current = PartCard(wanted, card) if wanted.batch_id else Card(wanted, card)
        if card.says_queued:
            await current.update(Running())
        outcome = await _procedures[wanted.verb].run(wanted, current)
    except engine.NOT_BUGS:
        raise
    except Exception as error:
        outcome = _outcome_of(error)
    await _end(wanted, card, outcome)


@workflow(REPORT, about=about_operation)
async def report_operation(ended: AnyOperation, card: PostedCard, outcome: AnyOutcome) -> None:
    """Record how an operation ended, show it, and tell the requester. Outlasts outages of Slack."""
    recorded = await record_end(ended, card, outcome)
    engine.adopt(recorded.execution)
    if not engine.is_recovery():
        _count(ended, outcome)
    try:
        await _tell(ended, card, outcome)
    except engine.NOT_BUGS:
        raise
    except Exception:  # How it ended is known all the same, and is not to be told as something else.
        log.exception("report_broke")
        await _tell(ended, card, Unworded(ended_at=outcome.ended_at, state=outcome.state))
    if ended.function_execution_id:
        await complete_function(ended, outcome)
    if recorded.failure:
        # Nobody waits for the answer any more, so that this may outlast an outage of the database.
        for entry in _ends(ended, card, outcome):
            await record_surely(entry)


class Admission(BaseModel):
    """Which run began the work, and why it must not go on; nothing of that if it can."""

    model_config = ConfigDict(frozen=True)

    execution: Execution
    failure: Failure | None = None
    cancelled_by: str = ""

    def check(self) -> None:
        """Raise Refused if the work must not go on."""
        at = self.execution.started_at
        if self.cancelled_by:
            raise Refused(Cancelled(ended_at=at, by=self.cancelled_by))
        if self.failure:
            raise Refused(NotDone(ended_at=at, failure=self.failure))


@step("admit")
async def admit(wanted: AnyOperation) -> Admission:
    """Put a request on record, and return why it can't go on: too late by now, no room, not recorded."""
    execution = engine.new_execution(wanted.requested_at)
    failure = await record.write(entry_of(wanted, "requested"))
    preflight = _procedures[wanted.verb].preflight
    # A run by the clock is not requested again by anybody; `_recheck` tells when it is too old.
    if failure is None and not wanted.is_by_clock and execution.delay_seconds > MAX_DELAY_SECONDS:
        failure = Failure.of(StaleConfirmation(Stale.STARTED_TOO_LATE, seconds=execution.delay_seconds))
    if failure is None and preflight:
        failure = await preflight(wanted)
    return Admission(execution=execution, failure=failure)


@step("start_execution", interruptible=True)
async def start_execution(wanted: AnyOperation, card: PostedCard) -> Admission:
    """Put the start on record, and return why it must not be: cancelled, no right any more, too old."""
    execution = engine.new_execution()
    by = await cancelled_by(wanted.id)
    failure = None if by else await _recheck(wanted)
    if not by and failure is None and wanted.verb is not Verb.WATCH:
        failure = await record.write(entry_of(wanted, "started", permalink=card.permalink))
    return Admission(execution=execution, failure=failure, cancelled_by=by)


@step("record_end")
async def record_end(ended: AnyOperation, card: PostedCard, outcome: AnyOutcome) -> Admission:
    """Put the end on record, if the database takes it within 15 s."""
    execution = engine.new_execution()
    failures = [await record.write(entry) for entry in _ends(ended, card, outcome)]
    return Admission(execution=execution, failure=next(filter(None, failures), None))


def _count(ended: Operation, outcome: Outcome) -> None:
    """Count an operation that has ended: once, in the run that has put its end on record."""
    seconds = (outcome.ended_at - ended.requested_at).total_seconds()
    OPERATION_SECONDS.labels(ended.verb, outcome.state).observe(max(0.0, seconds))
    if isinstance(outcome, NotDone):
        REFUSALS.labels(outcome.failure.kind).inc()
    elif isinstance(outcome, InternalError):
        REFUSALS.labels(UNEXPECTED).inc()
    if ended.schedule_id and ended.verb is Verb.CREATE:
        SCHEDULED_BACKUPS.labels(outcome.state).inc()


def _ends(ended: Operation, card: PostedCard, outcome: Outcome) -> list[Entry]:
    if ended.verb is Verb.WATCH:
        return []
    by_whom = [entry_of(ended, "cancelled", decided_by=outcome.by)] if isinstance(outcome, Cancelled) else []
    return [*by_whom, entry_of(ended, "ended", permalink=card.permalink, outcome=outcome)]


async def recheck(wanted: Operation) -> None:
    """Raise Refused if, hours later, it was cancelled, is too old, or the requester can't do it any more."""
    (await recheck_rights(wanted)).check()


@step("recheck_rights", interruptible=True)
async def recheck_rights(wanted: AnyOperation) -> Admission:
    """Decide once more, by the rules and people of this moment."""
    by = await cancelled_by(wanted.id)
    return Admission(execution=engine.new_execution(), failure=await _recheck(wanted), cancelled_by=by)


async def _recheck(wanted: Operation) -> Failure | None:
    age = (services().now() - wanted.confirmed_at).total_seconds()
    if age > services().timeouts.confirmation:
        return Failure.of(StaleConfirmation(Stale.TOO_OLD, seconds=age))
    try:
        await _check_name(wanted)
        decision = await services().authorizer.decide_for(wanted)
        if isinstance(decision, NeedsApproval):
            await _check_second_person(wanted, decision)
    except (NotAllowed, StaleConfirmation) as error:
        return Failure.of(error)
    return None


async def _check_name(wanted: Operation) -> None:
    """Raise StaleConfirmation if the server is known by another name by now: rules go by names."""
    with suppress(ProviderError, UnknownServer):
        server = await services().directory.by_id(wanted.server_id, sees_all)
        if not is_same_name(server.name, wanted.server_name):
            raise StaleConfirmation(Stale.RENAMED, server_name=server.name, shown_name=wanted.server_name)


async def _check_second_person(wanted: Operation, decision: NeedsApproval) -> None:
    if wanted.broke_glass:
        if not decision.break_glass:
            raise NotAllowed(Denial.NO_BREAK_GLASS)
        return
    if not wanted.approved_by:
        raise NotAllowed(Denial.NEEDS_APPROVAL_ALONE if wanted.batch_id else Denial.NEEDS_APPROVAL_NOW)
    try:
        await services().authorizer.check_approver_surely(wanted.approved_by, "", wanted)
    except NotAllowed as error:
        raise NotAllowed(Denial.APPROVER_LOST_ROLE, who=error.who) from error


def _outcome_of(error: Exception) -> Outcome:
    if isinstance(error, Refused):
        return error.outcome
    log.error("operation_broke", exc_info=error)
    return InternalError(ended_at=services().now())


async def _end(ended: Operation, card: PostedCard, outcome: Outcome) -> None:
    await engine.start_next(report_operation, report_id(ended.id), ended, card, outcome)


async def _tell(ended: Operation, card: PostedCard, outcome: Outcome) -> None:
    if ended.batch_id:
        await end_part(ended.batch_id, card)
    elif isinstance(ended, WatchOperation):
        await tell_requester(ended, MessageRef(), outcome)
    elif is_part_of_a_run(ended) and is_routine(ended, outcome):
        return
    elif not (card.ts or ended.schedule_id) and _found_no_slot(outcome):
        # Nobody else has seen that it was requested.
        await tell_privately(ended, outcome)
    else:
        shown = await show_outcome(ended, card, outcome)
        if not is_ended_by_requester(ended, outcome) and not is_routine(ended, outcome):
            await tell_requester(ended, shown, outcome)
        told = [*card.direct, *await find_alarms(ended)]
        await show_outcome_to_approvers(ended, told, outcome, card.link_for_others)
        if shown.channel != ended.channel:
            await tell_channel(ended, outcome)


def _found_no_slot(outcome: Outcome) -> bool:
    return isinstance(outcome, NotDone) and outcome.failure.kind == SlotsFull.__name__
