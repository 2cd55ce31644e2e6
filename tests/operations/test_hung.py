"""A process that hangs gives up its lease; one that was only paused does not."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
import sqlalchemy as sa

from bot.operations import leases as module
from bot.operations.database import KEEPALIVE_SECONDS
from bot.operations.leases import WATCHDOG_TICKS, ReplicaLease
from tests.operations.fake_leases import SECONDS
from tests.operations.postgres import Postgres


class NoFailover:
    async def orphaned(self, leases: Sequence[str]) -> set[str]:
        return set(leases[:0])

    async def recover(self, lease: str) -> int:
        raise AssertionError(lease)


@asynccontextmanager
async def holding(postgres: Postgres) -> AsyncIterator[threading.Event]:
    """Hold a lease; the event is set instead of the end of the process."""
    terminated = threading.Event()
    lease = ReplicaLease(sa.make_url(postgres.new_database()), NoFailover(), terminate=terminated.set)
    await lease.claim()
    task = asyncio.create_task(lease.hold())
    await asyncio.sleep(0)
    yield terminated
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    await lease.release()


async def test_a_process_that_was_paused_still_reads_what_it_was_answered(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.1)
    async with holding(postgres) as terminated:
        for _ in range(10):
            await asyncio.sleep(0.01)
            time.sleep(0.12)  # noqa: ASYNC251 (nothing goes on meanwhile, as in a pause)
        assert not terminated.is_set()


async def test_a_process_whose_event_loop_hangs_ends(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TRUST_SECONDS", 0.3)
    async with holding(postgres) as terminated:
        assert terminated.wait(SECONDS)


def test_a_process_ends_before_postgresql_gives_up_its_session() -> None:
    one_tick_more = module.TRUST_SECONDS / WATCHDOG_TICKS
    assert module.LOOK_SECONDS + module.ANSWER_SECONDS < module.TRUST_SECONDS
    assert module.TRUST_SECONDS + one_tick_more < KEEPALIVE_SECONDS
