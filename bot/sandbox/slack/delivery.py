"""Bringing the bot what people did, by Socket Mode or HTTP, and bringing back its ack."""

import asyncio
from dataclasses import dataclass
from typing import Literal, Protocol

from bot.sandbox.slack.workspace import Json, Workspace

Kind = Literal["slash_commands", "interactive", "events_api"]


class Unanswered(Exception):
    """The bot gave no proper ack. `str()` is Slack's name for it."""


@dataclass(frozen=True)
class Delivery:
    """Something the bot is told. `takes_payload`: whether its ack may carry an answer."""

    kind: Kind
    payload: Json
    takes_payload: bool = False
    retry: int = 0
    retry_reason: str = ""


class Carrier(Protocol):
    """One way to the bot."""

    async def deliver(self, delivery: Delivery) -> Json:
        """Give the ack's payload ({} when bare), or raise `Unanswered`."""


class Dispatcher:
    """Delivers by the way the app's settings choose, and repeats events that weren't acked."""

    def __init__(self, workspace: Workspace, socket_mode: Carrier, http: Carrier) -> None:
        self._workspace = workspace
        self._socket_mode = socket_mode
        self._http = http
        self._retries: set[asyncio.Task[None]] = set()

    async def deliver(self, delivery: Delivery) -> Json:
        """Deliver once.

        Raises:
            Unanswered: no ack within Slack's 3 s, no way to the bot, or it is not to be told of clicks.
        """
        if delivery.kind == "interactive" and not self._workspace.app.interactivity_enabled:
            raise Unanswered("interactivity_not_enabled")
        carrier = self._http if self._workspace.app.request_url else self._socket_mode
        answer = await carrier.deliver(delivery)
        return answer if delivery.takes_payload else {}

    async def deliver_event(self, payload: Json) -> None:
        """Deliver an event; when it isn't acked, repeat it in the background.

        Raises:
            Unanswered: the first delivery got no ack.
        """
        delivery = Delivery("events_api", payload)
        try:
            await self.deliver(delivery)
        except Unanswered:
            task = asyncio.create_task(self._retry(payload))
            self._retries.add(task)
            task.add_done_callback(self._retries.discard)
            raise

    async def settled(self) -> None:
        """Wait until nothing is left to be repeated."""
        await asyncio.gather(*self._retries)

    async def stop(self) -> None:
        """Give up what is still to be repeated."""
        for task in list(self._retries):
            task.cancel()
        await asyncio.gather(*self._retries, return_exceptions=True)

    async def _retry(self, payload: Json) -> None:
        for attempt, seconds in enumerate(self._workspace.event_retry_seconds, start=1):
            await asyncio.sleep(seconds)
            try:
                await self.deliver(Delivery("events_api", payload, retry=attempt, retry_reason="timeout"))
            except Unanswered:
                continue
            return
