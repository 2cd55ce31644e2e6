"""Failover: only what was really recovered is logged."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.operations import leases as module
from bot.operations.leases import ReplicaLease
from tests.operations.fake_leases import SECONDS
from tests.operations.postgres import Postgres


class LateFailover:
    """One that finds nothing left, as another was quicker."""

    def __init__(self) -> None:
        self.tries = asyncio.Semaphore(0)

    async def orphaned(self, leases: Sequence[str]) -> set[str]:
        return {"lease-7"} & set(leases)

    async def recover(self, lease: str) -> int:
        assert lease == "lease-7"
        self.tries.release()
        return 0


async def test_what_another_was_quicker_to_recover_is_not_logged(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    failover = LateFailover()
    lease = ReplicaLease(sa.make_url(postgres.new_database()), failover)
    await lease.claim()
    with capture_logs() as lines:
        holding = asyncio.create_task(lease.hold())
        async with asyncio.timeout(SECONDS):
            for _ in range(2):
                await failover.tries.acquire()
        holding.cancel()
        with suppress(asyncio.CancelledError):
            await holding
    await lease.release()
    assert lines == []
