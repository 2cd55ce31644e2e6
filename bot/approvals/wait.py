"""Asking for a second person's agreement, and waiting for it, through restarts and deploys."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import stamina
import structlog

from bot.approvals import views
from bot.approvals.model import VERBS, Verdict, Vote
from bot.audit.record import entry_of, record_surely
from bot.authority import authority
from bot.errors import NotAllowed, NotChecked
from bot.notices.post import Card, ask, revise, tell_thread, write_to
from bot.operations import engine
from bot.operations.engine import step
from bot.operations.model import Began, Failure, Operation
from bot.operations.records import DECIDED
from bot.permissions import AskFirst, Go, Risk

log = structlog.get_logger()

TOPIC = "vote"
patiently = stamina.retry(on=NotChecked, attempts=None, timeout=None, wait_initial=0.5, wait_max=30.0)
"""Asks again while it can't be told who somebody is: no outage of Slack decides anything."""

REMIND_AT = 0.75
"""The part of the time after which those who may decide are reminded, once."""

StillSo = Callable[[Operation], Awaitable[Failure | None]]
"""Returns a failure where what was asked for is no longer as it was shown."""


async def agreement(operation: Operation, still_so: StillSo, began: Began) -> tuple[Card, Verdict]:
    """Ask, and return where the question is and how it ended. Nobody's silence is consent."""
    deadline = began.at + timedelta(minutes=operation.approval_minutes or 0)
    approvers = await who_may_decide(operation)
    if not approvers:
        return Card(), Verdict(ending="expired", at=began.at, what="Nobody is there who may approve it.")
    question = views.question(operation, approvers, deadline)
    card = await ask(operation, question, began, deadline)
    is_direct = await asks_directly(operation, card)
    direct = await write_to(operation, approvers, question, "ask", began) if is_direct else []
    await record_surely(entry_of(operation, "asked", permalink=card.link))
    verdict = await _verdict(operation, card, approvers, deadline, still_so, began)
    await engine.reach(DECIDED)
    while late := await engine.receive(TOPIC, 0):
        await _answer_uncounted(operation, Vote.model_validate(late), "It was decided already.", began)
    for each in direct:
        await revise(each, views.decided(operation, verdict))
    if verdict.ending == "break_glass":
        await _raise_alarm(operation, card, approvers, verdict, began)
    return card, verdict


async def _verdict(
    operation: Operation,
    card: Card,
    approvers: list[str],
    deadline: datetime,
    still_so: StillSo,
    began: Began,
) -> Verdict:
    remind_at = began.at + (deadline - began.at) * REMIND_AT
    is_reminded = False
    while True:
        vote = await engine.receive(TOPIC, await seconds_until(deadline if is_reminded else remind_at))
        if vote is not None:
            verdict = await _judged(operation, Vote.model_validate(vote), deadline, still_so, began)
            if verdict:
                return verdict
        elif is_reminded:
            hint = "Ask again if it still matters."
            return Verdict(ending="expired", at=deadline, what="Nobody decided in time.", hint=hint)
        else:
            is_reminded = True
            # After a long stop there may be nothing left to remind of.
            if await seconds_until(deadline):
                reminder = views.reminder(operation, approvers, deadline)
                await tell_thread(operation, card, reminder, "remind", began)
                await record_surely(entry_of(operation, "reminded", permalink=card.link))


async def _judged(
    operation: Operation, vote: Vote, deadline: datetime, still_so: StillSo, began: Began
) -> Verdict | None:
    """Return the verdict a vote leads to; None where it does not count."""
    if refusal := await check_vote(operation, vote, deadline):
        await _answer_uncounted(operation, vote, refusal, began)
        return None
    if vote.choice in {"denied", "withdrawn"}:
        what = f"{vote.choice.capitalize()}{f': “{vote.reason}”' if vote.reason else ''}."
        return Verdict(ending=vote.choice, at=vote.at, person=vote.person, what=what)
    if failure := await still_so(operation):
        return Verdict(ending="stale", at=vote.at, person=vote.person, what=failure.what, hint=failure.hint)
    return Verdict(ending=vote.choice, at=vote.at, person=vote.person, what=vote.reason)


async def _answer_uncounted(operation: Operation, vote: Vote, why: str, began: Began) -> None:
    """Put a vote that does not count on record, and tell whoever cast it."""
    part = f"uncounted:{vote.at.isoformat()}"
    entry = entry_of(operation, "refused", what=why, part=f"{vote.person}:{part}")
    await record_surely(entry.model_copy(update={"person": vote.person, "verb": VERBS[vote.choice]}))
    await write_to(operation, [vote.person], views.uncounted(operation, vote, why), part, began)


async def _raise_alarm(
    operation: Operation, card: Card, approvers: list[str], verdict: Verdict, began: Began
) -> None:
    alarm = views.alarm(operation, verdict.what, card.link)
    await write_to(operation, approvers, alarm, "alarm", began)
    await tell_thread(operation, card, alarm.text, "alarm", began)


@step("who_may_decide", waits=True)
async def who_may_decide(operation: Operation) -> list[str]:
    """Return the ids of those who may decide, the asker left out; empty where there is nobody."""
    try:
        decision = await patiently(decide_for)(operation)
    except NotAllowed:
        return []
    return sorted(decision.approvers) if isinstance(decision, AskFirst) else []


@step("asks_directly")
async def asks_directly(operation: Operation, card: Card) -> bool:
    """Tell whether approvers are written to as well: always where the question is in no channel of theirs."""
    is_private = operation.channel.startswith("D") or card.channel != operation.channel
    return authority().asks_directly or is_private


@step("seconds_until")
async def seconds_until(moment: datetime) -> float:
    """Return how many seconds are left until a moment; 0 where it has passed."""
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


@step("check_vote", waits=True)
async def check_vote(operation: Operation, vote: Vote, deadline: datetime) -> str:
    """Return why a vote does not count; empty where it does. Rights are those of this moment."""
    refusal = await _refusal(operation, vote, deadline)
    if refusal:
        log.warning("vote_does_not_count", operation=operation.id, person=vote.person, reason=refusal)
    return refusal


async def _refusal(operation: Operation, vote: Vote, deadline: datetime) -> str:
    if vote.at > deadline:
        return "It came after the time was up."
    if vote.shown != operation.shown:
        return "It was given on something else than is asked for."
    try:
        await patiently(check_choice)(operation, vote)
    except NotAllowed as error:
        return error.what
    return ""


async def check_choice(operation: Operation, vote: Vote) -> None:
    """Raise NotAllowed where the person may not choose that for this request."""
    if vote.choice in {"approved", "denied"}:
        asked_by, server = operation.asked_by, operation.server_name
        await authority().check_approval(vote.person, vote.team, asked_by, server)
        return
    await authority().check_asker(vote.person, vote.team, operation.asked_by)
    if vote.choice == "break_glass":
        decision = await decide_for(operation)
        if isinstance(decision, AskFirst) and not decision.break_glass:
            raise NotAllowed("The rules for this server know no break-glass.")


async def decide_for(operation: Operation) -> Go | AskFirst:
    """Return what the rules say of whoever asked, now; raises NotAllowed, and NotChecked for now."""
    return await authority().decide(
        operation.asked_by, operation.team, Risk(operation.verb), operation.server_name, operation.channel
    )
