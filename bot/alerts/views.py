"""An alert, the forms that answer it, and the daily report."""

from collections.abc import Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    HeaderBlock,
    InputBlock,
    Option,
    PlainTextInputElement,
    StaticSelectElement,
)
from slack_sdk.models.views import View

from bot.alerts import messages
from bot.alerts.alert import Alert, Answer, TrackedTrouble
from bot.alerts.daily_report import DailyReport
from bot.alerts.model import Kind
from bot.slack import ids
from bot.slack.forms import REASON_LIMIT, AlertForm
from bot.slack.message import Message, button, context, plain, section

_BACKED_UP_AGAIN = frozenset({Kind.NO_GOOD_BACKUP, Kind.EXPIRING, Kind.AUTOMATIC_FAILED})
"""What a new backup helps against."""


def alert_message(alert: Alert, answer: Answer | None) -> Message:
    """Return an alert as it stands; `answer` is the one that holds."""
    if len(alert.troubles) == 1:
        return one_trouble(alert.troubles[0], alert.id, answer)
    return many_troubles(alert, answer)


def one_trouble(told: TrackedTrouble, alert_id: str, answer: Answer | None) -> Message:
    """Return an alert about one thing."""
    lines = [messages.headline(told), messages.detail(told.trouble) if told.is_open else messages.was(told)]
    small = [messages.since(told), *([messages.answered(answer)] if answer else [])]
    buttons = _of_server(told)
    if told.is_open:
        buttons += _answers(alert_id, answer, can_snooze=told.lasts)
    return _drawn(lines, small, buttons)


def many_troubles(alert: Alert, answer: Answer | None) -> Message:
    """Return an alert about many things that came at once."""
    lines = [f"*{messages.merged_headline(alert)}*", *messages.merged_lines(alert)]
    small = [messages.merged_note(alert), *([messages.answered(answer)] if answer else [])]
    buttons = [button(messages.SERVERS, ids.run_command(0), "servers")]
    if alert.is_open:
        buttons += _answers(alert.id, answer, can_snooze=bool(alert.lasting))
    return _drawn(lines, small, buttons)


def reminder(alert: Alert, snoozed: Answer | None) -> Message:
    """Return the reply that reminds people of it; `snoozed` is the answer whose time is over."""
    return Message([section(messages.reminder(alert, snoozed))])


def answer_form(alert: Alert, form: AlertForm) -> View:
    """Return the form that acknowledges an alert, or snoozes it."""
    reason = PlainTextInputElement(action_id=ids.REASON, max_length=REASON_LIMIT)
    blocks: list[Block] = [
        section(messages.asked(alert, is_snooze=form.is_snooze)),
        InputBlock(block_id=ids.REASON, label=plain(messages.REASON), element=reason),
    ]
    if form.is_snooze:
        options = [Option(text=plain(label), value=str(hours)) for hours, label in messages.SNOOZES.items()]
        select = StaticSelectElement(action_id=ids.SNOOZE_HOURS, options=options, initial_option=options[1])
        blocks.append(InputBlock(block_id=ids.SNOOZE_HOURS, label=plain(messages.HOW_LONG), element=select))
    return View(
        type="modal",
        callback_id=ids.ALERT_MODAL,
        title=plain(messages.SNOOZE_TITLE if form.is_snooze else messages.ACKNOWLEDGE_TITLE),
        submit=plain(messages.SNOOZE_SUBMIT if form.is_snooze else messages.ACKNOWLEDGE_SUBMIT),
        close=plain("Cancel"),
        blocks=blocks,
        private_metadata=form.as_json(),
    )


def daily_report(report: DailyReport) -> Message:
    """Return how the servers are, and what ran in the last 24 hours."""
    lines = [messages.unreadable_day()]
    if report.servers is not None:
        needy = len({trouble.server_id for trouble in report.troubles})
        lines = [messages.servers_of_day(report.servers, needy), *messages.lines_of(report.troubles)]
    blocks: list[Block] = [
        HeaderBlock(text=plain(messages.title_of_day(report.day))),
        section("\n".join(lines)),
        section(messages.ran_of_day(report.done, report.failed, report.others, is_part=report.is_part)),
    ]
    if report.unproven:
        blocks.append(section(messages.never_restored(report.unproven, report.proof_days)))
    return Message(blocks)


def _of_server(told: TrackedTrouble) -> list[ButtonElement]:
    trouble = told.trouble
    if trouble.server_id is None or told.is_gone:
        return []
    number = str(trouble.server_id)
    buttons = [button(messages.BACKUPS, ids.SERVER_BACKUPS, number)]
    if told.is_open and trouble.kind in _BACKED_UP_AGAIN:
        buttons.insert(0, button(messages.BACK_UP_NOW, ids.SERVER_CREATE, number, style="primary"))
    return buttons


def _answers(alert_id: str, answer: Answer | None, *, can_snooze: bool) -> list[ButtonElement]:
    if answer and answer.until is None:
        return []
    acknowledge = AlertForm(card=alert_id)
    buttons = [button(messages.ACKNOWLEDGE, ids.ALERT_ACKNOWLEDGE, acknowledge.as_json())]
    if answer is None and can_snooze:
        snooze = AlertForm(card=alert_id, is_snooze=True)
        buttons.append(button(messages.SNOOZE, ids.ALERT_SNOOZE, snooze.as_json()))
    return buttons


def _drawn(lines: Sequence[str], small: Sequence[str], buttons: Sequence[ButtonElement]) -> Message:
    blocks: list[Block] = [section("\n".join(lines)), context(*small)]
    if buttons:
        blocks.append(ActionsBlock(elements=list(buttons)))
    return Message(blocks)
