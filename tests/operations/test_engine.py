"""The engine on a real file: recorded once, carried on after a restart, one at a time per server."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from dbos import DBOS, WorkflowHandleAsync

from bot.operations.engine import begin, in_turn, is_replayed, receive, send, start, step, workflow
from tests.operations.stage import PACE, Log, Order, Stage, Told


@pytest_asyncio.fixture
async def stage(tmp_path: Path, empty_database: Path) -> AsyncIterator[Stage]:
    Stage.log = Log()
    living = Stage(Path(shutil.copy(empty_database, tmp_path / "bot.sqlite")))
    await living.start()
    yield living
    await living.stop()


@step("engine_test_note")
async def note(line: str) -> str:
    Stage.log.add(line)
    return line


@step("engine_test_wait", waits=True)
async def wait_at(name: str) -> None:
    Stage.log.add(f"{name} waits")
    await Stage.log.gate(name).wait()


@workflow("engine_test_story")
async def story(order: Order) -> Told:
    began = await begin()
    await note(f"{order.name} begins")
    await wait_at(order.name)
    await note(f"{order.name} ends")
    return Told(order=order, is_replayed=is_replayed(began))


@workflow("engine_test_turn")
async def turn(order: Order) -> Told:
    began = await begin()
    await wait_at(order.name)
    await note(f"{order.name} ends")
    return Told(order=order, is_replayed=is_replayed(began))


@workflow("engine_test_queued")
async def queued(order: Order) -> Told:
    await note(f"{order.name} asks")
    return await in_turn(order.server, turn, order)


@workflow("engine_test_decision")
async def decision(order: Order) -> str:
    Stage.log.add(f"{order.name} listens")
    told = await receive("decision", 10)
    return f"{order.name}: {told['word']}"


async def outcome(workflow_id: str) -> Told:
    handle: WorkflowHandleAsync[Any] = await DBOS.retrieve_workflow_async(workflow_id)
    async with asyncio.timeout(10):
        return Told.model_validate(await handle.get_result(polling_interval_sec=PACE))


async def ask(work: str, order: Order) -> None:
    """Start one of the workflows and wait until it has come to its first line."""
    known = {"story": story, "queued": queued}
    await start(known[work], order.name, order)
    await Stage.log.until(lambda lines: any(line.startswith(order.name) for line in lines))


async def is_in_line(name: str) -> None:
    """Return once the order has its place in its server's queue."""
    async with asyncio.timeout(10):
        while await DBOS.get_workflow_status_async(f"{name}:turn") is None:  # noqa: ASYNC110
            await asyncio.sleep(PACE)


async def test_arguments_and_results_come_through_the_database_as_they_were(stage: Stage) -> None:
    stage.log.gate("a").set()
    await start(story, "a", Order(name="a"))
    assert await outcome("a") == Told(order=Order(name="a"), is_replayed=False)


async def test_what_is_started_twice_under_one_id_is_done_once(stage: Stage) -> None:
    await asyncio.gather(*(start(story, "a", Order(name="a")) for _ in range(4)))
    stage.log.gate("a").set()
    first = await outcome("a")
    await start(story, "a", Order(name="a", server=2))
    assert await outcome("a") == first
    assert stage.log.lines == ["a begins", "a waits", "a ends"]


async def test_after_a_restart_it_is_carried_on_and_nothing_is_done_twice(stage: Stage) -> None:
    await start(story, "a", Order(name="a"))
    await stage.log.until(lambda lines: "a waits" in lines)
    await stage.stop()
    stage.log.gate("a").set()
    assert stage.log.lines == ["a begins", "a waits"]
    stage.log.gates.clear()
    await stage.start()
    await stage.log.until(lambda lines: lines.count("a waits") == 2)
    stage.log.gate("a").set()
    assert await outcome("a") == Told(order=Order(name="a"), is_replayed=True)
    assert stage.log.lines == ["a begins", "a waits", "a waits", "a ends"]


async def test_what_has_ended_is_not_done_again_by_the_next_process(stage: Stage) -> None:
    stage.log.gate("a").set()
    await start(story, "a", Order(name="a"))
    first = await outcome("a")
    await stage.stop()
    await stage.start()
    await start(story, "a", Order(name="a"))
    assert await outcome("a") == first
    assert stage.log.lines.count("a begins") == 1


async def test_one_server_is_worked_on_one_at_a_time_first_come_first_served(stage: Stage) -> None:
    for name in ("a", "b", "c"):
        await ask("queued", Order(name=name))
        await is_in_line(name)
    await stage.log.until(lambda lines: "a waits" in lines)
    for name in ("c", "b", "a"):
        stage.log.gate(name).set()
    await asyncio.gather(*(outcome(name) for name in "abc"))
    turns = [line for line in stage.log.lines if not line.endswith("asks")]
    assert turns == ["a waits", "a ends", "b waits", "b ends", "c waits", "c ends"]


async def test_other_servers_do_not_wait(stage: Stage) -> None:
    await ask("queued", Order(name="a", server=1))
    await ask("queued", Order(name="b", server=2))
    await stage.log.until(lambda lines: {"a waits", "b waits"} <= {*lines})
    stage.log.gate("b").set()
    assert (await outcome("b")).order.server == 2
    assert "a ends" not in stage.log.lines


async def test_a_turn_that_was_begun_is_carried_on_before_the_next(stage: Stage) -> None:
    await ask("queued", Order(name="a"))
    await stage.log.until(lambda lines: "a waits" in lines)
    await ask("queued", Order(name="b"))
    await is_in_line("b")
    await stage.stop()
    stage.log.gates.clear()
    await stage.start()
    await stage.log.until(lambda lines: lines.count("a waits") == 2)
    stage.log.gate("b").set()
    stage.log.gate("a").set()
    assert (await outcome("a")).is_replayed
    assert not (await outcome("b")).is_replayed
    assert stage.log.lines.index("a ends") < stage.log.lines.index("b ends")


async def test_a_workflow_is_told_something_once(stage: Stage) -> None:
    await start(decision, "a", Order(name="a"))
    await stage.log.until(lambda lines: "a listens" in lines)
    await send("a", "decision", {"word": "yes"}, once="click-1")
    await send("a", "decision", {"word": "no"}, once="click-1")
    handle: WorkflowHandleAsync[Any] = await DBOS.retrieve_workflow_async("a")
    assert await handle.get_result(polling_interval_sec=PACE) == "a: yes"
