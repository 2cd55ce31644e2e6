"""The connection against the pretend Slack, with people who notice when it is gone."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Literal

import pytest
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.health import HttpServer
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.server import MANIFEST
from bot.sandbox.slack.manifest import install, read
from bot.sandbox.slack.workspace import Channel, Person, Workspace
from bot.slack.auth import check_tokens, keep_proxy, web_client
from bot.slack.socket import SocketConnection
from tests.slack.conftest import FAST, ended, listened_to, soon


@dataclass
class Office:
    """A workspace with Ana in #ops, and a bot that answers /backup."""

    slack: PretendSlack
    connection: SocketConnection
    handled: list[str]
    more: asyncio.Condition

    async def connected_anew(self) -> None:
        """Return once a socket has come after those that were there."""
        self.slack.socket_mode.connected.clear()
        await soon(self.slack.socket_mode.connected.wait())

    async def ana_is_answered(self) -> None:
        answer = await soon(self.slack.people.person("ana").types("/backup list"))
        assert answer.error is None


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    workspace = Workspace(app=install(read(MANIFEST)))
    workspace.people["UANA"] = Person("UANA", "ana", "Ana", "operator")
    workspace.channels["COPS"] = Channel("COPS", "ops", "public", {"UANA", workspace.app.bot_user})
    slack = PretendSlack(workspace)
    server = HttpServer(slack.routes(), port=0, stop_seconds=0.5)
    await server.start()
    workspace.base_url = f"http://127.0.0.1:{server.port}"
    client = web_client(SecretStr(workspace.app.bot_token), f"{workspace.base_url}/slack/api/")
    app = AsyncApp(client=client, signing_secret="s", before_authorize=keep_proxy(client))
    handled: list[str] = []
    more = asyncio.Condition()

    @app.command("/backup")
    async def backup(ack: AsyncAck) -> None:
        async with more:
            handled.append("command")
            more.notify_all()
        await ack()

    assert (await check_tokens(client, SecretStr(workspace.app.app_token))).team_id == "T0SANDBOX"
    connection = SocketConnection(
        app, SecretStr(workspace.app.app_token), timeouts=replace(FAST, ping=0.2, retire=5.0)
    )
    run = asyncio.create_task(listened_to(connection))
    await soon(slack.socket_mode.connected.wait())
    yield Office(slack, connection, handled, more)
    await ended(run)
    assert slack.socket_mode.connection_count == 0
    await slack.stop()
    await server.stop()


async def test_a_dropped_connection_comes_back(office: Office) -> None:
    await office.ana_is_answered()
    office.slack.socket_mode.drop()
    await office.connected_anew()
    await office.ana_is_answered()


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "too_many_websockets", "link_disabled"])
async def test_a_connection_told_to_go_is_replaced(
    reason: Literal["warning", "refresh_requested", "too_many_websockets", "link_disabled"], office: Office
) -> None:
    office.slack.socket_mode.connected.clear()
    await office.slack.socket_mode.disconnect(reason)
    await soon(office.slack.socket_mode.connected.wait())
    await office.ana_is_answered()
    assert office.handled == ["command"]


async def test_a_deaf_connection_is_noticed(office: Office) -> None:
    office.slack.workspace.faults.socket_deaf = True
    await office.connected_anew()
    office.slack.workspace.faults.socket_deaf = False
    await office.ana_is_answered()


async def test_a_repeated_envelope_is_handed_on(office: Office) -> None:
    office.slack.workspace.faults.socket_duplicates = 2
    await office.ana_is_answered()
    async with asyncio.timeout(5), office.more:
        await office.more.wait_for(lambda: len(office.handled) == 3)
