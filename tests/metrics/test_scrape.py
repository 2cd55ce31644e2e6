"""A scrape, over HTTP: what is looked up for it, what goes wrong at that, and who is not answered."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest
from aiohttp import HttpVersion, HttpVersion10, HttpVersion11
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bot.health import HttpServer
from bot.metrics import instruments
from bot.metrics.scrape import PATH, Scrape, read_or_clear


async def asked(
    scrape: Scrape, headers: dict[str, str] | None = None, version: HttpVersion = HttpVersion11
) -> tuple[int, str]:
    server = HttpServer(scrape.routes, port=0)
    await server.start()
    address = f"http://{server.address}{PATH}"
    try:
        async with (
            aiohttp.ClientSession(version=version) as session,
            session.get(address, headers=headers) as answer,
        ):
            return answer.status, await answer.text()
    finally:
        await server.stop()


def value(text: str, name: str) -> float:
    families = text_string_to_metric_families(text)
    [found] = [sample.value for family in families for sample in family.samples if sample.name == name]
    return found


async def test_what_is_looked_up_at_a_scrape_is_in_it() -> None:
    async def look() -> None:
        instruments.SERVERS.set(7)

    status, text = await asked(Scrape({"servers": look}))
    assert (status, value(text, "backup_bot_servers")) == (200, 7)
    assert value(text, "backup_bot_threads") >= 1
    assert value(text, "backup_bot_asyncio_tasks") >= 1
    assert value(text, "process_resident_memory_bytes") > 1_000_000


async def test_a_look_that_fails_breaks_nothing_and_is_logged_once_for_each_kind_of_failure() -> None:
    looked: list[str] = []
    failures = [ValueError("secret"), ValueError("secret"), OSError("secret"), None, OSError("secret")]

    async def fail() -> None:
        if failure := failures.pop(0):
            raise failure

    async def look() -> None:
        looked.append("looked")

    scrape = Scrape({"bad": fail, "good": look})
    with capture_logs() as logs:
        answers = [await asked(scrape) for _ in range(5)]
    assert {status for status, _ in answers} == {200}
    assert len(looked) == 5
    assert [(line["look"], line["error"]) for line in logs] == [
        ("bad", "ValueError"),
        ("bad", "OSError"),
        ("bad", "OSError"),
    ]


async def test_a_look_that_hangs_is_joined_by_the_next_scrape_instead_of_another() -> None:
    may_end, begun = asyncio.Event(), list[str]()

    async def hang() -> None:
        begun.append("once")
        await may_end.wait()

    scrape = Scrape({"stuck": hang}, look_seconds=0.02)
    with capture_logs() as logs:
        answers = [await asked(scrape) for _ in range(2)]
    assert [status for status, _ in answers] == [200, 200]
    assert begun == ["once"]
    assert [(line["look"], line["error"]) for line in logs] == [("stuck", "TimeoutError")]
    may_end.set()
    await scrape._tasks["stuck"]


async def test_what_a_database_that_hangs_told_before_is_not_told_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.metrics.scrape.UNKNOWN_AFTER_SECONDS", 0.02)
    may_end = asyncio.Event()
    gauge = instruments.OPERATIONS_OPEN

    async def look() -> None:
        await read_or_clear(may_end.wait(), gauge)
        gauge.labels("running").set(8)

    gauge.labels("running").set(7)
    scrape = Scrape({"stuck": look}, look_seconds=0.05)
    assert "backup_bot_operations_open{" not in (await asked(scrape))[1]
    may_end.set()
    assert 'backup_bot_operations_open{state="running"} 8.0' in (await asked(scrape))[1]


async def test_a_scrape_needs_none_of_the_threads_that_wait_for_a_database() -> None:
    threads, may_end = ThreadPoolExecutor(1), threading.Event()
    asyncio.get_running_loop().set_default_executor(threads)
    waiting = asyncio.ensure_future(asyncio.to_thread(may_end.wait, 10.0))
    try:
        async with asyncio.timeout(5.0):
            assert (await asked(Scrape({})))[0] == 200
    finally:
        may_end.set()
        await waiting


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "via"])
async def test_what_a_proxy_has_passed_on_is_answered_only_if_metrics_are_asked_for(header: str) -> None:
    passed_on = {header: "192.0.2.1"}
    assert (await asked(Scrape({}, answers_proxies=False), passed_on))[0] == 404
    assert (await asked(Scrape({}, answers_proxies=False)))[0] == 200
    assert (await asked(Scrape({}), passed_on))[0] == 200


async def test_nginx_is_known_by_the_version_it_speaks() -> None:
    assert (await asked(Scrape({}, answers_proxies=False), version=HttpVersion10))[0] == 404
    assert (await asked(Scrape({}), version=HttpVersion10))[0] == 200
