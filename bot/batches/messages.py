"""What is said of batches. Each fact once."""

from collections.abc import Sequence

from bot.batches.model import Batch, BatchState, Group, Part
from bot.operations.messages import why
from bot.operations.model import Cancelled, Operation, Outcome, State
from bot.operations.outcome_messages import facts, outcome_detail, rotated
from bot.slack.messages import TRY_AGAIN
from bot.slack.text import (
    ago,
    join_words,
    mention,
    pluralize,
    quoted,
    safe_name,
    truncate_mrkdwn,
)

BAR_CELLS = 20
LINE_LIMIT = 250
NAMES_LIMIT = 600
"""Characters of one server's line, and of the names of those that are told together."""

_EMOJI = {
    Group.FAILED: ":x:",
    Group.UNKNOWN: ":grey_question:",
    Group.REFUSED: ":no_entry_sign:",
    Group.RUNNING: ":arrows_counterclockwise:",
    Group.QUEUED: ":hourglass_flowing_sand:",
    Group.CANCELLED: ":octagonal_sign:",
    Group.DONE: ":white_check_mark:",
}
COUNTED = {
    Group.FAILED: "failed",
    Group.UNKNOWN: "unclear",
    Group.REFUSED: "not backed up",
    Group.RUNNING: "running",
    Group.QUEUED: "queued",
    Group.CANCELLED: "cancelled",
    Group.DONE: "done",
}
_TOLD = (Group.FAILED, Group.UNKNOWN, Group.REFUSED, Group.CANCELLED)


def headline(state: BatchState) -> str:
    """Return the verdict: that the servers are being backed up, or how many of them are."""
    count, done = len(state.parts), state.count(Group.DONE)
    if not state.is_over:
        return f":arrows_counterclockwise: Backing up *{pluralize(count, 'server')}*"
    return _verdict(count, done)


def _verdict(count: int, done: int) -> str:
    servers = pluralize(count, "server")
    if done == count:
        return f":white_check_mark: *{servers}* {'is' if count == 1 else 'are'} backed up"
    if not done:
        return f":x: *None* of {servers} was backed up"
    return f":warning: *{done} of {servers}* {'is' if done == 1 else 'are'} backed up"


def bar(state: BatchState) -> str:
    """Return how many have ended, as a bar, in percent and in words."""
    count = len(state.parts)
    share = state.ended / max(count, 1)
    cells = int(share * BAR_CELLS)
    parts = [f"{state.ended} of {count} ended", *_counts(state)]
    return f"{'█' * cells}{'░' * (BAR_CELLS - cells)} {int(share * 100)} % · {' · '.join(parts)}"


def _counts(state: BatchState) -> list[str]:
    return [f"{number} {COUNTED[group]}" for group in Group if (number := state.count(group))]


def line(part: Part) -> str:
    """Return how far one server's backup has come."""
    said = _result(part.operation, part.outcome) if part.operation and part.outcome else _progress(part)
    name = safe_name(part.server.name)
    line = f"{_EMOJI[part.group]} *{name}*"
    return truncate_mrkdwn(f"{line} · {said.removeprefix(f'{name} ')}" if said else line, LINE_LIMIT)


def _progress(part: Part) -> str:
    late = "taking longer than usual, " if part.is_late else ""
    return f"{late}started {ago(part.running_since)}" if part.running_since else "in the queue"


def _result(operation: Operation, outcome: Outcome) -> str:
    if isinstance(outcome, Cancelled):
        return f"cancelled by {mention(outcome.by)}"
    if outcome.state is State.DONE:
        return " · ".join(filter(None, [facts(outcome), rotated(outcome)]))
    unclear = "can't tell whether the backup was made. " if outcome.state is State.UNKNOWN else ""
    return f"{unclear}{outcome_detail(operation, outcome)}"


def folded(group: Group, parts: Sequence[Part]) -> str:
    """Return the servers of a group that have no line of their own."""
    names = ", ".join(safe_name(part.server.name) for part in parts)
    return f"{_EMOJI[group]} + {len(parts)} {COUNTED[group]}: {truncate_mrkdwn(names, NAMES_LIMIT)}"


def not_understood(words: Sequence[str]) -> str:
    """Return the words of the request that fit no server."""
    named = join_words([quoted(word, 100) for word in words[:10]], "or")
    return f":grey_question: No server fits {named}." if words else ""


def origin(batch: Batch) -> str:
    """Return who requested a batch, when, and why."""
    # Nobody is to be called by what runs each night.
    who = "Scheduled" if batch.is_by_clock else f"Requested by {mention(batch.requested_by)}"
    said = f"{who} {ago(batch.requested_at)}"
    return f"{said}\n{why(batch.reason, batch.about)}" if batch.reason else said


def again(count: int) -> str:
    """Return the label of the button that tries again what has no backup; plain text."""
    return f"{TRY_AGAIN} ({count})"


def summary(state: BatchState) -> str:
    """Return the one reply at the end, which tells the requester."""
    said = f"{mention(state.batch.requested_by)} {_verdict(len(state.parts), state.count(Group.DONE))}."
    told = [_named(group, state) for group in _TOLD]
    return " ".join(filter(None, [said, *told, not_understood(state.batch.unknown)]))


def unworded(batch: Batch) -> str:
    """Return the reply if a bug of ours keeps us from saying how a batch ended."""
    said = f"The backups of {pluralize(len(batch.servers), 'server')} have ended."
    return f"{mention(batch.requested_by)} {said} A bug of mine keeps me from saying how: see `/backup list`."


def _named(group: Group, state: BatchState) -> str:
    names = [safe_name(part.server.name) for part in state.parts if part.group is group]
    if not names:
        return ""
    return f"{COUNTED[group].capitalize()}: {truncate_mrkdwn(', '.join(names), NAMES_LIMIT)}."


def cancelling(count: int, waiting: int) -> str:
    """Return what somebody is told who cancelled what has not begun, as far as they can."""
    said = f"I'll cancel {pluralize(count, 'backup')} that {'has' if count == 1 else 'have'} not begun."
    return said if count == waiting else f"{said} You can't cancel the other {waiting - count}."
