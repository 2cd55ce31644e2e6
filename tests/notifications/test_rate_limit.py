"""Slack's rate limits are kept, and what matters most goes first."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.notifications.rate_limit import (
    EDITS,
    EDITS_SECONDS,
    HOMES,
    HOMES_SECONDS,
    POSTS,
    POSTS_SECONDS,
    Priority,
    RateLimiter,
    SlackRateLimits,
)
from tests.virtual_time import in_virtual_time


def moments(work: Callable[[Callable[[Awaitable[None]], Awaitable[None]]], Awaitable[object]]) -> list[float]:
    """Return when, in seconds, each of the permits came that the work asks for."""
    came: list[float] = []

    async def whole() -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def noted(permit: Awaitable[None]) -> None:
            await permit
            came.append(round(loop.time() - began, 2))

        await work(noted)

    in_virtual_time(whole)
    return came


def busiest(came: list[float], seconds: float) -> int:
    """Return the most permits that came within any so many seconds."""
    return max(sum(start <= each < start + seconds for each in came) for start in came)


def test_a_burst_goes_at_once_and_the_rest_at_a_message_a_second() -> None:
    limits = SlackRateLimits()
    came = moments(
        lambda noted: asyncio.gather(*(noted(limits.post("COPS", Priority.OUTCOME)) for _ in range(60)))
    )
    assert came[POSTS - 1] < 5.0
    assert busiest(came, POSTS_SECONDS) == POSTS
    assert came[-1] == pytest.approx(50.0, abs=1)


def test_channels_that_nobody_writes_to_any_more_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.notifications.rate_limit.MOST_CHANNELS", 20)
    limits = SlackRateLimits()

    async def writing() -> None:
        for number in range(100):
            await limits.post(f"C{number}", Priority.NOTICE)
            await asyncio.sleep(1.0)
        for _ in range(POSTS):
            await limits.post("CBUSY", Priority.NOTICE)
        for number in range(30):
            await limits.post(f"CNEW{number}", Priority.NOTICE)
        await limits.post("CBUSY", Priority.NOTICE)

    _, took = in_virtual_time(writing)
    assert len(limits._posts) <= 20 + 30
    assert took == pytest.approx(100.0 + POSTS_SECONDS, abs=1), "what is busy is not forgotten"


def test_channels_do_not_wait_for_each_other() -> None:
    limits = SlackRateLimits()
    channels = [f"C{number}" for number in range(30)]
    came = moments(
        lambda noted: asyncio.gather(
            *(noted(limits.post(each, Priority.NOTICE)) for each in channels for _ in range(POSTS))
        )
    )
    assert len(came) == 30 * POSTS
    assert max(came) < 5.0


def test_no_minute_sees_more_than_50_edits() -> None:
    limits = SlackRateLimits()
    came = moments(lambda noted: asyncio.gather(*(noted(limits.edit(Priority.OUTCOME)) for _ in range(170))))
    assert len(came) == 170
    assert busiest(came, EDITS_SECONDS) == EDITS
    assert came[-1] == pytest.approx(180.0, abs=1)


def test_a_caller_that_comes_now_and_then_never_waits() -> None:
    limits = SlackRateLimits()

    async def now_and_then(noted: Callable[[Awaitable[None]], Awaitable[None]]) -> None:
        for _ in range(40):
            await noted(limits.post("COPS", Priority.NOTICE))
            await asyncio.sleep(1.0)

    assert moments(now_and_then)[-1] == pytest.approx(39.0, abs=1)


async def order_of(limiter: RateLimiter, *asked: Priority) -> list[Priority]:
    """Return in which order those get a permit who ask while there is none."""
    came: list[Priority] = []

    async def acquire(priority: Priority) -> None:
        await limiter.acquire(priority)
        came.append(priority)

    await limiter.acquire(Priority.NOTICE)
    await asyncio.gather(*(acquire(priority) for priority in asked))
    return came


def test_alarms_go_before_outcomes_those_before_notices_and_those_before_progress() -> None:
    asked = [
        Priority.PROGRESS,
        Priority.RECORD,
        Priority.OUTCOME,
        Priority.NOTICE,
        Priority.OUTCOME,
        Priority.ALARM,
    ]
    assert min(Priority) is Priority.ALARM
    came, _ = in_virtual_time(lambda: order_of(RateLimiter(1, 60.0), *asked))
    assert came == sorted(asked)


def test_a_caller_that_gives_up_uses_nothing_up() -> None:
    limiter = RateLimiter(1, 60.0)

    async def some_give_up() -> None:
        await limiter.acquire(Priority.OUTCOME)
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(1.0):
                    await limiter.acquire(Priority.OUTCOME)
        await limiter.acquire(Priority.PROGRESS)

    assert in_virtual_time(some_give_up)[1] == pytest.approx(60.0, abs=0.1)


async def _all(noted: Callable[[Awaitable[None]], Awaitable[None]], *replicas: SlackRateLimits) -> None:
    await asyncio.gather(
        *(noted(limits.post("COPS", Priority.OUTCOME)) for _ in range(20) for limits in replicas)
    )


def test_several_replicas_keep_the_limits_together() -> None:
    replicas = [SlackRateLimits(), SlackRateLimits()]
    for limits in replicas:
        limits.set_replicas(len(replicas))
    came = moments(lambda noted: _all(noted, *replicas))
    assert busiest(came, POSTS_SECONDS) == POSTS
    assert came[-1] == pytest.approx(30.0, abs=1)


def test_the_last_replica_may_post_as_much_as_all_did() -> None:
    limits = SlackRateLimits()

    async def post(noted: Callable[[Awaitable[None]], Awaitable[None]]) -> None:
        limits.set_replicas(2)
        await _all(noted, limits)
        limits.set_replicas(1)
        await _all(noted, limits)

    came = moments(post)
    assert came[19] == pytest.approx(30.0, abs=1)
    assert came[39] - came[20] == pytest.approx(20.0, abs=1)
    assert busiest(came, POSTS_SECONDS) == POSTS


def test_each_replica_may_edit_however_many_there_are() -> None:
    limits = SlackRateLimits()
    limits.set_replicas(1000)
    came = moments(lambda noted: asyncio.gather(*(noted(limits.edit(Priority.OUTCOME)) for _ in range(2))))
    assert came == [0, pytest.approx(EDITS_SECONDS, abs=1)]


def test_homes_are_shown_as_often_as_slack_takes_them_from_all_replicas() -> None:
    limits = SlackRateLimits()
    limits.set_replicas(2)
    came = moments(
        lambda noted: asyncio.gather(*(noted(limits.publish(Priority.PROGRESS)) for _ in range(2 * HOMES)))
    )
    assert busiest(came, HOMES_SECONDS) == HOMES // 2
