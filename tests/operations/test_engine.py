"""The engine on a real file: recorded once, carried on after a restart, one at a time per server."""

import asyncio

import pytest
import sqlalchemy as sa

from bot.errors import NotRecorded, Unrecorded
from bot.operations.engine import (
    adopt,
    enqueue,
    execution,
    is_recovery,
    new_execution,
    receive,
    send,
    start,
    step,
    workflow,
)
from bot.operations.maintenance import Failover
from tests.metrics.growth import Growth
from tests.operations.database_faults import full_disk
from tests.operations.harness import EngineHarness, Order, begin, until_ended, until_recorded, wait_at

WAITING_SERVERS = 200


@step("engine_test_note")
async def note(line: str) -> str:
    EngineHarness.log.add(line)
    return line


@workflow("engine_test_work")
async def do_work(order: Order) -> None:
    adopt(await begin())
    await note(f"{order.name} begins")
    await wait_at(order.name)
    await note(f"{order.name} ends")
    EngineHarness.log.finish(order)


@workflow("engine_test_queued", is_queued=True)
async def do_in_queue(order: Order) -> None:
    adopt(await begin())
    await wait_at(order.name)
    await note(f"{order.name} ends")
    EngineHarness.log.finish(order)


@workflow("engine_test_request")
async def request(order: Order) -> None:
    await note(f"{order.name} requested")
    await enqueue(order.server, do_in_queue, f"{order.name}:execute", order)


@workflow("engine_test_listen")
async def listen(order: Order) -> None:
    EngineHarness.log.add(f"{order.name} listens")
    received = await receive("decision", 10)
    EngineHarness.log.add(f"{order.name}: {received['word']}")


async def enter_queue(*orders: Order) -> None:
    """Request these, one after the other, and wait until each has its place in its server's queue."""
    for order in orders:
        await start(request, order.name, order)
        await until_recorded(f"{order.name}:execute")


async def test_arguments_come_through_the_database_as_they_were(harness: EngineHarness) -> None:
    harness.log.gates["a"].set()
    await start(do_work, "a", Order(name="a"))
    await until_ended("a")
    assert harness.log.finished == {"a": [(Order(name="a"), False)]}


async def test_what_is_started_twice_under_one_id_is_done_once(harness: EngineHarness) -> None:
    await asyncio.gather(*(start(do_work, "a", Order(name="a")) for _ in range(4)))
    harness.log.gates["a"].set()
    await until_ended("a")
    await start(do_work, "a", Order(name="a", server=2))
    await until_ended("a")
    assert harness.log.lines == ["a begins", "a waits", "a ends"]


async def test_after_a_restart_it_is_carried_on_and_nothing_is_done_twice(harness: EngineHarness) -> None:
    await start(do_work, "a", Order(name="a"))
    await harness.log.until_there("a waits")
    await harness.stop()
    harness.log.gates["a"].set()
    assert harness.log.lines == ["a begins", "a waits"]
    harness.log.gates.clear()
    await harness.start()
    await harness.log.until(lambda lines: lines.count("a waits") == 2)
    harness.log.gates["a"].set()
    await until_ended("a")
    assert harness.log.finished == {"a": [(Order(name="a"), True)]}
    assert harness.log.lines == ["a begins", "a waits", "a waits", "a ends"]


async def test_what_has_ended_is_not_done_again_by_the_next_process(harness: EngineHarness) -> None:
    harness.log.gates["a"].set()
    await start(do_work, "a", Order(name="a"))
    await until_ended("a")
    await harness.restart()
    await start(do_work, "a", Order(name="a"))
    await until_ended("a")
    assert harness.log.lines.count("a begins") == 1


async def test_each_run_has_an_execution_of_its_own(harness: EngineHarness) -> None:
    for name in ("a", "b"):
        harness.log.gates[name].set()
        await start(do_work, name, Order(name=name))
    await until_ended("a", "b")
    assert len(harness.log.execution_ids) == 2
    assert harness.log.finished == {name: [(Order(name=name), False)] for name in ("a", "b")}


async def test_outside_a_workflow_nothing_is_a_recovery() -> None:
    assert not is_recovery()
    assert execution().id == new_execution().id


async def test_one_server_is_worked_on_one_at_a_time_first_come_first_served(harness: EngineHarness) -> None:
    await enter_queue(*(Order(name=name) for name in ("a", "b", "c")))
    await harness.log.until_there("a waits")
    for name in ("c", "b", "a"):
        harness.log.gates[name].set()
    await until_ended(*(f"{name}:execute" for name in "abc"))
    done = [line for line in harness.log.lines if not line.endswith("requested")]
    assert done == ["a waits", "a ends", "b waits", "b ends", "c waits", "c ends"]


async def test_other_servers_do_not_wait(harness: EngineHarness) -> None:
    await enter_queue(Order(name="a", server=1), Order(name="b", server=2))
    await harness.log.until_there("a waits", "b waits")
    harness.log.gates["b"].set()
    await until_ended("b:execute")
    assert "b ends" in harness.log.lines
    assert "a ends" not in harness.log.lines


async def test_what_is_queued_begins_at_once_however_rarely_the_queue_is_polled(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.launch.QUEUE_SECONDS", 3600.0)
    for _ in range(2):  # The engine reads at its start how often to poll, and is told after that.
        await harness.restart()
    await enter_queue(Order(name="a"), Order(name="b"))
    await harness.log.until_there("a waits")
    harness.log.gates["a"].set()
    await harness.log.until_there("b waits")
    harness.log.gates["b"].set()
    await until_ended("b:execute")
    await enter_queue(Order(name="c"))
    await harness.log.until_there("c waits")
    with harness.database.begin() as connection:
        connection.execute(
            sa.text("update workflow_status set executor_id = 'gone' where status = 'PENDING'")
        )
    assert await Failover().recover("gone") == 1
    await harness.log.until(lambda lines: lines.count("c waits") == 2)


async def test_what_began_is_carried_on_before_what_is_next_in_the_queue(harness: EngineHarness) -> None:
    await enter_queue(Order(name="a"))
    await harness.log.until_there("a waits")
    await enter_queue(Order(name="b"))
    await harness.stop()
    harness.log.gates.clear()
    await harness.start()
    await harness.log.until(lambda lines: lines.count("a waits") == 2)
    harness.log.gates["b"].set()
    harness.log.gates["a"].set()
    await until_ended("a:execute", "b:execute")
    assert harness.log.finished == {"a": [(Order(name="a"), True)], "b": [(Order(name="b"), False)]}
    assert harness.log.lines.index("a ends") < harness.log.lines.index("b waits")


async def test_a_workflow_is_sent_something_once(harness: EngineHarness) -> None:
    await start(listen, "a", Order(name="a"))
    await harness.log.until_there("a listens")
    await send("a", "decision", {"word": "yes"}, "click-1")
    await send("a", "decision", {"word": "no"}, "click-1")
    await until_ended("a")
    assert harness.log.lines == ["a listens", "a: yes"]


async def test_what_the_database_does_not_take_is_not_promised(harness: EngineHarness) -> None:
    growth = Growth()
    with full_disk("INSERT INTO main.workflow_status"), pytest.raises(NotRecorded) as refused:
        await start(do_work, "a", Order(name="a"))
    assert refused.value.what is Unrecorded.OPERATION
    await start(listen, "b", Order(name="b"))
    await harness.log.until_there("b listens")
    with full_disk("INSERT INTO main.notifications"), pytest.raises(NotRecorded) as refused:
        await send("b", "decision", {"word": "yes"}, "click-1")
    assert refused.value.what is Unrecorded.ANSWER
    assert growth.of("database_errors_total")["unconfirmed",] == 2
    assert harness.log.lines == ["b listens"]


@pytest.mark.usefixtures("busy_machine")
async def test_however_many_servers_are_worked_on_another_need_not_wait(harness: EngineHarness) -> None:
    for number in range(WAITING_SERVERS):
        order = Order(name=f"w{number}", server=number)
        await enqueue(order.server, do_in_queue, f"{order.name}:execute", order)
    await harness.log.until_there(*(f"w{number} waits" for number in range(WAITING_SERVERS)))
    await start(request, "a", Order(name="a", server=WAITING_SERVERS))
    await harness.log.until_there("a waits")
    assert not harness.log.finished
    harness.log.gates["a"].set()
    await until_ended("a:execute")
