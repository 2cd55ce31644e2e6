"""What waits for its moment, when the bot that carries it dies first: another does it, once."""

import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas

HASTY = "from bot.operations import upkeep; upkeep.MINUTE = 1.0; from bot.__main__ import main; main(['run'])"
"""A bot whose minutes pass quickly."""
FORGETTING = "forget_old_operations"
ANOTHER_DAY = f"""
delete from dbos.operation_outputs where workflow_uuid like 'forget:%';
delete from dbos.workflow_status where name = '{FORGETTING}'
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
    doomed, heir = replicas.bots
    old = replicas.provider.add_backup("db-1", age=timedelta(hours=7))
    replicas.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    ana, cleo = (replicas.sandbox.people.person(handle) for handle in ("ana", "cleo"))
    replicas.reach(doomed)
    await ana.types("/backup list web-1")
    listing = (await replicas.until(replicas.whispers))[-1]
    await ana.chooses("Tell me when it ends", action_id="list_row", message=listing)
    await ana.types(f"/backup delete {old.id}")
    await replicas.confirms("ana", "db-1")
    question = await replicas.until_posted("wants to *delete")
    await doomed.kill()
    replicas.reach(heir)
    replicas.provider.finish()
    await replicas.until(lambda: replicas.direct("ana"))
    await replicas.until_replied("<@UCLEO> <@UANA> still waits for one of you")
    await cleo.clicks("approve", message=question, confirm=True)
    await replicas.until_replied(f"Deleted backup {old.id}")
    assert len(replicas.replies()) == 2
    assert ["finished" in message.text for message in replicas.direct("ana")] == [True]


async def test_what_is_old_is_forgotten_once_a_day(replicas: Replicas, postgres: Postgres) -> None:
    replicas.command = (sys.executable, "-c", HASTY)
    await replicas.start(2)
    replicas.reach(replicas.bots[0])
    await replicas.asks("web-1")
    await replicas.finish(1)
    await replicas.until(lambda: done(replicas) == ["SUCCESS"])
    replicas.query("update dbos.workflow_status set completed_at = 1 where name = 'create_backup'")
    with postgres.locking(replicas.database, "dbos.workflow_status where name = 'create_backup'"):
        replicas.query(ANOTHER_DAY)
        [doomed] = await replicas.until(lambda: replicas.running(FORGETTING))
        await replicas.bot_in(doomed).kill()
        await replicas.until(lambda: set(replicas.running(FORGETTING)) - {doomed})
    await replicas.until(lambda: replicas.told("forgotten .*operations=1"))
    await replicas.until(lambda: done(replicas) == ["SUCCESS"])
    assert len(replicas.told("forgotten .*operations=1")) == 1
    assert not replicas.query("select 1 from dbos.workflow_status where name like 'create_backup%'")


def done(replicas: Replicas) -> list[object]:
    """Return how far each forgetting is."""
    rows = replicas.query(f"select status from dbos.workflow_status where name = '{FORGETTING}'")
    return [status for (status,) in rows]
