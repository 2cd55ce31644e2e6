"""Asking a second person, and waiting for the answer, through restarts and deploys."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import assert_never

import structlog

from bot.approvals import messages, views
from bot.approvals.alarm import start_alarm
from bot.approvals.model import Choice, Verdict, Vote, reminder_moments
from bot.audit import record
from bot.audit.record import entry_of, record_surely
from bot.authorizer import until_known
from bot.errors import Denial, Failure, NotAllowed
from bot.metrics.instruments import APPROVAL_SECONDS, REFUSALS
from bot.notifications.model import MessageRef
from bot.operations import card, engine
from bot.operations.card import PostedCard, remind, replace_messages, reply_in_thread, write_to
from bot.operations.digest import digest_of_request
from bot.operations.engine import execution, step
from bot.operations.model import (
    AnyOperation,
    Ending,
    NotApproved,
    NotDone,
    Operation,
    Refused,
)
from bot.operations.records import DECIDED
from bot.permissions import NeedsApproval
from bot.services import services

log = structlog.get_logger()

TOPIC = "vote"
DECIDED_ALREADY = Failure.of(NotAllowed(Denial.DECIDED_ALREADY))

OutOfDate = Callable[[Operation], Awaitable[Failure | None]]
"""Returns what is no longer as it was shown."""


@dataclass(frozen=True)
class Question:
    """Where the question to a second person is, and who can answer it."""

    card: PostedCard
    approvers: list[str]


async def ask(operation: Operation) -> Question:
    """Ask those who can approve, in the channel or directly; raises Refused if there is nobody."""
    approvers = await who_can_approve(operation)
    if not approvers:
        denial = NotAllowed(Denial.NO_APPROVER, operation.verb, "BOT_APPROVERS")
        raise Refused(NotDone(ended_at=execution().started_at, failure=Failure.of(denial)))
    until = _deadline(operation)
    question = views.question(operation, approvers, until, are_asked_directly=services().asks_approvers)
    posted = await card.ask(operation, question, until)
    await record_surely(entry_of(operation, "approval_requested", permalink=posted.permalink))
    if await asks_directly(operation, posted):
        direct = views.direct_question(operation, until, posted.link_for_others)
        asked = await write_to(operation, approvers, direct, "ask")
        missed = [person for person, ref in zip(approvers, asked, strict=True) if not ref.ts]
        posted = posted.model_copy(update={"direct": tuple(ref for ref in asked if ref.ts)})
        if missed:
            await reply_in_thread(operation, posted, messages.needs_approval_from(missed), "ask")
    return Question(posted, approvers)


async def wait(operation: Operation, asked: Question, out_of_date: OutOfDate | None) -> Operation:
    """Return the operation as approved; raises Refused if it is not. Nobody's silence is consent."""
    ref = asked.card
    verdict, reminders = await _verdict(operation, asked, out_of_date)
    await engine.set_event(DECIDED, _mark(verdict))
    while late := await engine.receive(TOPIC, 0):
        await _answer_uncounted(operation, Vote.model_validate(late), DECIDED_ALREADY)
    if failure := await record_verdict(operation, ref, verdict):
        raise Refused(NotDone(ended_at=verdict.at, failure=failure))
    if reminders:
        await replace_messages(reminders, views.answered(operation, verdict))
    approved = _approved(operation, verdict)
    if approved.broke_glass:
        await start_alarm(approved, ref, asked.approvers)
    if ref.direct:
        await replace_messages([*ref.direct], views.direct_decision(approved, verdict, ref.link_for_others))
    return approved


def _approved(operation: Operation, verdict: Verdict) -> Operation:
    match verdict.ending:
        case Ending.APPROVED | Ending.BREAK_GLASS:
            return operation.model_copy(
                update={
                    "approved_by": verdict.person,
                    "approved_at": verdict.at,
                    "broke_glass": verdict.ending is Ending.BREAK_GLASS,
                    "break_glass_reason": verdict.comment if verdict.ending is Ending.BREAK_GLASS else "",
                }
            )
        case Ending.DECLINED | Ending.WITHDRAWN | Ending.EXPIRED | Ending.STALE:
            minutes = operation.approval.minutes if operation.approval else 0.0
            raise Refused(
                NotApproved(
                    ended_at=verdict.at,
                    ending=verdict.ending,
                    by=verdict.person,
                    comment=verdict.comment,
                    minutes=minutes,
                    failure=verdict.failure,
                )
            )
    assert_never(verdict.ending)


async def _verdict(
    operation: Operation, asked: Question, out_of_date: OutOfDate | None
) -> tuple[Verdict, list[MessageRef]]:
    """Return what was decided, and where the reminders are."""
    deadline = _deadline(operation)
    moments = reminder_moments(execution().started_at, deadline)
    reminders: list[MessageRef] = []
    number = 0
    while True:
        verdict = None
        vote = await engine.receive(TOPIC, await seconds_until(moments[0] if moments else deadline))
        if vote is not None:
            verdict = await _judged(operation, Vote.model_validate(vote), deadline, out_of_date)
        elif not moments:
            verdict = Verdict(ending=Ending.EXPIRED, at=deadline)
        else:
            # After a long stop there may be nothing left to remind of, and never more than once.
            left = timedelta(seconds=await seconds_until(deadline))
            moments = [each for each in moments[1:] if each > deadline - left]
            if left:
                number += 1
                reminders += await _remind(operation, asked, deadline, number)
        if verdict:
            return verdict, reminders


async def _remind(operation: Operation, asked: Question, deadline: datetime, number: int) -> list[MessageRef]:
    ref, approvers = asked.card, asked.approvers
    # In direct messages there is nobody else to mention.
    reminder = views.reminder(operation, [] if ref.direct else approvers, deadline)
    posted = await remind(operation, ref, [*ref.direct], reminder, number)
    await record_surely(entry_of(operation, "reminded", permalink=ref.permalink, part=str(number)))
    return posted


async def _judged(
    operation: Operation, vote: Vote, deadline: datetime, out_of_date: OutOfDate | None
) -> Verdict | None:
    """Return the verdict a vote leads to; None if it does not count."""
    if failure := await check_vote(operation, vote, deadline):
        await _answer_uncounted(operation, vote, failure)
        return None
    verdict = Verdict(
        ending=_ENDINGS[vote.choice],
        at=vote.at,
        person=vote.person,
        comment=vote.comment,
        delivery_id=vote.delivery_id,
    )
    goes_ahead = vote.choice in {Choice.APPROVED, Choice.BREAK_GLASS}
    if goes_ahead and out_of_date and (failure := await out_of_date(operation)):
        return verdict.model_copy(update={"ending": Ending.STALE, "failure": failure})
    return verdict


_ENDINGS = {
    Choice.APPROVED: Ending.APPROVED,
    Choice.DECLINED: Ending.DECLINED,
    Choice.WITHDRAWN: Ending.WITHDRAWN,
    Choice.BREAK_GLASS: Ending.BREAK_GLASS,
}


async def _answer_uncounted(operation: Operation, vote: Vote, failure: Failure) -> None:
    """Put a vote that does not count on record, and tell the person who cast it."""
    part = f"uncounted:{vote.at.isoformat()}"
    entry = entry_of(operation, "refused", failure=failure, part=f"{vote.person}:{part}")
    await record_surely(entry.model_copy(update={"person": vote.person, "verb": vote.choice.action}))
    await write_to(operation, [vote.person], views.uncounted(operation, vote.choice, failure.error), part)


def _deadline(operation: Operation) -> datetime:
    minutes = operation.approval.minutes if operation.approval else 0.0
    return execution().started_at + timedelta(minutes=minutes)


def _mark(verdict: Verdict) -> str:
    return f"{verdict.ending}:{verdict.person}:{verdict.delivery_id}"


def is_deciding(vote: Vote, decided: str) -> bool:
    """Tell whether this is the vote by which a request was decided, by what the request made known."""
    return decided.partition(":")[2] == f"{vote.person}:{vote.delivery_id}"


@step("who_can_approve", interruptible=True)
async def who_can_approve(operation: AnyOperation) -> list[str]:
    """Return the ids of those who can approve, without the requester; empty if there is nobody."""
    try:
        decision = await services().authorizer.decide_for(operation)
    except NotAllowed:
        return []
    return sorted(decision.approvers) if isinstance(decision, NeedsApproval) else []


@step("asks_directly")
async def asks_directly(operation: AnyOperation, ref: MessageRef) -> bool:
    """Tell whether approvers are written to as well: always if the question is in no channel of theirs."""
    is_private = operation.channel.startswith("D") or ref.channel != operation.channel
    return services().asks_approvers or is_private


@step("seconds_until")
async def seconds_until(moment: datetime) -> float:
    """Return how many seconds are left until a moment; 0 if it has passed."""
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@step("record_verdict")
async def record_verdict(operation: AnyOperation, ref: MessageRef, verdict: Verdict) -> Failure | None:
    """Put the decision on record before anything follows from it; return why it can't be."""
    entry = entry_of(
        operation,
        verdict.ending.value,
        permalink=ref.permalink,
        decided_by=verdict.person or None,
        comment=verdict.comment,
        failure=verdict.failure,
    )
    failure = await record.write(entry)
    if failure is None:
        seconds = (verdict.at - operation.requested_at).total_seconds()
        APPROVAL_SECONDS.labels(verdict.ending).observe(max(0.0, seconds))
    return failure


@step("check_vote", interruptible=True)
async def check_vote(operation: AnyOperation, vote: Vote, deadline: datetime) -> Failure | None:
    """Return why a vote does not count; None if it does. Rights are those of this moment."""
    error = await _denial(operation, vote, deadline)
    if error is None:
        return None
    REFUSALS.labels(type(error).__name__).inc()
    log.warning("vote_does_not_count", person=vote.person, denial=error.denial)
    return Failure.of(error)


async def _denial(operation: Operation, vote: Vote, deadline: datetime) -> NotAllowed | None:
    if vote.at > deadline:
        return NotAllowed(Denial.VOTE_TOO_LATE)
    if vote.shown != digest_of_request(operation):
        return NotAllowed(Denial.VOTE_ON_OTHER)
    try:
        await until_known(check_choice)(operation, vote)
    except NotAllowed as error:
        return error
    return None


async def check_choice(operation: Operation, vote: Vote) -> None:
    """Raise NotAllowed if the person can't choose that for this request, and NotChecked for now."""
    authorizer = services().authorizer
    match vote.choice:
        case Choice.APPROVED | Choice.DECLINED:
            await authorizer.check_approver(vote.person, vote.team, operation)
        case Choice.WITHDRAWN:
            await authorizer.check_requester(vote.person, vote.team, operation)
        case Choice.BREAK_GLASS:
            await authorizer.check_requester(vote.person, vote.team, operation)
            decision = await authorizer.decide_for(operation)
            if isinstance(decision, NeedsApproval) and not decision.break_glass:
                raise NotAllowed(Denial.NO_BREAK_GLASS)
        case _:
            assert_never(vote.choice)
