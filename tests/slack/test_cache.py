"""What was heard last is kept if there is an error, asked for once at a time, and not waited for too long."""

import asyncio

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.slack.cache import StaleIfErrorCache


class Service:
    """Answers with how often it was asked; `gate` holds answers back, `failure` is raised instead."""

    def __init__(self) -> None:
        self.asked = 0
        self.was_asked = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()
        self.failure: Exception | None = None
        self.now = 0.0

    async def ask(self, key: str) -> str:
        self.asked += 1
        self.was_asked.set()
        answer = f"{key} {self.asked}"
        await self.gate.wait()
        if self.failure:
            raise self.failure
        return answer

    def cache(self, timeout: float = 5.0) -> StaleIfErrorCache[str]:
        return StaleIfErrorCache("thing", self.ask, keep_seconds=60, timeout=timeout, clock=lambda: self.now)


@pytest.fixture
async def service() -> Service:
    return Service()


async def test_a_value_is_asked_for_once_and_again_when_it_is_old(service: Service) -> None:
    cache = service.cache()
    assert cache.known("a") is None
    assert await cache.fresh("a") == "a 1"
    service.now = 59.9
    assert await cache.fresh("a") == "a 1"
    service.now = 60.0
    assert await cache.fresh("a") == "a 2"
    assert await cache.fresh("b") == "b 3"


async def test_however_many_wait_it_is_asked_for_once(service: Service) -> None:
    cache = service.cache()
    service.gate.clear()
    waiting = [asyncio.create_task(cache.fresh("a")) for _ in range(5)]
    await service.was_asked.wait()
    service.gate.set()
    assert await asyncio.gather(*waiting) == ["a 1"] * 5


async def test_one_who_gives_up_waiting_takes_the_answer_from_nobody(service: Service) -> None:
    cache = service.cache()
    service.gate.clear()
    impatient, patient = (asyncio.create_task(cache.fresh("a")) for _ in range(2))
    await service.was_asked.wait()
    impatient.cancel()
    service.gate.set()
    assert await patient == "a 1"


async def test_a_slow_answer_is_not_waited_for_but_remembered_when_it_comes(service: Service) -> None:
    cache = service.cache(timeout=0.01)
    service.gate.clear()
    with capture_logs() as logs:
        assert await cache.fresh("a") is None
    assert [(entry["event"], entry["error"]) for entry in logs] == [("value_unknown", "TimeoutError")]
    service.gate.set()
    await cache.refresh("a")
    assert cache.known("a") == "a 1"


async def test_the_last_value_is_kept_while_there_are_errors_and_the_log_says_how_old_it_is(
    service: Service,
) -> None:
    cache = service.cache()
    await cache.fresh("a")
    service.now, service.failure = 100.0, aiohttp.ClientConnectionError()
    with capture_logs() as logs:
        assert await cache.fresh("a") == "a 1"
    [entry] = logs
    assert entry["event"] == "stale_value_kept"
    assert (entry["kind"], entry["id"], entry["age_seconds"]) == ("thing", "a", 100)
    assert entry["error"] == "ClientConnectionError"
    service.failure = None
    assert await cache.fresh("a") == "a 3"


async def test_a_bug_is_not_taken_for_a_failure_of_the_service(service: Service) -> None:
    service.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await service.cache().fresh("a")
