import asyncio
from dataclasses import replace

import pytest
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.socket import SocketConnection
from tests.slack.conftest import FAST, Connect, answers, ended, listened_to, soon
from tests.slack.wire import Wire


@pytest.mark.parametrize("reason", ["warning", "refresh_requested", "something_new"])
async def test_the_new_socket_is_there_before_the_old_one_goes(
    reason: str, wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connection = connect(app, replace(FAST, retire=5.0))
    old = await wire.connection(1)
    await old.disconnects(reason)
    await wire.connection(2)
    assert connection.is_ready
    assert not old.ended.is_set()
    await answers(wire, 1)
    await old.websocket.close()
    await answers(wire, 2)


@pytest.mark.parametrize("reason", ["too_many_websockets", "link_disabled"])
async def test_if_slack_wants_fewer_sockets_the_old_one_goes_first(
    reason: str, wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connect(app, replace(FAST, retire=5.0))
    old = await wire.connection(1)
    await old.disconnects(reason)
    await wire.connection(2)
    assert old.ended.is_set()
    await answers(wire, 2)


async def test_a_warning_and_the_refresh_after_it_cost_one_reconnect(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connect(app, replace(FAST, retire=5.0))
    old = await wire.connection(1)
    await old.disconnects("warning")
    await wire.connection(2)
    await old.disconnects("refresh_requested")
    await old.websocket.close()
    await soon(old.ended.wait())
    await answers(wire, 2)
    assert len(wire.connections) == 2


async def test_a_replaced_socket_that_slack_leaves_open_is_closed(
    wire: Wire, app: AsyncApp, connect: Connect
) -> None:
    connect(app, FAST)
    old = await wire.connection(1)
    await old.disconnects("warning")
    await soon(old.ended.wait())


@pytest.mark.parametrize("before", [True, False], ids=["before it is there", "once it is there"])
async def test_an_ack_too_late_for_its_socket_goes_out_on_the_next(
    before: bool, wire: Wire, connect: Connect
) -> None:
    app, asked, may_answer = wire.late_app()
    connect(app, FAST)
    old = await wire.connection(1)
    await old.asks("e-late")
    await soon(asked.wait())
    wire.refused_handshakes = 2
    old.resets()
    if not before:
        await (await wire.connection(2)).pings()
    may_answer.set()
    new = await wire.connection(2)
    assert await soon(new.acks.get()) == {"envelope_id": "e-late"}


async def test_closing_lets_a_listener_finish_and_its_ack_go_out(wire: Wire) -> None:
    app = wire.app()
    steps: list[str] = []
    acked = asyncio.Event()

    @app.command("/backup")
    async def backup(ack: AsyncAck) -> None:
        await ack()
        acked.set()
        await asyncio.sleep(0.05)
        steps.append("done")

    run = asyncio.create_task(listened_to(SocketConnection(app, SecretStr("xapp-1"), timeouts=FAST)))
    connection = await wire.connection(1)
    await connection.asks("e-1")
    await soon(acked.wait())
    await ended(run)
    assert steps == ["done"]
    assert await soon(connection.acks.get()) == {"envelope_id": "e-1"}
    await soon(connection.ended.wait())


async def test_closing_does_not_wait_for_ever(wire: Wire) -> None:
    app = wire.app()
    running, never = asyncio.Event(), asyncio.Event()

    @app.command("/backup")
    async def backup(ack: AsyncAck) -> None:
        await ack()
        running.set()
        await never.wait()

    socket = SocketConnection(app, SecretStr("xapp-1"), timeouts=replace(FAST, close=0.05))
    run = asyncio.create_task(listened_to(socket))
    await (await wire.connection(1)).asks("e-1")
    await soon(running.wait())
    await soon(ended(run))
    assert not socket.is_ready
    never.set()


async def test_closing_while_slack_refuses_is_quick(wire: Wire, app: AsyncApp) -> None:
    wire.errors["apps.connections.open"] = ["internal_error"] * 1000
    run = asyncio.create_task(listened_to(SocketConnection(app, SecretStr("xapp-1"), timeouts=FAST)))
    await wire.called("apps.connections.open", 2)
    await soon(ended(run))
