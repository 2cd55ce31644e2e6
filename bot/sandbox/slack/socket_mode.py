"""The WebSocket server of Socket Mode (https://docs.slack.dev/apis/events-api/using-socket-mode)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from secrets import token_hex
from typing import Literal
from uuid import uuid4

from aiohttp import WSMsgType, web

from bot.sandbox.slack.delivery import Delivery, Unanswered
from bot.sandbox.slack.workspace import Json, Workspace

PATH = "/slack/link/"
MOST_CONNECTIONS = 10
HOST = "applink-1"
# How long a closing socket waits for the other side to agree.
GOODBYE_SECONDS = 1.0
Reason = Literal["warning", "refresh_requested", "link_disabled", "too_many_websockets"]


class SocketMode:
    """Connections of the bot, and the envelopes sent over them.

    An envelope goes to one connection, in turn; its ack is taken from any.
    """

    def __init__(self, workspace: Workspace, *, ping_seconds: float = 10.0) -> None:
        self._workspace = workspace
        self.ping_seconds = ping_seconds
        self._tickets: set[str] = set()
        self._connections: list[tuple[web.Request, web.WebSocketResponse]] = []
        self.silent_seconds = 5.0
        self._unanswered: dict[web.WebSocketResponse, float] = {}
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._turn = 0
        self._envelopes = 0
        self.connected = asyncio.Event()

    def routes(self) -> list[web.AbstractRouteDef]:
        """Where the sockets connect to."""
        return [web.get(PATH, self._handle)]

    @property
    def connection_count(self) -> int:
        """How many sockets are open."""
        return len(self._connections)

    def new_url(self) -> str:
        """An address for a socket. It may be used again: the SDK does so after a failed handshake."""
        ticket = token_hex(16)
        self._tickets.add(ticket)
        origin = self._workspace.base_url.replace("http", "ws", 1)
        return f"{origin}{PATH}?ticket={ticket}&app_id={self._workspace.app.id}"

    def forget_tickets(self) -> None:
        """Refuse every address given so far."""
        self._tickets.clear()

    def drop(self) -> None:
        """Cut every connection with a reset: no closing frame, no goodbye."""
        for request, _ in self._connections:
            _cut(request)

    async def disconnect(self, reason: Reason) -> None:
        """Ask every connection to go away."""
        for _, socket in list(self._connections):
            await self._send(socket, self._disconnect_frame(reason))

    async def stop(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(socket.close() for _, socket in self._connections))

    async def deliver(self, delivery: Delivery) -> Json:
        """Send an envelope and wait for its ack.

        Raises:
            Unanswered: no connection, or no ack within the workspace's `ack_seconds`.
        """
        if not self._connections:
            raise Unanswered("dispatch_failed")
        envelope_id = str(uuid4())
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._waiting[envelope_id] = acked
        try:
            async with asyncio.timeout(self._workspace.ack_seconds):
                await self._send_envelope(envelope_id, delivery)
                return await acked
        except TimeoutError:
            raise Unanswered("operation_timeout") from None
        finally:
            del self._waiting[envelope_id]

    async def _send_envelope(self, envelope_id: str, delivery: Delivery) -> None:
        if self._workspace.faults.socket_deaf:
            return
        frame: Json = {
            "envelope_id": envelope_id,
            "payload": delivery.payload,
            "type": delivery.kind,
            "accepts_response_payload": delivery.takes_payload,
        }
        if delivery.kind == "events_api":
            frame |= {"retry_attempt": delivery.retry, "retry_reason": delivery.retry_reason}
        self._envelopes += 1
        if self._envelopes % 2:
            await asyncio.sleep(self._workspace.faults.socket_holds)
        for _ in range(1 + self._workspace.faults.socket_duplicates):
            if self._connections:
                self._turn += 1
                await self._send(self._connections[self._turn % len(self._connections)][1], frame)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self._workspace.faults.socket_refused or request.query.get("ticket") not in self._tickets:
            raise web.HTTPRequestTimeout
        socket = web.WebSocketResponse(autoping=False, timeout=GOODBYE_SECONDS)
        await socket.prepare(request)
        if (reason := self._turned_away()) is not None:
            await self._send(socket, self._disconnect_frame(reason))
            await socket.close()
            return socket
        async with self._registered(request, socket):
            await self._send(socket, self._hello())
            await self._listen(socket)
        return socket

    def _turned_away(self) -> Reason | None:
        if not self._workspace.app.socket_mode_enabled:
            return "link_disabled"
        return "too_many_websockets" if len(self._connections) >= MOST_CONNECTIONS else None

    @contextlib.asynccontextmanager
    async def _registered(self, request: web.Request, socket: web.WebSocketResponse) -> AsyncIterator[None]:
        connection = (request, socket)
        self._connections.append(connection)
        self.connected.set()
        pings = asyncio.create_task(self._ping(*connection))
        try:
            yield
        finally:
            pings.cancel()
            self._unanswered.pop(socket, None)
            self._connections.remove(connection)
            if not self._connections:
                self.connected.clear()

    async def _listen(self, socket: web.WebSocketResponse) -> None:
        async for message in socket:
            if message.type is WSMsgType.PING and not self._workspace.faults.socket_deaf:
                await socket.pong(message.data)
            elif message.type is WSMsgType.PONG:
                self._unanswered.pop(socket, None)
            elif message.type is WSMsgType.TEXT:
                self._take_ack(json.loads(message.data))

    def _take_ack(self, frame: Json) -> None:
        waiting = self._waiting.get(frame.get("envelope_id", ""))
        if waiting is not None and not waiting.done():
            waiting.set_result(frame.get("payload") or {})

    async def _ping(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        """Ping now and then; cut the connection if a ping was not answered for `silent_seconds`."""
        clock = asyncio.get_running_loop().time
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.sleep(self.ping_seconds)
                if self._workspace.faults.socket_deaf:
                    continue
                if clock() - self._unanswered.setdefault(socket, clock()) > self.silent_seconds:
                    _cut(request)
                await socket.ping(f"Ping from {HOST}".encode())

    async def _send(self, socket: web.WebSocketResponse, frame: Json) -> None:
        with contextlib.suppress(ConnectionError):
            await socket.send_json(frame)

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self._connections),
            "debug_info": {"host": HOST, "build_number": 10, "approximate_connection_time": 18060},
            "connection_info": {"app_id": self._workspace.app.id},
        }

    def _disconnect_frame(self, reason: Reason) -> Json:
        frame: Json = {"type": "disconnect", "reason": reason, "debug_info": {"host": HOST}}
        if reason == "too_many_websockets":
            count = len(self._connections)
            frame |= {"num_connections": count, "connection_info": {"app_id": self._workspace.app.id}}
        return frame


def _cut(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()
