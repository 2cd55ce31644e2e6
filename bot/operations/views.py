"""An operation's card, and what runs and waits, for `/backup status`."""

from collections.abc import Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, SectionBlock

from bot.errors import Failure
from bot.operations import messages, outcome_messages
from bot.operations.model import (
    ConfirmedOperation,
    Late,
    NoSafetyBackup,
    NotDone,
    Operation,
    Outcome,
    Progress,
    Queued,
    SafetyBackupRunning,
    State,
    backup_id_of,
)
from bot.operations.records import Unfinished
from bot.slack import ids
from bot.slack.forms import AgainForm, BackupChoice, OperationForm
from bot.slack.message import Message, mrkdwn, plain
from bot.verbs import Verb

MOST_SHOWN = 20
REASON_KEPT = 200


def in_progress(operation: Operation, progress: Progress) -> Message:
    """Return the card of an operation that has not ended."""
    lines = [messages.progress_headline(operation, progress), messages.progress_detail(progress)]
    buttons = [_cancel_button(operation)] if _can_be_cancelled(operation, progress) else []
    return _card(lines, [messages.origin(operation)], buttons)


def _can_be_cancelled(operation: Operation, progress: Progress) -> bool:
    """Tell whether it has not acted yet: it is queued, or a restore whose safety backup is not complete."""
    is_late_safety_backup = isinstance(operation, ConfirmedOperation) and isinstance(progress, Late)
    return is_late_safety_backup or isinstance(progress, Queued | SafetyBackupRunning)


def ended(operation: Operation, outcome: Outcome) -> Message:
    """Return the card of an operation that has ended, with what can be done next."""
    lines = [
        outcome_messages.outcome_headline(operation, outcome),
        outcome_messages.outcome_detail(operation, outcome),
    ]
    return _card(
        lines, [outcome_messages.facts(outcome), messages.origin(operation)], _next_steps(operation, outcome)
    )


def status(unfinished: Sequence[Unfinished]) -> Message:
    """Return what runs and what waits, oldest first."""
    if not unfinished:
        return Message([SectionBlock(text=mrkdwn(messages.NOTHING_RUNS))])
    blocks: list[Block] = [SectionBlock(text=mrkdwn(messages.status_title([*unfinished])))]
    blocks += [SectionBlock(text=mrkdwn(messages.status_line(one))) for one in unfinished[:MOST_SHOWN]]
    if len(unfinished) > MOST_SHOWN:
        blocks.append(ContextBlock(elements=[mrkdwn(messages.more(len(unfinished) - MOST_SHOWN))]))
    return Message(blocks)


def _card(lines: list[str], context: list[str], buttons: list[ButtonElement]) -> Message:
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn("\n".join(line for line in lines if line))),
        ContextBlock(elements=[mrkdwn(" · ".join(part for part in context if part))]),
    ]
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def _cancel_button(operation: Operation) -> ButtonElement:
    value = OperationForm(operation=operation.id).as_json()
    return ButtonElement(text=plain("Cancel"), action_id=ids.CANCEL, value=value)


def _next_steps(operation: Operation, outcome: Outcome) -> list[ButtonElement]:
    buttons = []
    if oldest := _oldest_manual(outcome):
        choice = BackupChoice(verb=Verb.DELETE, server_id=operation.server_id, backup_id=oldest)
        buttons.append(
            ButtonElement(
                text=plain("Delete the oldest…"),
                action_id=ids.DELETE_OLDEST,
                value=choice.as_option(),
                style="danger",
            )
        )
    may_help = outcome.state in {State.FAILED, State.REFUSED, State.UNKNOWN}
    if may_help and operation.verb is not Verb.WATCH:
        form = AgainForm(
            verb=operation.verb,
            server_id=operation.server_id,
            backup_id=backup_id_of(operation),
            reason=operation.reason[:REASON_KEPT],
        )
        buttons.append(ButtonElement(text=plain("Try again"), action_id=ids.TRY_AGAIN, value=form.as_json()))
    return buttons


def _oldest_manual(outcome: Outcome) -> int | None:
    cause = outcome.cause if isinstance(outcome, NoSafetyBackup) else outcome
    match cause:
        case NotDone(failure=Failure(kind="SlotsFull", facts=facts)):
            return facts.get("oldest_manual_id")
    return None
