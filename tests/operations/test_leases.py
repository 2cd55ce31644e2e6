"""Leases: one replica each, freed by its end, recovered once; a replica that loses its own ends."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.errors import DatabaseUnavailable
from bot.operations import leases as module
from bot.operations.database import open_database
from bot.operations.launch import Engine
from bot.slack.messages import explain
from tests.operations.fake_leases import SECONDS, FakeFailover, FakeReplica, at_once, until_live
from tests.operations.harness import close
from tests.operations.postgres import Postgres

Start = Callable[[], Awaitable[FakeReplica]]
APPLICATION = "backup-bot lease"


@pytest.fixture
def failover() -> FakeFailover:
    return FakeFailover()


@pytest.fixture
def address(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    return postgres.new_database()


@pytest_asyncio.fixture
async def start(address: str, failover: FakeFailover) -> AsyncIterator[Start]:
    alive: list[FakeReplica] = []

    async def begin() -> FakeReplica:
        alive.append(FakeReplica(address, failover))
        await alive[-1].live()
        return alive[-1]

    yield begin
    for replica in alive:
        await replica.end()


async def test_every_replica_has_a_lease_of_its_own(start: Start) -> None:
    first, second, third = [await start() for _ in range(3)]
    assert await first.lease.live_leases() == {"lease-0", "lease-1", "lease-2"}
    await second.end()
    await until_live(third, {"lease-0", "lease-2"})
    await start()
    assert await third.lease.live_leases() == {"lease-0", "lease-1", "lease-2"}


async def test_every_replica_is_told_how_many_there_are(start: Start) -> None:
    async def until_told(replica: FakeReplica, replicas: int) -> None:
        async with asyncio.timeout(SECONDS):
            while await replica.replicas.get() != replicas:
                pass

    first = await start()
    await until_told(first, 1)
    second = await start()
    for replica in (first, second):
        await until_told(replica, 2)
    await second.end()
    await until_told(first, 1)


async def test_leases_of_another_database_are_its_own(start: Start, postgres: Postgres) -> None:
    await start()
    elsewhere = FakeReplica(postgres.new_database(), FakeFailover())
    assert await elsewhere.live() == "lease-0"
    assert await elsewhere.lease.live_leases() == {"lease-0"}
    await elsewhere.end()


async def test_with_all_leases_taken_a_replica_says_so_and_waits(
    start: Start, address: str, failover: FakeFailover, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_LEASES", 1)
    first, late = await start(), FakeReplica(address, failover)
    with capture_logs() as lines:
        waiting = asyncio.create_task(late.live())
        async with asyncio.timeout(SECONDS):
            while not any(line["event"] == "all_leases_taken" for line in lines):
                await asyncio.wait({waiting}, timeout=0.02)
        assert not waiting.done()
        await first.end()
        assert await waiting == "lease-0"
    await late.end()


async def test_what_a_dead_replica_left_is_recovered_once(start: Start, failover: FakeFailover) -> None:
    replicas = [await start() for _ in range(3)]
    failover.left = {"lease-0"}
    await replicas[0].end()
    await failover.until_recovered()
    await replicas[1].lease.live_leases()
    assert failover.recovered == ["lease-0"]


async def test_a_slow_replica_keeps_what_it_does(start: Start, address: str, failover: FakeFailover) -> None:
    slow = FakeReplica(address, failover)
    await slow.lease.claim()  # It does not even look after its own lease, but its session lives.
    await start()
    failover.left = {"lease-0", "lease-7"}
    await failover.until_recovered()
    assert failover.recovered == ["lease-7"]
    await slow.end()


async def test_two_replicas_never_recover_the_same_at_once(start: Start, failover: FakeFailover) -> None:
    at_work, most = count(1), []
    go_on = asyncio.Event()

    async def slowly() -> None:
        most.append(next(at_work))
        await go_on.wait()

    failover.recovering, failover.left = slowly, {"lease-9"}
    first, second = await start(), await start()
    async with asyncio.timeout(SECONDS):
        await failover.changed.wait()
    for replica in (first, second):
        await replica.lease.live_leases()
    go_on.set()
    await failover.until_recovered()
    assert most == [1]


async def test_a_failover_cut_short_is_done_by_the_next(start: Start, failover: FakeFailover) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    failover.recovering, failover.left = never, {"lease-9"}
    heir = await start()
    async with asyncio.timeout(SECONDS):
        await failover.changed.wait()
    assert failover.recovered == []
    failover.recovering = at_once
    await start()
    await heir.end()
    await failover.until_recovered()
    assert failover.recovered == ["lease-9"]


async def test_a_replica_that_loses_its_session_ends_at_once(start: Start, postgres: Postgres) -> None:
    replica = await start()
    postgres.end_sessions(APPLICATION)
    async with asyncio.timeout(SECONDS):
        await replica.terminated.wait()


async def test_a_session_that_does_not_answer_counts_as_lost(
    start: Start, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    replica = await start()
    with postgres.frozen(APPLICATION):
        async with asyncio.timeout(SECONDS):
            await replica.terminated.wait()


async def test_an_engine_that_is_stopped_does_not_take_its_lease_for_lost(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    database, terminated = open_database(address), asyncio.Event()
    engine = Engine(database, terminate=terminated.set)
    with capture_logs() as lines:
        await engine.launch()
        background = {asyncio.create_task(each()) for each in engine.background}
        await asyncio.wait(background, timeout=0.2)
        await engine.stop()
        done, _ = await asyncio.wait(background, timeout=0.2)
    for task in background:
        task.cancel()
    await asyncio.gather(*background, return_exceptions=True)
    await close(database)
    assert not terminated.is_set()
    assert [line["event"] for line in lines if line["log_level"] != "info"] == []
    assert done == background


async def test_a_replica_gives_up_on_a_database_that_stays_away(address: str, postgres: Postgres) -> None:
    postgres.stop()
    try:
        with pytest.raises(DatabaseUnavailable) as given_up:
            await FakeReplica(address, FakeFailover(), wait_seconds=0.1).live()
    finally:
        postgres.start()
    assert "can't be reached" in explain(given_up.value).what
