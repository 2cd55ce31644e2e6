"""What is counted of operations: each once, whatever happens at its end, and when people heard of it."""

import time
from datetime import timedelta
from typing import Any

from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.metrics.growth import Growth
from tests.operations.database_faults import dying
from tests.stories.asking import TWO, asks
from tests.world import World, set_up

COUNT, SUM = "operation_seconds_count", "operation_seconds_sum"
ONE_BACKUP = {("create", "done"): 1}


async def begin(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.until_post("Backing up *web-1*")


def lost(logs: list[EventDict]) -> set[str]:
    """Return what Slack has refused for good, of operations."""
    return {line["key"].rpartition(":")[2] for line in logs if line["event"] == "message_not_posted"}


async def test_a_process_that_ends_in_the_middle_of_a_report_has_counted_what_the_next_one_tells(
    world: World,
) -> None:
    growth = Growth()
    await begin(world)
    world.faults.next_slack["chat.update"].extend(["down"] * 99)
    world.provider.finish()
    await world.until(lambda: growth.of(COUNT), "it is counted")
    assert growth.of("notice_seconds_count") == {}
    await world.stop_bot()
    at = time.monotonic()
    await world.start_bot()
    away = time.monotonic() - at
    world.faults.next_slack["chat.update"].clear()
    await world.until_reply("*web-1* is backed up")
    await world.until(lambda: growth.of("notice_seconds_count"), "it is told")
    assert growth.of(COUNT) == ONE_BACKUP
    assert growth.of("notice_seconds_count") == {("create",): 1}
    # It includes the time in which no process ran.
    assert growth.of("notice_seconds_sum")["create",] > away


async def test_a_process_that_dies_before_the_end_is_on_record_leaves_the_count_to_the_next(
    world: World,
) -> None:
    growth = Growth()
    await begin(world)

    def records_end(_statement: str, values: Any) -> bool:
        return "record_end" in str(values)

    with dying(records_end) as is_dead:
        world.provider.finish()
        await world.until(is_dead, "it dies")
        assert growth.of(COUNT) == {}
        await world.stop_bot()
    await world.start_bot()
    await world.until_reply("*web-1* is backed up")
    await world.until(lambda: growth.of("notice_seconds_count"), "it is told")
    assert growth.of(COUNT) == ONE_BACKUP
    assert growth.of("notice_seconds_count") == {("create",): 1}


async def test_an_end_that_slack_takes_nowhere_is_no_notice(world: World) -> None:
    growth = Growth()
    await begin(world)
    for method, error in (("chat.update", "message_not_found"), ("chat.postMessage", "is_archived")):
        world.faults.next_slack[method].extend([error] * 99)
    with capture_logs() as logs:
        world.provider.finish()
        await world.until(lambda: lost(logs) == {"outcome", "reply"}, "Slack has refused both")
    assert growth.of(COUNT) == ONE_BACKUP
    assert growth.of("notice_seconds_count") == {}


@set_up(**TWO)
async def test_operations_are_counted_by_verb_and_end_and_approvals_by_answer(world: World) -> None:
    growth = Growth()
    question = await asks(world)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup")
    world.provider.add_backup("db-1", status="in_progress", backup_type="automatic", age=timedelta(hours=1))
    await world.person("ana").types("/backup list db-1")
    listing = await world.until_whisper("ana", "1 backup")
    await world.person("ana").chooses("Tell me when it's done", action_id="list_row", message=listing)
    await world.until_whisper("ana", "I'll write to you")
    world.provider.finish(status="failed")
    await world.until_direct("ana", "failed")
    notices = {("delete",): 1, ("watch",): 1}
    await world.until(lambda: growth.of("notice_seconds_count") == notices, "both are told")
    assert growth.of(COUNT) == {("delete", "done"): 1, ("watch", "failed"): 1}
    assert growth.of("approval_seconds_count") == {("approved",): 1}
    assert 0 < growth.of("approval_seconds_sum")["approved",] <= growth.of(SUM)["delete", "done"] < 10
