"""An operation's card, and what runs and waits, for `/backup status`."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    DividerBlock,
    HeaderBlock,
    InteractiveElement,
    Option,
    OverflowMenuElement,
    SectionBlock,
)

from bot.errors import SlotsFull
from bot.operations import messages, outcome_messages
from bot.operations.model import (
    Accepted,
    BackedUp,
    ConfirmedOperation,
    Ending,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    Operation,
    Outcome,
    Restored,
    State,
    acts_late,
    backup_id_of,
)
from bot.operations.progress import Late, Progress, Queued, SafetyBackupRunning
from bot.operations.records import Ended, Overview, Stage, Unfinished
from bot.operations.visibility import is_ended_by_requester, told_together
from bot.slack import ids
from bot.slack.forms import (
    NAME_KEPT,
    REASON_LIMIT,
    AgainForm,
    BackupChoice,
    BatchForm,
    OperationForm,
    StatusForm,
    TimelineForm,
)
from bot.slack.message import Message, context, mrkdwn, plain, section
from bot.verbs import GO_BACK, Verb

MOST_SHOWN = 20
MOST_ENDED_SHOWN = 5
TIMELINE_BEFORE = timedelta(days=1)
"""How long before an operation was requested the timeline begins that its card leads to."""
TIMELINE_AFTER = timedelta(minutes=1)
"""How long after its end it reaches: until then all of it is on record."""


def in_progress(operation: Operation, progress: Progress) -> Message:
    """Return the card of an operation that has not ended."""
    lines = [messages.progress_headline(operation, progress), messages.progress_detail(progress)]
    buttons = [cancel_button(operation)] if _can_be_cancelled(operation, progress) else []
    return _card(lines, messages.request_fields(operation), messages.origin(operation), buttons)


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
    fields = messages.request_fields(operation) | outcome_messages.outcome_fields(outcome)
    small = [outcome_messages.made(outcome), messages.origin(operation)]
    return _card(lines, fields, " · ".join(filter(None, small)), _next_steps(operation, outcome))


def status(
    shown: Overview, form: StatusForm, server_name: str = "", can_cancel: frozenset[str] = frozenset()
) -> Message:
    """Return what runs and what waits, oldest first, then what has ended lately; of one server or of all.

    What has not acted yet can be cancelled there, if its id is in `can_cancel`.
    """
    blocks: list[Block] = [HeaderBlock(text=plain(messages.status_title(shown.unfinished, server_name)))]
    are_all = form.server_id is None
    unfinished = unfinished_rows(shown.unfinished, can_cancel, are_all=are_all)
    blocks += unfinished[:MOST_SHOWN]
    if len(unfinished) > MOST_SHOWN:
        blocks.append(context(messages.more(len(unfinished) - MOST_SHOWN)))
    # What has ended of a batch that has not is told in the batch's message.
    open_batches = {one.operation.batch_id for one in shown.unfinished} - {""}
    over = [one for one in shown.ended if not are_all or one.operation.batch_id not in open_batches]
    if over:
        blocks += [DividerBlock(), context(messages.ENDED_LATELY)]
        blocks += ended_rows(over, are_all=are_all)[:MOST_ENDED_SHOWN]
    refresh = ButtonElement(text=plain("Refresh"), action_id=ids.REFRESH_STATUS, value=form.as_json())
    blocks.append(ActionsBlock(elements=[refresh]))
    return Message(blocks)


def unfinished_rows(
    ones: Sequence[Unfinished], can_cancel: frozenset[str], *, are_all: bool = True
) -> list[SectionBlock]:
    """Return a row for each operation that has not ended; those of a batch have one if `are_all` are told.

    What has not acted yet has a menu that cancels it, if its id is in `can_cancel`.
    """
    return [
        _status_row(each[0], can_cancel) if len(each) == 1 else _batch_row(each, can_cancel)
        for each in told_together(ones, lambda one: one.operation.batch_id if are_all else "")
    ]


def ended_rows(ones: Sequence[Ended], *, are_all: bool = True) -> list[SectionBlock]:
    """Return a row for each operation that has ended; those of a batch have one if `are_all` are told."""
    rows = told_together(ones, lambda one: one.operation.batch_id if are_all else "")
    return [_ended_row(each[0]) if len(each) == 1 else _ended_batch_row(each) for each in rows]


def _batch_row(ones: Sequence[Unfinished], can_cancel: frozenset[str]) -> SectionBlock:
    """Return how many of a batch's operations run and wait; with a menu that cancels those that wait."""
    menu = None
    if any(one.stage is Stage.QUEUED and one.operation.id in can_cancel for one in ones):
        value = BatchForm(batch=ones[0].operation.batch_id).as_json()
        options = [Option(text=plain(messages.CANCEL_REST), value=value)]
        menu = OverflowMenuElement(action_id=ids.CANCEL_BATCH, options=options)
    return section(messages.batch_line(ones), menu)


def _ended_batch_row(ones: Sequence[Ended]) -> SectionBlock:
    return section(messages.ended_batch_line(ones))


def _status_row(one: Unfinished, can_cancel: frozenset[str]) -> SectionBlock:
    """Return an operation that has not ended; with a menu that cancels it if its id is in `can_cancel`."""
    is_early = one.stage is Stage.QUEUED or (one.stage is Stage.RUNNING and acts_late(one.operation))
    menu = None
    if is_early and one.operation.id in can_cancel:
        value = OperationForm(operation=one.operation.id).as_json()
        options = [Option(text=plain("Cancel"), value=value)]
        menu = OverflowMenuElement(action_id=ids.CANCEL, options=options)
    return section(messages.status_line(one), menu)


def _ended_row(one: Ended) -> SectionBlock:
    """Return how an operation ended, for whom, when, and where its card is."""
    verdict = outcome_messages.outcome_headline(one.operation, one.outcome)
    return section(messages.ended_line(verdict, one))


def _card(
    lines: Sequence[str], fields: Mapping[str, str], small: str, elements: Sequence[InteractiveElement]
) -> Message:
    """Return the verdict, the facts in two columns, what is less important, and what can be done."""
    blocks: list[Block] = [section("\n".join(filter(None, lines)))]
    if fields:
        blocks.append(fields_block(fields))
    blocks.append(context(small))
    if elements:
        blocks.append(ActionsBlock(elements=[*elements]))
    return Message(blocks)


def fields_block(fields: Mapping[str, str]) -> SectionBlock:
    """Return labels and what they stand for, in two columns."""
    return SectionBlock(fields=[mrkdwn(f"*{label}*\n{value}") for label, value in fields.items()])


def cancel_button(operation: Operation) -> ButtonElement:
    """Return the button that cancels an operation until it acts."""
    value = OperationForm(operation=operation.id).as_json()
    return ButtonElement(text=plain("Cancel"), action_id=ids.CANCEL, value=value)


def _next_steps(operation: Operation, outcome: Outcome) -> list[InteractiveElement]:
    return [
        *_offered_backups(operation, outcome),
        *_list_button(operation, outcome),
        *_again(operation, outcome),
        *_timeline_button(operation, outcome),
    ]


def _offered_backups(operation: Operation, outcome: Outcome) -> Iterator[ButtonElement]:
    """Yield a button for each backup that is worth opening a form for."""
    if isinstance(outcome, BackedUp):
        choice = BackupChoice(verb=GO_BACK, server_id=operation.server_id, backup_id=outcome.backup_id)
        yield _choice_button("Restore this…", ids.USE_BACKUP, choice)
    if isinstance(outcome, Restored | Accepted) and outcome.safety_backup_id is not None:
        safety_id = outcome.safety_backup_id
        choice = BackupChoice(verb=GO_BACK, server_id=operation.server_id, backup_id=safety_id)
        yield _choice_button("Undo: restore the safety backup…", ids.UNDO, choice, style="danger")


def _choice_button(
    label: str, action_id: str, choice: BackupChoice, style: str | None = None
) -> ButtonElement:
    return ButtonElement(text=plain(label), action_id=action_id, value=choice.as_option(), style=style)


def _list_button(operation: Operation, outcome: Outcome) -> Iterator[ButtonElement]:
    if outcome.state in {State.DONE, State.ACCEPTED, State.UNKNOWN}:
        value = str(operation.server_id)
        yield ButtonElement(text=plain("All backups"), action_id=ids.SERVER_BACKUPS, value=value)


def _timeline_button(operation: Operation, outcome: Outcome) -> Iterator[ButtonElement]:
    if operation.verb is not Verb.WATCH and not is_ended_by_requester(operation, outcome):
        form = TimelineForm(
            server=operation.server_name[:NAME_KEPT],
            server_id=operation.server_id,
            since=operation.requested_at - TIMELINE_BEFORE,
            until=outcome.ended_at + TIMELINE_AFTER,
        )
        yield ButtonElement(text=plain("Timeline"), action_id=ids.TIMELINE, value=form.as_json())


def _again(operation: Operation, outcome: Outcome) -> Iterator[ButtonElement]:
    may_help = outcome.state in {State.FAILED, State.REFUSED, State.UNKNOWN}
    is_withdrawn = isinstance(outcome, NotApproved) and outcome.ending is Ending.WITHDRAWN
    if may_help and not is_withdrawn and operation.verb is not Verb.WATCH:
        form = AgainForm(
            verb=operation.verb,
            server_id=operation.server_id,
            backup_id=backup_id_of(operation),
            reason=operation.reason[:REASON_LIMIT],
        )
        if _found_no_room(outcome):
            yield ButtonElement(
                text=plain("Delete the oldest…"),
                action_id=ids.DELETE_OLDEST,
                value=form.as_json(),
                style="danger",
            )
        yield ButtonElement(text=plain("Try again"), action_id=ids.TRY_AGAIN, value=form.as_json())


def _found_no_room(outcome: Outcome) -> bool:
    cause = outcome.cause if isinstance(outcome, NoSafetyBackup) else outcome
    return isinstance(cause, NotDone) and cause.failure.kind == SlotsFull.__name__
