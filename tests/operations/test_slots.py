"""Slots: one process each, freed by its end, inherited once; lost slots end the process."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import count

import pytest
import pytest_asyncio
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.errors import DatabaseAway
from bot.operations import slots as module
from bot.operations.slots import Slots
from tests.operations.postgres import Postgres

SECONDS = 10.0


class Estate:
    """What dead slots left, and who took it."""

    def __init__(self) -> None:
        self.left: set[str] = set()
        self.taken: list[str] = []
        self.changed = asyncio.Event()
        self.taking: Callable[[], Awaitable[None]] = _at_once

    async def has_left(self, slots: Sequence[str]) -> set[str]:
        return self.left & set(slots)

    async def take_over(self, slot: str) -> int:
        self.changed.set()
        await self.taking()
        if slot not in self.left:  # Another took it in between.
            return 0
        self.left.remove(slot)
        self.taken.append(slot)
        self.changed.set()
        return 1

    async def until_taken(self) -> None:
        async with asyncio.timeout(SECONDS):
            while not self.taken:
                self.changed.clear()
                await self.changed.wait()


async def _at_once() -> None:
    return


class Replica:
    """A process's slot and its watch; `died` is set instead of the end of the process."""

    def __init__(self, address: str, estate: Estate, *, wait_seconds: float = 5.0) -> None:
        self.died = asyncio.Event()
        self.crowd = asyncio.Queue[int]()
        self.slots = Slots(
            sa.make_url(address),
            estate,
            wait_seconds=wait_seconds,
            die=self.died.set,
            share=self.crowd.put_nowait,
        )
        self.watching: asyncio.Task[None] | None = None

    async def live(self) -> str:
        slot = await self.slots.claim()
        self.watching = asyncio.create_task(self.slots.watch())
        return slot

    async def end(self) -> None:
        """End the session, as the death of the process does."""
        if self.watching:
            self.watching.cancel()
            with suppress(asyncio.CancelledError):
                await self.watching
        await self.slots.release()


async def until_living(replica: Replica, slots: set[str]) -> None:
    """Ask until these slots are held; PostgreSQL frees one a moment after its session was closed."""
    async with asyncio.timeout(SECONDS):
        while await replica.slots.living() != slots:
            pass


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


async def test_two_never_take_over_the_same_at_once(start: Start, estate: Estate) -> None:
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
    estate.taking = _at_once
    await start()
    await heir.end()
    await estate.until_taken()
    assert estate.taken == ["slot-9"]


async def test_a_process_that_loses_its_session_dies_at_once(start: Start, postgres: Postgres) -> None:
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
