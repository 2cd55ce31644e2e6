"""A clean stop: what acts finishes, what waits is ended, and nothing new begins."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.operations.runner import BEGIN_SECONDS, TURNS, Runner
from tests.virtual_time import in_virtual_time


async def work(gate: asyncio.Event, done: list[str]) -> str:
    await gate.wait()
    done.append("done")
    return "result"


async def is_over(task: asyncio.Task[Any]) -> bool:
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


async def abandon(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("kind", ["critical", "interruptible", "interruptible_inside"])
async def test_work_returns_its_result_or_its_error(kind: str) -> None:
    run = getattr(Runner(), kind)
    gate = asyncio.Event()
    gate.set()
    assert await run(work(gate, [])) == "result"

    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run(fails())


async def test_a_stop_waits_for_critical_work() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()
    acting = asyncio.create_task(runner.critical(work(gate, done)))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(runner.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    assert done == ["done"]
    assert await acting == "result"


async def test_a_stop_does_not_wait_for_an_interruptible_part_and_nothing_is_done_after_it() -> None:
    runner, gate, limit, done = Runner(), asyncio.Event(), asyncio.Event(), list[str]()

    async def wait_and_act() -> None:
        await runner.interruptible_inside(work(limit, []))
        await work(gate, done)

    gate.set()
    acting = asyncio.create_task(runner.critical(wait_and_act()))
    await asyncio.sleep(0)
    async with asyncio.timeout(5.0):
        await runner.stop(30)
    limit.set()
    assert not await is_over(acting)
    assert done == []
    await abandon(acting)


async def test_a_stop_waits_for_critical_work_after_its_interruptible_part() -> None:
    runner, gate, limit, done = Runner(), asyncio.Event(), asyncio.Event(), list[str]()

    async def wait_and_act() -> None:
        await runner.interruptible_inside(work(limit, []))
        await work(gate, done)

    limit.set()
    acting = asyncio.create_task(runner.critical(wait_and_act()))
    assert not await is_over(acting)
    stopping = asyncio.create_task(runner.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    await acting
    assert done == ["done"]


async def test_a_stop_ends_interruptible_work_which_never_returns() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()
    waiting = asyncio.create_task(runner.interruptible(work(gate, done)))
    await asyncio.sleep(0)
    await runner.stop(30)
    assert not await is_over(waiting)
    gate.set()
    assert not await is_over(waiting)
    assert done == []
    await abandon(waiting)


@pytest.mark.parametrize("kind", ["critical", "interruptible"])
async def test_after_a_stop_nothing_begins(kind: str) -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()
    gate.set()
    await runner.stop(30)
    begun = asyncio.create_task(getattr(runner, kind)(work(gate, done)))
    assert not await is_over(begun)
    await abandon(begun)
    assert done == []


def test_a_stop_does_not_wait_longer_than_it_may() -> None:
    async def stop_while_something_acts() -> None:
        runner = Runner()
        acting = asyncio.create_task(runner.critical(work(asyncio.Event(), [])))
        waiting = [asyncio.create_task(wait_in_workflow(runner, name)) for name in ("one", "two")]
        await asyncio.sleep(0)
        await runner.stop(8)
        await abandon(acting, *waiting)

    async def wait_in_workflow(runner: Runner, name: str) -> None:
        with runner.running(name):
            await runner.interruptible(work(asyncio.Event(), []))

    with capture_logs() as lines:
        assert 8 <= in_virtual_time(stop_while_something_acts)[1] < 8.1
    assert [(line["event"], line["count"]) for line in lines] == [("steps_cut_off", 1)]


async def test_a_stop_waits_until_the_result_of_a_workflow_is_recorded() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()

    async def run_workflow() -> None:
        with runner.running("one"):
            pass
        await work(gate, done)

    running = asyncio.create_task(run_workflow())
    await asyncio.sleep(0)
    stopping = asyncio.create_task(runner.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    await running
    assert done == ["done"]


async def test_a_stop_waits_until_what_a_step_did_is_recorded_and_the_next_is_not_begun() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()

    async def run_workflow() -> None:
        with runner.running("one"):
            await asyncio.create_task(runner.critical(work(gate, done)))
            await asyncio.sleep(0)
            done.append("recorded")
            await asyncio.create_task(runner.critical(work(gate, done)))

    running = asyncio.create_task(run_workflow())
    await asyncio.sleep(0)
    stopping = asyncio.create_task(runner.stop(30))
    gate.set()
    async with asyncio.timeout(5.0):
        await stopping
    assert done == ["done", "recorded"]
    await abandon(running)


async def test_a_workflow_is_known_to_run_until_it_ends_or_is_suspended() -> None:
    runner = Runner()
    with runner.running("one"):
        assert runner.is_running("one")
    assert not runner.is_running("one")

    async def fails() -> None:
        with runner.running("two"):
            await runner.suspend("two", OSError("disk full"))

    suspended = asyncio.create_task(fails())
    assert not await is_over(suspended)
    assert runner.suspended == {"two"}
    assert not runner.is_running("two")
    with runner.running("two"):
        assert runner.suspended == set()
    await abandon(suspended)


def test_operations_begin_one_after_the_other_and_the_first_at_once() -> None:
    async def begin(how_many: int) -> None:
        runner = Runner()
        await asyncio.gather(*(runner.begin_in_line() for _ in range(how_many)))

    assert in_virtual_time(lambda: begin(1))[1] == 0
    assert 99 * BEGIN_SECONDS <= in_virtual_time(lambda: begin(100))[1] < 100 * BEGIN_SECONDS


async def test_few_workflows_call_the_provider_at_once_and_a_stop_does_not_wait_for_the_others() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()

    async def call() -> str:
        async with runner.turn():
            return await work(gate, done)

    acting = [asyncio.create_task(runner.critical(call())) for _ in range(TURNS + 3)]
    await asyncio.sleep(0)
    stopping = asyncio.create_task(runner.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    assert len(done) == TURNS
    await abandon(*acting)


async def test_who_gives_up_waiting_for_a_turn_acts_on_and_is_waited_for() -> None:
    runner, gate, done = Runner(), asyncio.Event(), list[str]()

    async def give_up() -> str:
        with suppress(TimeoutError):
            async with asyncio.timeout(0), runner.turn():
                done.append("had a turn")
        return await work(gate, done)

    async with AsyncExitStack() as all_turns:
        for _ in range(TURNS):
            await all_turns.enter_async_context(runner.turn())
        acting = asyncio.create_task(runner.critical(give_up()))
        assert not await is_over(acting)
        stopping = asyncio.create_task(runner.stop(30))
        assert not await is_over(stopping)
        gate.set()
        await stopping
    assert done == ["done"]
    assert await acting == "result"
