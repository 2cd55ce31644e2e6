"""Two bots over one PostgreSQL: whichever dies, nothing is lost, done twice or told twice."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas, readiness

FAILOVER_SECONDS = 10.0


@pytest_asyncio.fixture
async def replicas(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Replicas]:
    several = Replicas(postgres, tmp_path)
    yield several
    await several.stop()


async def test_a_killed_bots_operations_are_carried_on_by_the_other(replicas: Replicas) -> None:
    await replicas.start(2)
    await _until_both_work(replicas)
    requested = len(replicas.posts())
    await replicas.bot_with("lease-0").kill()
    await replicas.until(lambda: set(replicas.running()) == {"lease-1"}, FAILOVER_SECONDS)
    await replicas.finish(requested)


async def test_a_bot_that_is_cut_off_stops_itself_and_the_other_carries_on(replicas: Replicas) -> None:
    await replicas.start(2)
    await _until_both_work(replicas)
    requested = len(replicas.posts())
    lost = replicas.bot_with("lease-1")
    replicas.cut_off(1)
    await asyncio.wait_for(lost.ended(), FAILOVER_SECONDS)
    assert lost.state == "exited 70"
    await replicas.until(lambda: set(replicas.running()) == {"lease-0"}, FAILOVER_SECONDS)
    await replicas.finish(requested)


async def test_a_bot_waits_for_a_database_that_is_away_at_its_start(
    replicas: Replicas, postgres: Postgres
) -> None:
    await replicas.start(0)
    bot = replicas.add()
    postgres.stop()
    try:
        await bot.start()
        await replicas.until(lambda: any("database_awaited" in line for line in bot.lines))
        assert await readiness(bot) == {"slack": False, "database": False, "vps": True, "audit_trail": True}
    finally:
        postgres.start()
    await bot.ready()
    assert await readiness(bot) == {"slack": True, "database": True, "vps": True, "audit_trail": True}
    postgres.stop()
    try:
        await asyncio.wait_for(bot.ended(), FAILOVER_SECONDS)
        assert bot.state == "exited 70"
    finally:
        postgres.start()


async def _until_both_work(replicas: Replicas) -> None:
    """Request backups, until each bot carries one out, and one waits for its server."""
    await replicas.until_all_work()
    await asyncio.gather(replicas.until_more(replicas.posts), replicas.request("web-1"))
    await replicas.until_recorded()
