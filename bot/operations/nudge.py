"""Has the queue looked at now, instead of at its next poll.

dbos tells nobody that something was enqueued, it polls (DBOS.md, section 5); a poll costs about 5 ms of CPU.
So the queue is polled every two seconds, for what other replicas leave to us, and what this process enqueues,
or has finished in front of others, is fetched at once, by the calls that the poll itself makes.
"""

import asyncio
from contextvars import Context
from typing import Any

import structlog
from dbos._core import execute_dequeued_workflow
from dbos._dbos import _get_dbos_instance
from dbos._utils import GlobalParams, generate_uuid
from sqlalchemy.exc import SQLAlchemyError

log = structlog.get_logger()

COALESCE_SECONDS = 0.02
"""What is asked for within this time is fetched together."""


class QueueNudge:
    """Fetches what is due in one queue. However many ask meanwhile, it is fetched once more."""

    def __init__(self, queue: str, workers: int) -> None:
        self._queue = queue
        self._workers = workers
        self._task: asyncio.Task[None] | None = None
        self._is_wanted = False
        self._is_closed = False

    def __call__(self) -> None:
        """Fetch what is due, soon."""
        self._is_wanted = not self._is_closed
        if self._is_wanted and (self._task is None or self._task.done()):
            # In a context of its own, as it begins whatever is due, whatever was queued here.
            self._task = asyncio.create_task(self._run(), context=Context())

    async def aclose(self) -> None:
        """Fetch nothing more."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while self._is_wanted:
            await asyncio.sleep(COALESCE_SECONDS)
            self._is_wanted = False
            try:
                await asyncio.to_thread(self._fetch)
            except SQLAlchemyError as error:
                # The next poll fetches it.
                log.info("nudge_failed", error=type(error).__name__)

    def _fetch(self) -> None:
        dbos: Any = _get_dbos_instance()
        queue = dbos._sys_db.get_queue(self._queue)  # noqa: SLF001
        if queue is None:
            return
        owner = generate_uuid()
        claimed = dbos._sys_db.start_queued_partitioned_workflows(  # noqa: SLF001
            queue, GlobalParams.executor_id, GlobalParams.app_version, self._workers, owner_xid=owner
        )
        if not claimed:
            return
        for status in dbos._sys_db.get_workflow_statuses(claimed):  # noqa: SLF001
            try:
                execute_dequeued_workflow(dbos, status, owner)
            except Exception:  # As dbos itself does: the row tells, and the others must run.
                log.exception("workflow_not_started", workflow=status["workflow_uuid"])
