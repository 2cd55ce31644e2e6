"""The question to a second person, and the forms around it."""

from collections.abc import Iterable, Sequence
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

from bot.approvals import messages
from bot.approvals.model import Choice, Verdict
from bot.errors import BotError
from bot.operations.model import Operation, digest_of_request
from bot.slack import ids
from bot.slack.forms import RequestForm
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import truncate_mrkdwn

REASON_LIMIT = 200


def question(operation: Operation, approvers: Iterable[str], deadline: datetime) -> Message:
    """Return the question with all that a decision needs, and its buttons."""
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(truncate_mrkdwn(messages.question(operation, approvers), 3000))),
        SectionBlock(text=mrkdwn("\n".join(messages.facts(operation)))),
        ContextBlock(elements=[mrkdwn(messages.expires(operation, deadline))]),
        _buttons(operation),
    ]
    return Message(blocks)


def decided(operation: Operation, verdict: Verdict) -> Message:
    """Return what stands in the place of a question that somebody was asked directly."""
    return Message([SectionBlock(text=mrkdwn(messages.decided(operation, verdict)))])


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> str:
    """Return the reply that reminds those who can approve, once."""
    return messages.reminder(operation, approvers, deadline)


def alarm(operation: Operation, reason: str, permalink: str = "") -> Message:
    """Return what approvers are told when somebody goes ahead alone."""
    return Message([SectionBlock(text=mrkdwn(messages.alarm(operation, reason, permalink)))])


def uncounted(operation: Operation, choice: Choice, error: BotError) -> Message:
    """Return what somebody is told whose click changed nothing."""
    return Message([SectionBlock(text=mrkdwn(messages.uncounted(operation, choice, error)))])


def decline_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that declines a request, with a reason if wanted."""
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(messages.decline_text(operation))),
        _reason(messages.DECLINE_QUESTION, optional=True),
    ]
    return _modal(ids.DECLINE_MODAL, messages.DECLINE_TITLE, "Decline", blocks, form)


def break_glass_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that goes ahead alone: the reason, and the server's name once more."""
    typed = InputBlock(
        block_id=ids.TYPED_NAME,
        label=plain(messages.name_label(operation)),
        element=PlainTextInputElement(action_id=ids.TYPED_NAME),
    )
    blocks: list[Block] = [
        SectionBlock(text=mrkdwn(messages.break_glass_text(operation))),
        _reason(messages.BREAK_GLASS_QUESTION, optional=False),
        typed,
    ]
    return _modal(ids.BREAK_GLASS_MODAL, messages.BREAK_GLASS_TITLE, "Run it alone", blocks, form)


def _buttons(operation: Operation) -> ActionsBlock:
    value = RequestForm(operation=operation.id, shown=digest_of_request(operation)).as_json()
    sure = ConfirmObject(
        title=messages.APPROVE_TITLE,
        text=plain(messages.consequence(operation)),
        confirm="Approve",
        deny="Back",
    )
    buttons = [
        ButtonElement(
            text=plain("Approve"), action_id=ids.APPROVE, value=value, style="primary", confirm=sure
        ),
        ButtonElement(text=plain("Decline…"), action_id=ids.DECLINE, value=value),
        ButtonElement(text=plain("Withdraw"), action_id=ids.WITHDRAW, value=value),
    ]
    if operation.approval and operation.approval.break_glass:
        alone = ButtonElement(
            text=plain("Break glass…"), action_id=ids.BREAK_GLASS, value=value, style="danger"
        )
        buttons.append(alone)
    return ActionsBlock(elements=buttons)


def _reason(label: str, *, optional: bool) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.REASON, max_length=REASON_LIMIT)
    return InputBlock(block_id=ids.REASON, label=plain(label), element=element, optional=optional)


def _modal(callback_id: str, title: str, submit: str, blocks: Sequence[Block], form: RequestForm) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit),
        close=plain("Cancel"),
        blocks=list(blocks),
        private_metadata=form.as_json(),
    )
