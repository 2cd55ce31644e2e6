"""Records: what a full disk interrupts goes on later, what is stuck is told, what is old is forgotten."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from dbos import DBOS, WorkflowHandleAsync
from structlog.testing import capture_logs

from bot.operations import retention
from bot.operations.engine import begin, is_replayed, process, start, step, workflow
from bot.operations.launch import Engine
from bot.operations.model import Began
from bot.operations.upkeep import Upkeep

SECONDS = 10.0


class Work:
    """What the work below did, and the gate it waits at."""

    def __init__(self) -> None:
        self.replayed: list[bool] = []
        self.ended = 0
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()


work = Work()


@step("test_act")
async def act(began: Began) -> str:
    work.replayed.append(is_replayed(began))
    work.begun.set()
    await work.go_on.wait()
    return "acted"


@step("test_end")
async def end() -> int:
    work.ended += 1
    return work.ended


@workflow("test_work")
async def do_work() -> int:
    began = await begin()
    await act(began)
    return await end()


@workflow("test_outer")
async def do_outer() -> int:
    return await end()


@pytest_asyncio.fixture
async def engine(tmp_path: Path, empty_database: Path) -> AsyncIterator[Engine]:
    global work  # noqa: PLW0603
    work = Work()
    path = shutil.copy(empty_database, tmp_path / "bot.sqlite")
    running = Engine(f"sqlite:///{path}", pace=0.01)
    await running.launch()
    yield running
    work.go_on.set()
    await running.stop()


@pytest.fixture
def upkeep(engine: Engine) -> Upkeep:
    return Upkeep("slot-0", engine._slot.living, keep_days=90)


async def test_a_step_that_a_full_disk_did_not_record_is_done_again_knowingly(
    engine: Engine, upkeep: Upkeep
) -> None:
    await start(do_work, "one")
    await work.begun.wait()
    assert await engine.is_reachable()
    with full_disk("INSERT INTO main.operation_outputs"):
        work.go_on.set()
        await _until(lambda: not process().is_carrying("one"))
        assert not await engine.is_reachable()
    await upkeep.look()
    await upkeep.look()
    assert await _result("one") == 1
    assert work.replayed == [False, True]
    assert await engine.is_reachable()


async def test_an_end_that_a_full_disk_did_not_record_is_recorded_later(upkeep: Upkeep) -> None:
    work.go_on.set()
    with full_disk("INSERT INTO main.workflow_output ") as refusals:
        await start(do_work, "one")
        await _until(lambda: refusals() == 2)  # Of the result, then of the news that this failed.
    await upkeep.look()
    await upkeep.look()
    assert await _result("one") == 1
    assert (work.replayed, work.ended) == ([False], 1)


async def test_what_runs_well_is_left_alone(upkeep: Upkeep) -> None:
    await start(do_work, "one")
    await work.begun.wait()
    with capture_logs() as lines:
        for _ in range(3):
            await upkeep.look()
    work.go_on.set()
    assert await _result("one") == 1
    assert (work.replayed, lines) == ([False], [])


async def test_what_no_process_can_carry_on_is_told(engine: Engine, upkeep: Upkeep) -> None:
    for name in ("foreign", "left"):
        await start(do_work, name)
    await work.begun.wait()
    _write(engine, "update workflow_status set application_version = '0' where workflow_uuid = 'foreign'")
    _write(engine, "update workflow_status set executor_id = 'slot-9' where workflow_uuid = 'left'")
    with capture_logs() as lines:
        await upkeep.look()
        await upkeep.look()
    told = [(line["reason"], line["workflows"]) for line in lines if line["event"] == "operations_blocked"]
    foreign = ("recorded by a release whose version is not ours", ["foreign"])
    assert told == [foreign, foreign, ("begun in a slot that nobody holds", ["left"])]


async def test_what_ended_long_ago_is_forgotten_once_a_day(engine: Engine) -> None:
    work.go_on.set()
    for name in ("old", "new"):
        await start(do_outer, name)
        await _result(name)
    long_ago = int((datetime.now(UTC) - timedelta(days=91)).timestamp() * 1000)
    _write(engine, f"update workflow_status set completed_at = {long_ago} where workflow_uuid = 'old'")
    for _ in range(2):
        await retention.forget_daily(keep_days=90)
    assert await _result(f"forget:{datetime.now(UTC):%Y-%m-%d}") == 1
    assert {row.workflow_id for row in await DBOS.list_workflows_async(name="test_outer")} == {"new"}


@contextmanager
def full_disk(beginning: str) -> Iterator[Callable[[], int]]:
    """Refuse statements of that beginning, as SQLite does on a full disk; yields how many were."""
    refused: list[str] = []

    def refuse(*call: Any) -> None:
        statement, parameters = call[2:4]
        if statement.startswith(beginning):
            refused.append(statement)
            full = sqlite3.OperationalError("database or disk is full")
            raise sa.exc.OperationalError(statement, parameters, full)

    sa.event.listen(sa.Engine, "before_cursor_execute", refuse)
    try:
        yield lambda: len(refused)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", refuse)


async def _result(workflow_id: str) -> int:
    async with asyncio.timeout(SECONDS):
        handle: WorkflowHandleAsync[int] = await DBOS.retrieve_workflow_async(workflow_id)
        return await handle.get_result(polling_interval_sec=0.01)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def _write(engine: Engine, statement: str) -> None:
    with closing(sqlite3.connect(engine._url.database or "")) as connection, connection:
        connection.execute(statement)
