"""One read for all who ask at the same time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from bot.event_loop import look_at_error

T = TypeVar("T")


class SharedRead(Generic[T]):
    """Reads for all who ask while another read is under way; nobody gets what was read before they asked."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """Return what is read from now on; raises what the read raises."""
        if self._next is None:
            self._next = asyncio.create_task(self._read_after(self._running))
            self._next.add_done_callback(look_at_error)
        # Who gives up waiting does not take it from the others.
        return await asyncio.shield(self._next)

    async def _read_after(self, earlier: asyncio.Task[T] | None) -> T:
        if earlier is not None:
            await asyncio.wait({earlier})
        self._running, self._next = self._next, None
        return await self._read()
