"""Replicas on one PostgreSQL, as far as their leases go, and what dead ones left."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import sqlalchemy as sa

from bot.operations.leases import ReplicaLease

SECONDS = 10.0


class FakeFailover:
    """What dead replicas left, and whose was recovered."""

    def __init__(self) -> None:
        self.left: set[str] = set()
        self.recovered: list[str] = []
        self.changed = asyncio.Event()
        self.recovering: Callable[[], Awaitable[None]] = at_once

    async def orphaned(self, leases: Sequence[str]) -> set[str]:
        return self.left & set(leases)

    async def recover(self, lease: str) -> int:
        self.changed.set()
        await self.recovering()
        if lease not in self.left:  # Another recovered it in between.
            return 0
        self.left.remove(lease)
        self.recovered.append(lease)
        self.changed.set()
        return 1

    async def until_recovered(self) -> None:
        async with asyncio.timeout(SECONDS):
            while not self.recovered:
                self.changed.clear()
                await self.changed.wait()


async def at_once() -> None:
    """Recover without taking time."""


class FakeReplica:
    """A replica that does nothing but hold its lease.

    `terminated` is set instead of the end of the process; `replicas` holds how many it was told there are.
    """

    def __init__(self, address: str, failover: FakeFailover, *, wait_seconds: float = 5.0) -> None:
        self.terminated = asyncio.Event()
        self.replicas = asyncio.Queue[int]()
        self.lease = ReplicaLease(
            sa.make_url(address),
            failover,
            wait_seconds=wait_seconds,
            terminate=self.terminated.set,
            on_replicas=self.replicas.put_nowait,
        )
        self.holding: asyncio.Task[None] | None = None

    async def live(self) -> str:
        name = await self.lease.claim()
        self.holding = asyncio.create_task(self.lease.hold())
        return name

    async def end(self) -> None:
        """End the session, as the death of the process does."""
        if self.holding:
            self.holding.cancel()
            with suppress(asyncio.CancelledError):
                await self.holding
        await self.lease.release()


async def until_live(replica: FakeReplica, leases: set[str]) -> None:
    """Ask until these leases are held; PostgreSQL frees one a moment after its session was closed."""
    async with asyncio.timeout(SECONDS):
        while await replica.lease.live_leases() != leases:
            pass
