"""The question to a second person, and the forms around it."""

from collections.abc import Iterable
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    InputBlock,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.approvals.model import Verdict
from bot.operations.model import Operation
from bot.slack import ids
from bot.slack.forms import RequestForm
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import ago, called, cut, label, listed, mention, quote, when

REASON_LIMIT = 200
MOST_NAMED = 20


def question(operation: Operation, approvers: Iterable[str], deadline: datetime) -> Message:
    """Return the question with all that a decision needs, and its buttons."""
    people = listed([mention(person) for person in sorted(approvers)[:MOST_NAMED]], "or")
    asked = (
        f":raised_hand: {mention(operation.asked_by)} asks to *{_what(operation)}*. {people}, do you agree?"
    )
    blocks: list[Block] = [SectionBlock(text=mrkdwn(cut(asked, 3000)))]
    blocks.append(SectionBlock(text=mrkdwn("\n".join(_facts(operation)))))
    ends = f"Ends unanswered {when(deadline)} ({ago(deadline)}) · {operation.tag}"
    return Message([*blocks, ContextBlock(elements=[mrkdwn(ends)]), _buttons(operation)])


def decided(operation: Operation, verdict: Verdict) -> Message:
    """Return what stands in the place of a question that somebody was asked directly."""
    what = _what(operation)
    text = f"{what[0].upper()}{what[1:]}: {verdict.ending.replace('_', ' ')}"
    by = f" by {mention(verdict.person)}" if verdict.person else ""
    return Message([SectionBlock(text=mrkdwn(f"*{text}*{by} · {operation.tag}"))])


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> str:
    """Return the reply that reminds those who may decide, once."""
    people = " ".join(mention(person) for person in sorted(approvers)[:MOST_NAMED])
    return f"{people} This still waits for one of you; it ends unanswered {ago(deadline)}. {operation.tag}"


def alarm(operation: Operation, reason: str) -> Message:
    """Return what approvers are told when somebody goes ahead alone."""
    text = (
        f":rotating_light: *Break-glass:* {mention(operation.asked_by)} goes ahead alone to "
        f"*{_what(operation)}*.\n“{quote(reason)}” · {operation.tag}"
    )
    return Message([SectionBlock(text=mrkdwn(text))])


def deny_form(form: RequestForm) -> View:
    """Return the form that denies a request, with a reason if wanted."""
    return _modal(ids.DENY_MODAL, "Deny", "Deny", [_reason(optional=True)], form)


def break_glass_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that goes ahead alone: the reason, and the server's name once more."""
    warning = (
        f":rotating_light: You go ahead alone to *{_what(operation)}*. "
        "All approvers are told at once, and it stays in the audit trail for ever."
    )
    name = label(operation.server_name, 300)
    typed = InputBlock(
        block_id=ids.TYPED_NAME,
        label=plain(f"Type the server's name, {name}, once more"),
        element=PlainTextInputElement(action_id=ids.TYPED_NAME),
    )
    blocks: list[Block] = [SectionBlock(text=mrkdwn(warning)), _reason(optional=False), typed]
    return _modal(ids.BREAK_GLASS_MODAL, "Break the glass", "Go ahead alone", blocks, form)


def _what(operation: Operation) -> str:
    name = called(operation.server_name)
    if operation.verb == "restore":
        return f"restore {name} from backup {operation.backup_id}"
    if operation.verb == "delete":
        return f"delete backup {operation.backup_id} of {name}"
    return f"back up {name}"


def _facts(operation: Operation) -> list[str]:
    facts = []
    if operation.backup_moment:
        taken = f"{when(operation.backup_moment)} ({ago(operation.backup_moment)})"
        facts.append(f"*Backup* {operation.backup_id}, taken {taken}")
    if operation.verb == "restore":
        facts.append(f"*Lost* everything written to {called(operation.server_name)} since then")
        facts.append(f"*Safety backup first* {'yes' if operation.safety_backup else 'no'}")
    if operation.verb == "delete":
        facts.append("*Lost* this backup, for ever")
    facts.append(f"*Why* {'“' + quote(operation.reason) + '”' if operation.reason else 'no reason given'}")
    return facts


def _buttons(operation: Operation) -> ActionsBlock:
    value = RequestForm(operation=operation.id, shown=operation.shown).kept()
    sure = ConfirmObject(
        title="Approve?",
        text=plain(f"This lets {label(operation.server_name, 100)} be changed right away."),
        confirm="Approve",
        deny="Back",
    )
    buttons = [
        ButtonElement(
            text=plain("Approve"), action_id=ids.APPROVE, value=value, style="primary", confirm=sure
        ),
        ButtonElement(text=plain("Deny…"), action_id=ids.DENY, value=value),
        ButtonElement(text=plain("Withdraw"), action_id=ids.WITHDRAW, value=value),
    ]
    if operation.break_glass:
        alone = ButtonElement(
            text=plain("Break glass…"), action_id=ids.BREAK_GLASS, value=value, style="danger"
        )
        buttons.append(alone)
    return ActionsBlock(elements=buttons)


def _reason(*, optional: bool) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.REASON, max_length=REASON_LIMIT)
    return InputBlock(block_id=ids.REASON, label=plain("Why?"), element=element, optional=optional)


def _modal(
    callback_id: str, title: str, submit: str, blocks: list[Block] | list[InputBlock], form: RequestForm
) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit),
        close=plain("Cancel"),
        blocks=list(blocks),
        private_metadata=form.kept(),
    )
