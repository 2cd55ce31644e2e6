"""Socket Mode that is never alive but deaf: keeps one good connection to Slack, come what may.

https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import random
import time
from collections.abc import Coroutine

import aiohttp
import structlog
from pydantic import SecretStr
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app, send_async_response
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.metrics.instruments import OTHER, SLACK_DISCONNECTS
from bot.network import certificate_problem, proxy_for
from bot.slack.acks import ACK_SECONDS, AckTimer, Outcome, PendingAcks, outcome_of
from bot.slack.auth import error_name
from bot.slack.dispatch import RunningListeners
from bot.slack.payload import InvalidPayload, storable
from bot.slack.websocket import Socket, SocketTimeouts

log = structlog.get_logger(__name__)

CLOSE_FIRST = frozenset({"too_many_websockets", "link_disabled"})
"""Reasons for which a new socket is refused as long as the old one is there."""

ROUTINE = frozenset({"warning", "refresh_requested"})
"""Reasons for which Slack renews every socket every few hours."""

_COUNTED_REASONS = CLOSE_FIRST | ROUTINE | {"broken", "closed", "deaf", "no_hello"}
"""Why sockets end, as it is counted; any other reason of Slack's is counted as "other"."""


class SocketConnection:
    """Keeps the app connected to Slack; every loss and every recovery is logged.

    A socket that is dead, deaf or about to be closed is replaced by one with a ticket of its own, opened
    before the old one is let go. Requests are not deduplicated by `envelope_id`: a repeated one may be the
    only one that is handled or acked in time, and what it starts is identified by Slack's ids anyway.
    """

    def __init__(
        self,
        app: AsyncApp,
        app_token: SecretStr,
        *,
        acks: PendingAcks | None = None,
        timeouts: SocketTimeouts | None = None,
    ) -> None:
        self._app = app
        self._acks = acks or PendingAcks()
        self._token = app_token
        self._timeouts = timeouts or SocketTimeouts()
        self._listeners = RunningListeners(app)
        self._sockets: set[Socket] = set()
        self._current: Socket | None = None
        self._arrival = asyncio.Condition()
        self.connected = asyncio.Event()
        """Set when Slack reaches the app for the first time."""
        self._answers: set[asyncio.Task[None]] = set()
        self._retirements: set[asyncio.Task[None]] = set()
        self._chance = random.SystemRandom()
        self._http: aiohttp.ClientSession | None = None
        self._is_closing = False

    @property
    def is_ready(self) -> bool:
        """True while Slack can reach the app."""
        return not self._is_closing and any(socket.is_open for socket in self._sockets)

    async def listen(self) -> None:
        """Stay connected until cancelled; then still connected, so that acks go out: `close` ends that."""
        short_lives = 0
        self._http = aiohttp.ClientSession()
        while True:
            lived = await self._live_once(self._http)
            short_lives = 0 if lived >= self._timeouts.steady else short_lives + 1
            await asyncio.sleep(self._pause(short_lives))

    async def close(self) -> None:
        """Receive nothing more, let running listeners finish (within `SocketTimeouts.close`), disconnect."""
        self._is_closing = True
        for retirement in self._retirements:
            retirement.cancel()
        for socket in tuple(self._sockets):
            await socket.stop_reading()
        if not await _within(self._timeouts.close, self._all_answered()):
            log.warning("slack_listeners_cut_off", count=self._listeners.count)
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        self._sockets.clear()
        if self._http is not None:
            await self._http.close()
        log.info("slack_disconnected")

    async def _live_once(self, http: aiohttp.ClientSession) -> float:
        """Open a socket and wait until it needs a replacement; the seconds between, 0 if Slack refused."""
        try:
            socket = await self._open(http)
        except Exception as error:  # Whatever it is, giving up would leave the bot deaf for good.
            SLACK_DISCONNECTS.labels("refused").inc()
            log.warning("slack_connection_refused", reason=_words(error), ready=self.is_ready)
            return 0.0
        opened = asyncio.get_running_loop().time()
        previous = self._current
        async with self._arrival:
            self._current = socket
            self._arrival.notify_all()
        self.connected.set()
        log.info("slack_connected", after=previous and previous.reason, connections=_connections(socket))
        if previous:
            self._retire(previous)
        await socket.over.wait()
        lived = asyncio.get_running_loop().time() - opened
        reason = socket.reason if socket.reason in _COUNTED_REASONS else OTHER
        SLACK_DISCONNECTS.labels(reason).inc()
        if socket.reason in ROUTINE:
            log.info("slack_connection_renewed", reason=socket.reason, lived_seconds=round(lived, 1))
        else:
            log.warning("slack_connection_lost", reason=socket.reason, lived_seconds=round(lived, 1))
        if socket.reason in CLOSE_FIRST or not socket.is_open:
            await self._let_go(socket)
        return lived

    async def _open(self, http: aiohttp.ClientSession) -> Socket:
        # A ticket serves for one handshake, so each try asks for its own (slackapi/python-slack-sdk#1110).
        answer = await self._app.client.apps_connections_open(app_token=self._token.get_secret_value())
        url = str(answer["url"])
        async with asyncio.timeout(self._timeouts.hello):
            websocket = await http.ws_connect(
                url,
                autoping=False,
                heartbeat=self._timeouts.ping,
                timeout=aiohttp.ClientWSTimeout(ws_close=self._timeouts.goodbye),
                proxy=proxy_for(url),
                ssl=self._app.client.ssl or True,
            )
        socket = Socket(websocket, self._received, self._timeouts)
        self._sockets.add(socket)
        try:
            await socket.greeted()
        except ConnectionError:
            await self._let_go(socket)
            raise
        return socket

    def _received(self, socket: Socket, request: SocketModeRequest) -> None:
        timer = AckTimer()
        timer.read(request.payload)
        _keep(self._answers, self._answer(socket, request, timer))

    async def _answer(self, socket: Socket, request: SocketModeRequest, timer: AckTimer) -> None:
        outcome: Outcome = "failed"
        began = time.time()
        try:
            with self._acks.pending():
                request.payload = storable(request.payload)
                response = await run_async_bolt_app(self._app, request)
                try:
                    await send_async_response(socket, request, response, began)
                except ConnectionError:
                    # Slack takes it on the app's next socket as well; the SDK does the same.
                    await send_async_response(await self._next(), request, response, began)
                outcome = outcome_of(response.status)
        except InvalidPayload as error:
            # Not acked: Slack says so to whoever waits, and we don't know what to answer.
            outcome = "refused"
            log.warning("slack_request_invalid", type=request.type, reason=str(error))
        except (ConnectionError, TimeoutError):
            outcome = "lost"
            log.warning("slack_ack_lost", envelope=request.envelope_id, type=request.type)
        except Exception:
            log.exception("slack_request_failed", envelope=request.envelope_id, type=request.type)
        timer.ended(outcome)

    async def _next(self) -> Socket:
        async with asyncio.timeout(ACK_SECONDS), self._arrival:
            while not (self._current and self._current.is_open):
                await self._arrival.wait()
            return self._current

    def _retire(self, socket: Socket) -> None:
        _keep(self._retirements, self._read_to_the_end(socket))

    async def _read_to_the_end(self, socket: Socket) -> None:
        await _within(self._timeouts.retire, socket.ended())
        await self._let_go(socket)

    async def _let_go(self, socket: Socket) -> None:
        self._sockets.discard(socket)
        await socket.close()

    async def _all_answered(self) -> None:
        if self._answers:
            await asyncio.wait(self._answers)
        await self._listeners.finished()

    def _pause(self, short_lives: int) -> float:
        if not short_lives:
            return 0.0
        # The exponent is bounded, as a night of refusals would make the power overflow.
        longest = min(
            self._timeouts.longest_pause, self._timeouts.first_pause * 2.0 ** min(short_lives - 1, 16)
        )
        return longest * self._chance.uniform(0.5, 1.0)


def _keep(tasks: set[asyncio.Task[None]], work: Coroutine[object, object, None]) -> None:
    task = asyncio.create_task(work)
    tasks.add(task)
    task.add_done_callback(tasks.discard)


async def _within(seconds: float, work: Coroutine[object, object, None]) -> bool:
    try:
        async with asyncio.timeout(seconds):
            await work
    except TimeoutError:
        return False
    return True


def _connections(socket: Socket) -> object:
    return socket.hello.get("num_connections")


def _words(error: Exception) -> str:
    # A failed handshake's own text holds the address with its ticket.
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"handshake refused with HTTP {error.status}"
    if isinstance(error, SlackApiError):
        return error_name(error) or "unreadable answer"
    if problem := certificate_problem(error):
        return problem
    return (
        type(error).__name__ if isinstance(error, aiohttp.ClientError) else f"{type(error).__name__}: {error}"
    )
