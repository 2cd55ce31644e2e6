"""Over HTTP nothing is handled that Slack did not sign just now, and every request is answered."""

import asyncio
import hashlib
import hmac
import json
import time
from io import BytesIO
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.http_delivery import FORM
from bot.slack.http import MAX_BODY_BYTES
from tests.fuzz.error_recorder import ErrorRecorder
from tests.fuzz.odd import Spoiling, anything, examples, spoilings, spoilt
from tests.fuzz.payload_kit import Everything
from tests.world import set_up

# The engine's threads draw lots meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")

STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
TYPES = [
    FORM,
    "application/json",
    "text/plain",
    "multipart/form-data; boundary=x",
    "",
    "/;;=",
    FORM + "; charset=utf-7",
]
CLEAN = {200, 400, 401, 404}


def sign(recorder: ErrorRecorder, body: bytes, timestamp: str) -> str:
    secret = recorder.world.workspace.app.signing_secret.encode()
    return "v0=" + hmac.new(secret, f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()


def signed(recorder: ErrorRecorder, body: bytes, *, age: float = 0) -> dict[str, str]:
    timestamp = str(int(time.time() - age))
    return {STAMP: timestamp, SIGNATURE: sign(recorder, body, timestamp)}


async def posts(
    recorder: ErrorRecorder,
    body: bytes,
    headers: dict[str, str],
    content_type: str = FORM,
    *,
    odd: bool = False,
) -> tuple[int, str]:
    """POST it to the bot, wait for what follows, and return the answer."""
    url = recorder.world.workspace.app.request_url or ""
    sent = {"Content-Type": content_type} | headers
    async with (
        recorder.following(odd=odd),
        aiohttp.ClientSession() as session,
        session.post(url, data=BytesIO(body), headers=sent) as answer,
    ):
        return answer.status, await answer.text()


def encoded(kind: str, payload: Any) -> bytes:
    if kind == "slash_commands" and isinstance(payload, dict):
        return urlencode(payload, errors="replace").encode()
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}).encode()
    return json.dumps(payload).encode()


@set_up(mode="http")
@examples(70)
@given(number=st.integers(0, 999), spoiling=spoilings, content_type=st.sampled_from(TYPES))
async def test_an_odd_payload_is_answered(
    recorder: ErrorRecorder, number: int, spoiling: Spoiling, content_type: str
) -> None:
    kinds = Everything(recorder.world, "cleo").kinds()
    kind, payload = kinds[number % len(kinds)]()
    body = encoded(kind, spoilt(payload, spoiling))
    recorder.forget()
    status, _ = await posts(recorder, body, signed(recorder, body), content_type, odd=True)
    assert status in {*CLEAN, 500}


@set_up(mode="http")
@examples(60)
@given(
    body=st.binary(max_size=300) | anything.map(lambda value: json.dumps(value).encode()),
    data=st.sampled_from(TYPES),
)
async def test_any_bytes_are_answered(recorder: ErrorRecorder, body: bytes, data: str) -> None:
    status, _ = await posts(recorder, body, signed(recorder, body), data)
    assert status in CLEAN
    assert (await posts(recorder, body, {}, data))[0] in {200, 401}
    assert recorder.said() == []


BROKEN = st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1e9",
        "٣٣٣٣٣٣٣٣٣٣",
        "9" * 4000,
        "nan",
        " 1 ",
        "v0=",
        "v0=" + "0" * 64,
        "v1=" + "a" * 64,
        "é" * 64,
    ]
) | st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF, exclude_characters="\x7f"), max_size=80)


@set_up(mode="http")
@examples(50)
@given(stamp=st.none() | BROKEN, signature=st.none() | BROKEN)
async def test_nothing_is_handled_without_a_right_signature(
    recorder: ErrorRecorder, stamp: str | None, signature: str | None
) -> None:
    [_, payload] = Everything(recorder.world, "ana").command("create web-1")
    body = urlencode(payload).encode()
    right = signed(recorder, body)
    for headers in (
        {STAMP: stamp, SIGNATURE: right[SIGNATURE]},
        {STAMP: right[STAMP], SIGNATURE: signature},
        {STAMP: stamp, SIGNATURE: signature},
        signed(recorder, body, age=301),
        signed(recorder, body, age=-3600),
        signed(recorder, body + b"x"),
        {STAMP: right[STAMP], SIGNATURE: right[SIGNATURE].upper()},
    ):
        sent = {name: value for name, value in headers.items() if value is not None}
        assert (await posts(recorder, body, sent))[0] == 401
    assert recorder.world.provider.creates == []
    assert recorder.said() == []


@set_up(mode="http")
async def test_a_command_that_speaks_of_a_payload_is_handled(recorder: ErrorRecorder) -> None:
    [_, payload] = Everything(recorder.world, "cleo").command("help payload")
    body = urlencode(payload).encode()
    assert (await posts(recorder, body, signed(recorder, body)))[0] == 200
    [answer] = recorder.said()
    assert "payload" in answer.text


@set_up(mode="http")
async def test_checks_of_the_address_are_answered_and_run_nothing(recorder: ErrorRecorder) -> None:
    challenge = json.dumps({"type": "url_verification", "challenge": "<!channel>", "token": "x"}).encode()
    status, text = await posts(recorder, challenge, signed(recorder, challenge), "application/json")
    assert (status, json.loads(text)) == (200, {"challenge": "<!channel>"})
    assert (await posts(recorder, challenge, {}, "application/json"))[0] == 401
    for odd in ({"challenge": None}, {"challenge": {"a": [1]}}, {}):
        body = json.dumps({"type": "url_verification"} | odd).encode()
        assert (await posts(recorder, body, signed(recorder, body), "application/json"))[0] in CLEAN
    [_, payload] = Everything(recorder.world, "ana").command("create web-1")
    body = urlencode({"ssl_check": "1"} | payload).encode()
    assert await posts(recorder, body, {}) == (200, "")
    assert recorder.world.provider.creates == []
    assert recorder.said() == []


@set_up(mode="http")
async def test_huge_and_slow_bodies_are_let_go_and_others_answered_meanwhile(recorder: ErrorRecorder) -> None:
    huge = b"x" * (MAX_BODY_BYTES + 1)
    assert (await posts(recorder, huge, signed(recorder, huge)))[0] == 413
    port = urlsplit(recorder.world.workspace.app.request_url or "").port
    slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
    for _, writer in slow:
        writer.write(b"POST /slack/events HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nab")
    [_, payload] = Everything(recorder.world, "cleo").command("help")
    body = urlencode(payload).encode()
    assert (await posts(recorder, body, signed(recorder, body)))[0] == 200
    for reader, writer in slow:
        assert b" 408 " in await reader.readline()
        writer.close()
        await writer.wait_closed()
