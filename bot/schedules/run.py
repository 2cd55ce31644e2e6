"""A schedule's run: its servers are selected and its owner's rights decided anew, then each is backed up.

    fire_schedule   started by the engine: due, or missed?
    run_schedule    plan → an operation for each server, or the schedule is paused → what can't be is told

A run is known by the time that the clocks show, so that it comes once, from wherever it is started, and
also in the night when the clocks go back.
"""

import asyncio

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy.exc import SQLAlchemyError

from bot.audit import record
from bot.audit.model import Entry
from bot.batches import batch
from bot.batches.model import MOST_SERVERS, Batch, BatchServer
from bot.errors import BotError, Failure, NotAllowed, ProviderError
from bot.metrics.instruments import SCHEDULED_BACKUPS
from bot.operations import engine
from bot.operations.engine import Execution, is_recovery, step, workflow
from bot.operations.records import REQUEST
from bot.schedules import change, messages, store
from bot.schedules.change import RUN
from bot.schedules.model import Requester, Schedule, Skipped, is_due, missed_run, run_key
from bot.schedules.store import FIRE
from bot.servers.model import Server
from bot.servers.selection import select
from bot.services import services
from bot.slack.views import sentence_alone
from bot.verbs import Verb

log = structlog.get_logger()

LOOK_SECONDS = 60.0
"""How often it is looked whether a run was missed."""
SERVERS_SECONDS = 600.0
"""How long a run waits for VPS.org to tell which servers there are."""
TRY_SECONDS = 10.0


class RunPlan(BaseModel):
    """What a run does, as is decided when it begins; nothing if the schedule is gone.

    `skipped` are the servers that are not backed up, `kept` those where nothing is deleted, as there is no
    right to. `lost` is why nothing at all can be done any more.
    """

    model_config = ConfigDict(frozen=True)

    execution: Execution
    schedule: Schedule | None = None
    targets: tuple[BatchServer, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    kept: tuple[Skipped, ...] = ()
    lost: Failure | None = None


class DueRun(BaseModel):
    """The key of a run that is to begin; empty if it is not."""

    model_config = ConfigDict(frozen=True)

    key: str = ""


@workflow(FIRE, about=lambda _, remembered, *_more: {"schedule": remembered.id})
async def fire_schedule(at: AwareDatetime, remembered: Schedule) -> None:
    """Begin the run of that moment, if it is due."""
    due = await find_due(remembered.id, at)
    if due.key:
        await engine.start_next(run_schedule, due.key, remembered.id, due.key, Requester())


@step("find_due")
async def find_due(schedule_id: str, at: AwareDatetime) -> DueRun:
    """Look whether the run of a moment is due, as the schedule is now."""
    schedule = await store.find(schedule_id)
    if schedule is None or not is_due(schedule, at, services().now()):
        log.info("schedule_run_skipped", at=at.isoformat())
        return DueRun()
    return DueRun(key=run_key(schedule, at))


@workflow(RUN, about=lambda schedule_id, *_: {"schedule": schedule_id})
async def run_schedule(schedule_id: str, key: str, by: Requester) -> None:
    """Back up a schedule's servers, with its owner's rights, or those of the person who runs it now."""
    plan = await plan_run(schedule_id, key, by)
    engine.adopt(plan.execution)
    if plan.schedule is None:
        return
    if not is_recovery():
        SCHEDULED_BACKUPS.labels("skipped").inc(len(plan.skipped) or bool(plan.lost))
    try:
        await _run(plan, plan.schedule, key, by)
    except engine.NOT_BUGS:
        raise
    except Exception:
        log.exception("schedule_broke")
        await tell(plan.schedule, key, messages.broke(plan.schedule))


async def _run(plan: RunPlan, schedule: Schedule, key: str, by: Requester) -> None:
    if plan.lost and not by.id:
        await change.pause(schedule, key, plan.lost)
        return
    await _back_up(plan, schedule, key, by)
    # By the clock once a day, as it may run every few minutes; who has it run now is told each time.
    once = key if by.id else f"schedule:{schedule.id}:{plan.execution.started_at:%Y-%m-%d}"
    told = schedule.model_copy(update={"owner": by.id or schedule.owner})
    if plan.skipped:
        await engine.start_next(tell_trouble, f"{once}:skipped", told, plan.skipped, (), once)
    if plan.kept:
        await engine.start_next(tell_trouble, f"{once}:kept", told, (), plan.kept, once)


async def _back_up(plan: RunPlan, schedule: Schedule, key: str, by: Requester) -> None:
    """Request the backups: one by itself, several as a batch."""
    common = {
        "requested_by": by.id or schedule.owner,
        "requester_name": by.name if by.id else schedule.owner_name,
        "team": by.team if by.id else schedule.team,
        "channel": schedule.channel,
        "requested_at": plan.execution.started_at,
        "delivery_id": key,
        "reason": messages.reason(schedule),
        "schedule_id": schedule.id,
        "by_hand": bool(by.id),
        "keep": schedule.keep,
        "makes_room": schedule.makes_room,
    }
    if len(plan.targets) == 1:
        alone = Batch(**common, id=key, servers=plan.targets)
        operation = batch.operation_of(alone, plan.targets[0]).model_copy(update={"batch_id": ""})
        await engine.start_next(engine.named(REQUEST), operation.id, operation)
        return
    for number, first in enumerate(range(0, len(plan.targets), MOST_SERVERS)):
        servers = plan.targets[first : first + MOST_SERVERS]
        await batch.request(Batch(**common, id=f"{key}#{number}", servers=servers))


@step("plan_run", interruptible=True)
async def plan_run(schedule_id: str, key: str, by: Requester) -> RunPlan:
    """Select the servers and decide about each, by what is known now; put on record what is denied."""
    execution = engine.new_execution()
    schedule = await store.find(schedule_id)
    if schedule is None:
        return RunPlan(execution=execution)
    person, team = (by.id, by.team) if by.id else (schedule.owner, schedule.team)
    try:
        sees = await services().authorizer.sight_of(person, team, schedule.channel)
        everything = await _servers()
    except NotAllowed as error:
        return RunPlan(execution=execution, schedule=schedule, lost=Failure.of(error))
    except ProviderError as error:
        failed = [Skipped(name=each, failure=Failure.of(error)) for each in schedule.servers]
        return RunPlan(execution=execution, schedule=schedule, skipped=tuple(failed))
    found = select(schedule.servers, [each for each in everything if sees(each.name)], services().groups)
    unknown = [Skipped(name=each.wanted, failure=Failure.of(each)) for each in found.unknown]
    decided = [await _decide(schedule, server, key, person, team) for server in found.servers]
    targets = [each for each in decided if isinstance(each, BatchServer)]
    denied = [each for each in decided if isinstance(each, Skipped)]
    kept = [
        Skipped(name=target.name, failure=failure)
        for target in targets
        if (failure := await _cant_delete(schedule, target.name, person, team))
    ]
    names = {each.name for each in kept}
    return RunPlan(
        execution=execution,
        schedule=schedule,
        targets=tuple(each.model_copy(update={"rotates": each.name not in names}) for each in targets),
        skipped=(*denied, *unknown),
        kept=tuple(kept),
        lost=denied[0].failure if denied and not targets else None,
    )


async def _servers() -> list[Server]:
    """Return the servers; tries for 10 minutes, as nobody waits for it. Raises ProviderError."""
    for _ in range(int(SERVERS_SECONDS / TRY_SECONDS)):
        try:
            return await services().directory.servers()
        except ProviderError as error:
            log.info("schedule_waits_for_servers", error=type(error).__name__)
            await asyncio.sleep(TRY_SECONDS)
    return await services().directory.servers()


async def _decide(
    schedule: Schedule, server: Server, key: str, person: str, team: str
) -> BatchServer | Skipped:
    try:
        await services().authorizer.decide_by_clock(person, team, Verb.CREATE, server.name, schedule.channel)
    except NotAllowed as error:
        failure = Failure.of(error)
        await record.write(_refusal(schedule, server, key, person, failure))
        return Skipped(name=server.name, failure=failure)
    return BatchServer(id=server.id, name=server.name)


async def _cant_delete(schedule: Schedule, name: str, person: str, team: str) -> Failure | None:
    if not schedule.deletes:
        return None
    try:
        await services().authorizer.decide_by_clock(person, team, Verb.DELETE, name, schedule.channel)
    except NotAllowed as error:
        return Failure.of(error)
    return None


def _refusal(schedule: Schedule, server: Server, key: str, person: str, failure: Failure) -> Entry:
    return Entry(
        event="refused",
        key=f"refused:{server.id}:{key}",
        at=services().now(),
        person=person,
        operation=f"schedule:{schedule.id}",
        verb=Verb.SCHEDULE,
        server_id=server.id,
        server_name=server.name,
        channel=schedule.channel,
        failure=failure,
        schedule_id=schedule.id,
    )


@workflow("tell_schedule_trouble", about=lambda schedule, *_: {"schedule": schedule.id})
async def tell_trouble(
    schedule: Schedule, skipped: tuple[Skipped, ...], kept: tuple[Skipped, ...], once: str = ""
) -> None:
    """Tell what a schedule can't back up, or not delete; `once` is the same for what is told once."""
    await engine.begin()
    text = messages.not_backed_up(schedule, skipped) if skipped else messages.not_rotated(schedule, kept)
    part = f"skipped:{skipped[0].name}" if skipped else f"kept:{kept[0].name}"
    await tell(schedule, f"{once}:{part}", text)


@step("tell_of_schedule", interruptible=True)
async def tell(schedule: Schedule, key: str, text: str) -> None:
    """Post something in a schedule's channel, or to its owner. Outlasts any outage of Slack."""
    await services().messages.post_once(
        [schedule.channel, schedule.owner],
        sentence_alone(text).arguments(),
        f"{key}:trouble",
        is_recovery=is_recovery(),
        give_up_after=None,
    )


async def watch_for_missed_runs() -> None:
    """Look at once and then every minute, until cancelled, for runs that the engine has not begun."""
    while True:
        try:
            await start_missed_runs()
        except (SQLAlchemyError, BotError) as error:
            log.warning("missed_runs_not_read", error=type(error).__name__)
        except Exception:  # A bug here must not end the bot.
            log.exception("missed_runs_failed")
        await asyncio.sleep(LOOK_SECONDS)


async def start_missed_runs() -> None:
    """Begin the runs that are due and that the engine has not begun. However many do, each comes once.

    Raises:
        NotRecorded: the database did not confirm in time.
        SQLAlchemyError: it can't be asked.
    """
    now = services().now()
    for schedule, fired_at in await store.every():
        at = missed_run(schedule, fired_at, now)
        if at is None or await engine.exists(key := run_key(schedule, at)):
            continue
        log.warning("schedule_run_made_up", schedule=schedule.id, at=at.isoformat())
        await engine.start(run_schedule, key, schedule.id, key, Requester())
