"""Slack's limits are kept, and what matters most goes first."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.notices.pace import EDITS, EDITS_SECONDS, POSTS, POSTS_SECONDS, Gate, Pace, Urgency
from tests.quick_loop import quickly


def moments(work: Callable[[Callable[[Awaitable[None]], Awaitable[None]]], Awaitable[object]]) -> list[float]:
    """Return when, in seconds, each of the turns came that the work asks for."""
    came: list[float] = []

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def noted(turn: Awaitable[None]) -> None:
            await turn
            came.append(round(loop.time() - began, 2))

        await work(noted)

    quickly(whole)
    return came


def busiest(came: list[float], seconds: float) -> int:
    """Return how many turns came within any so many seconds."""
    return max(sum(start <= each < start + seconds for each in came) for start in came)


def test_a_burst_goes_at_once_and_the_rest_at_a_message_a_second() -> None:
    pace = Pace()
    came = moments(
        lambda noted: asyncio.gather(*(noted(pace.post("COPS", Urgency.OUTCOME)) for _ in range(60)))
    )
    assert came[POSTS - 1] < 5.0
    assert busiest(came, POSTS_SECONDS) == POSTS
    assert came[-1] == pytest.approx(50.0, abs=1)


def test_channels_do_not_wait_for_each_other() -> None:
    pace = Pace()
    channels = [f"C{number}" for number in range(30)]
    came = moments(
        lambda noted: asyncio.gather(
            *(noted(pace.post(each, Urgency.NOTICE)) for each in channels for _ in range(POSTS))
        )
    )
    assert len(came) == 30 * POSTS
    assert max(came) < 5.0


def test_no_minute_sees_more_than_50_edits() -> None:
    pace = Pace()
    came = moments(lambda noted: asyncio.gather(*(noted(pace.edit(Urgency.OUTCOME)) for _ in range(170))))
    assert len(came) == 170
    assert busiest(came, EDITS_SECONDS) == EDITS
    assert came[-1] == pytest.approx(180.0, abs=1)


def test_who_comes_now_and_then_never_waits() -> None:
    pace = Pace()

    async def now_and_then(noted: Callable[[Awaitable[None]], Awaitable[None]]) -> None:
        for _ in range(40):
            await noted(pace.post("COPS", Urgency.NOTICE))
            await asyncio.sleep(1.0)

    assert moments(now_and_then)[-1] == pytest.approx(39.0, abs=1)


async def turns(gate: Gate, *asked: Urgency) -> list[Urgency]:
    """Return in which order those who ask while the gate is full come through."""
    came: list[Urgency] = []

    async def ask(urgency: Urgency) -> None:
        await gate.pass_through(urgency)
        came.append(urgency)

    await gate.pass_through(Urgency.NOTICE)
    await asyncio.gather(*(ask(urgency) for urgency in asked))
    return came


def test_outcomes_go_before_notices_and_those_before_progress() -> None:
    asked = [Urgency.PROGRESS, Urgency.RECORD, Urgency.OUTCOME, Urgency.NOTICE, Urgency.OUTCOME]
    came, _ = quickly(lambda: turns(Gate(1, 60.0), *asked))
    assert came == sorted(asked)


def test_who_gives_up_takes_nobody_s_turn() -> None:
    gate = Gate(1, 60.0)

    async def some_give_up() -> None:
        await gate.pass_through(Urgency.OUTCOME)
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await gate.pass_through(Urgency.OUTCOME)
        await gate.pass_through(Urgency.PROGRESS)

    assert quickly(some_give_up)[1] == pytest.approx(60.0, abs=0.1)


async def _all(noted: Callable[[Awaitable[None]], Awaitable[None]], *paces: Pace) -> None:
    await asyncio.gather(*(noted(pace.post("COPS", Urgency.OUTCOME)) for _ in range(20) for pace in paces))


def test_several_processes_keep_the_limits_together() -> None:
    paces = [Pace(), Pace()]
    for pace in paces:
        pace.share(len(paces))
    came = moments(lambda noted: _all(noted, *paces))
    assert busiest(came, POSTS_SECONDS) == POSTS
    assert came[-1] == pytest.approx(30.0, abs=1)


def test_one_that_is_left_alone_may_talk_as_much_as_all_did() -> None:
    pace = Pace()

    async def post(noted: Callable[[Awaitable[None]], Awaitable[None]]) -> None:
        pace.share(2)
        await _all(noted, pace)
        pace.share(1)
        await _all(noted, pace)

    came = moments(post)
    assert came[19] == pytest.approx(30.0, abs=1)
    assert came[39] - came[20] == pytest.approx(20.0, abs=1)
    assert busiest(came, POSTS_SECONDS) == POSTS


def test_however_many_processes_there_are_each_may_talk() -> None:
    pace = Pace()
    pace.share(1000)
    came = moments(lambda noted: asyncio.gather(*(noted(pace.edit(Urgency.OUTCOME)) for _ in range(2))))
    assert came == [0, pytest.approx(EDITS_SECONDS, abs=1)]
