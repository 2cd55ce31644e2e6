"""What waits for its moment, if the bot that carries it out dies first: another does it, once."""

import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas

HASTY = """
from bot.operations import maintenance
from bot.__main__ import main
maintenance.MINUTE = 1.0
main(["run"])
"""
"""A bot whose minutes pass quickly."""
PURGING = "purge_old_operations"
ANOTHER_DAY = f"""
delete from dbos.operation_outputs where workflow_uuid like 'purge:%';
delete from dbos.workflow_status where name = '{PURGING}'
"""


@pytest_asyncio.fixture
async def replicas(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Replicas]:
    several = Replicas(
        postgres,
        tmp_path,
        "http",
        BOT_SECOND_PERSON="delete",
        BOT_APPROVERS="UBEN,UCLEO",
        BOT_APPROVAL_MINUTES="0.15",
    )
    yield several
    await several.stop()


async def test_a_reminder_and_news_that_were_promised_come_once(replicas: Replicas) -> None:
    await replicas.start(2)
    doomed, other = replicas.bots
    old = replicas.provider.add_backup("db-1", age=timedelta(hours=7))
    replicas.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    ana, cleo = (replicas.sandbox.people.person(handle) for handle in ("ana", "cleo"))
    replicas.reach(doomed)
    await ana.types("/backup list web-1")
    listing = (await replicas.until(replicas.whispers))[-1]
    await ana.chooses("Tell me when it's done", action_id="list_row", message=listing)
    await ana.types(f"/backup delete {old.id}")
    await replicas.confirms("ana", "db-1")
    question = await replicas.until_posted("Approval needed: delete")
    await doomed.kill()
    replicas.reach(other)
    replicas.provider.finish()
    await replicas.until(lambda: replicas.direct("ana"))
    await replicas.until_replied("Reminder: <@UANA> needs an answer")
    await cleo.clicks("approve", message=question, confirm=True)
    await replicas.until_replied(f"Deleted backup {old.id}")
    assert len(replicas.replies()) == 2
    assert ["is complete" in message.text for message in replicas.direct("ana")] == [True]


async def test_what_is_old_is_purged_once_a_day(replicas: Replicas, postgres: Postgres) -> None:
    replicas.command = (sys.executable, "-c", HASTY)
    await replicas.start(2)
    replicas.reach(replicas.bots[0])
    await replicas.request("web-1")
    await replicas.finish(1)
    await replicas.until(lambda: done(replicas) == ["SUCCESS"])
    replicas.query("update dbos.workflow_status set completed_at = 1 where name like '%_operation'")
    with postgres.locking(replicas.database, "dbos.workflow_status where name like '%_operation'"):
        replicas.query(ANOTHER_DAY)
        [doomed] = await replicas.until(lambda: replicas.running(PURGING))
        await replicas.bot_with(doomed).kill()
        await replicas.until(lambda: set(replicas.running(PURGING)) - {doomed})
    await replicas.until(lambda: replicas.logged("operations_purged .*rows=3"))
    await replicas.until(lambda: done(replicas) == ["SUCCESS"])
    assert len(replicas.logged("operations_purged .*rows=3")) == 1
    assert not replicas.query("select 1 from dbos.workflow_status where name like '%_operation'")


def done(replicas: Replicas) -> list[object]:
    """Return how far each purge is."""
    rows = replicas.query(f"select status from dbos.workflow_status where name = '{PURGING}'")
    return [status for (status,) in rows]
