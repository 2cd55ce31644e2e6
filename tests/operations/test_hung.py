"""A process that hangs gives up its slot; one that was only paused does not."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
import sqlalchemy as sa

from bot.operations import slots as module
from bot.operations.session import KEEPALIVE_SECONDS
from bot.operations.slots import Slots
from bot.operations.watchdog import TICKS
from tests.operations.postgres import Postgres

SECONDS = 10.0


class NoHeir:
    async def has_left(self, slots: Sequence[str]) -> set[str]:
        return set(slots[:0])

    async def take_over(self, slot: str) -> int:
        raise AssertionError(slot)


@asynccontextmanager
async def watching(postgres: Postgres) -> AsyncIterator[threading.Event]:
    """This process, in a slot that it watches; the event is set instead of the end of the process."""
    died = threading.Event()
    slots = Slots(sa.make_url(postgres.new_database()), NoHeir(), die=died.set)
    await slots.claim()
    watch = asyncio.create_task(slots.watch())
    await asyncio.sleep(0)
    yield died
    watch.cancel()
    with suppress(asyncio.CancelledError):
        await watch
    await slots.release()


async def test_a_process_that_was_paused_still_reads_what_it_was_answered(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    async with watching(postgres) as died:
        for _ in range(10):
            await asyncio.sleep(0.01)
            time.sleep(0.12)  # noqa: ASYNC251 (nothing goes on meanwhile, as in a pause)
        assert not died.is_set()


async def test_a_process_whose_event_loop_hangs_ends(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRUST_SECONDS", 0.3)
    async with watching(postgres) as died:
        assert died.wait(SECONDS)


def test_a_process_ends_before_postgresql_gives_up_its_session() -> None:
    one_tick_more = module.TRUST_SECONDS / TICKS
    assert module.LOOK_SECONDS + module.ANSWER_SECONDS < module.TRUST_SECONDS
    assert module.TRUST_SECONDS + one_tick_more < KEEPALIVE_SECONDS
