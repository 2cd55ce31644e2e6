"""What is said to and of a second person: the question, the reminder, the alarm, the decision."""

from collections.abc import Iterable
from datetime import datetime
from typing import assert_never

from bot.approvals.model import Choice, Verdict
from bot.errors import BotError
from bot.operations.messages import what, what_in_plain_text, what_is_lost
from bot.operations.model import Ending, Operation
from bot.slack.messages import in_short
from bot.slack.text import escape_truncated, join_words, mention, plain_label, when

MOST_NAMED = 20
APPROVE_TITLE = "Approve?"
BREAK_GLASS_TITLE = "Break the glass"
DECLINE_TITLE = "Decline this request"
DECLINE_QUESTION = "Why not? Everybody in the channel sees it"
BREAK_GLASS_QUESTION = "Why can't this wait? All approvers see it"
REASON_NEEDED = "A reason is needed."


def question(operation: Operation, approvers: Iterable[str]) -> str:
    """Return who wants what, and who can approve it."""
    people = join_words(_mentions(approvers), "or")
    return (
        f":raised_hand: {mention(operation.requested_by)} wants to *{what(operation)}*. "
        f"Needs approval from {people}."
    )


def facts(operation: Operation) -> list[str]:
    """Return all that a decision needs."""
    reason = f"“{escape_truncated(operation.reason)}”" if operation.reason else "none given"
    return [*what_is_lost(operation), f"*Reason:* {reason}"]


def expires(operation: Operation, deadline: datetime) -> str:
    """Return until when an answer counts."""
    return f"Expires {when(deadline)} · no answer means no · {operation.tag}"


def consequence(operation: Operation) -> str:
    """Return what happens on approval, for where Slack formats nothing."""
    return f"When you approve, I'll {what_in_plain_text(operation)}."


def decided(operation: Operation, verdict: Verdict) -> str:
    """Return what stands in the place of a question that somebody was asked directly."""
    thing = what(operation)
    by = mention(verdict.person) if verdict.person else ""
    return f"*{thing[0].upper()}{thing[1:]}*: {_decided(verdict.ending, by)} · {operation.tag}"


def _decided(ending: Ending, by: str) -> str:
    match ending:
        case Ending.APPROVED:
            return f"approved by {by}"
        case Ending.DECLINED:
            return f"declined by {by}"
        case Ending.WITHDRAWN:
            return f"withdrawn by {by}"
        case Ending.BREAK_GLASS:
            return f"run without approval by {by} (break-glass)"
        case Ending.EXPIRED:
            return "expired without an answer; nothing was changed"
        case Ending.STALE:
            return "out of date by then; nothing was changed"
    assert_never(ending)


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> str:
    """Return the reply that reminds those who can approve, once."""
    people, requester = " ".join(_mentions(approvers)), mention(operation.requested_by)
    return (
        f":bell: {people} Reminder: {requester} needs an answer by {when(deadline)} to {what(operation)}. "
        f"{operation.tag}"
    )


def alarm(operation: Operation, reason: str, permalink: str) -> str:
    """Return what approvers are told when somebody goes ahead alone; `permalink` leads to the request."""
    requester = mention(operation.requested_by)
    follow = f" · <{permalink}|follow it>" if permalink else ""
    return (
        f":rotating_light: *Break-glass:* {requester} runs this without approval, now: *{what(operation)}*.\n"
        f"*Reason:* “{escape_truncated(reason)}”\n"
        f"If that is wrong, call {requester} at once.{follow} · {operation.tag}"
    )


def uncounted(operation: Operation, choice: Choice, error: BotError) -> str:
    """Return what somebody is told whose click changed nothing."""
    return (
        f":information_source: You wanted to {to_do(choice)} this: *{what(operation)}*. That did not count. "
        f"{in_short(error)} · {operation.tag}"
    )


def to_do(choice: Choice) -> str:
    """Return what a choice is called as something to do."""
    match choice:
        case Choice.APPROVED:
            return "approve"
        case Choice.DECLINED:
            return "decline"
        case Choice.WITHDRAWN:
            return "withdraw"
        case Choice.BREAK_GLASS:
            return "break glass for"
    assert_never(choice)


def decline_text(operation: Operation) -> str:
    """Return what declining means."""
    requester = mention(operation.requested_by)
    consequence = f"If you decline, nothing is changed, and {requester} is told."
    return f"{requester} wants to *{what(operation)}*. {consequence}"


def break_glass_text(operation: Operation) -> str:
    """Return what going ahead alone means."""
    return (
        f":rotating_light: *{what(operation)}*: this runs now, without approval. "
        "All approvers are alerted and it's recorded permanently."
    )


def name_label(operation: Operation) -> str:
    """Return the label of the field in which the server's name is typed once more."""
    return f"Type the server's name, {plain_label(operation.server_name, 300)}, once more"


def _mentions(people: Iterable[str]) -> list[str]:
    return [mention(person) for person in sorted(people)[:MOST_NAMED]]
