"""Maintenance: what a database error interrupted goes on, what is stuck is logged, what is old is purged."""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from dbos import DBOS
from structlog.testing import capture_logs

from bot.operations.engine import adopt, start, step, workflow
from bot.operations.engine import runner as current_runner
from bot.operations.maintenance import Maintenance, purge, purge_daily
from bot.operations.records import cancel_id, execute_id, parts_of, report_id
from tests.operations.database_faults import FULL, full_disk
from tests.operations.harness import EngineHarness, Order, begin, until, until_ended

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=91)
KEPT_SINCE = NOW - timedelta(days=90)

STEP_RECORD = "INSERT INTO main.operation_outputs"


failing: set[str] = set()
"""The names of those whose step meets a database error of its own, once."""


@step("maintenance_test_act")
async def act(order: Order) -> str:
    log = EngineHarness.log
    log.finish(order)
    log.add(f"{order.name} acts")
    await log.gates[order.name].wait()
    if order.name in failing:
        failing.remove(order.name)
        raise sa.exc.OperationalError("select 1", {}, sqlite3.OperationalError(FULL))
    return order.name


@step("maintenance_test_end")
async def end(order: Order) -> str:
    EngineHarness.log.add(f"{order.name} ends")
    return order.name


@workflow("maintenance_test_work")
async def do_work(order: Order) -> None:
    adopt(await begin())
    await act(order)
    await end(order)


@workflow("maintenance_test_nothing")
async def do_nothing() -> None:
    await end(Order(name="nothing"))


@pytest.fixture(autouse=True)
def no_errors() -> None:
    failing.clear()


def recoveries(harness: EngineHarness, name: str) -> list[bool]:
    return [is_recovery for _, is_recovery in harness.log.finished[name]]


async def test_a_step_that_a_full_disk_did_not_record_is_done_again_knowingly(
    harness: EngineHarness, maintenance: Maintenance
) -> None:
    await start(do_work, "one", Order(name="one"))
    await harness.log.until_there("one acts")
    assert await harness.engine.is_reachable()
    with full_disk(STEP_RECORD):
        harness.log.gates["one"].set()
        await until(lambda: not current_runner().is_running("one"))
        assert not await harness.engine.is_reachable()
    await maintenance.look()
    await maintenance.look()
    await until_ended("one")
    assert recoveries(harness, "one") == [False, True]
    assert harness.log.lines.count("one ends") == 1
    assert await harness.engine.is_reachable()


async def interrupted(harness: EngineHarness) -> int:
    """Have a database error interrupt “one”; return how many tasks there were before it began."""
    harness.log.gates["first"].set()
    await start(do_work, "first", Order(name="first"))
    await until_ended("first")
    before = len(asyncio.all_tasks())
    failing.update({"one"})
    harness.log.gates["one"].set()
    await start(do_work, "one", Order(name="one"))
    await until(lambda: current_runner().suspended == {"one"})
    return before


async def test_a_run_that_a_database_error_interrupted_ends_with_the_one_that_carries_on(
    harness: EngineHarness, maintenance: Maintenance
) -> None:
    before = await interrupted(harness)
    assert len(asyncio.all_tasks()) > before
    await maintenance.look()
    await maintenance.look()
    await until_ended("one")
    await until(lambda: len(asyncio.all_tasks()) <= before)
    assert harness.log.lines.count("one ends") == 1


async def test_a_run_that_a_database_error_interrupted_ends_with_one_elsewhere_that_carries_on(
    harness: EngineHarness, maintenance: Maintenance
) -> None:
    before = await interrupted(harness)
    write(harness, "update workflow_status set status = 'SUCCESS' where workflow_uuid = 'one'")
    await maintenance.look()
    await until(lambda: len(asyncio.all_tasks()) <= before)
    assert not current_runner().awaited
    assert await harness.engine.is_reachable()
    assert recoveries(harness, "one") == [False]


@pytest.mark.parametrize("place", ["in the step", "in its record"])
async def test_only_what_is_resumed_after_a_database_error_is_a_recovery(
    harness: EngineHarness, maintenance: Maintenance, place: str
) -> None:
    log = harness.log
    for name in ("one", "running"):
        await start(do_work, name, Order(name=name))
    await log.until_there("one acts", "running acts")
    with full_disk(STEP_RECORD, "one" if place == "in its record" else "nothing is refused"):
        failing.update({"one"} if place == "in the step" else ())
        log.gates["one"].set()
        await until(lambda: current_runner().suspended == {"one"})
    log.gates["one"].clear()
    await start(do_work, "meanwhile", Order(name="meanwhile"))
    await log.until_there("meanwhile acts")
    await maintenance.look()
    await maintenance.look()
    await log.until(lambda lines: lines.count("one acts") == 2)
    await start(do_work, "after", Order(name="after"))
    for name in ("one", "running", "meanwhile", "after"):
        log.gates[name].set()
    await until_ended("one", "running", "meanwhile", "after")
    assert {name: recoveries(harness, name) for name in log.finished} == {
        "one": [False, True],
        "running": [False],
        "meanwhile": [False],
        "after": [False],
    }
    assert len(log.execution_ids) == 4


async def test_an_end_that_a_full_disk_did_not_record_is_recorded_later(
    harness: EngineHarness, maintenance: Maintenance
) -> None:
    harness.log.gates["one"].set()
    with full_disk("INSERT INTO main.workflow_output ") as refusals:
        await start(do_work, "one", Order(name="one"))
        await until(lambda: refusals() == 2)  # Of the result, then of the news that this failed.
    await maintenance.look()
    await maintenance.look()
    await until_ended("one")
    assert recoveries(harness, "one") == [False]
    assert harness.log.lines == ["one acts", "one ends"]


async def test_what_runs_well_is_left_alone(harness: EngineHarness, maintenance: Maintenance) -> None:
    await start(do_work, "one", Order(name="one"))
    await harness.log.until_there("one acts")
    with capture_logs() as lines:
        for _ in range(3):
            await maintenance.look()
    harness.log.gates["one"].set()
    await until_ended("one")
    assert (recoveries(harness, "one"), lines) == ([False], [])


async def test_what_nobody_can_carry_on_is_logged(harness: EngineHarness, maintenance: Maintenance) -> None:
    for name in ("foreign", "orphaned"):
        await start(do_work, name, Order(name=name))
    await harness.log.until_there("foreign acts", "orphaned acts")
    write(harness, "update workflow_status set application_version = '0' where workflow_uuid = 'foreign'")
    write(harness, "update workflow_status set executor_id = 'lease-9' where workflow_uuid = 'orphaned'")
    with capture_logs() as lines:
        await maintenance.look()
        await maintenance.look()
    blocked = [(line["reason"], line["workflows"]) for line in lines if line["event"] == "operations_blocked"]
    foreign = ("recorded by a release whose version is not ours", ["foreign"])
    assert blocked == [foreign, foreign, ("begun under a lease that nobody holds", ["orphaned"])]
    for name in ("foreign", "orphaned"):
        harness.log.gates[name].set()


async def test_what_ended_long_ago_is_purged_once_a_day(harness: EngineHarness) -> None:
    await have_ended("old", "new")
    age(harness, "old")
    with capture_logs() as lines:
        for _ in range(2):
            await purge_daily(keep_days=90)
        await until_ended(f"purge:{datetime.now(UTC):%Y-%m-%d}")
    assert [line["rows"] for line in lines if line["event"] == "operations_purged"] == [1]
    assert await left("maintenance_test_nothing") == {"new"}


async def test_an_operation_is_purged_in_all_its_parts_and_a_repeated_purge_is_harmless(
    harness: EngineHarness,
) -> None:
    await have_ended(*parts_of("1:create:a"), *parts_of("2:create:b"))
    age(harness, *parts_of("1:create:a"))
    assert await purge(KEPT_SINCE) == len(parts_of("1:create:a"))
    assert await purge(KEPT_SINCE) == 0
    assert await left() == {*parts_of("2:create:b")}
    await have_ended(*parts_of("1:create:a"))
    age(harness, *parts_of("1:create:a"))
    await asyncio.gather(purge(KEPT_SINCE), purge(KEPT_SINCE))
    assert await left() == {*parts_of("2:create:b")}


@pytest.mark.parametrize("status", ["PENDING", "ENQUEUED"])
@pytest.mark.parametrize("part", [execute_id, report_id, cancel_id])
async def test_an_operation_of_which_a_part_has_not_ended_is_kept_whole(
    harness: EngineHarness, part: Callable[[str], str], status: str
) -> None:
    parts, waiting = parts_of("1:create:a"), part("1:create:a")
    await have_ended(*parts, *parts_of("1:create:b"))
    age(harness, *parts, *parts_of("1:create:b"))
    unend(harness, waiting, status)
    for _ in range(2):
        await purge(KEPT_SINCE)
    assert await left() == {*parts}
    write(harness, f"update workflow_status set status = 'SUCCESS' where workflow_uuid = '{waiting}'")
    age(harness, waiting)
    assert await purge(KEPT_SINCE) == len(parts)
    assert await left() == set()


@pytest.mark.parametrize("part", [execute_id, report_id])
async def test_an_operation_of_which_a_part_ended_lately_is_kept_whole(
    harness: EngineHarness, part: Callable[[str], str]
) -> None:
    await have_ended(*parts_of("1:create:a"))
    age(harness, *set(parts_of("1:create:a")) - {part("1:create:a")})
    assert await purge(KEPT_SINCE) == 0
    assert await left() == {*parts_of("1:create:a")}


@pytest.mark.parametrize("status", ["ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"])
async def test_what_ended_otherwise_is_purged_too(harness: EngineHarness, status: str) -> None:
    await have_ended(*parts_of("1:create:a"))
    age(harness, *parts_of("1:create:a"))
    write(harness, f"update workflow_status set status = '{status}'")
    assert await purge(KEPT_SINCE) == len(parts_of("1:create:a"))
    assert await left() == set()


async def test_what_was_cancelled_while_it_ran_is_purged_too(harness: EngineHarness) -> None:
    await start(do_work, "1:create:a", Order(name="a"))
    await harness.log.until_there("a acts")
    await DBOS.cancel_workflow_async("1:create:a")
    harness.log.gates["a"].set()
    age(harness, "1:create:a")
    assert await purge(KEPT_SINCE) == 1


async def test_what_is_kept_is_passed_over_from_batch_to_batch(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.maintenance.BATCH", 3)
    operations = [f"1:create:{name}" for name in "abcdefg"]
    waiting = [execute_id(each) for each in operations[::2]]
    kept = {part for each in operations[::2] for part in (each, execute_id(each))}
    await have_ended(*operations, *map(execute_id, operations))
    age(harness, *operations, *map(execute_id, operations))
    for each in waiting:
        unend(harness, each, "ENQUEUED")
    assert await purge(KEPT_SINCE) == 6
    assert await left() == kept


async def have_ended(*workflow_ids: str) -> None:
    """Have work with these ids done."""
    for workflow_id in workflow_ids:
        await start(do_nothing, workflow_id)
    await until_ended(*workflow_ids)


def age(harness: EngineHarness, *workflow_ids: str) -> None:
    """Make it long ago that these ended."""
    for workflow_id in workflow_ids:
        write(
            harness,
            f"update workflow_status set completed_at = {LONG_AGO.timestamp() * 1000:.0f} "
            f"where workflow_uuid = '{workflow_id}'",
        )


def unend(harness: EngineHarness, workflow_id: str, status: str) -> None:
    """Make it as if this had not ended."""
    write(
        harness,
        f"update workflow_status set status = '{status}', completed_at = null, "
        f"queue_name = 'nobody takes it from here' where workflow_uuid = '{workflow_id}'",
    )


async def left(name: str | None = None) -> set[str]:
    """Return the ids of what is still on record, of workflows of that name or of all."""
    rows = await DBOS.list_workflows_async(name=name, load_input=False, load_output=False)
    return {row.workflow_id for row in rows}


def write(harness: EngineHarness, statement: str) -> None:
    with harness.database.begin() as connection:
        connection.exec_driver_sql(statement)
