import asyncio
import gzip
import hashlib
import hmac
import json
import time
import tracemalloc
from collections.abc import AsyncIterator
from io import BytesIO

import aiohttp
import pytest
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from structlog.testing import capture_logs

from bot.health import HttpServer
from bot.slack.http import MAX_BODY_BYTES, PATH, HttpConnection, _read
from tests.metrics.growth import Growth
from tests.operations.harness import until
from tests.slack.conftest import ended, soon
from tests.slack.wire import Wire

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
FORM = "application/x-www-form-urlencoded"
COMMAND = b"token=x&team_id=T111&channel_id=C111&user_id=U111&command=%2Fbackup&text=list&trigger_id=1.2.x"
EVENT = json.dumps(
    {
        "type": "event_callback",
        "team_id": "T111",
        "api_app_id": "A111",
        "event_id": "Ev1",
        "event": {"type": "app_mention", "user": "U111", "text": "hi", "channel": "C111", "ts": "1.2"},
    }
).encode()


def signed(body: bytes, *, age_seconds: float = 0, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time() - age_seconds))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256)
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest.hexdigest()}"}


class Slack:
    """Slack as it calls the app; `handled` holds what was run and as which try.

    What `/slow` runs goes on after its ack until `released` is set; `/late` is acked no sooner.
    """

    def __init__(
        self, port: int, session: aiohttp.ClientSession, connection: HttpConnection, handled: list[str]
    ) -> None:
        self.port = port
        self.connection = connection
        self.asked = asyncio.Event()
        self.released = asyncio.Event()
        self.handled = handled
        self._session = session

    async def sends(
        self, body: bytes, headers: dict[str, str] | None = None, *, content_type: str = FORM
    ) -> tuple[int, str]:
        sent = {"Content-Type": content_type} | (signed(body) if headers is None else headers)
        url = f"http://127.0.0.1:{self.port}{PATH}"
        async with self._session.post(url, data=BytesIO(body), headers=sent) as answer:
            return answer.status, await answer.text()


@pytest.fixture
async def slack(wire: Wire) -> AsyncIterator[Slack]:
    app = wire.app(SECRET)
    handled: list[str] = []

    @app.command("/backup")
    async def backup(ack: AsyncAck) -> None:
        handled.append("command")
        await ack("here you are")

    @app.event("app_mention")
    async def mentioned(request: AsyncBoltRequest) -> None:
        handled.append(f"event, try {request.headers.get('x-slack-retry-num', ['0'])[0]}")

    @app.command("/slow")
    async def slow(ack: AsyncAck) -> None:
        await ack()
        await calling.released.wait()
        handled.append("slow")

    @app.command("/late")
    async def late(ack: AsyncAck) -> None:
        calling.asked.set()
        await calling.released.wait()
        await ack()

    connection = HttpConnection(app, SecretStr(SECRET), body_seconds=0.2, close_seconds=0.2)
    listening = asyncio.create_task(connection.listen())
    await asyncio.sleep(0)
    server = HttpServer(connection.routes, port=0)
    await server.start()
    async with aiohttp.ClientSession() as session:
        calling = Slack(server.port, session, connection, handled)
        yield calling
    await server.stop()
    await ended(listening)


async def test_a_signed_command_is_answered(slack: Slack) -> None:
    assert await slack.sends(COMMAND) == (200, "here you are")


async def test_what_comes_of_requests_counts_by_what_they_ask_for(slack: Slack) -> None:
    growth = Growth()
    await slack.sends(COMMAND)
    await slack.sends(EVENT, content_type="application/json")
    await slack.sends(COMMAND.replace(b"backup", b"other"))
    await slack.sends(COMMAND, headers={})
    await slack.sends(b"x" * (MAX_BODY_BYTES + 1))
    await slack.sends(b"ssl_check=1", headers={})
    assert growth.of("ack_seconds_count") == {
        ("command", "acked"): 1,
        ("event", "acked"): 1,
        ("command", "failed"): 1,
        ("unknown", "refused"): 2,
    }


async def test_what_nobody_waits_for_any_more_counts_as_lost(slack: Slack) -> None:
    growth = Growth()
    asking = asyncio.create_task(slack.sends(COMMAND.replace(b"backup", b"late")))
    await soon(slack.asked.wait())
    asking.cancel()
    await asyncio.wait({asking})
    # The server has seen the other's end once it has answered this.
    await slack.sends(COMMAND)
    slack.released.set()
    await until(lambda: len(growth.of("ack_seconds_count")) == 2)
    assert growth.of("ack_seconds_count") == {("command", "lost"): 1, ("command", "acked"): 1}


async def test_a_stranger_who_goes_before_the_end_of_the_body_is_no_failure_of_ours(slack: Slack) -> None:
    growth = Growth()
    for body in (b"Content-Length: 9\r\n\r\nx", b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"):
        _, stranger = await asyncio.open_connection("127.0.0.1", slack.port)
        stranger.write(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\n" + body)
        await stranger.drain()
        stranger.close()
    await until(lambda: sum(growth.of("ack_seconds_count").values()) == 2)
    assert growth.of("ack_seconds_count") == {("unknown", "refused"): 2}


def test_our_signatures_are_slacks() -> None:
    # The example of https://docs.slack.dev/authentication/verifying-requests-from-slack
    body = (
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        "&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        "&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    expected = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
    assert SignatureVerifier(SECRET).generate_signature(timestamp="1531420618", body=body) == expected
    digest = hmac.new(SECRET.encode(), f"v0:1531420618:{body}".encode(), hashlib.sha256).hexdigest()
    assert f"v0={digest}" == expected


STAMP, SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(COMMAND, secret="another"),
        signed(COMMAND + b"&text=more"),
        signed(COMMAND, age_seconds=301),
        signed(COMMAND, age_seconds=-86_400),
        {STAMP: signed(COMMAND)[STAMP]},
        {SIGNATURE: signed(COMMAND)[SIGNATURE]},
        signed(COMMAND) | {STAMP: ""},
        signed(COMMAND) | {STAMP: "yesterday"},
        signed(COMMAND) | {STAMP: "-1"},
        signed(COMMAND) | {STAMP: "1e9"},
        signed(COMMAND) | {STAMP: "nan"},
        signed(COMMAND) | {STAMP: "9" * 5000},
        signed(COMMAND) | {STAMP: "\u0661\u0662\u0663"},
        signed(COMMAND) | {SIGNATURE: ""},
        signed(COMMAND) | {SIGNATURE: "v0="},
        signed(COMMAND) | {SIGNATURE: "v0=" + "é" * 64},
        signed(COMMAND) | {SIGNATURE: signed(COMMAND)[SIGNATURE].replace("v0", "v1")},
    ],
)
async def test_what_slack_did_not_sign_is_turned_away(headers: dict[str, str], slack: Slack) -> None:
    status, _ = await slack.sends(COMMAND, headers)
    assert status == 401
    assert slack.handled == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"{", b"[1]", b"[" * 100_000, b"payload=%ff", COMMAND]
)
@pytest.mark.parametrize("content_type", [FORM, "application/json", "text/plain; charset=no-such", "odd"])
async def test_no_unsigned_body_is_even_looked_at(body: bytes, content_type: str, slack: Slack) -> None:
    status, _ = await slack.sends(body, {}, content_type=content_type)
    assert status == 401
    assert slack.handled == []


@pytest.mark.parametrize(
    ("body", "status"), [(b"\xff\xfe\x00", 401), (b"{", 400), (b"payload={", 400), (b"", 404)]
)
async def test_an_unreadable_body_is_no_failure_of_ours(body: bytes, status: int, slack: Slack) -> None:
    assert (await slack.sends(body))[0] == status


async def test_the_address_is_verified_when_signed_only(slack: Slack) -> None:
    body = json.dumps({"type": "url_verification", "challenge": "c1", "token": "x"}).encode()
    assert (await slack.sends(body, {}, content_type="application/json"))[0] == 401
    status, text = await slack.sends(body, content_type="application/json")
    assert (status, json.loads(text)) == (200, {"challenge": "c1"})


async def test_the_certificate_may_be_checked_unsigned_and_nothing_runs(slack: Slack) -> None:
    assert await slack.sends(b"ssl_check=1&token=x", {}) == (200, "")
    assert await slack.sends(b"ssl_check=1&" + COMMAND, {}) == (200, "")
    assert (await slack.sends(b"ssl_check=0&" + COMMAND, {}))[0] == 401
    assert (await slack.sends(b"ssl_check=1&" + COMMAND, signed(COMMAND)))[0] == 401
    assert slack.handled == []


async def test_a_retry_is_handled_and_known_as_one(slack: Slack) -> None:
    for number in ("1", "2"):
        retry = {"X-Slack-Retry-Num": number, "X-Slack-Retry-Reason": "http_timeout"}
        status, _ = await slack.sends(EVENT, signed(EVENT) | retry, content_type="application/json")
        assert status == 200
    assert slack.handled == ["event, try 1", "event, try 2"]


async def test_an_unknown_command_is_not_acked(slack: Slack) -> None:
    assert (await slack.sends(COMMAND.replace(b"backup", b"other")))[0] == 404


async def test_a_long_body_is_refused(slack: Slack) -> None:
    assert (await slack.sends(b"x" * (MAX_BODY_BYTES + 1)))[0] == 413


ENCODINGS = ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "identity, gzip"]


@pytest.mark.parametrize("is_signed", [True, False])
async def test_nothing_is_unpacked(slack: Slack, is_signed: bool) -> None:
    body = gzip.compress(bytes(50 * MAX_BODY_BYTES))
    tracemalloc.start()
    try:
        for encoding in ENCODINGS:
            headers = {"Content-Encoding": encoding} | (signed(body) if is_signed else {})
            assert (await slack.sends(body, headers))[0] == 415, encoding
            assert tracemalloc.get_traced_memory()[1] < 10 * MAX_BODY_BYTES, encoding
    finally:
        tracemalloc.stop()
    assert slack.handled == []


async def test_a_body_said_to_be_as_it_is_is_read(slack: Slack) -> None:
    assert (await slack.sends(COMMAND, signed(COMMAND) | {"Content-Encoding": "identity"}))[0] == 200
    assert slack.handled == ["command"]


async def test_a_slow_body_is_not_waited_for(slack: Slack) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", slack.port)
    writer.write(b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab")
    assert b" 408 " in await soon(reader.readline())
    writer.close()
    await writer.wait_closed()


async def test_while_the_bot_stops_slack_tries_elsewhere(slack: Slack) -> None:
    assert slack.connection.is_ready
    await slack.connection.close()
    assert not slack.connection.is_ready
    assert (await slack.sends(COMMAND))[0] == 503
    assert slack.handled == []


async def test_before_the_bot_listens_slack_tries_elsewhere(slack: Slack, wire: Wire) -> None:
    idle = HttpConnection(wire.app(SECRET), SecretStr(SECRET))
    assert not idle.is_ready
    server = HttpServer(idle.routes, port=0)
    await server.start()
    slack.port = server.port
    assert (await slack.sends(COMMAND))[0] == 503
    await server.stop()


async def test_closing_lets_a_listener_finish_that_has_acked(slack: Slack) -> None:
    assert (await slack.sends(COMMAND.replace(b"backup", b"slow")))[0] == 200
    closing = asyncio.create_task(slack.connection.close())
    await asyncio.sleep(0)
    assert not closing.done()
    slack.released.set()
    await soon(closing)
    assert slack.handled == ["slow"]


async def test_closing_does_not_wait_for_ever(slack: Slack) -> None:
    assert (await slack.sends(COMMAND.replace(b"backup", b"slow")))[0] == 200
    with capture_logs() as logs:
        await soon(slack.connection.close())
    assert [(line["event"], line["count"]) for line in logs] == [("slack_listeners_cut_off", 1)]
    slack.released.set()


async def test_a_connection_that_is_gone_before_its_body_is_read_is_no_failure_of_ours() -> None:
    body = StreamReader(BaseProtocol(asyncio.get_running_loop()), 2**16)
    request = make_mocked_request("POST", PATH, payload=body)
    request.protocol.transport = None
    with pytest.raises(web.HTTPBadRequest):
        await _read(request, 1.0)
