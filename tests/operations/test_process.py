"""A clean stop: what acts comes to its end, what waits is ended, and nothing new begins."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from bot.operations.process import Process
from tests.quick_loop import quickly


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


@pytest.mark.parametrize("kind", ["act", "wait"])
async def test_work_returns_its_result_or_its_error(kind: str) -> None:
    run = getattr(Process(), kind)
    gate = asyncio.Event()
    gate.set()
    assert await run(work(gate, [])) == "result"

    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await run(fails())


async def test_a_stop_waits_for_what_acts() -> None:
    process, gate, done = Process(), asyncio.Event(), list[str]()
    acting = asyncio.create_task(process.act(work(gate, done)))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(process.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    assert done == ["done"]
    assert await acting == "result"


async def test_a_stop_does_not_wait_for_a_pause_and_nothing_is_done_after_it() -> None:
    process, gate, turn, done = Process(), asyncio.Event(), asyncio.Event(), list[str]()

    async def in_turn() -> None:
        await process.pause(work(turn, []))
        await work(gate, done)

    gate.set()
    acting = asyncio.create_task(process.act(in_turn()))
    await asyncio.sleep(0)
    async with asyncio.timeout(5.0):
        await process.stop(30)
    turn.set()
    assert not await is_over(acting)
    assert done == []
    await abandon(acting)


async def test_a_stop_waits_for_what_acts_again_after_a_pause() -> None:
    process, gate, turn, done = Process(), asyncio.Event(), asyncio.Event(), list[str]()

    async def in_turn() -> None:
        await process.pause(work(turn, []))
        await work(gate, done)

    turn.set()
    acting = asyncio.create_task(process.act(in_turn()))
    assert not await is_over(acting)
    stopping = asyncio.create_task(process.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    await acting
    assert done == ["done"]


async def test_a_stop_ends_what_waits_and_its_work_never_returns() -> None:
    process, gate, done = Process(), asyncio.Event(), list[str]()
    waiting = asyncio.create_task(process.wait(work(gate, done)))
    await asyncio.sleep(0)
    await process.stop(30)
    assert not await is_over(waiting)
    gate.set()
    assert not await is_over(waiting)
    assert done == []
    await abandon(waiting)


async def test_after_a_stop_nothing_begins() -> None:
    process, gate, done = Process(), asyncio.Event(), list[str]()
    gate.set()
    await process.stop(30)
    begun = asyncio.create_task(process.act(work(gate, done)))
    assert not await is_over(begun)
    await abandon(begun)
    assert done == []


def test_a_stop_does_not_wait_longer_than_it_may() -> None:
    async def stop_while_something_acts() -> None:
        process = Process()
        acting = asyncio.create_task(process.act(work(asyncio.Event(), [])))
        await asyncio.sleep(0)
        await process.stop(8)
        await abandon(acting)

    assert 8 <= quickly(stop_while_something_acts)[1] < 8.1


async def test_a_stop_waits_until_the_outcome_of_what_was_carried_is_recorded() -> None:
    process, gate, done = Process(), asyncio.Event(), list[str]()

    async def carry() -> None:
        with process.carrying("one"):
            pass
        await work(gate, done)

    carrying = asyncio.create_task(carry())
    await asyncio.sleep(0)
    stopping = asyncio.create_task(process.stop(30))
    assert not await is_over(stopping)
    gate.set()
    await stopping
    await carrying
    assert done == ["done"]


async def test_a_stop_waits_until_what_a_step_did_is_recorded_and_the_next_is_not_begun() -> None:
    process, gate, done = Process(), asyncio.Event(), list[str]()

    async def carry() -> None:
        with process.carrying("one"):
            await asyncio.create_task(process.act(work(gate, done)))
            await asyncio.sleep(0)
            done.append("recorded")
            await asyncio.create_task(process.act(work(gate, done)))

    carrying = asyncio.create_task(carry())
    await asyncio.sleep(0)
    stopping = asyncio.create_task(process.stop(30))
    gate.set()
    async with asyncio.timeout(5.0):
        await stopping
    assert done == ["done", "recorded"]
    await abandon(carrying)


async def test_what_is_carried_is_known_until_it_ends_or_is_dropped() -> None:
    process = Process()
    with process.carrying("one"):
        assert process.is_carrying("one")
    assert not process.is_carrying("one")

    async def fails() -> None:
        with process.carrying("two"):
            await process.drop("two", OSError("disk full"))

    dropped = asyncio.create_task(fails())
    assert not await is_over(dropped)
    assert process.dropped == {"two"}
    assert not process.is_carrying("two")
    with process.carrying("two"):
        assert process.dropped == set()
    await abandon(dropped)


def test_every_run_has_a_name_of_its_own() -> None:
    process = Process()
    names = {process.boot, Process().boot}
    process.renew()
    assert len(names | {process.boot}) == 3
