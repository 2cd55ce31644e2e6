"""Looking after the recorded workflows: failover, what nobody carries on, and what ended long ago."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import structlog
from dbos import DBOS, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from bot.operations.engine import APPLICATION_VERSION, fetch_queued, runner, start, step, workflow
from bot.operations.records import operation_id, parts_of

log = structlog.get_logger()

MINUTE = 60.0
TICKS_A_MINUTE = 12
MOST_NAMED = 10
BATCH = 500
UNFINISHED = ["PENDING", "ENQUEUED"]
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


class Failover:
    """Hands a dead replica's workflows to those that live."""

    async def orphaned(self, leases: Sequence[str]) -> set[str]:
        """Return those of the leases that have a workflow recorded as running."""
        rows = await DBOS.list_workflows_async(
            status="PENDING",
            executor_id=list(leases),
            app_version=APPLICATION_VERSION,
            load_input=False,
            load_output=False,
        )
        return {row.executor_id for row in rows if row.executor_id}

    async def recover(self, lease: str) -> int:
        """Put all that a replica was doing back into its queue; return how much that was.

        Done row by row, and only if the row is still running under that lease: what was cancelled, finished
        or recovered in between is left alone, so that it may be repeated or cut short at any moment.
        """
        # The public `resume_workflows` has no such condition: it would revive what was cancelled.
        recover = DBOS._recover_pending_workflows  # noqa: SLF001
        recovered = await asyncio.to_thread(recover, [lease])
        fetch_queued()
        return len(recovered)


class Maintenance:
    """Once a minute: finds workflows that nobody carries on, and has old ones purged once a day.

    `lease` is the process's own; `live_leases` returns those that are held. Operations are kept for
    `keep_days` after their end.
    """

    def __init__(self, lease: str, live_leases: Callable[[], Awaitable[set[str]]], keep_days: float) -> None:
        self._lease = lease
        self._live_leases = live_leases
        self._keep_days = keep_days
        # As of the last look. Only what is seen twice is stuck: what begins or ends may be seen once.
        self._orphaned: set[str] = set()
        self._idle: set[str] = set()
        # What was resumed before and fails again has to wait for the full minute.
        self._resumed: set[str] = set()

    async def run(self) -> None:
        """Look at once and then every minute, until cancelled; sooner after the database has failed us."""
        for tick in count():
            is_full_minute = tick % TICKS_A_MINUTE == 0
            if is_full_minute or runner().suspended - self._resumed:
                await _log_errors(self.look())
            if is_full_minute and tick:
                await _log_errors(purge_daily(self._keep_days))
            await asyncio.sleep(MINUTE / TICKS_A_MINUTE)

    async def look(self) -> None:
        """Alert about what is stuck, and resume what this process has suspended."""
        awaited = runner().awaited
        rows = await DBOS.list_workflows_async(status=UNFINISHED, load_input=False, load_output=False)
        unfinished = {row.workflow_id for row in rows}
        self._resumed &= unfinished
        # Any replica may carry on what was resumed.
        for workflow_id in awaited - unfinished:
            runner().release(workflow_id)
        live = await self._live_leases()
        foreign = [row for row in rows if row.app_version != APPLICATION_VERSION]
        ours = [row for row in rows if row.app_version == APPLICATION_VERSION and row.status == "PENDING"]
        _alert("recorded by a release whose version is not ours", foreign)
        orphaned = {row.workflow_id for row in ours if row.executor_id not in live}
        _alert(
            "begun under a lease that nobody holds",
            [row for row in ours if row.workflow_id in orphaned & self._orphaned],
        )
        self._orphaned = orphaned
        await self._resume([row for row in ours if row.executor_id == self._lease])

    async def _resume(self, begun: list[WorkflowStatus]) -> None:
        idle = {row.workflow_id for row in begun if not runner().is_running(row.workflow_id)}
        again = [row for row in begun if row.workflow_id in idle & self._idle]
        self._idle = idle
        if again:
            await _resume_in_their_queues(again)
            resumed = {row.workflow_id for row in again}
            runner().suspended -= resumed
            self._resumed |= resumed
            self._idle -= resumed
            log.warning("workflows_resumed", count=len(again), workflows=_named(again))


@step("purge")
async def purge(before: datetime) -> int:
    """Delete the operations that ended before that moment (UTC) in all their parts; return how many rows.

    An operation of which a part has not ended by then is kept whole: its id must not be free for another.
    """
    deleted = kept = 0
    while rows := await _ended(before, offset=kept):
        ids = {row.workflow_id for row in rows}
        alive = await _not_ended({operation_id(each) for each in ids}, before)
        old = [each for each in ids if operation_id(each) not in alive]
        await DBOS.delete_workflows_async(old)
        deleted += len(old)
        kept += len(ids) - len(old)
        await asyncio.sleep(0)
    return deleted


@workflow("purge_old_operations")
async def purge_old_operations(before: datetime) -> None:
    """Delete what ended before that moment (UTC)."""
    log.info("operations_purged", rows=await purge(before), before=before.isoformat())


async def purge_daily(keep_days: float) -> None:
    """Have what ended more than `keep_days` ago purged, once a UTC day however many processes ask."""
    now = datetime.now(UTC)
    await start(purge_old_operations, f"purge:{now:%Y-%m-%d}", now - timedelta(days=keep_days))


async def _ended(before: datetime, *, offset: int) -> list[WorkflowStatus]:
    return await DBOS.list_workflows_async(
        status=ENDED,
        completed_before=before.astimezone(UTC).isoformat(),
        limit=BATCH,
        offset=offset,
        load_input=False,
        load_output=False,
    )


async def _not_ended(ids: set[str], before: datetime) -> set[str]:
    """Return those of the operations of which a part had not ended by that moment."""
    rows = await DBOS.list_workflows_async(
        workflow_ids=[part for each in ids for part in parts_of(each)], load_input=False, load_output=False
    )
    last = before.timestamp() * 1000
    return {
        operation_id(row.workflow_id) for row in rows if row.completed_at is None or row.completed_at > last
    }


async def _resume_in_their_queues(rows: Iterable[WorkflowStatus]) -> None:
    queues: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in rows:
        queues[row.queue_name].append(row.workflow_id)
    for queue, ids in queues.items():
        await DBOS.resume_workflows_async(ids, queue_name=queue)


async def _log_errors(chore: Awaitable[None]) -> None:
    try:
        await chore
    except SQLAlchemyError as error:
        log.warning("maintenance_put_off", reason=str(error).splitlines()[0])
    except Exception:  # A bug here must not end what finds the others.
        log.exception("maintenance_failed")


def _alert(reason: str, rows: Iterable[WorkflowStatus]) -> None:
    if stuck := list(rows):
        log.error("operations_blocked", reason=reason, count=len(stuck), workflows=_named(stuck))


def _named(rows: list[WorkflowStatus]) -> list[str]:
    return [row.workflow_id for row in rows[:MOST_NAMED]]
