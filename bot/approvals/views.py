"""The question to a second person, what approvers are told directly, and the forms around it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from slack_sdk.models.blocks import (
    ActionsBlock,
    AlertBlock,
    Block,
    ButtonElement,
    ConfirmObject,
    HeaderBlock,
    InputBlock,
    InteractiveElement,
    Option,
    OverflowMenuElement,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from bot.approvals import messages
from bot.approvals.model import Choice, Verdict
from bot.errors import BotError
from bot.operations import outcome_messages
from bot.operations.digest import digest_of_request
from bot.operations.messages import request_fields
from bot.operations.model import Operation, Outcome
from bot.operations.views import cancel_button, fields_block
from bot.slack import ids
from bot.slack.forms import REASON_LIMIT, RequestForm
from bot.slack.message import Message, context, plain, section
from bot.slack.views import sentence_alone


def question(
    operation: Operation, approvers: Sequence[str], deadline: datetime, *, are_asked_directly: bool = False
) -> Message:
    """Return the question with all that a decision needs, and its buttons.

    Approvers are mentioned, unless they are asked directly as well: once is enough.
    """
    who = (
        messages.asked_directly(approvers) if are_asked_directly else messages.needs_approval_from(approvers)
    )
    return _about(
        messages.question_title(operation),
        who,
        operation,
        [messages.expires(deadline), operation.tag],
        [*_decisions(operation), _menu_of_requester(operation)],
    )


def direct_question(operation: Operation, deadline: datetime, permalink: str) -> Message:
    """Return the question as an approver gets it directly; `permalink` leads to the one in the channel."""
    where = messages.requested_in(operation)
    return _about(
        messages.question_title(operation),
        "",
        operation,
        [messages.expires(deadline), where, operation.tag],
        [*_decisions(operation), *_link(permalink)],
    )


def direct_decision(operation: Operation, verdict: Verdict, permalink: str) -> Message:
    """Return what takes the place of a direct question once it needs no answer any more."""
    where = messages.requested_in(operation)
    return _about(
        messages.title(operation),
        messages.decision(verdict),
        operation,
        [where, operation.tag],
        _link(permalink),
    )


def direct_outcome(operation: Operation, outcome: Outcome, permalink: str) -> Message:
    """Return what takes the place of whatever an approver was told directly, once the operation has ended."""
    lines = [
        outcome_messages.outcome_headline(operation, outcome),
        outcome_messages.outcome_detail(operation, outcome),
    ]
    where = messages.requested_in(operation)
    return _about(
        messages.title(operation),
        "\n".join(filter(None, lines)),
        operation,
        [where, operation.tag],
        _link(permalink),
    )


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> Message:
    """Return the reply that reminds those who can approve."""
    return sentence_alone(messages.reminder(operation, approvers, deadline))


def answered(operation: Operation, verdict: Verdict) -> Message:
    """Return what takes the place of the reminder."""
    return sentence_alone(messages.answered(operation, verdict))


def alarm(operation: Operation, permalink: str) -> Message:
    """Return what approvers are told if somebody runs it alone, and what they can do about it."""
    return _about(
        messages.title(operation),
        f"{messages.alarm(operation)}\n{messages.what_to_do(operation)}",
        operation,
        [messages.requested_in(operation), operation.tag],
        [cancel_button(operation), *_link(permalink)],
    )


def uncounted(operation: Operation, choice: Choice, error: BotError) -> Message:
    """Return what somebody is told whose click changed nothing."""
    return sentence_alone(messages.uncounted(operation, choice, error))


def decline_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that declines a request, with a reason if wanted."""
    blocks: list[Block] = [
        section(messages.decline_text(operation)),
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
        AlertBlock(text=plain(messages.BREAK_GLASS_WARNING), level="error"),
        section(messages.break_glass_text(operation)),
        _reason(messages.BREAK_GLASS_QUESTION, optional=False),
        typed,
    ]
    return _modal(ids.BREAK_GLASS_MODAL, messages.BREAK_GLASS_TITLE, "Run it alone", blocks, form)


def _about(
    title: str,
    text: str,
    operation: Operation,
    small: Sequence[str],
    elements: Sequence[InteractiveElement],
) -> Message:
    blocks: list[Block] = [HeaderBlock(text=plain(title))]
    if text:
        blocks.append(section(text))
    if fields := request_fields(operation):
        blocks.append(fields_block(fields))
    blocks.append(context(" · ".join(small)))
    if elements:
        blocks.append(ActionsBlock(elements=[*elements]))
    return Message(blocks)


def _decisions(operation: Operation) -> list[ButtonElement]:
    value = _form(operation).as_json()
    sure = ConfirmObject(
        title=messages.APPROVE_TITLE,
        text=plain(messages.consequence(operation)),
        confirm="Approve",
        deny="Back",
    )
    return [
        ButtonElement(
            text=plain("Approve"), action_id=ids.APPROVE, value=value, style="primary", confirm=sure
        ),
        ButtonElement(text=plain("Decline…"), action_id=ids.DECLINE, value=value, style="danger"),
    ]


def _menu_of_requester(operation: Operation) -> OverflowMenuElement:
    choices = {Choice.WITHDRAWN: "Withdraw"}
    if operation.approval and operation.approval.break_glass:
        choices[Choice.BREAK_GLASS] = "Break glass…"
    options = [
        Option(text=plain(label), value=_form(operation).as_option(choice))
        for choice, label in choices.items()
    ]
    return OverflowMenuElement(action_id=ids.REQUEST_MENU, options=options)


def _link(permalink: str) -> list[ButtonElement]:
    label = plain(messages.OPEN_REQUEST)
    return [ButtonElement(text=label, action_id=ids.OPEN_LINK, url=permalink)] if permalink else []


def _form(operation: Operation) -> RequestForm:
    return RequestForm(operation=operation.id, shown=digest_of_request(operation))


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
