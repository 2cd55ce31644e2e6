"""A copy of the trail in a Slack channel, which whoever can write to the database can't change."""

import asyncio
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import views
from bot.audit.model import Sealed
from bot.notices.delivery import deliver
from bot.notices.pace import Pace, Urgency

log = structlog.get_logger()

PATIENCE_SECONDS = 15.0
MOST_WAITING = 1000


class Mirror:
    """Posts entries in order, as well as it can: nothing waits for it. Without a channel it does nothing.

    An entry may be missing there where Slack is down for long or the process ends; its number then shows
    the gap.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        channel: str | None,
        pace: Pace,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._client = client
        self._channel = channel
        self._pace = pace
        self._patience = patience
        self._waiting: asyncio.Queue[Sealed] = asyncio.Queue(MOST_WAITING)

    def show(self, sealed: Sealed) -> None:
        """Have an entry posted soon."""
        if self._channel is None:
            return
        try:
            self._waiting.put_nowait(sealed)
        except asyncio.QueueFull:
            log.warning("audit_not_mirrored", seq=sealed.seq, error="too many wait")

    async def run(self) -> None:
        """Post what is waiting until cancelled."""
        while True:
            await self._post(await self._waiting.get())

    async def _post(self, sealed: Sealed) -> None:
        channel = self._channel or ""
        content = views.mirrored(sealed).arguments()

        async def post() -> Any:
            return await self._client.chat_postMessage(channel=channel, **content)

        await self._pace.post(channel, Urgency.RECORD)
        sent = await deliver(post, patience=self._patience)
        if sent.error:
            log.warning("audit_not_mirrored", seq=sealed.seq, error=sent.error)
