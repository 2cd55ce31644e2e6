"""Processes on one PostgreSQL, as far as their slots go, and what dead ones left."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from bot.operations.slots import Slots

SECONDS = 10.0


class Estate:
    """What dead slots left, and who took it."""

    def __init__(self) -> None:
        self.left: set[str] = set()
        self.taken: list[str] = []
        self.changed = asyncio.Event()
        self.taking: Callable[[], Awaitable[None]] = at_once

    async def has_left(self, slots: Sequence[str]) -> set[str]:
        return self.left & set(slots)

    async def take_over(self, slot: str) -> int:
        self.changed.set()
        await self.taking()
        if slot not in self.left:  # Another took it in between.
            return 0
        self.left.remove(slot)
        self.taken.append(slot)
        self.changed.set()
        return 1

    async def until_taken(self) -> None:
        async with asyncio.timeout(SECONDS):
            while not self.taken:
                self.changed.clear()
                await self.changed.wait()


async def at_once() -> None:
    """Take over without taking time."""


class Replica:
    """A process's slot and its watch.

    `died` is set instead of the end of the process; `crowd` holds how many processes it was told there are.
    """

    def __init__(self, address: str, estate: Estate, *, wait_seconds: float = 5.0) -> None:
        self.died = asyncio.Event()
        self.crowd = asyncio.Queue[int]()
        self.slots = Slots(
            sa.make_url(address),
            estate,
            wait_seconds=wait_seconds,
            die=self.died.set,
            share=self.crowd.put_nowait,
        )
        self.watching: asyncio.Task[None] | None = None

    async def live(self) -> str:
        slot = await self.slots.claim()
        self.watching = asyncio.create_task(self.slots.watch())
        return slot

    async def end(self) -> None:
        """End the session, as the death of the process does."""
        if self.watching:
            self.watching.cancel()
            with suppress(asyncio.CancelledError):
                await self.watching
        await self.slots.release()


async def until_living(replica: Replica, slots: set[str]) -> None:
    """Ask until these slots are held; PostgreSQL frees one a moment after its session was closed."""
    async with asyncio.timeout(SECONDS):
        while await replica.slots.living() != slots:
            pass
