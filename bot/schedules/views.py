"""The list of schedules, the form that makes or changes one, and what a channel is told of a change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    CheckboxesElement,
    ConfirmObject,
    ConversationFilter,
    ConversationSelectElement,
    HeaderBlock,
    InputBlock,
    InteractiveElement,
    NumberInputElement,
    Option,
    PlainTextInputElement,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.views import View

from bot.schedules import messages
from bot.schedules.commands import MOST_KEPT, CreateSchedule, servers_as_typed
from bot.schedules.model import Change, LastRun, Schedule, ScheduleChange, zone_of
from bot.slack import ids
from bot.slack.forms import ScheduleForm, SchedulesForm
from bot.slack.message import Message, context, plain, section
from bot.slack.messages import NEXT, PREVIOUS
from bot.timing import Timing, describe

PAGE = 10
NEXT_RUNS = 2
CHECKED_RUNS = 3
_TEXT_LIMIT = 3000


@dataclass(frozen=True)
class ScheduleRow:
    """A schedule in the list, how its last run went, whether one starts, and the reader can change it."""

    schedule: Schedule
    last: LastRun | None = None
    can_change: bool = False
    is_starting: bool = False


def schedule_list(
    shown: Sequence[ScheduleRow], count: int, page: int, now: datetime, *, can_create: bool = False
) -> Message:
    """Return one page of the schedules that a person can see, of which there are `count`."""
    blocks: list[Block] = [HeaderBlock(text=plain(messages.TITLE))]
    if not shown:
        blocks.append(section(messages.NONE))
    for each in shown:
        runs = [*islice(each.schedule.timing.next_runs(now, each.schedule.clock), NEXT_RUNS)]
        row = messages.row(each.schedule, runs, each.last, is_starting=each.is_starting)
        blocks.append(section(row))
        if each.can_change:
            blocks.append(ActionsBlock(elements=_row_buttons(each.schedule, page, now)))
    if count > PAGE:
        first = page * PAGE + 1
        text = messages.page(first, first + len(shown) - 1, count)
        blocks.append(context(text))
    if buttons := _below(count, page, can_create=can_create):
        blocks.append(ActionsBlock(elements=buttons))
    return Message(blocks)


def _row_buttons(schedule: Schedule, page: int, now: datetime) -> list[InteractiveElement]:
    form = SchedulesForm(schedule=schedule.id, page=page, shown=int(now.timestamp() * 1000))
    turn = (messages.PAUSE, ids.SCHEDULE_PAUSE)
    if schedule.is_paused:
        turn = (messages.RESUME, ids.SCHEDULE_RESUME)
    sure = ConfirmObject(
        title=plain(messages.DELETE_TITLE),
        text=plain(messages.confirm_text(schedule)),
        confirm=plain(messages.YES),
        deny=plain(messages.NO),
        style="danger",
    )
    return [
        _button(messages.RUN, ids.SCHEDULE_RUN, form),
        _button(*turn, form),
        _button(messages.EDIT, ids.SCHEDULE_EDIT, form),
        _button(messages.DELETE, ids.SCHEDULE_DELETE, form, style="danger", confirm=sure),
    ]


def _below(count: int, page: int, *, can_create: bool) -> list[InteractiveElement]:
    buttons: list[InteractiveElement] = []
    if page > 0:
        buttons.append(_button(PREVIOUS, ids.SCHEDULE_PREVIOUS, SchedulesForm(page=page - 1)))
    if (page + 1) * PAGE < count:
        buttons.append(_button(NEXT, ids.SCHEDULE_NEXT, SchedulesForm(page=page + 1)))
    if can_create:
        buttons.append(_button(messages.CREATE, ids.SCHEDULE_NEW, SchedulesForm(), style="primary"))
    return buttons


def changed(change: ScheduleChange, now: datetime) -> Message:
    """Return what a channel is told of a change, with what can be done next."""
    blocks: list[Block] = [section(messages.changed(change))]
    schedule = change.schedule
    runs_on = change.change in {Change.CREATED, Change.CHANGED, Change.RESUMED}
    if runs_on and not schedule.is_paused:
        runs = [*islice(schedule.timing.next_runs(now, schedule.clock), CHECKED_RUNS)]
        blocks.append(context(messages.next_runs(runs)))
    buttons: list[InteractiveElement] = [_button(messages.SHOW, ids.SCHEDULE_SHOW, SchedulesForm())]
    if change.change is Change.PAUSED:
        resume = _button(messages.RESUME, ids.SCHEDULE_RESUME, SchedulesForm(schedule=schedule.id))
        buttons.insert(0, resume)
    return Message([*blocks, ActionsBlock(elements=buttons)])


def schedule_form(form: ScheduleForm, wanted: CreateSchedule, channel: str, checked: str = "") -> View:
    """Return the form that makes a schedule, or changes one; `checked` says how its words are understood."""
    hint = checked or messages.zone_hint(form.zone)
    return View(
        type="modal",
        callback_id=ids.SCHEDULE_MODAL,
        title=plain(messages.CHANGE_TITLE if form.schedule else messages.FORM_TITLE),
        submit=plain(messages.SAVE),
        close=plain("Cancel"),
        blocks=[
            _servers_input(wanted),
            _when_input(wanted.timing),
            context(hint),
            _keep_input(wanted.keep),
            _options_input(wanted),
            _channel_input(channel),
        ],
        private_metadata=form.as_json(),
    )


def check_text(timing: Timing, form: ScheduleForm, now: datetime) -> str:
    """Return how the form's words are understood, and when that is next, in the form's zone."""
    zone = zone_of(form.zone)
    runs = [*islice(timing.next_runs(now, zone), CHECKED_RUNS)]
    return messages.checked(runs, describe(timing), zone, form.zone, now)


def _servers_input(wanted: CreateSchedule) -> InputBlock:
    element = PlainTextInputElement(
        action_id=ids.SCHEDULED_SERVERS,
        initial_value=servers_as_typed(wanted.servers)[:_TEXT_LIMIT] or None,
        max_length=_TEXT_LIMIT,
    )
    return InputBlock(
        block_id=ids.SCHEDULED_SERVERS,
        label=plain(messages.SERVERS),
        hint=plain(messages.SERVERS_HINT),
        element=element,
    )


def _when_input(timing: Timing | None) -> InputBlock:
    checks = DispatchActionConfig(trigger_actions_on=["on_enter_pressed", "on_character_entered"])
    element = PlainTextInputElement(
        action_id=ids.SCHEDULED_WHEN,
        initial_value=describe(timing) if timing else None,
        max_length=200,
        dispatch_action_config=checks,
    )
    return InputBlock(
        block_id=ids.SCHEDULED_WHEN,
        label=plain(messages.WHEN),
        hint=plain(messages.WHEN_HINT),
        element=element,
        dispatch_action=True,
    )


def _keep_input(keep: int | None) -> InputBlock:
    element = NumberInputElement(
        action_id=ids.KEEP,
        is_decimal_allowed=False,
        min_value="1",
        max_value=str(MOST_KEPT),
        initial_value=None if keep is None else str(keep),
    )
    label, hint = plain(messages.KEEP), plain(messages.KEEP_HINT)
    return InputBlock(block_id=ids.KEEP, label=label, hint=hint, element=element, optional=True)


def _options_input(wanted: CreateSchedule) -> InputBlock:
    texts = {
        ids.MAKE_ROOM: (messages.MAKE_ROOM, messages.MAKE_ROOM_HINT, wanted.makes_room),
        ids.MAKE_UP: (messages.MAKE_UP, messages.MAKE_UP_HINT, wanted.makes_up),
    }
    options = {
        value: Option(text=plain(text), description=plain(hint), value=value)
        for value, (text, hint, _) in texts.items()
    }
    ticked = [options[value] for value, (*_, is_ticked) in texts.items() if is_ticked]
    element = CheckboxesElement(
        action_id=ids.SCHEDULE_OPTIONS, options=[*options.values()], initial_options=ticked or None
    )
    label = plain(messages.OPTIONS)
    return InputBlock(block_id=ids.SCHEDULE_OPTIONS, label=label, element=element, optional=True)


def _channel_input(channel: str) -> InputBlock:
    initial = channel if channel.startswith(("C", "G")) else None
    # In direct messages of other people the bot can't post.
    element = ConversationSelectElement(
        action_id=ids.CHANNEL,
        initial_conversation=initial,
        filter=ConversationFilter(include=["public", "private"]),
    )
    label = plain(messages.CHANNEL)
    return InputBlock(block_id=ids.CHANNEL, label=label, element=element, optional=True)


def _button(
    label: str,
    action_id: str,
    form: SchedulesForm,
    *,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    return ButtonElement(
        text=plain(label), action_id=action_id, value=form.as_json(), style=style, confirm=confirm
    )
