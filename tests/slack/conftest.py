"""Slack's side of the wire, and the app connected to it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.slack.socket import SocketConnection
from bot.slack.websocket import SocketTimeouts
from tests.slack.wire import Wire

FAST = SocketTimeouts(
    ping=5.0,
    hello=2.0,
    deaf=5.0,
    unpinged=5.0,
    retire=0.2,
    close=0.5,
    goodbye=0.2,
    steady=0.0,
    first_pause=0.001,
    longest_pause=0.01,
)
"""Short if a test waits for it, long if a busy machine could be taken for a broken connection."""

Connect = Callable[[AsyncApp, SocketTimeouts], SocketConnection]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as wire:
        yield wire


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Keeps an app connected until the test ends."""
    running: list[asyncio.Task[None]] = []

    def connected(app: AsyncApp, timeouts: SocketTimeouts) -> SocketConnection:
        connection = SocketConnection(app, SecretStr("xapp-1"), timeouts=timeouts)
        running.append(asyncio.create_task(listened_to(connection)))
        return connection

    yield connected
    for task in running:
        await ended(task)


async def listened_to(connection: SocketConnection) -> None:
    """Listen until cancelled, and then close, as the app does."""
    try:
        await connection.listen()
    finally:
        await connection.close()


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def soon(work: Awaitable[Any]) -> Any:
    """Return what the work returns, which it must do within 5 s."""
    return await asyncio.wait_for(work, 5)


@pytest.fixture
def app(wire: Wire) -> AsyncApp:
    app = wire.app()

    @app.command("/backup")
    async def backup(ack: AsyncAck) -> None:
        await ack("here you are")

    return app


async def answers(wire: Wire, number: int) -> None:
    connection = await wire.connection(number)
    await connection.asks(f"e-{number}")
    ack = await soon(connection.acks.get())
    assert ack == {"envelope_id": f"e-{number}", "payload": {"text": "here you are"}}
