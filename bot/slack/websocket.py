"""One WebSocket to Slack: reads it, keeps it alive and knows why it is no longer to be relied on.

The SDK's own client is not used: it reconnects behind the supervisor's back, tries a spent ticket for ever,
does not wait for `hello` and does not see Slack's pings, by which a deaf socket is told from a quiet one.
Acks are still written by Bolt's adapter and the SDK's base class.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp
import structlog
from aiohttp import WSMsgType
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

log = structlog.get_logger()


@dataclass(frozen=True)
class SocketTimeouts:
    """Every interval of the connection, in seconds."""

    ping: float = 10.0
    """Between our pings; a pong that takes longer than half of it means a dead socket."""
    hello: float = 10.0
    """How long the handshake, and then Slack's `hello`, may take."""
    deaf: float = 40.0
    """Slack pings about every 10 s: after so long without a ping or a message the socket is deaf."""
    unpinged: float = 300.0
    """The same for a server that has not pinged at all, as it may be one that never does."""
    retire: float = 20.0
    """How long a replaced socket is still read; Slack warns about 10 s before it closes one."""
    close: float = 4.0
    """How long running listeners may take to end when the connection is closed."""
    goodbye: float = 1.0
    """How long Slack may take to answer our close frame."""
    steady: float = 30.0
    """A socket that lived for so long is replaced at once; after a shorter life there is a pause."""
    first_pause: float = 0.5
    """The first pause after a refusal or a short life; each next one is twice as long."""
    longest_pause: float = 30.0
    """No pause is longer than this."""


class Socket(AsyncBaseSocketModeClient):
    """A WebSocket from its handshake to its end; starts to read at once.

    `receive` is called with each request. `over` is set as soon as another socket is needed, and `reason`
    then tells why: Slack's own `disconnect` reason, or `closed`, `broken`, `no_hello` or `deaf`. Slack may go
    on sending requests on a socket that is over: it is read until it ends.
    """

    def __init__(
        self,
        websocket: aiohttp.ClientWebSocketResponse,
        receive: Callable[["Socket", SocketModeRequest], None],
        timeouts: SocketTimeouts,
    ) -> None:
        self.logger = logging.getLogger(__name__)
        self.over = asyncio.Event()
        self.reason = ""
        self.hello: dict[str, object] = {}
        self._websocket = websocket
        self._receive = receive
        self._timeouts = timeouts
        self._pinged = False
        self._greeted = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    @property
    def is_open(self) -> bool:
        """True from Slack's `hello` until the socket ends."""
        return bool(self.hello) and not self._reader.done() and not self._websocket.closed

    async def greeted(self) -> None:
        """Return once Slack has said `hello`; raises ConnectionError if the socket ended instead."""
        await self._greeted.wait()
        if not self.hello:
            raise ConnectionError(self.reason)

    async def ended(self) -> None:
        """Return once nothing more can be received."""
        await asyncio.wait({self._reader})

    async def stop_reading(self) -> None:
        """Receive nothing more; acks can still be sent. What is not read is not acked either."""
        self._reader.cancel()
        await self.ended()

    async def close(self) -> None:
        """Stop reading and close."""
        await self.stop_reading()
        await self._websocket.close()

    async def send_message(self, message: str) -> None:
        """Send an ack; raises ConnectionError if the socket has ended."""
        await self._websocket.send_str(message)

    async def _read(self) -> None:
        end = "broken"
        try:
            async with asyncio.timeout(self._timeouts.hello) as silence:
                end = await self._read_until_closed(silence)
        except TimeoutError:
            end = "deaf" if self.hello else "no_hello"
        except ConnectionError:
            # The socket broke while a pong was written; `end` says so already.
            pass
        finally:
            self._is_over(end)
            self._greeted.set()

    async def _read_until_closed(self, silence: asyncio.Timeout) -> str:
        while True:
            message = await self._websocket.receive()
            match message.type:
                case WSMsgType.TEXT:
                    self._understand(message.data)
                case WSMsgType.PING:
                    self._pinged = True
                    await self._websocket.pong(message.data)
                case WSMsgType.PONG:
                    # It shows that the wire is whole, not that anybody behind it still thinks of us.
                    continue
                case WSMsgType.ERROR:
                    return "broken"
                case WSMsgType.CLOSE | WSMsgType.CLOSING | WSMsgType.CLOSED:
                    return (
                        "broken"
                        if self._websocket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
                        else "closed"
                    )
            if self.hello:
                longest = self._timeouts.deaf if self._pinged else self._timeouts.unpinged
                silence.reschedule(asyncio.get_running_loop().time() + longest)

    def _understand(self, text: str) -> None:
        try:
            message = json.loads(text)
            request = SocketModeRequest.from_dict(message)
        except (TypeError, ValueError, RecursionError):
            log.warning("slack_frame_ignored")
            return
        if request is not None:
            self._receive(self, request)
            return
        match message:
            case {"type": "hello"}:
                self.hello = message
                self._greeted.set()
            case {"type": "disconnect", "reason": str(reason)}:
                self._is_over(reason)

    def _is_over(self, reason: str) -> None:
        # Slack warns first and then asks again to refresh the same socket: one replacement answers both.
        if not self.over.is_set():
            self.reason = reason
            self.over.set()
