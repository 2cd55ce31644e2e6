"""What is said to and of a second person: the question, the reminder, the alarm, the decision."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import assert_never

from bot.approvals.model import Choice, Verdict
from bot.errors import BotError
from bot.operations.messages import what, what_in_plain_text, what_in_short
from bot.operations.model import Ending, Operation
from bot.slack.messages import in_short
from bot.slack.text import join_words, mention, plain_label, quoted, when

MOST_NAMED = 20
APPROVE_TITLE = "Approve?"
BREAK_GLASS_TITLE = "Break the glass"
BREAK_GLASS_WARNING = (
    "This runs now, without approval. All approvers are alerted and it's recorded permanently."
)
DECLINE_TITLE = "Decline this request"
DECLINE_QUESTION = "Why not? Everybody in the channel sees it"
BREAK_GLASS_QUESTION = "Why can't this wait? All approvers see it"
REASON_NEEDED = "A reason is needed."
OPEN_REQUEST = "Open the request"


def title(operation: Operation) -> str:
    """Return what was requested, as a title in which Slack formats nothing."""
    wanted = what_in_short(operation)
    return f"Break-glass: {wanted}" if operation.broke_glass else f"{wanted[0].upper()}{wanted[1:]}"


def question_title(operation: Operation) -> str:
    """Return the title of the question."""
    return f"Approval needed: {what_in_short(operation)}"


def needs_approval_from(approvers: Iterable[str]) -> str:
    """Return who can approve it, mentioned."""
    return f"Needs approval from {join_words(_mentions(approvers), 'or')}."


def asked_directly(approvers: Sequence[str]) -> str:
    """Return that those who can approve it were asked, without a second mention."""
    if len(approvers) == 1:
        return "The person who can approve this was asked directly."
    return f"The {len(approvers)} people who can approve this were asked directly."


def requested_in(operation: Operation) -> str:
    """Return where it was requested."""
    is_channel = operation.channel.startswith(("C", "G"))
    return f"requested in <#{operation.channel}>" if is_channel else "requested in a direct message"


def expires(deadline: datetime) -> str:
    """Return until when an answer counts."""
    return f"Expires {when(deadline)} · no answer means no"


def consequence(operation: Operation) -> str:
    """Return what happens on approval, for where Slack formats nothing."""
    return f"When you approve, I'll {what_in_plain_text(operation)}."


def decision(verdict: Verdict) -> str:
    """Return what was decided, by whom and when: the verdict that takes the place of the buttons."""
    comment = f"\n{quoted(verdict.comment)}" if verdict.comment else ""
    text = _decision(verdict.ending, mention(verdict.person) if verdict.person else "")
    return f"{_EMOJI[verdict.ending]} {text}, {when(verdict.at)}{comment}"


def _decision(ending: Ending, by: str) -> str:
    match ending:
        case Ending.APPROVED:
            return f"Approved by {by}"
        case Ending.DECLINED:
            return f"Declined by {by}"
        case Ending.WITHDRAWN:
            return f"Withdrawn by {by}"
        case Ending.BREAK_GLASS:
            return f"Run without approval by {by} (break-glass)"
        case Ending.EXPIRED:
            return "Expired without an answer; nothing was changed"
        case Ending.STALE:
            return "Out of date; nothing was changed"
    assert_never(ending)


_EMOJI = {
    Ending.APPROVED: ":white_check_mark:",
    Ending.DECLINED: ":no_entry_sign:",
    Ending.WITHDRAWN: ":no_entry_sign:",
    Ending.BREAK_GLASS: ":rotating_light:",
    Ending.EXPIRED: ":no_entry_sign:",
    Ending.STALE: ":no_entry_sign:",
}


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> str:
    """Return the reply that reminds those who can approve."""
    requester = mention(operation.requested_by)
    people = " ".join(_mentions(approvers))
    return f":bell: Reminder: {requester} needs an answer by {when(deadline)} to {what(operation)}. {people}"


def answered(operation: Operation, verdict: Verdict) -> str:
    """Return what takes the place of the reminder once it needs no answer any more."""
    thing = what(operation)
    return f"{decision(verdict)}\nThis was about: {thing}."


def alarm(operation: Operation) -> str:
    """Return what is told if somebody runs it alone."""
    requester, why = mention(operation.requested_by), quoted(operation.break_glass_reason)
    return (
        f":rotating_light: {requester} runs this without approval, now: *{what(operation)}*.\nReason: {why}"
    )


def what_to_do(operation: Operation) -> str:
    """Return what an approver can do about it."""
    return (
        f"Is that wrong? Press Cancel, which works until it acts, and call {mention(operation.requested_by)}."
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
    """Return what would run alone."""
    return f"{mention(operation.requested_by)} wants to *{what(operation)}*."


def name_label(operation: Operation) -> str:
    """Return the label of the field in which the server's name is typed once more."""
    return f"Type the server's name, {plain_label(operation.server_name, 300)}, once more"


def _mentions(people: Iterable[str]) -> list[str]:
    return [mention(person) for person in sorted(people)[:MOST_NAMED]]
