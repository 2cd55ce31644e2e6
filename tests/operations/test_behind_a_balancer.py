"""Two bots that Slack reaches by either: whichever a delivery gets to, it is one operation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.sandbox.server import Mode
from tests.operations.balancer import Balancer
from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas

SECOND_PERSON = {"BOT_SECOND_PERSON": "delete", "BOT_APPROVERS": "UBEN,UCLEO"}


@pytest.fixture
def mode() -> Mode:
    return "http"


@pytest_asyncio.fixture
async def replicas(postgres: Postgres, tmp_path: Path, mode: Mode) -> AsyncIterator[Replicas]:
    several = Replicas(postgres, tmp_path, mode, **SECOND_PERSON)
    await several.start(2)
    yield several
    await several.stop()


@pytest_asyncio.fixture
async def balancer(replicas: Replicas, mode: Mode) -> AsyncIterator[Balancer]:
    """A balancer over the bots, which Slack knows in HTTP mode alone."""
    between = Balancer(lambda: replicas.bots)
    address = await between.start()
    replicas.sandbox.workspace.app.request_url = address if mode == "http" else None
    yield between
    await between.stop()


async def test_every_click_may_reach_another_bot_even_after_one_has_died(
    replicas: Replicas, balancer: Balancer
) -> None:
    old = replicas.provider.add_backup("web-1", age=timedelta(hours=7))
    ana, cleo = (replicas.sandbox.people.person(handle) for handle in ("ana", "cleo"))
    await ana.types(f"/backup delete {old.id}")
    await replicas.confirms("ana", "web-1")
    question = await replicas.until_posted("Approval needed: delete a backup of web-1")
    replicas.sandbox.faults.provider_fail = "500"
    await cleo.clicks("approve", message=question, confirm=True)
    opened_by, requested_at, approved_at = balancer.took
    assert opened_by is approved_at is not requested_at
    await requested_at.kill()
    replicas.sandbox.faults.provider_fail = None
    reply = await replicas.until_replied(f"<@UANA> :white_check_mark: Deleted backup {old.id}")
    assert reply.thread_ts == question.ts
    assert [(await ana.types("/backup status")).acked for _ in range(2)] == [True, True]
    assert balancer.took[3:] == [opened_by, opened_by]
    assert (replicas.provider.deletes, len(replicas.posts()), len(replicas.replies())) == ([old.id], 1, 1)


@pytest.mark.parametrize("mode", ["http", "socket"])
async def test_what_reaches_both_bots_happens_once(replicas: Replicas, balancer: Balancer) -> None:
    old = replicas.provider.add_backup("db-2", age=timedelta(hours=7))
    await replicas.sandbox.people.person("ana").types(f"/backup delete {old.id}")
    balancer.to_all, replicas.sandbox.faults.socket_duplicates = True, 1
    await replicas.request("web-1", "web-1", "db-1")
    await replicas.until(lambda: len(replicas.in_progress()) == 2)
    await replicas.finish(3)
    await replicas.confirms("ana", "db-2")
    question = await replicas.until_posted("Approval needed: delete")
    await replicas.sandbox.people.person("cleo").clicks("approve", message=question, confirm=True)
    await replicas.until_replied(f"<@UANA> :white_check_mark: Deleted backup {old.id}")
    assert [call.method for call in replicas.provider.calls].count("DELETE") == 1
    assert len(replicas.logged("rate_limits_shared.*replicas=2")) == 2
    assert (len(replicas.posts()), len(replicas.replies())) == (4, 4)
