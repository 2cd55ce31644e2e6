"""Batches that nobody typed: requested by a workflow or a step of one, as schedules do."""

from datetime import UTC, datetime

import pytest

from bot.batches import batch
from bot.batches.model import MOST_SERVERS, Batch, BatchServer
from bot.batches.requests import check_size
from bot.errors import UsageError
from bot.operations import engine
from bot.operations.engine import step, workflow
from bot.servers.model import Server
from tests.world import World


@step("batch_test_step")
async def request_in_step(wanted: Batch) -> None:
    await batch.request(wanted)


@workflow("batch_test_workflow")
async def request_in_workflow(wanted: Batch, is_in_step: bool) -> None:
    for _ in range(2):
        await (request_in_step(wanted) if is_in_step else batch.request(wanted))


def batch_of(*servers: BatchServer, unknown: tuple[str, ...] = ()) -> Batch:
    return Batch(
        id="batch:schedule:1",
        servers=servers,
        requested_by="UANA",
        channel="COPS",
        requested_at=datetime.now(UTC),
        schedule_id="nightly",
        unknown=unknown,
    )


@pytest.mark.parametrize("is_in_step", [False, True])
async def test_a_workflow_requests_a_batch_once(world: World, is_in_step: bool) -> None:
    wanted = batch_of(BatchServer(id=101, name="web-1"), BatchServer(id=102, name="db-1"), unknown=("x-*",))
    await engine.start(request_in_workflow, "batch_test", wanted, is_in_step)
    message = await world.until_post("Backing up *2 servers*")
    await world.until(lambda: len(world.provider.creates) == 2)
    assert "No server fits “x-∗”." in message.text
    world.provider.finish()
    await world.until_reply("*2 servers* are backed up.")
    assert len(world.posts()) == len(world.replies()) == 1


def test_there_is_a_limit() -> None:
    servers = [Server(id=n, name=f"web-{n}") for n in range(MOST_SERVERS + 1)]
    check_size(servers[:-1])
    with pytest.raises(UsageError):
        check_size(servers)
