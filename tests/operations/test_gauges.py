"""How many operations are open is what their records say, on both databases, and unknown without one."""

import time
from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.metrics.instruments import OPERATION_OLDEST_AGE, OPERATIONS_OPEN
from bot.operations import gauges, records
from bot.operations.database import open_database
from bot.operations.records import REQUEST, Stage
from bot.services import services
from tests.metrics.growth import measured
from tests.operations.postgres import Postgres
from tests.operations.test_records import until_unfinished
from tests.stories.asking import TWO, asks
from tests.world import World, set_up

NAMES = {
    Stage.RUNNING: "running",
    Stage.QUEUED: "queued",
    Stage.STARTING: "queued",
    Stage.AWAITING_APPROVAL: "approval",
}


async def opened() -> dict[str, float]:
    """Return how many operations are open, by their state, after another look."""
    await gauges.look(services().audit.database)
    return {state: count for (state,), count in measured("operations_open").items()}


@set_up(**TWO)
async def test_open_operations_are_counted_as_they_are_listed(world: World) -> None:
    begun = time.time()
    assert await opened() == {"approval": 0, "queued": 0, "running": 0}
    assert set(measured("operation_oldest_age_seconds").values()) == {0}
    world.provider.add_backup("db-1", status="in_progress", backup_type="automatic")
    ana = world.person("ana")
    await ana.types("/backup list db-1")
    listing = await world.until_whisper("ana", "1 backup")
    await ana.chooses("Tell me when it's done", action_id="list_row", message=listing)
    await world.until_whisper("ana", "I'll write to you")
    await asks(world, server="db-1", reason='"approval":{')
    await ana.types("/backup create web-1 first")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1 second")
    await world.until_post("is queued")
    found = await until_unfinished(Stage.RUNNING, Stage.AWAITING_APPROVAL, Stage.QUEUED)
    assert await opened() == Counter(NAMES[one.stage] for one in found)
    ages = measured("operation_oldest_age_seconds")
    assert ages["approval",] >= ages["running",] >= ages["queued",] > 0
    # An older SQLite makes the engine cut its times to whole seconds.
    assert max(ages.values()) <= time.time() - begun + 1.01
    # It stays in the queue until its turn, when it does nothing.
    await world.person("ben").clicks("cancel_operation", message=await world.until_post("is queued"))
    await world.until_post("cancelled the backup of")
    assert [one.stage for one in await records.unfinished()] == [Stage.RUNNING, Stage.AWAITING_APPROVAL]
    assert await opened() == {"approval": 1, "queued": 0, "running": 1}
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert await opened() == {"approval": 1, "queued": 0, "running": 0}


async def test_postgresql_understands_the_same_question(postgres: Postgres) -> None:
    database = open_database(postgres.new_database())
    with database.begin() as connection:
        connection.execute(sa.text("create schema dbos"))
        connection.execute(
            sa.text(
                "create table dbos.workflow_status (workflow_uuid text, status text, name text, inputs text, "
                "created_at bigint, started_at_epoch_ms bigint)"
            )
        )
        connection.execute(sa.text("create table dbos.workflow_input (workflow_uuid text, inputs text)"))
        connection.execute(
            sa.text("insert into dbos.workflow_status values (:id, 'PENDING', :name, :inputs, 0, null)"),
            [
                {"id": "1:delete:a", "name": REQUEST, "inputs": '[{"approval":{"minutes":60.0}}]'},
                {"id": "1:delete:b", "name": REQUEST, "inputs": '[{"approval":null}]'},
                {"id": "1:delete:b:report", "name": "report_operation", "inputs": "[]"},
            ],
        )
    await gauges.look(database)
    database.dispose()
    assert measured("operations_open") == {("approval",): 1, ("queued",): 0, ("running",): 0}
    assert measured("operation_oldest_age_seconds")["approval",] == pytest.approx(time.time(), abs=60)


async def test_without_the_database_nothing_is_said_of_operations(tmp_path: Path) -> None:
    OPERATIONS_OPEN.labels("queued").set(7)
    OPERATION_OLDEST_AGE.labels("queued").set(7)
    with pytest.raises(sa.exc.SQLAlchemyError):
        await gauges.look(open_database(f"sqlite:///{tmp_path}/none/bot.sqlite"))
    assert measured("operations_open") == measured("operation_oldest_age_seconds") == {}
