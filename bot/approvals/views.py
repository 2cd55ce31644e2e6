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

from bot.approvals.model import VERBS, Ending, Verdict, Vote
from bot.operations.model import Operation
from bot.slack import ids
from bot.slack.forms import RequestForm
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import ago, called, cut, label, listed, mention, quote, sentence, when

REASON_LIMIT = 200
MOST_NAMED = 20
_ENDINGS: dict[Ending, str] = {
    "approved": "approved",
    "denied": "denied",
    "withdrawn": "withdrawn",
    "break_glass": "done without consent (break-glass)",
    "expired": "nobody decided in time, nothing was changed",
    "stale": "out of date by the time it was decided, nothing was changed",
}
_BY_SOMEBODY: frozenset[Ending] = frozenset({"approved", "denied", "withdrawn", "break_glass"})


def question(operation: Operation, approvers: Iterable[str], deadline: datetime) -> Message:
    """Return the question with all that a decision needs, and its buttons."""
    people = listed([mention(person) for person in sorted(approvers)[:MOST_NAMED]], "or")
    asked = (
        f":raised_hand: {mention(operation.asked_by)} wants to *{_what(operation)}*. "
        f"It waits until one of you agrees: {people}."
    )
    blocks: list[Block] = [SectionBlock(text=mrkdwn(cut(asked, 3000)))]
    blocks.append(SectionBlock(text=mrkdwn("\n".join(_facts(operation)))))
    ends = f"Ends {ago(deadline)} ({when(deadline)}) if nobody decides; then nothing is changed"
    footer = ContextBlock(elements=[mrkdwn(f"{ends} · {operation.tag}")])
    return Message([*blocks, footer, _buttons(operation)])


def decided(operation: Operation, verdict: Verdict) -> Message:
    """Return what stands in the place of a question that somebody was asked directly."""
    what = _what(operation)
    text = f"{what[0].upper()}{what[1:]}: {_ENDINGS[verdict.ending]}"
    by = f" by {mention(verdict.person)}" if verdict.person and verdict.ending in _BY_SOMEBODY else ""
    return Message([SectionBlock(text=mrkdwn(f"*{text}*{by} · {operation.tag}"))])


def reminder(operation: Operation, approvers: Iterable[str], deadline: datetime) -> str:
    """Return the reply that reminds those who may decide, once."""
    people = " ".join(mention(person) for person in sorted(approvers)[:MOST_NAMED])
    return (
        f":bell: {people} {mention(operation.asked_by)} still waits for one of you, to {_what(operation)}. "
        f"It ends {ago(deadline)} if nobody decides; then nothing is changed. {operation.tag}"
    )


def alarm(operation: Operation, reason: str, link: str = "") -> Message:
    """Return what approvers are told when somebody goes ahead alone; `link` leads to the request."""
    follow = f" · <{link}|follow it>" if link else ""
    text = (
        f":rotating_light: *Break-glass:* {mention(operation.asked_by)} does not wait for anybody's consent "
        f"to *{_what(operation)}*. It goes ahead now.\n*Why:* “{quote(reason)}”\n"
        f"If that is wrong, call {mention(operation.asked_by)} at once.{follow} · {operation.tag}"
    )
    return Message([SectionBlock(text=mrkdwn(text))])


def uncounted(operation: Operation, vote: Vote, why: str) -> Message:
    """Return what somebody is told whose click changed nothing; `why` is a sentence of ours."""
    text = f"You wanted to {VERBS[vote.choice]}: *{_what(operation)}*. That did not count. {sentence(why)}"
    return Message([SectionBlock(text=mrkdwn(f":information_source: {text} · {operation.tag}"))])


def deny_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that denies a request, with a reason if wanted."""
    asker = mention(operation.asked_by)
    said = f"{asker} wants to *{_what(operation)}*. If you deny it, nothing is changed, and {asker} is told."
    blocks = [
        SectionBlock(text=mrkdwn(said)),
        _reason("Why not? Everybody in the channel sees it", optional=True),
    ]
    return _modal(ids.DENY_MODAL, "Deny this request", "Deny", blocks, form)


def break_glass_form(form: RequestForm, operation: Operation) -> View:
    """Return the form that goes ahead alone: the reason, and the server's name once more."""
    warning = (
        f":rotating_light: You are about to *{_what(operation)}* without anybody's consent, right away. "
        "All approvers are told at once, and it stays in the audit trail for ever."
    )
    name = label(operation.server_name, 300)
    typed = InputBlock(
        block_id=ids.TYPED_NAME,
        label=plain(f"Type the server's name, {name}, once more"),
        element=PlainTextInputElement(action_id=ids.TYPED_NAME),
    )
    reason = _reason("Why can't this wait? All approvers see it", optional=False)
    blocks: list[Block] = [SectionBlock(text=mrkdwn(warning)), reason, typed]
    return _modal(ids.BREAK_GLASS_MODAL, "Break the glass", "Go ahead alone", blocks, form)


def _what(operation: Operation) -> str:
    name = called(operation.server_name)
    if operation.verb == "restore":
        return f"restore {name} from backup {operation.backup_id}"
    if operation.verb == "delete":
        return f"delete backup {operation.backup_id} of {name}"
    return f"back up {name}"


def _consequence(operation: Operation) -> str:
    name = label(operation.server_name, 100)
    if operation.verb == "restore":
        return f"I restore {name} from backup {operation.backup_id} as soon as you approve."
    if operation.verb == "delete":
        return f"I delete backup {operation.backup_id} of {name} for ever as soon as you approve."
    return f"I back up {name} as soon as you approve."


def _facts(operation: Operation) -> list[str]:
    facts = []
    if operation.backup_moment:
        taken = f"{when(operation.backup_moment)} ({ago(operation.backup_moment)})"
        facts.append(f"*Backup:* {operation.backup_id}, taken {taken}")
    if operation.verb == "restore":
        facts.append(f"*What is lost:* everything written to {called(operation.server_name)} since then")
        safety = "yes, of how it is now" if operation.safety_backup else "*no*, what is lost stays lost"
        facts.append(f"*Safety backup first:* {safety}")
    if operation.verb == "delete":
        facts.append("*What is lost:* this backup, for ever")
    facts.append(f"*Why:* {'“' + quote(operation.reason) + '”' if operation.reason else 'no reason given'}")
    return facts


def _buttons(operation: Operation) -> ActionsBlock:
    value = RequestForm(operation=operation.id, shown=operation.shown).kept()
    sure = ConfirmObject(
        title="Approve?",
        text=plain(_consequence(operation)),
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


def _reason(question: str, *, optional: bool) -> InputBlock:
    element = PlainTextInputElement(action_id=ids.REASON, max_length=REASON_LIMIT)
    return InputBlock(block_id=ids.REASON, label=plain(question), element=element, optional=optional)


def _modal(callback_id: str, title: str, submit: str, blocks: Sequence[Block], form: RequestForm) -> View:
    return View(
        type="modal",
        callback_id=callback_id,
        title=plain(title),
        submit=plain(submit),
        close=plain("Cancel"),
        blocks=list(blocks),
        private_metadata=form.kept(),
    )
