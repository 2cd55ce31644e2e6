"""A copy of the trail in a Slack channel, which whoever can write to the database can't change."""

import asyncio
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit import views
from bot.audit.model import ChainedEntry
from bot.notifications.rate_limit import Priority, SlackRateLimits
from bot.notifications.retry import call_slack

log = structlog.get_logger()

GIVE_UP_SECONDS = 15.0
MOST_WAITING = 1000


class AuditMirror:
    """Posts entries in order, as well as it can: nothing waits for it. Without a channel it does nothing.

    An entry may be missing there if Slack is down for long or the process ends; its number then shows
    the gap.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        channel: str | None,
        limits: SlackRateLimits,
        give_up_after: float = GIVE_UP_SECONDS,
    ) -> None:
        self._client = client
        self._channel = channel
        self._limits = limits
        self._give_up_after = give_up_after
        self._waiting: asyncio.Queue[ChainedEntry] = asyncio.Queue(MOST_WAITING)

    def show(self, chained: ChainedEntry) -> None:
        """Have an entry posted soon."""
        if self._channel is None:
            return
        try:
            self._waiting.put_nowait(chained)
        except asyncio.QueueFull:
            log.warning("audit_not_mirrored", seq=chained.seq, error="too many wait")

    async def run(self) -> None:
        """Post what is waiting until cancelled."""
        while True:
            await self._post(await self._waiting.get())

    async def _post(self, chained: ChainedEntry) -> None:
        channel = self._channel or ""
        content = views.mirrored(chained).arguments()

        async def post() -> Any:
            return await self._client.chat_postMessage(channel=channel, **content)

        await self._limits.post(channel, Priority.RECORD)
        sent = await call_slack(post, give_up_after=self._give_up_after)
        if sent.error:
            log.warning("audit_not_mirrored", seq=chained.seq, error=sent.error)
