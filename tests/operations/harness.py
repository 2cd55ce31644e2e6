"""A harness for tiny workflows: the engine on a file, a log of what they did, and gates they wait at."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from dbos import DBOS, WorkflowStatus
from pydantic import BaseModel
from sqlalchemy import Engine as Database
from sqlalchemy import QueuePool

from bot.operations.database import open_database
from bot.operations.engine import Execution, execution, is_recovery, new_execution, step
from bot.operations.launch import Engine

POLLING = 0.01
SECONDS = 10.0
"""How long to wait at most for what should happen at once."""


class Order(BaseModel):
    """What a test's workflow is asked to do; `waits_in` names the part in which it waits at its gate."""

    name: str
    server: int = 1
    waits_in: str = ""
    at: datetime = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Log:
    """What the steps did, in order, and the gates they wait at.

    `finished` holds what the runs that finished were asked to do, and whether each was a recovery;
    `execution_ids` are of those runs.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.finished = defaultdict[str, list[tuple[Order, bool]]](list)
        self.execution_ids: set[str] = set()
        self.gates = defaultdict[str, asyncio.Event](asyncio.Event)
        self._changed = asyncio.Event()

    def add(self, line: str) -> None:
        self.lines.append(line)
        self._changed.set()

    def finish(self, order: Order) -> None:
        self.finished[order.name].append((order, is_recovery()))
        self.execution_ids.add(execution().id)

    async def until(self, condition: Callable[[list[str]], bool]) -> None:
        async with asyncio.timeout(SECONDS):
            while not condition(self.lines):
                self._changed.clear()
                await self._changed.wait()

    async def until_there(self, *lines: str) -> None:
        await self.until({*lines}.issubset)


@step("harness_begin")
async def begin() -> Execution:
    return new_execution()


@step("harness_wait", interruptible=True)
async def wait_at(name: str) -> None:
    EngineHarness.log.add(f"{name} waits")
    await EngineHarness.log.gates[name].wait()


class EngineHarness:
    """The engine and its background tasks, and the log of the test that uses it."""

    log = Log()

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._background: list[asyncio.Task[None]] = []
        self.database: Database
        self.engine: Engine

    async def start(self) -> None:
        self.database = open_database(self._url)
        self.engine = Engine(self.database, polling=POLLING)
        await self.engine.launch()
        self._background = [asyncio.create_task(each()) for each in self.engine.background]

    async def stop(self) -> None:
        """Stop as the app does."""
        await self.engine.stop()
        for task in self._background:
            task.cancel()
        ended = await asyncio.gather(*self._background, return_exceptions=True)
        await close(self.database)
        assert all(isinstance(each, asyncio.CancelledError) for each in ended), ended

    async def restart(self) -> None:
        await self.stop()
        await self.start()


async def close(database: Database) -> None:
    """Close a database when the engine's threads, which may outlive it a little, have left it."""
    pool = database.pool
    assert isinstance(pool, QueuePool)
    await until(lambda: not pool.checkedout())
    database.dispose()


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so that nobody tells us of."""
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(POLLING)


async def until_recorded(workflow_id: str) -> WorkflowStatus:
    """Wait until a workflow is on record; return how far it is."""
    return await _until(workflow_id, lambda _: True)


async def until_ended(*workflow_ids: str) -> None:
    """Wait until these are on record as ended; fails if an error ended one."""
    for workflow_id in workflow_ids:
        status = await until_ended_somehow(workflow_id)
        assert status.status == "SUCCESS", status.error


async def until_ended_somehow(workflow_id: str) -> WorkflowStatus:
    """Wait until a workflow is on record as ended; return how."""
    return await _until(workflow_id, lambda found: found.status not in {"PENDING", "ENQUEUED"})


async def _until(workflow_id: str, condition: Callable[[WorkflowStatus], bool]) -> WorkflowStatus:
    async with asyncio.timeout(SECONDS):
        while not ((found := await DBOS.get_workflow_status_async(workflow_id)) and condition(found)):  # noqa: ASYNC110
            await asyncio.sleep(POLLING)
    return found
