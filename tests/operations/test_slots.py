"""Slots: one process each, freed by its end, inherited once; lost slots end the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.errors import DatabaseAway
from bot.operations import slots as module
from tests.operations.postgres import Postgres
from tests.operations.tenants import SECONDS, Estate, Replica, at_once, until_living

Start = Callable[[], Awaitable[Replica]]


@pytest.fixture
def estate() -> Estate:
    return Estate()


@pytest.fixture
def address(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    return postgres.new_database()


@pytest_asyncio.fixture
async def start(address: str, estate: Estate) -> AsyncIterator[Start]:
    alive: list[Replica] = []

    async def begin() -> Replica:
        alive.append(Replica(address, estate))
        await alive[-1].live()
        return alive[-1]

    yield begin
    for replica in alive:
        await replica.end()


async def test_every_process_has_a_slot_of_its_own(start: Start) -> None:
    first, second, third = [await start() for _ in range(3)]
    assert await first.slots.living() == {"slot-0", "slot-1", "slot-2"}
    await second.end()
    await until_living(third, {"slot-0", "slot-2"})
    await start()
    assert await third.slots.living() == {"slot-0", "slot-1", "slot-2"}


async def test_every_process_is_told_how_many_there_are(start: Start) -> None:
    async def until_told(replica: Replica, processes: int) -> None:
        async with asyncio.timeout(SECONDS):
            while await replica.crowd.get() != processes:
                pass

    first = await start()
    await until_told(first, 1)
    second = await start()
    for replica in (first, second):
        await until_told(replica, 2)
    await second.end()
    await until_told(first, 1)


async def test_slots_of_another_database_are_its_own(start: Start, postgres: Postgres) -> None:
    await start()
    elsewhere = Replica(postgres.new_database(), Estate())
    assert await elsewhere.live() == "slot-0"
    assert await elsewhere.slots.living() == {"slot-0"}
    await elsewhere.end()


async def test_with_all_slots_taken_a_process_says_so_and_waits(
    start: Start, address: str, estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SLOTS", 1)
    first, late = await start(), Replica(address, estate)
    with capture_logs() as lines:
        waiting = asyncio.create_task(late.live())
        async with asyncio.timeout(SECONDS):
            while not any(line["event"] == "all_slots_taken" for line in lines):
                await asyncio.wait({waiting}, timeout=0.02)
        assert not waiting.done()
        await first.end()
        assert await waiting == "slot-0"
    await late.end()


async def test_what_a_dead_process_left_is_taken_over_once(start: Start, estate: Estate) -> None:
    replicas = [await start() for _ in range(3)]
    estate.left = {"slot-0"}
    await replicas[0].end()
    await estate.until_taken()
    await replicas[1].slots.living()
    assert estate.taken == ["slot-0"]


async def test_a_slow_process_keeps_what_it_does(start: Start, address: str, estate: Estate) -> None:
    slow = Replica(address, estate)
    await slow.slots.claim()  # It does not even look after its own slot, but its session lives.
    await start()
    estate.left = {"slot-0", "slot-7"}
    await estate.until_taken()
    assert estate.taken == ["slot-7"]
    await slow.end()


async def test_two_never_take_over_the_sameat_once(start: Start, estate: Estate) -> None:
    at_work, most = count(1), []
    go_on = asyncio.Event()

    async def slowly() -> None:
        most.append(next(at_work))
        await go_on.wait()

    estate.taking, estate.left = slowly, {"slot-9"}
    first, second = await start(), await start()
    async with asyncio.timeout(SECONDS):
        await estate.changed.wait()
    for replica in (first, second):
        await replica.slots.living()
    go_on.set()
    await estate.until_taken()
    assert most == [1]


async def test_a_takeover_cut_short_is_done_by_the_next(start: Start, estate: Estate) -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    estate.taking, estate.left = never, {"slot-9"}
    heir = await start()
    async with asyncio.timeout(SECONDS):
        await estate.changed.wait()
    assert estate.taken == []
    estate.taking = at_once
    await start()
    await heir.end()
    await estate.until_taken()
    assert estate.taken == ["slot-9"]


async def test_a_process_that_loses_its_session_diesat_once(start: Start, postgres: Postgres) -> None:
    replica = await start()
    postgres.end_sessions("backup-bot slot")
    async with asyncio.timeout(SECONDS):
        await replica.died.wait()


async def test_a_session_that_does_not_answer_counts_as_lost(
    start: Start, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.2)
    replica = await start()
    with postgres.frozen("backup-bot slot"):
        async with asyncio.timeout(SECONDS):
            await replica.died.wait()


async def test_a_process_waits_for_the_database_and_says_so(address: str, postgres: Postgres) -> None:
    replica = Replica(address, Estate(), wait_seconds=30)
    postgres.stop()
    try:
        with capture_logs() as lines:
            waiting = asyncio.create_task(replica.live())
            async with asyncio.timeout(SECONDS):
                while not lines:
                    await asyncio.wait({waiting}, timeout=0.02)
    finally:
        postgres.start()
    assert lines[0]["event"] == "database_awaited"
    assert await waiting == "slot-0"
    await replica.end()


async def test_a_process_gives_up_on_a_database_that_stays_away(address: str, postgres: Postgres) -> None:
    postgres.stop()
    try:
        with pytest.raises(DatabaseAway, match="can't be reached"):
            await Replica(address, Estate(), wait_seconds=0.1).live()
    finally:
        postgres.start()
