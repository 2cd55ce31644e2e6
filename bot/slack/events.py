"""Events: acked once what they change is recorded, and handled once however often Slack delivers them.

Bolt acks an event before its listener runs, so that a crash would lose it. A global middleware may answer
Slack itself, which is what is used here.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.acks import ACK_SECONDS
from bot.slack.interaction import Ack, Interaction
from bot.slack.payload import event_key, is_for_us, read_event

log = structlog.get_logger()

MOST_REMEMBERED = 1_000
"""Of how many events it is known that they are handled; what changes something is known by its id anyway."""
LAST_RETRY = 3

Json = dict[str, Any]
Begin = Callable[[Json, Ack], Interaction]
Handle = Callable[[Interaction], Awaitable[None]]


class Events:
    """Takes every event that Slack delivers; `begin` makes an interaction of it, `handle` handles it."""

    def __init__(self, app: AsyncApp, begin: Begin, handle: Handle) -> None:
        self._runner = app.listener_runner
        self._begin = begin
        self._handle = handle
        self._acks: OrderedDict[str, asyncio.Future[bool]] = OrderedDict()
        self._tasks: set[asyncio.Task[None]] = set()
        app.middleware(self._take)

    async def _take(
        self,
        request: AsyncBoltRequest,
        response: BoltResponse,
        next_: Callable[[], Awaitable[BoltResponse]],
    ) -> BoltResponse:
        if request.body.get("type") != "event_callback":
            return await next_()
        event = request.body["event"]
        if not is_for_us(event):
            return BoltResponse(status=200)
        body = read_event(request.body, request.context.bot_user_id or "")
        body["retry"] = _retry(request)
        if not (key := event_key(body)):
            log.warning("event_without_id", type=event.get("type"))
            return BoltResponse(status=200)
        ack = self._acks.get(key) or self._handle_soon(key, body, request, response)
        await asyncio.wait({ack}, timeout=ACK_SECONDS)
        return BoltResponse(status=200 if ack.done() and ack.result() else 503)

    def _handle_soon(
        self, key: str, body: Json, request: AsyncBoltRequest, response: BoltResponse
    ) -> asyncio.Future[bool]:
        """Begin to handle an event; return what tells whether it is to be acked."""
        is_acked = asyncio.get_running_loop().create_future()
        self._acks[key] = is_acked
        if len(self._acks) > MOST_REMEMBERED:
            self._acks.popitem(last=False)

        async def ack(**_: object) -> None:
            if not is_acked.done():
                is_acked.set_result(True)

        async def handle() -> None:
            # Counted like Bolt's own listeners, so that a stop lets it finish.
            await self._runner.listener_start_handler.handle(request=request, response=response)
            interaction = self._begin(body, ack)
            try:
                await self._handle(interaction)
                if not interaction.is_left_to_slack:
                    await ack()
            finally:
                if not is_acked.done():
                    is_acked.set_result(False)
                    self._acks.pop(key, None)
                await self._runner.listener_completion_handler.handle(request=request, response=response)

        task = asyncio.create_task(handle())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return is_acked


def is_to_be_repeated(interaction: Interaction) -> bool:
    """Tell whether Slack will deliver an event once more if it is not acked."""
    return int(interaction.body.get("retry") or 0) < LAST_RETRY


def _retry(request: AsyncBoltRequest) -> int:
    """Return how often Slack has delivered this before; Bolt gives sockets' numbers the header of HTTP."""
    [number] = request.headers.get("x-slack-retry-num") or ["0"]
    return int(number) if number.isdecimal() else 0
