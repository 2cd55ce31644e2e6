"""A server that speaks Slack's side of the wire and misbehaves when told to."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from pydantic import SecretStr
from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.health import HttpServer
from bot.slack.auth import keep_proxy, web_client

Json = dict[str, Any]

SLASH: Json = {
    "token": "x",
    "team_id": "T111",
    "channel_id": "C111",
    "user_id": "U111",
    "command": "/backup",
    "text": "list",
    "api_app_id": "A111",
    "trigger_id": "1.2.x",
}


@dataclass
class Connection:
    """One socket as Slack sees it."""

    websocket: web.WebSocketResponse
    request: web.Request
    acks: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)
    pongs: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def sends(self, frame: Json | str) -> None:
        await self.websocket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def pings(self) -> None:
        """Ping as Slack does; returns once the exact echo is back, so all that was sent before is read."""
        text = b"Ping from applink-1"
        await self.websocket.ping(text)
        assert await asyncio.wait_for(self.pongs.get(), 5) == text

    async def asks(self, envelope_id: str, **changes: object) -> None:
        payload = {**SLASH, **changes}
        await self.sends({"type": "slash_commands", "envelope_id": envelope_id, "payload": payload})

    async def disconnects(self, reason: str) -> None:
        await self.sends({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    def resets(self) -> None:
        assert self.request.transport is not None
        self.request.transport.abort()


class Wire:
    """Slack's Web API and sockets, over loopback; the attributes say how it behaves."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.errors: dict[str, list[str | int | web.Response]] = {}
        self.refused_handshakes = 0
        self.says_hello = True
        self.answers_pings = True
        self.ends_at_once = ""
        self.connections: list[Connection] = []
        self.spent: set[str] = set()
        self._arrived = asyncio.Condition()
        self._server = HttpServer(
            [web.route("*", "/api/{method}", self._method), web.get("/link/", self._link)],
            port=0,
            stop_seconds=0.1,
        )

    async def __aenter__(self) -> "Wire":
        await self._server.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self.connections:
            if not connection.ended.is_set():
                connection.resets()
        await self._server.stop()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}/api/"

    def app(self, signing_secret: str = "secret") -> AsyncApp:
        client = web_client(SecretStr("xoxb-1"), self.api_url)
        return AsyncApp(client=client, signing_secret=signing_secret, before_authorize=keep_proxy(client))

    def late_app(self) -> tuple[AsyncApp, asyncio.Event, asyncio.Event]:
        """Return an app, what is set once `/backup` was asked for, and what lets that be acked."""
        app, asked, may_answer = self.app(), asyncio.Event(), asyncio.Event()

        @app.command("/backup")
        async def backup(ack: AsyncAck) -> None:
            asked.set()
            await may_answer.wait()
            await ack()

        return app, asked, may_answer

    async def connection(self, number: int) -> Connection:
        """Wait for that many connections; return the last of them."""
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: len(self.connections) >= number)
        return self.connections[number - 1]

    async def called(self, method: str, times: int) -> None:
        async with asyncio.timeout(5), self._arrived:
            await self._arrived.wait_for(lambda: self.calls.count(method) >= times)

    async def _method(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        async with self._arrived:
            self.calls.append(method)
            self._arrived.notify_all()
        match self.errors[method].pop(0) if self.errors.get(method) else None:
            case web.Response() as answer:
                return answer
            case int(status):
                return web.Response(status=status, text="<html>", content_type="text/html")
            case str(error):
                return web.json_response({"ok": False, "error": error})
        if method == "apps.connections.open":
            url = f"ws://127.0.0.1:{self._server.port}/link/?ticket={len(self.calls)}"
            return web.json_response({"ok": True, "url": url})
        identity = {"team_id": "T111", "team": "acme", "user_id": "U0BOT", "bot_id": "B0BOT"}
        return web.json_response({"ok": True, **identity}, headers={"X-OAuth-Scopes": "commands,chat:write"})

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query["ticket"]
        if ticket in self.spent or self.refused_handshakes:
            self.refused_handshakes = max(0, self.refused_handshakes - 1)
            self.spent.add(ticket)
            return web.Response(status=408)
        self.spent.add(ticket)
        answers_pings = self.answers_pings
        websocket = web.WebSocketResponse(autoping=False)
        await websocket.prepare(request)
        connection = Connection(websocket, request)
        if self.says_hello:
            await connection.sends({"type": "hello", "num_connections": 1})
        if self.ends_at_once:
            await connection.disconnects(self.ends_at_once)
        async with self._arrived:
            self.connections.append(connection)
            self._arrived.notify_all()
        async for message in websocket:
            match message.type:
                case WSMsgType.TEXT:
                    connection.acks.put_nowait(json.loads(message.data))
                case WSMsgType.PONG:
                    connection.pongs.put_nowait(bytes(message.data))
                case WSMsgType.PING if answers_pings:
                    await websocket.pong(message.data)
        connection.ended.set()
        return websocket
