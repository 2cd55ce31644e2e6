"""Two bots over one PostgreSQL, of which one watches: when it is killed, the other goes on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas, logged


@pytest_asyncio.fixture
async def replicas(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Replicas]:
    several = Replicas(postgres, tmp_path, BOT_ALERT_CHANNEL="COPS", BOT_ALERT_MINUTES="0.003")
    yield several
    await several.stop()


async def test_an_alert_is_told_once_though_the_bot_that_told_it_is_killed(replicas: Replicas) -> None:
    await replicas.start(2)
    [post] = await replicas.until(replicas.posts)
    assert "24 problems on 24 servers" in post.text
    [leader] = [bot for bot in replicas.bots if logged(bot, "watching_servers")]
    await leader.kill()
    replicas.provider.add_backup("web-1", backup_type="automatic", kept=timedelta(days=30))
    assert (await replicas.until_posted("23 problems on 23 servers, 1 recovered")).ts == post.ts
    assert [each.ts for each in replicas.posts()] == [post.ts]
    assert len(replicas.logged("watching_servers")) == 2
