"""A workflow that starts the next one and ends: wherever the process dies, the chain is carried on once."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS

from bot.operations.engine import (
    adopt,
    enqueue,
    start,
    start_next,
    step,
    workflow,
)
from bot.operations.maintenance import Maintenance
from bot.operations.records import execute_id, parts_of, report_id
from tests.operations.database_faults import dying, full_disk
from tests.operations.harness import (
    POLLING,
    SECONDS,
    EngineHarness,
    Log,
    Order,
    begin,
    until,
    until_ended,
    wait_at,
)

RECORDS = (
    "INSERT INTO main.operation_outputs",
    "INSERT INTO main.workflow_status",
    "UPDATE main.workflow_status SET status",
)
"""How the statements begin with which the engine records a step, a workflow, and how far one is."""
RECORDED = 15
"""How many of these there are of a chain."""
ACT = "chain_test_act"
PARTS = ("request", "execute", "report")


@step(ACT)
async def act(part: str) -> str:
    EngineHarness.log.finish(Order(name=part))
    return part


async def do_part(order: Order, part: str) -> None:
    adopt(await begin())
    if order.waits_in == part:
        await wait_at(part)
    await act(part)


@workflow("chain_test_request")
async def request(order: Order) -> None:
    await do_part(order, "request")
    await enqueue(order.server, execute, execute_id(order.name), order)


@workflow("chain_test_execute", is_queued=True)
async def execute(order: Order) -> None:
    await do_part(order, "execute")
    await start_next(report, report_id(order.name), order)


@workflow("chain_test_report")
async def report(order: Order) -> None:
    await do_part(order, "report")


class Record:
    """Tells the so-many-th statement that records something about the chain, from 1 on; `values` are its."""

    def __init__(self, number: int) -> None:
        self.values: Any = ()
        self._left = number

    def __call__(self, statement: str, values: Any) -> bool:
        if statement.startswith(RECORDS) and not set(parts_of("a")).isdisjoint(values):
            self._left -= 1
            if self._left == 0:
                self.values = values
                return True
        return False


async def until_dead_or_ended(is_dead: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not is_dead():
            with suppress(sa.exc.OperationalError):
                status = await DBOS.get_workflow_status_async(report_id("a"))
                if status and status.status == "SUCCESS":
                    return
            await asyncio.sleep(POLLING)


async def until_chain_ended() -> None:
    await until_ended("a", execute_id("a"), report_id("a"))


def runs(log: Log) -> list[list[bool]]:
    """Return of each part how often it acted, and whether each time was a recovery."""
    return [[is_recovery for _, is_recovery in log.finished[part]] for part in PARTS]


@pytest.mark.parametrize("number", range(2, RECORDED + 1))
async def test_wherever_the_process_dies_the_chain_is_carried_on_once(
    harness: EngineHarness, number: int
) -> None:
    last = Record(number)
    with dying(last) as is_dead:
        await start(request, "a", Order(name="a"))
        await until_dead_or_ended(is_dead)
        assert is_dead()
        await harness.stop()
    await harness.start()
    await until_chain_ended()
    assert tuple(harness.log.finished) == PARTS
    # What was done but not recorded when the process died is done again, and knows it; nothing else is.
    again = [each for each in runs(harness.log) if each != [False]]
    assert again in ([], [[False, True]])
    assert again or ACT not in last.values
    assert len(await DBOS.list_workflows_async(workflow_id_prefix="a")) == len(PARTS)


async def test_a_chain_has_no_more_records_than_those_at_which_the_process_dies_above(
    harness: EngineHarness,
) -> None:
    with dying(Record(RECORDED + 1)) as is_dead:
        await start(request, "a", Order(name="a"))
        await until_chain_ended()
        assert not is_dead()
    assert runs(harness.log) == [[False]] * len(PARTS)


@pytest.mark.parametrize(("parent", "child"), [("a", execute_id("a")), (execute_id("a"), report_id("a"))])
async def test_a_workflow_whose_end_was_not_recorded_does_not_start_the_next_again(
    harness: EngineHarness, maintenance: Maintenance, parent: str, child: str
) -> None:
    with full_disk(RECORDS[2], "SUCCESS", parent), full_disk(RECORDS[2], "ERROR", parent) as refusals:
        await start(request, "a", Order(name="a"))
        await until_ended(child)
        await until(lambda: refusals() == 1)
    await maintenance.look()
    await maintenance.look()
    await until_chain_ended()
    assert runs(harness.log) == [[False]] * len(PARTS)


@pytest.mark.parametrize("part", PARTS)
async def test_a_chain_that_is_stopped_cleanly_in_a_part_is_carried_on_by_the_next_process(
    harness: EngineHarness, part: str
) -> None:
    await start(request, "a", Order(name="a", waits_in=part))
    await harness.log.until_there(f"{part} waits")
    await harness.restart()
    await harness.log.until(lambda lines: lines == [f"{part} waits"] * 2)
    harness.log.gates[part].set()
    await until_chain_ended()
    assert runs(harness.log) == [[each == part] for each in PARTS]
