"""Changing a schedule: put on record, stored, told. What the bot pauses by itself goes the same way."""

import structlog
from pydantic import BaseModel, ConfigDict

from bot.audit import record
from bot.audit.model import Entry
from bot.errors import Failure
from bot.operations import engine
from bot.operations.card import ANNOUNCE_SECONDS
from bot.operations.engine import Execution, is_recovery, step, workflow
from bot.schedules import messages, store, views
from bot.schedules.model import Change, Requester, Schedule, ScheduleChange
from bot.servers.selection import is_pattern
from bot.services import services
from bot.slack.message import Message
from bot.slack.views import sentence_alone
from bot.verbs import Verb

log = structlog.get_logger()

RUN = "run_schedule"
"""The stored name of the workflow that runs one."""


async def request(change: ScheduleChange) -> None:
    """Record a change and let it be made; raises NotRecorded if the database did not confirm."""
    await engine.start(change_schedule, f"schedule:{change.schedule.id}:change:{change.key}", change)


class Recorded(BaseModel):
    """Which run began the work, and why it is not on record if it is not."""

    model_config = ConfigDict(frozen=True)

    execution: Execution
    failure: Failure | None = None


@workflow("change_schedule", about=lambda change, *_: {"schedule": change.schedule.id})
async def change_schedule(change: ScheduleChange) -> None:
    """Make a change that a person has requested."""
    recorded = await record_change(change)
    engine.adopt(recorded.execution)
    try:
        await _change(change, recorded.failure)
    except engine.NOT_BUGS:
        raise
    except Exception:
        log.exception("schedule_change_broke", change=change.change)
        await post_change(change, sentence_alone(messages.broke(change.schedule)), "broke")


async def _change(change: ScheduleChange, failure: Failure | None) -> None:
    if failure:
        await post_change(change, sentence_alone(messages.not_recorded(change, failure)), "refused")
        return
    await apply(change)
    if change.change is Change.RUN:
        key = f"schedule:{change.schedule.id}:now:{change.key}"
        by = Requester(id=change.by, name=change.by_name, team=change.team)
        # Its message says who has run it.
        await engine.start_next(engine.named(RUN), key, change.schedule.id, key, by)
    else:
        await tell_change(change)


async def pause(schedule: Schedule, key: str, failure: Failure) -> None:
    """Pause a schedule whose owner can't do any of it any more, and tell so, from a workflow."""
    now = engine.execution().started_at
    change = ScheduleChange(
        change=Change.PAUSED, schedule=schedule, by=schedule.owner, at=now, key=key, failure=failure
    )
    await record_change(change)
    await apply(change)
    await tell_change(change)


@step("record_schedule_change")
async def record_change(change: ScheduleChange) -> Recorded:
    """Put a change on record; what can't be written is not done."""
    execution = engine.new_execution(change.at)
    return Recorded(execution=execution, failure=await record.write(entry_of(change)))


def entry_of(change: ScheduleChange) -> Entry:
    """Return the entry about a change."""
    schedule = change.schedule
    wide = {*services().groups, *(each for each in schedule.servers if is_pattern(each))}
    only = schedule.servers[0] if len(schedule.servers) == 1 and wide.isdisjoint(schedule.servers) else ""
    return Entry(
        event=change.change.value,
        key=f"schedule:{schedule.id}:{change.key}:{change.change}",
        at=services().now(),
        person=change.by,
        operation=f"schedule:{schedule.id}",
        verb=Verb.SCHEDULE,
        server_name=only,
        channel=schedule.channel,
        failure=change.failure,
        schedule_id=schedule.id,
        servers=schedule.servers,
        cron=schedule.timing.cron,
        zone=schedule.zone,
        keep=schedule.keep,
        makes_room=schedule.makes_room,
        makes_up=schedule.makes_up,
    )


@step("apply_schedule_change")
async def apply(change: ScheduleChange) -> None:
    """Make a change in the engine. What is gone meanwhile stays gone."""
    schedule = change.schedule
    match change.change:
        case Change.CREATED:
            await store.put(schedule)
        case Change.CHANGED if await store.find(schedule.id):
            await store.put(schedule)
        case Change.RESUMED if await store.find(schedule.id):
            await store.put(schedule)
            await store.resume(schedule.id)
        case Change.PAUSED:
            await store.pause(schedule.id)
        case Change.DELETED:
            await store.remove(schedule.id)


async def tell_change(change: ScheduleChange) -> None:
    """Tell the channel of a change."""
    await post_change(change, views.changed(change, services().now()), "told")


@step("post_schedule_change", interruptible=True)
async def post_change(change: ScheduleChange, message: Message, part: str) -> None:
    """Post what is said of a change, in the schedule's channel, or else to the person.

    That nothing is backed up any more outlasts any outage of Slack.
    """
    await services().messages.post_once(
        [change.schedule.channel, change.by],
        message.arguments(),
        f"schedule:{change.schedule.id}:{change.key}:{part}",
        is_recovery=is_recovery(),
        give_up_after=None if change.failure else ANNOUNCE_SECONDS,
    )
