"""However much a stranger or a guest sends, others are answered, and the audit channel is not drowned."""

import asyncio
import gzip
import re
import time
from contextlib import suppress
from io import BytesIO
from urllib.parse import urlencode

import aiohttp
import pytest

from bot.slack.http import MAX_BODY_BYTES
from tests.fuzz.error_recorder import ErrorRecorder
from tests.fuzz.payload_kit import Everything
from tests.fuzz.test_http import posts, signed
from tests.world import World, set_up

# The engine's threads draw lots meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

REQUESTS = 200
REFUSALS = 150
IN_TIME_SECONDS = 20.0
"""Far less than the floods would take if each were let in, and far more than a busy machine needs."""
BOMB = gzip.compress(b"\0" * 20 * MAX_BODY_BYTES)


async def answer_seconds(recorder: ErrorRecorder) -> float:
    """Return how long a signed command takes to be acked."""
    [_, payload] = Everything(recorder.world, "cleo").command("help")
    body = urlencode(payload).encode()
    began = time.perf_counter()
    assert (await posts(recorder, body, signed(recorder, body)))[0] == 200
    return time.perf_counter() - began


async def unsigned(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Return the status of the answer; 0 if the connection was closed, as it is where there are too many."""
    with suppress(aiohttp.ClientError):
        async with (
            aiohttp.ClientSession() as session,
            session.post(url, data=BytesIO(body), headers=headers) as answer,
        ):
            return answer.status
    return 0


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (BOMB, {"Content-Encoding": "gzip"}, 415),
        (BOMB, {"Content-Encoding": "deflate, gzip"}, 415),
        (b"x" * MAX_BODY_BYTES, {}, 401),
        (BOMB, {"X-Slack-Signature": "v0=" + "0" * 64, "X-Slack-Request-Timestamp": "1"}, 401),
    ],
    ids=["packed", "packed twice", "large", "forged"],
)
@set_up(mode="http")
async def test_unsigned_requests_keep_nobody_waiting(
    recorder: ErrorRecorder, body: bytes, headers: dict[str, str], status: int
) -> None:
    url = recorder.world.workspace.app.request_url or ""
    flood = [asyncio.create_task(unsigned(url, body, headers)) for _ in range(REQUESTS)]
    await asyncio.wait(flood, return_when=asyncio.FIRST_COMPLETED)
    assert await answer_seconds(recorder) < IN_TIME_SECONDS
    answers = await asyncio.gather(*flood)
    assert {*answers} - {0} == {status}


@set_up(bot_audit_channel="CRANDOM")
async def test_a_guest_who_is_refused_again_and_again_pushes_nothing_out_of_the_audit_channel(
    world: World,
) -> None:
    gus = world.person("gus")
    await asyncio.gather(*(gus.types("/backup create web-1") for _ in range(REFUSALS)))
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until_post("*Started*", "random")
    copied = [post.text for post in world.posts("random")]
    assert len(copied) <= 5, copied
    assert [words in "".join(copied) for words in ("*Requested*", "*Started*")] == [True, True]
    refused = [re.search(r"was refused (\d+) times", text) for text in copied]
    assert sum(int(found[1]) for found in refused if found) <= REFUSALS
    await world.until(lambda: len(world.provider.creates) == 1)
