"""Where VPS.org does not show all backups, nothing is concluded from what is not seen."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from bot.backups import ports, steps
from bot.backups.api import BackupsApi
from bot.operations.engine import process
from bot.operations.model import Began, Operation, Verb
from bot.operations.process import Process
from bot.sandbox.server import Sandbox
from bot.vps.client import VpsClient

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
QUICK = ports.Patience(settle=0.01, late=1, give_up=1, restore_watch=1, poll=0.01)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(seeded=False)
    sandbox.provider.hold()
    sandbox.provider.add_server("web-1")
    await sandbox.start()
    client = VpsClient(sandbox.vps_api_url, SecretStr(sandbox.provider.token))
    ports.provider.plug(BackupsApi(client))
    ports.patience.plug(QUICK)
    process.plug(Process())
    yield sandbox
    await client.aclose()
    await sandbox.stop()


def operation(verb: Verb, backup_id: int | None = None) -> Operation:
    return Operation(
        id=f"{verb}:1",
        verb=verb,
        server_id=101,
        server_name="web-1",
        asked_by="UANA",
        channel="COPS",
        asked_at=NOW,
        backup_id=backup_id,
    )


def began(*, replayed: bool) -> Began:
    return Began(boot="an earlier process" if replayed else process().boot, at=NOW)


async def test_an_interrupted_create_is_not_repeated_while_some_are_hidden(sandbox: Sandbox) -> None:
    first = await steps.make_backup(operation("create"), began(replayed=False), "")
    sandbox.provider.cut_lists_at = 0
    hidden = await steps.make_backup(operation("create"), began(replayed=True), "")
    assert hidden.failure
    assert hidden.failure.may_have_acted
    assert len(sandbox.provider.creates) == 1
    sandbox.provider.cut_lists_at = None
    assert await steps.make_backup(operation("create"), began(replayed=True), "") == first


async def test_a_create_that_shows_up_a_little_later_is_found(sandbox: Sandbox) -> None:
    first = await steps.make_backup(operation("create"), began(replayed=False), "")
    sandbox.faults.next_provider["GET", "/backups/"].append("list_misses")
    assert await steps.make_backup(operation("create"), began(replayed=True), "") == first
    assert len(sandbox.provider.creates) == 1


async def test_a_hidden_target_is_not_said_to_be_gone(sandbox: Sandbox) -> None:
    backup = sandbox.provider.add_backup("web-1")
    sandbox.provider.cut_lists_at = 0
    checked = await steps.check_target(operation("delete", backup.id))
    assert checked.failure
    assert "did not show all backups" in checked.failure.what
    sandbox.provider.cut_lists_at = None
    assert not (await steps.check_target(operation("delete", backup.id))).failure
