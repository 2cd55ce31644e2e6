"""The WebSocket server, with bare sockets and with the real SDK's client."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.delivery import Delivery, Unanswered
from bot.sandbox.slack.socket_mode import MOST_CONNECTIONS
from tests.sandbox.slack.conftest import Bot, client_of

PING, PONG, TEXT = aiohttp.WSMsgType.PING, aiohttp.WSMsgType.PONG, aiohttp.WSMsgType.TEXT
COMMAND = Delivery("slash_commands", {"command": "/backup"}, takes_payload=True)


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def connected(slack: PretendSlack, session: aiohttp.ClientSession) -> Any:
    """A bare socket, and its hello."""
    answer = await client_of(slack, None).apps_connections_open(app_token=slack.workspace.app.app_token)
    socket = await session.ws_connect(answer["url"], autoping=False)
    return socket, await socket.receive_json()


async def test_hello_comes_first_and_tickets_may_be_used_again(
    slack: PretendSlack, session: aiohttp.ClientSession
) -> None:
    url = slack.socket_mode.new_url()
    sockets = [await session.ws_connect(url) for _ in range(2)]
    for count, socket in enumerate(sockets, start=1):
        hello = await socket.receive_json()
        assert (hello["type"], hello["num_connections"]) == ("hello", count)
        assert hello["connection_info"] == {"app_id": "A0BACKUPBOT"}


@pytest.mark.parametrize("spoil", ["forgotten", "refused"])
async def test_handshakes_can_be_refused(
    slack: PretendSlack, session: aiohttp.ClientSession, spoil: str
) -> None:
    url = slack.socket_mode.new_url()
    if spoil == "forgotten":
        slack.socket_mode.forget_tickets()
    else:
        slack.workspace.faults.socket_refused = True
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await session.ws_connect(url)
    assert caught.value.status == 408


async def test_pings_are_echoed_exactly(slack: PretendSlack, session: aiohttp.ClientSession) -> None:
    socket, _ = await connected(slack, session)
    await socket.ping(b"sdk-ping-pong:1.5")
    pong = await socket.receive()
    assert (pong.type, pong.data) == (PONG, b"sdk-ping-pong:1.5")


async def test_the_server_pings_by_itself(slack: PretendSlack, session: aiohttp.ClientSession) -> None:
    slack.socket_mode.ping_seconds = 0.01
    socket, _ = await connected(slack, session)
    ping = await socket.receive()
    assert (ping.type, ping.data) == (PING, b"Ping from applink-1")


async def test_a_socket_that_answers_no_ping_is_cut(
    slack: PretendSlack, session: aiohttp.ClientSession
) -> None:
    slack.socket_mode.ping_seconds, slack.socket_mode.silent_seconds = 0.01, 0.1
    socket, _ = await connected(slack, session)
    for _ in range(12):
        await socket.pong((await socket.receive()).data)
    while (message := await socket.receive()).type is PING:
        assert slack.socket_mode.connection_count == 1
    assert message.type is aiohttp.WSMsgType.CLOSED
    assert slack.socket_mode.connection_count == 0


async def test_an_envelope_goes_to_one_socket_and_any_may_ack_it(
    slack: PretendSlack, session: aiohttp.ClientSession
) -> None:
    sockets = [(await connected(slack, session))[0] for _ in range(2)]
    receiving = [asyncio.create_task(socket.receive_json()) for socket in sockets]
    delivering = asyncio.create_task(slack.socket_mode.deliver(COMMAND))
    [done], [waiting] = await asyncio.wait(receiving, return_when=asyncio.FIRST_COMPLETED)
    other = sockets[receiving.index(waiting)]
    frame = done.result()
    assert (frame["type"], frame["accepts_response_payload"]) == ("slash_commands", True)
    assert "retry_attempt" not in frame
    await other.send_json({"envelope_id": frame["envelope_id"], "payload": {"text": "Yes"}})
    assert await delivering == {"text": "Yes"}
    waiting.cancel()


async def test_events_say_which_retry_they_are(slack: PretendSlack, session: aiohttp.ClientSession) -> None:
    slack.workspace.ack_seconds = 0.05
    slack.workspace.event_retry_seconds = (0.0, 0.0)
    socket, _ = await connected(slack, session)
    with pytest.raises(Unanswered):
        await slack.dispatcher.deliver_event({"event_id": "Ev1"})
    frames = [await socket.receive_json() for _ in range(3)]
    assert [(frame["retry_attempt"], frame["retry_reason"]) for frame in frames] == [
        (0, ""),
        (1, "timeout"),
        (2, "timeout"),
    ]


async def test_without_a_connection_nothing_is_delivered(slack: PretendSlack) -> None:
    with pytest.raises(Unanswered, match="dispatch_failed"):
        await slack.socket_mode.deliver(COMMAND)


async def test_a_deaf_server_accepts_but_says_nothing(
    slack: PretendSlack, session: aiohttp.ClientSession
) -> None:
    socket, _ = await connected(slack, session)
    slack.workspace.faults.socket_deaf = True
    slack.workspace.ack_seconds = 0.05
    await socket.ping(b"anyone?")
    with pytest.raises(Unanswered, match="operation_timeout"):
        await slack.socket_mode.deliver(COMMAND)
    slack.workspace.faults.socket_deaf = False
    await socket.ping(b"and now?")
    assert (await socket.receive()).data == b"and now?"


async def test_too_many_sockets_are_sent_away(slack: PretendSlack, session: aiohttp.ClientSession) -> None:
    sockets = [await connected(slack, session) for _ in range(MOST_CONNECTIONS + 1)]
    _, frame = sockets[-1]
    assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
    assert slack.socket_mode.connection_count == MOST_CONNECTIONS


async def test_dropped_sockets_end_without_a_closing_frame(
    slack: PretendSlack, session: aiohttp.ClientSession
) -> None:
    socket, _ = await connected(slack, session)
    slack.socket_mode.drop()
    assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert socket.close_code == 1006


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
async def test_the_sdk_reconnects_when_asked(slack: PretendSlack, bot: Bot, reason: Any) -> None:
    first = bot.handler.client.current_session
    slack.socket_mode.connected.clear()
    await slack.socket_mode.disconnect(reason)
    await slack.socket_mode.connected.wait()
    assert first.closed


async def test_a_duplicated_envelope_runs_the_listener_again(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack()

    slack.workspace.faults.socket_duplicates = 2
    assert (await slack.people.person("ana").types("/backup")).acked
    await bot.was_told(3)
    assert bot.told[0]["trigger_id"] == bot.told[2]["trigger_id"]


async def test_the_bot_is_told_of_its_own_direct_messages(
    slack: PretendSlack, session: aiohttp.ClientSession, client: AsyncWebClient
) -> None:
    socket, _ = await connected(slack, session)

    async def told() -> Any:
        frame = await socket.receive_json()
        await socket.send_json({"envelope_id": frame["envelope_id"]})
        return frame["payload"]["event"]

    ts = (await client.chat_postMessage(channel="UANA", text="One"))["ts"]
    posted = await told()
    assert (posted["bot_id"], posted["channel_type"], posted["ts"]) == ("B0BACKUPBOT", "im", ts)
    await client.chat_update(channel="DANA", ts=ts, text="Two")
    changed = await told()
    assert (changed["subtype"], changed["message"]["text"]) == ("message_changed", "Two")
    assert changed["previous_message"]["text"] == "One"
    await client.chat_delete(channel="DANA", ts=ts)
    deleted = await told()
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
