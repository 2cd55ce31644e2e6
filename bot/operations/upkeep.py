"""Once a minute: finds operations that nobody carries on, and has old ones forgotten once a day."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from itertools import count

import structlog
from dbos import DBOS, WorkflowStatus
from sqlalchemy.exc import SQLAlchemyError

from bot.operations.engine import process
from bot.operations.process import APPLICATION_VERSION
from bot.operations.retention import forget_daily
from bot.operations.takeover import resume

log = structlog.get_logger()

MINUTE = 60.0
TICKS_A_MINUTE = 12
MOST_NAMED = 10


class Upkeep:
    """Looks after the records of one process.

    `slot` is the process's own; `living` returns the slots that are held. Operations are kept for
    `keep_days` after their end.
    """

    def __init__(self, slot: str, living: Callable[[], Awaitable[set[str]]], keep_days: float) -> None:
        self._slot = slot
        self._living = living
        self._keep_days = keep_days
        # As of the last look. Only what is seen twice is stuck: what begins or ends may be seen once.
        self._left: set[str] = set()
        self._idle: set[str] = set()
        # What was taken up before and fails again has to wait for the full minute.
        self._taken_up: set[str] = set()

    async def run(self) -> None:
        """Look at once and then every minute, until cancelled; sooner after the database has failed us."""
        for tick in count():
            is_full_minute = tick % TICKS_A_MINUTE == 0
            if is_full_minute or process().dropped - self._taken_up:
                await _put_up_with(self.look())
            if is_full_minute and tick:
                await _put_up_with(forget_daily(self._keep_days))
            await asyncio.sleep(MINUTE / TICKS_A_MINUTE)

    async def look(self) -> None:
        """Alert about what is stuck, and take up again what this process has dropped."""
        rows = await DBOS.list_workflows_async(
            status=["PENDING", "ENQUEUED"], load_input=False, load_output=False
        )
        living = await self._living()
        foreign = [row for row in rows if row.app_version != APPLICATION_VERSION]
        ours = [row for row in rows if row.app_version == APPLICATION_VERSION and row.status == "PENDING"]
        _alert("recorded by a release whose version is not ours", foreign)
        left = {row.workflow_id for row in ours if row.executor_id not in living}
        _alert(
            "begun in a slot that nobody holds", [row for row in ours if row.workflow_id in left & self._left]
        )
        self._left = left
        await self._take_up([row for row in ours if row.executor_id == self._slot])

    async def _take_up(self, begun: list[WorkflowStatus]) -> None:
        idle = {row.workflow_id for row in begun if not process().is_carrying(row.workflow_id)}
        again = [row for row in begun if row.workflow_id in idle & self._idle]
        self._idle = idle
        if again:
            process().renew()
            await resume(again)
            resumed = {row.workflow_id for row in again}
            process().dropped -= resumed
            self._taken_up |= resumed
            self._idle -= resumed
            log.warning("taken_up_again", **_named(again))


async def _put_up_with(chore: Awaitable[None]) -> None:
    try:
        await chore
    except SQLAlchemyError as error:
        log.warning("upkeep_put_off", reason=str(error).splitlines()[0])
    except Exception:  # A bug here must not end what finds the others.
        log.exception("upkeep_failed")


def _alert(reason: str, rows: Iterable[WorkflowStatus]) -> None:
    if stuck := list(rows):
        log.error("operations_blocked", reason=reason, **_named(stuck))


def _named(rows: list[WorkflowStatus]) -> dict[str, object]:
    return {"count": len(rows), "workflows": [row.workflow_id for row in rows[:MOST_NAMED]]}
