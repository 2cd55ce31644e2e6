"""Each try of a call of Slack is counted, with what came of it."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.notifications.retry import call_slack
from bot.slack.auth import new_session, web_client
from bot.slack.response_url import respond
from tests.metrics.growth import Growth
from tests.slack.wire import Wire

COUNT = "slack_request_seconds_count"


@pytest.fixture
async def client(wire: Wire) -> AsyncIterator[AsyncWebClient]:
    async with new_session() as session:
        yield web_client(SecretStr("xoxb-1"), wire.api_url, session)


def limited() -> web.Response:
    return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "0"})


async def test_a_call_that_slack_limits_counts_twice_and_its_pause_is_not_counted(
    client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors["chat.postMessage"] = [limited()]
    growth = Growth()
    await client.chat_postMessage(channel="C111", text="Hello")
    assert growth.of(COUNT) == {("chat.postMessage", "429"): 1, ("chat.postMessage", "200"): 1}
    assert growth.of("slack_retries_total") == {(): 1}
    # The SDK waits up to a second longer than Slack names.
    assert sum(growth.of("slack_request_seconds_sum").values()) < 0.1


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        ("channel_not_found", "channel_not_found"),
        ("an_error_with_a_name_of_its_own", "other"),
        (503, "503"),
        (200, "200"),
        (web.json_response([1]), "200"),
        (web.Response(text="{", content_type="application/json"), "200"),
    ],
)
async def test_a_refusal_counts_by_slacks_name_if_that_is_known(
    trouble: str | int | web.Response, status: str, client: AsyncWebClient, wire: Wire
) -> None:
    wire.errors["chat.postMessage"] = [trouble]
    growth = Growth()
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C111", text="Hello")
    assert growth.of(COUNT) == {("chat.postMessage", status): 1}


async def test_what_slack_does_not_answer_counts_as_well() -> None:
    async with Wire() as gone:
        address = gone.api_url
    async with new_session() as session:
        client = web_client(SecretStr("xoxb-1"), address, session)
        client.retry_handlers = client.retry_handlers[:1]
        growth = Growth()
        with pytest.raises(aiohttp.ClientConnectorError):
            await client.chat_postMessage(channel="C111", text="Hello")
        assert not await respond(f"{address}hook", {"text": "Hello"}, client)
    assert growth.of(COUNT) == {("chat.postMessage", "none"): 1, ("response_url", "none"): 1}


async def test_what_nobody_waits_for_any_more_counts_as_not_answered() -> None:
    async def accept(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await over.wait()
        writer.close()

    asked, over = asyncio.Event(), asyncio.Event()
    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with new_session() as session:
        client = web_client(SecretStr("xoxb-1"), f"http://127.0.0.1:{port}/api/", session)
        growth = Growth()
        calling = asyncio.create_task(client.chat_postMessage(channel="C111", text="Hello"))
        await asked.wait()
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
    over.set()
    server.close()
    await server.wait_closed()
    assert growth.of(COUNT) == {("chat.postMessage", "none"): 1}


async def test_answers_and_files_count_under_names_of_their_own(client: AsyncWebClient, wire: Wire) -> None:
    growth = Growth()
    assert await respond(f"{wire.api_url}T1234", {"text": "Hello"}, client)
    await client._upload_file(
        url=f"{wire.api_url}v1/a-name?secret=1",
        data=b"x",
        logger=client._logger,
        timeout=5,
        proxy=None,
        ssl=None,
    )
    assert growth.of(COUNT) == {("response_url", "200"): 1, ("upload", "404"): 1}


async def test_what_is_called_until_slack_takes_it_counts_as_made_once_more(
    client: AsyncWebClient, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.notifications.retry._FIRST_WAIT", 0.001)
    wire.errors["chat.postMessage"] = ["fatal_error", "fatal_error"]
    growth = Growth()
    await call_slack(lambda: client.chat_postMessage(channel="C111", text="Hello"))
    assert growth.of("slack_retries_total") == {(): 2}
    assert growth.of(COUNT) == {("chat.postMessage", "fatal_error"): 2, ("chat.postMessage", "200"): 1}
