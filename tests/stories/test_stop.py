"""A stop, in both modes: unready first, nothing new is taken, what was acked ends, then the engine stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from bot.sandbox.people.actors import Answer
from bot.sandbox.server import EVENTS_PATH, free_port
from tests.world import LOOK_SECONDS, World

VPS_SECONDS = 0.6


async def readiness(port: int) -> AsyncIterator[tuple[int, dict[str, bool]]]:
    """Yield what /readyz says, again and again, for as long as somebody answers."""
    async with aiohttp.ClientSession() as session:
        with suppress(aiohttp.ClientError):
            while True:
                async with session.get(f"http://127.0.0.1:{port}/readyz") as answer:
                    yield answer.status, await answer.json()
                await asyncio.sleep(LOOK_SECONDS)


async def post_command(port: int) -> tuple[int, object]:
    """Return what the bot answers to a request at Slack's address."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{port}{EVENTS_PATH}", data={"command": "/backup"}) as answer,
    ):
        return answer.status, await answer.json()


MODES = ["http", "socket"]


@pytest.mark.parametrize(
    "world", [{"mode": each, "starts": False} for each in MODES], indirect=True, ids=MODES
)
async def test_a_listener_that_has_acked_finishes_before_the_engine_stops(world: World) -> None:
    port = free_port()
    await world.start_bot(bot_port=port)
    ana, ben = world.person("ana"), world.person("ben")
    world.faults.provider_latency = VPS_SECONDS
    assert (await ana.types("/backup list")).acked
    await world.until(lambda: world.provider.calls[-1].path == "/backups/", "VPS.org is asked")
    stopping = asyncio.create_task(world.stop_bot())
    asking: asyncio.Task[Answer] | None = None
    states = []
    async for status, checks in readiness(port):
        is_told = bool(world.whispers("ana"))
        states.append((status, checks["slack"], checks["database"], is_told))
        if status == 503 and asking is None:
            asking = asyncio.create_task(ben.types("/backup create web-1"))
            if world.mode == "http":
                assert await post_command(port) == (503, {"error": "stopping"})
    await stopping
    assert "0 backups" in world.whispers("ana")[-1].text
    assert asking
    assert not (await asking).acked
    assert world.provider.creates == []
    assert (503, False, True, False) in states, "unready while the listener runs, and the engine as well"
    unready = [state for state in states if state[0] != 200]
    assert not any(is_slack_ready for _, is_slack_ready, *_ in unready), "unready for Slack first"
    assert all(is_told or runs for _, _, runs, is_told in states), "the engine outlasts the listener"
