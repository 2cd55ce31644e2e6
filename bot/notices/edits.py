"""Editing our messages: one edit of a message at a time, and none that is out of date.

What a message says last must be the last that happened, though edits may have to wait for their turn. So a
progress edit that has not gone out yet is dropped as soon as there is something newer to say; the edit that
shows an outcome never is.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from weakref import WeakValueDictionary

from slack_sdk.web.async_client import AsyncWebClient

from bot.notices import mail
from bot.notices.delivery import Delivered
from bot.notices.pace import Pace, Urgency
from bot.slack.message import Message


@dataclass(eq=False)
class _Progress:
    """An edit that may be dropped, except in the middle of a call."""

    task: asyncio.Task[Delivered] | None = None
    is_overtaken: bool = False
    is_calling: bool = False

    def overtake(self) -> None:
        self.is_overtaken = True
        self.drop_if_overtaken()

    def drop_if_overtaken(self) -> None:
        if self.task and self.is_overtaken and not self.is_calling:
            self.task.cancel()


@dataclass(eq=False)
class _Line:
    """Those who edit one message, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    progress: _Progress | None = None

    def overtake(self) -> None:
        if self.progress is not None:
            self.progress.overtake()
            self.progress = None


class Edits:
    """Edits of all messages, at Slack's pace."""

    def __init__(self, client: AsyncWebClient, pace: Pace) -> None:
        self._client = client
        self._pace = pace
        self._lines: WeakValueDictionary[tuple[str, str], _Line] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[Delivered]] = set()

    async def show_outcome(self, at: Delivered, message: Message) -> Delivered:
        """Edit a message for good; outlasts any outage of Slack. Returns what came of it."""
        line = self._line(at)
        line.overtake()

        @asynccontextmanager
        async def calling() -> AsyncIterator[None]:
            await self._pace.edit(Urgency.OUTCOME)
            yield

        async with line.lock:
            return await mail.edit(self._client, at, message, calling)

    async def show_progress(self, at: Delivered, message: Message, *, wait: float) -> None:
        """Edit a message unless it is overtaken; returns after `wait` seconds, while that goes on."""
        line, progress = self._line(at), _Progress()
        line.overtake()
        line.progress = progress

        @asynccontextmanager
        async def calling() -> AsyncIterator[None]:
            await self._pace.edit(Urgency.PROGRESS)
            progress.is_calling = True
            try:
                yield
            finally:
                progress.is_calling = False
                progress.drop_if_overtaken()

        async def edit() -> Delivered:
            async with line.lock:
                return await mail.edit(self._client, at, message, calling)

        progress.task = task = asyncio.create_task(edit())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=wait)

    async def aclose(self) -> None:
        """Drop the progress edits that have not come to an end."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _line(self, at: Delivered) -> _Line:
        return self._lines.setdefault((at.channel, at.ts), _Line())
