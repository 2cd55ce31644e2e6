"""What runs, waits and has ended is read from the engine's own records."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.operations import records
from bot.operations.engine import start, workflow
from bot.operations.model import BackedUp, Cancelled, Operation, Outcome, State
from bot.operations.records import (
    EXECUTE,
    REPORT,
    REQUEST,
    Ended,
    Stage,
    Unfinished,
    execute_id,
    report_id,
)
from bot.verbs import Verb
from tests.backups.facts import NOON, hours, operation, outcome
from tests.operations.harness import POLLING, SECONDS, EngineHarness, until_ended
from tests.world import World, set_up

WEB, DB = "web-1", "db-1"
UNREADABLE = {
    "no JSON": "no JSON",
    "no operation": json.dumps({"positionalArgs": [{"verb": "create"}], "namedArgs": {}}),
    "an unknown verb": json.dumps({"positionalArgs": [{"verb": "explode", "id": "1"}], "namedArgs": {}}),
    "no arguments": json.dumps({"positionalArgs": [], "namedArgs": {}}),
    "a number": "42",
}


async def until_unfinished(*stages: Stage) -> list[Unfinished]:
    """Wait until there are operations in just these stages; return them."""
    async with asyncio.timeout(SECONDS):
        while tuple(one.stage for one in await records.unfinished()) != stages:  # noqa: ASYNC110
            await asyncio.sleep(POLLING)
    return await records.unfinished()


async def two_on_one_server(world: World) -> list[Unfinished]:
    """Have ana's backup run and ben's wait for it."""
    await world.person("ana").types(f"/backup create {WEB} first")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types(f"/backup create {WEB} second")
    await world.until_post("is queued")
    return await until_unfinished(Stage.RUNNING, Stage.QUEUED)


async def test_what_runs_comes_before_what_waits(world: World) -> None:
    running, waiting = await two_on_one_server(world)
    assert (running.stage, running.operation.reason) == (Stage.RUNNING, "first")
    assert (waiting.stage, waiting.operation.reason) == (Stage.QUEUED, "second")
    assert waiting.since == waiting.operation.requested_at
    # The engine may cut its times to whole seconds.
    assert running.operation.requested_at - timedelta(seconds=1) <= running.since <= datetime.now(UTC)


async def test_each_server_has_its_own(world: World) -> None:
    await two_on_one_server(world)
    await world.person("ana").types(f"/backup create {DB}")
    await world.until(lambda: len(world.provider.creates) == 2)
    everything = await until_unfinished(Stage.RUNNING, Stage.RUNNING, Stage.QUEUED)
    assert [one.operation.server_name for one in everything] == [WEB, DB, WEB]
    other = everything[1]
    assert await records.unfinished(other.operation.server_id) == [other]
    assert await records.unfinished(999) == []


async def test_an_operation_that_waits_knows_which_goes_first(world: World) -> None:
    running, waiting = await two_on_one_server(world)
    assert await records.ahead_of(waiting.operation) == running


@set_up(bot_second_person="create", bot_approvers="UBEN,UCLEO")
async def test_an_operation_that_waits_for_approval_is_ahead_of_none(world: World) -> None:
    await world.person("ana").types(f"/backup create {WEB} first")
    [waiting] = await until_unfinished(Stage.AWAITING_APPROVAL)
    assert waiting.since == waiting.operation.requested_at
    assert await records.find(waiting.operation.id) == waiting
    later = waiting.operation.model_copy(update={"id": "later", "requested_at": datetime.now(UTC)})
    assert await records.ahead_of(later) is None


async def test_what_has_not_ended_is_found_by_its_id(world: World) -> None:
    for one in await two_on_one_server(world):
        assert await records.find(one.operation.id) == one
        assert await records.requested(one.operation.id) == one.operation
    assert await records.find("nothing") is None
    assert await records.requested("nothing") is None


async def test_what_has_ended_is_found_by_server_and_time(world: World) -> None:
    before = datetime.now(UTC)
    await world.person("ana").types(f"/backup create {WEB} first")
    await world.until(lambda: world.provider.creates)
    [running] = await until_unfinished(Stage.RUNNING)
    assert await records.ended_since(running.operation.server_id, before) == []
    world.provider.finish()
    await world.until_reply("is backed up")
    [ended] = await records.ended_since(running.operation.server_id, before)
    assert ended.operation == running.operation
    assert isinstance(ended.outcome, BackedUp)
    assert ended.outcome.state is State.DONE
    assert await records.find(running.operation.id) is None
    assert await records.requested(running.operation.id) == running.operation
    assert await records.ended_since(running.operation.server_id, datetime.now(UTC)) == []
    assert await records.ended_since(999, before) == []


async def test_records_outlive_the_process(world: World) -> None:
    before = await two_on_one_server(world)
    await world.restart_bot()
    assert [one.operation for one in await records.unfinished()] == [one.operation for one in before]


def test_an_operation_has_one_id_for_one_key_and_its_parts_tell_it() -> None:
    own = records.new_id(7, Verb.CREATE, "V1")
    assert own == records.new_id(7, Verb.CREATE, "V1")
    assert own.startswith("7:")
    parts = records.parts_of(own)
    assert len({*parts}) == 5
    assert {records.operation_id(part) for part in parts} == {own}


@workflow("records_test_row")
async def make_row() -> None:
    """Do nothing: only the row counts."""


async def test_rows_that_are_no_operations_are_left_out_and_logged(harness: EngineHarness) -> None:
    whole = operation(id="1:create:whole")
    await put(harness, whole.id, REQUEST, arguments(whole))
    odd = {f"1:create:{name} {what}": name for name in (REQUEST, EXECUTE) for what in UNREADABLE}
    for an_id, name in odd.items():
        await put(harness, an_id, name, UNREADABLE[an_id.removeprefix(f"1:create:{name} ")])
    with capture_logs() as lines:
        [found] = await records.unfinished()
    assert found == Unfinished(whole, Stage.STARTING, NOON)
    assert {line["event"] for line in lines} == {"row_unreadable"}
    assert {line["workflow"]: line["name"] for line in lines} == odd
    assert await records.unfinished(whole.server_id) == [found]
    assert await records.ahead_of(whole) is None
    for an_id in odd:
        assert await records.find(an_id) is None
        assert await records.requested(an_id) is None


async def test_reports_that_are_none_are_left_out_and_logged(harness: EngineHarness) -> None:
    whole, end = operation(id="1:create:whole"), outcome()
    await put(harness, report_id(whole.id), REPORT, arguments(whole, {}, end))
    odd = UNREADABLE | {"of another version": arguments(whole, {}, {"kind": "exploded"})}
    for what, stored in odd.items():
        await put(harness, report_id(f"1:create:{what}"), REPORT, stored)
    with capture_logs() as lines:
        assert await records.ended_since(1, NOON - hours(1)) == [Ended(whole, end)]
    assert {(line["event"], line["workflow"]) for line in lines} == {
        ("row_unreadable", report_id(f"1:create:{what}")) for what in odd
    }


async def test_a_queued_operation_that_was_cancelled_has_ended(harness: EngineHarness) -> None:
    queued, cancelled = operation(id="1:create:a"), operation(id="1:create:b")
    for each in (queued, cancelled):
        await put(harness, execute_id(each.id), EXECUTE, arguments(each, {}), status="ENQUEUED")
    end = Cancelled(ended_at=NOON, by="UBEN")
    await put(harness, report_id(cancelled.id), REPORT, arguments(cancelled, {}, end))
    assert await records.unfinished() == [Unfinished(queued, Stage.QUEUED, NOON)]
    assert await records.find(queued.id) == Unfinished(queued, Stage.QUEUED, NOON)
    assert await records.find(cancelled.id) is None
    assert await records.ended_since(1, NOON - hours(1)) == [Ended(cancelled, end)]


def arguments(*values: Operation | Outcome | dict[str, str]) -> str:
    """Return what a workflow was started with, as it is stored."""
    plain = [value if isinstance(value, dict) else value.model_dump(mode="json") for value in values]
    return json.dumps({"positionalArgs": plain, "namedArgs": {}})


async def put(
    harness: EngineHarness, workflow_id: str, name: str, stored: str, *, status: str = "PENDING"
) -> None:
    """Put on record, as carried out elsewhere, a workflow that was started with what is stored."""
    await start(make_row, workflow_id)
    await until_ended(workflow_id)
    with harness.database.begin() as connection:
        connection.exec_driver_sql(
            "update workflow_status set name = ?, status = ?, executor_id = 'lease-9' "
            "where workflow_uuid = ?",
            (name, status, workflow_id),
        )
        connection.exec_driver_sql(
            "update workflow_input set inputs = ? where workflow_uuid = ?", (stored, workflow_id)
        )


async def test_what_has_ended_is_not_read_to_find_what_is_open(harness: EngineHarness) -> None:
    asked = []
    database = harness.engine._database

    @sa.event.listens_for(database, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    await records.unfinished()
    await records.unfinished(server_id=7)
    questions = [(text, values) for text, values in asked if "workflow_status" in text]
    assert len(questions) >= 2
    with database.connect() as connection:
        for text, values in questions:
            plan = connection.exec_driver_sql(f"explain query plan {text}", values).all()
            # By the name too, if SQLite thinks that this narrows it.
            assert "USING INDEX backup_bot_open (status=?" in str(plan)
