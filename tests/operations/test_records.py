"""What runs, waits and has ended is told from the engine's own records."""

from datetime import UTC, datetime, timedelta

from bot.operations import records
from bot.operations.model import State
from bot.operations.records import Unfinished
from tests.world import World

WEB, DB = "web-1", "db-1"


async def two_on_one_server(world: World) -> list[Unfinished]:
    """Have ana's backup run and ben's wait for it."""
    await world.person("ana").types(f"/backup create {WEB} first")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types(f"/backup create {WEB} second")
    await world.until_post("waits for its turn")
    return await records.unfinished()


async def test_what_runs_comes_before_what_waits(world: World) -> None:
    running, waiting = await two_on_one_server(world)
    assert (running.is_running, running.operation.reason) == (True, "first")
    assert (waiting.is_running, waiting.operation.reason) == (False, "second")
    assert waiting.since == waiting.operation.asked_at
    # The engine may cut its times to whole seconds.
    assert running.operation.asked_at - timedelta(seconds=1) <= running.since <= datetime.now(UTC)


async def test_each_server_has_its_own(world: World) -> None:
    await two_on_one_server(world)
    await world.person("ana").types(f"/backup create {DB}")
    await world.until(lambda: len(world.provider.creates) == 2)
    everything = await records.unfinished()
    assert [one.operation.server_name for one in everything if one.is_running] == [WEB, DB]
    other = next(one for one in everything if one.operation.server_name == DB)
    assert await records.unfinished(other.operation.server_id) == [other]
    assert await records.unfinished(999) == []


async def test_who_waits_is_told_for_whom(world: World) -> None:
    running, waiting = await two_on_one_server(world)
    assert await records.ahead_of(waiting.operation) == running
    assert await records.ahead_of(running.operation) is None


async def test_what_has_ended_is_found_by_server_and_time(world: World) -> None:
    began = datetime.now(UTC)
    await world.person("ana").types(f"/backup create {WEB} first")
    await world.until(lambda: world.provider.creates)
    [running] = await records.unfinished()
    assert await records.ended_since(running.operation.server_id, began) == []
    world.provider.finish()
    await world.until_reply("Backed up")
    [ended] = await records.ended_since(running.operation.server_id, began)
    assert ended.operation == running.operation
    assert ended.outcome.state is State.DONE
    assert await records.ended_since(running.operation.server_id, datetime.now(UTC)) == []
    assert await records.ended_since(999, began) == []


async def test_records_outlive_the_process(world: World) -> None:
    before = await two_on_one_server(world)
    await world.restart_bot()
    assert [one.operation for one in await records.unfinished()] == [one.operation for one in before]
