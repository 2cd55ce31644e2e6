"""A copy of the trail in a channel."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest_asyncio
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.audit.mirror import AuditMirror
from bot.audit.model import ChainedEntry
from bot.notifications.rate_limit import SlackRateLimits
from bot.slack.auth import web_client
from tests.audit.facts import chain, entry
from tests.world import World, set_up


@pytest_asyncio.fixture
async def mirror(world: World) -> AsyncIterator[AuditMirror]:
    """A mirror in #ops, which gives up a post after half a second."""
    client = web_client(SecretStr(world.workspace.app.bot_token), world.sandbox.slack_api_url)
    running = AuditMirror(client, "COPS", SlackRateLimits(), give_up_after=0.5)
    task = asyncio.create_task(running.run())
    yield running
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def chained(count: int) -> list[ChainedEntry]:
    return [row.chained_entry() for row in chain([entry(number) for number in range(count)])]


async def test_entries_are_posted_in_order_with_their_hashes(world: World, mirror: AuditMirror) -> None:
    written = chained(3)
    for each in written:
        mirror.show(each)
    await world.until(lambda: len(world.posts()) == 3)
    for number, (post, each) in enumerate(zip(world.posts(), written, strict=True), 1):
        assert f"Entry {number} " in post.text
        assert each.hash in post.text


async def test_what_slack_refuses_is_logged_and_left_out(world: World, mirror: AuditMirror) -> None:
    world.faults.next_slack["chat.postMessage"].append("is_archived")
    with capture_logs() as logs:
        for each in chained(2):
            mirror.show(each)
        await world.until_post("Entry 2 ")
    [line] = [line for line in logs if line["event"] == "audit_not_mirrored"]
    assert (line["seq"], line["error"]) == (1, "is_archived")


async def test_while_slack_is_down_nothing_waits_for_it(world: World, mirror: AuditMirror) -> None:
    first, second = chained(2)
    with capture_logs() as logs:
        world.faults.slack_fail = "down"
        mirror.show(first)
        await world.until(lambda: [each for each in logs if each["event"] == "audit_not_mirrored"])
        world.faults.slack_fail = None
        mirror.show(second)
        await world.until_post("Entry 2 ")
    assert len(world.posts()) == 1


@set_up(bot_audit_channel="CRANDOM")
async def test_the_bot_mirrors_what_is_requested(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    post = await world.until_post("*Requested*", "random")
    assert "before the upgrade" in post.text
    assert "Hash" in post.text
