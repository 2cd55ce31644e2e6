"""Every sentence we announce about an operation."""

from datetime import datetime

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, SectionBlock

from bot.operations.model import Operation, Outcome, State, Verb
from bot.operations.records import Unfinished
from bot.slack import ids
from bot.slack.forms import AgainForm, BackupChoice
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import ago, called, cut, duration, mention, quote, sentence, size, when

_EMOJI = {
    State.WAITING: ":hourglass_flowing_sand:",
    State.RUNNING: ":arrows_counterclockwise:",
    State.LATE: ":hourglass:",
    State.DONE: ":white_check_mark:",
    State.ACCEPTED: ":ballot_box_with_check:",
    State.REFUSED: ":no_entry_sign:",
    State.FAILED: ":x:",
    State.UNKNOWN: ":grey_question:",
}
_HEADLINES: dict[Verb, dict[State, str]] = {
    "create": {
        State.WAITING: "A backup of *{server}* waits for its turn",
        State.RUNNING: "Backing up *{server}*",
        State.LATE: "The backup of *{server}* is late",
        State.DONE: "Backed up *{server}*",
        State.REFUSED: "*{server}* was not backed up",
        State.FAILED: "The backup of *{server}* failed",
        State.UNKNOWN: "It is not known whether *{server}* was backed up",
    },
    "delete": {
        State.WAITING: "Deleting backup {backup} of *{server}* waits for its turn",
        State.RUNNING: "Deleting backup {backup} of *{server}*",
        State.DONE: "Deleted backup {backup} of *{server}*",
        State.REFUSED: "Backup {backup} of *{server}* was not deleted",
        State.FAILED: "Deleting backup {backup} of *{server}* failed",
        State.UNKNOWN: "It is not known whether backup {backup} of *{server}* was deleted",
    },
    "restore": {
        State.WAITING: "A restore of *{server}* waits for its turn",
        State.RUNNING: "Restoring *{server}*",
        State.LATE: "The safety backup of *{server}* is late",
        State.DONE: "*{server}* was restored, as far as VPS.org shows",
        State.ACCEPTED: "VPS.org accepted the restore of *{server}*",
        State.REFUSED: "*{server}* was not restored",
        State.FAILED: "The restore of *{server}* failed",
        State.UNKNOWN: "It is not known whether *{server}* is being restored",
    },
    "watch": {
        State.DONE: "Backup {backup} of *{server}* finished",
        State.FAILED: "Backup {backup} of *{server}* failed",
        State.UNKNOWN: "It is not known how backup {backup} of *{server}* ended",
    },
}
_VERB_NAMES: dict[Verb, str] = {
    "create": "backup",
    "delete": "delete",
    "restore": "restore",
    "watch": "watch",
}


def waiting(operation: Operation, ahead: Unfinished | None) -> Message:
    """Return the first announcement; says for whom it waits, if for anybody."""
    if ahead is None:
        return running(operation, "")
    return _message(operation, State.WAITING, for_whom(ahead))


def for_whom(ahead: Unfinished) -> str:
    """Return the sentence that says which operation goes first."""
    first = ahead.operation
    verb = _VERB_NAMES[first.verb]
    return f"The {verb} {mention(first.asked_by)} asked for {ago(first.asked_at)} goes first."


def running(operation: Operation, doing: str) -> Message:
    """Return the announcement of an operation that runs; `doing` is one sentence, already safe."""
    return _message(operation, State.RUNNING, doing)


def late(operation: Operation, began: datetime, limit_seconds: float) -> Message:
    """Return the announcement that a backup takes longer than it should."""
    said = f"It began {ago(began)}; most take less than {duration(limit_seconds)}. I keep watching it."
    return _message(operation, State.LATE, said)


def late_reply(operation: Operation, limit_seconds: float) -> str:
    """Return the reply that tells the asker of a late backup."""
    return (
        f"{mention(operation.asked_by)} The backup of *{called(operation.server_name)}* has been running for "
        f"more than {duration(limit_seconds)}. I keep watching it and tell you when it ends."
    )


def ended(operation: Operation, outcome: Outcome) -> Message:
    """Return the announcement of an outcome, with what can be done next."""
    return _message(operation, outcome.state, _told(outcome), outcome)


def reply(operation: Operation, outcome: Outcome) -> str:
    """Return the reply that tells whoever asked how it ended."""
    told = _told(outcome)
    facts = _facts(outcome)
    sentence = f"{mention(operation.asked_by)} {_headline(operation, outcome.state)}"
    return " ".join(part for part in (f"{sentence}{f' ({facts})' if facts else ''}.", told) if part)


def _message(operation: Operation, state: State, said: str, outcome: Outcome | None = None) -> Message:
    lines = [f"{_EMOJI[state]} {_headline(operation, state)}", said]
    blocks: list[Block] = [SectionBlock(text=mrkdwn("\n".join(line for line in lines if line)))]
    facts = _facts(outcome) if outcome else ""
    context = " · ".join(each for each in (facts, _origin(operation)) if each)
    blocks.append(ContextBlock(elements=[mrkdwn(context[0].upper() + context[1:])]))
    buttons = _buttons(operation, outcome) if outcome else []
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def _headline(operation: Operation, state: State) -> str:
    template = _HEADLINES[operation.verb].get(state, _HEADLINES[operation.verb][State.UNKNOWN])
    return template.format(server=called(operation.server_name), backup=operation.backup_id)


def _told(outcome: Outcome) -> str:
    told = " ".join(cut(sentence(part), 1000) for part in (outcome.what, outcome.hint) if part)
    return f"{told} Decided by {mention(outcome.decided_by)}." if outcome.decided_by else told


def _facts(outcome: Outcome) -> str:
    facts = []
    if outcome.backup_id is not None:
        facts.append(f"backup {outcome.backup_id}")
    if outcome.size_mb is not None:
        facts.append(size(outcome.size_mb))
    if outcome.seconds is not None:
        facts.append(f"took {duration(outcome.seconds)}")
    if outcome.safety_backup_id is not None:
        facts.append(f"safety backup {outcome.safety_backup_id}")
    return " · ".join(facts)


def _origin(operation: Operation) -> str:
    parts = [f"asked by {mention(operation.asked_by)} {ago(operation.asked_at)}"]
    if operation.verb == "restore" and operation.backup_moment:
        parts.append(f"back to backup {operation.backup_id} of {when(operation.backup_moment)}")
    if operation.reason:
        parts.append(f"“{quote(operation.reason)}”")
    if operation.broke_glass:
        parts.append(":rotating_light: break-glass")
    elif operation.approved_by:
        parts.append(f"approved by {mention(operation.approved_by)}")
    parts.append(operation.tag)
    return " · ".join(parts)


def _buttons(operation: Operation, outcome: Outcome) -> list[ButtonElement]:
    buttons = []
    if outcome.oldest_manual_id is not None:
        buttons.append(
            ButtonElement(
                text=plain("Delete the oldest…"),
                action_id=ids.DELETE_OLDEST,
                value=BackupChoice(
                    verb="delete", server_id=operation.server_id, backup_id=outcome.oldest_manual_id
                ).option(),
                style="danger",
            )
        )
    may_help = outcome.state in {State.FAILED, State.REFUSED, State.UNKNOWN}
    if may_help and operation.verb != "watch":
        buttons.append(
            ButtonElement(text=plain("Try again"), action_id=ids.TRY_AGAIN, value=_again(operation))
        )
    return buttons


def _again(operation: Operation) -> str:
    kept = operation.model_dump(include={"verb", "server_id", "backup_id"})
    return AgainForm.model_validate(kept | {"reason": operation.reason[:200]}).kept()
