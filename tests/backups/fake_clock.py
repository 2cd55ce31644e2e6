"""A clock, a provider and a poller that live on it, so that no test waits."""

import asyncio
import heapq
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from bot.backups.api import BackupList
from bot.backups.model import Backup, ServerRef
from bot.backups.poller import Poller
from bot.errors import Silence, Unreachable


class Clock:
    """Time that passes only when everybody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.Future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), future))
        await future

    async def settles(self) -> None:
        """Let everybody run until all of them sleep or wait."""
        for _ in range(30):
            await asyncio.sleep(0)

    async def passes(self, seconds: float) -> None:
        """Let so much time pass, waking sleepers in their turn."""
        end = self.now + seconds
        await self.settles()
        while self._sleepers and self._sleepers[0][0] <= end:
            self.now, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                future.set_result(None)
                await self.settles()
        self.now = end


@dataclass
class Provider:
    """Answers listings from a script, by time and server; notes when it was asked for what."""

    clock: Clock
    answer: Callable[[int | None], BackupList | Exception]
    asked: list[tuple[float, int | None]] = field(default_factory=list)

    @property
    def times(self) -> list[float]:
        return [when for when, _ in self.asked]

    async def list(self, server_id: int | None = None) -> BackupList:
        self.asked.append((self.clock() - 100.0, server_id))
        answer = self.answer(server_id)
        if isinstance(answer, Exception):
            raise answer
        return answer


@asynccontextmanager
async def polling(
    answer: Callable[[int | None], BackupList | Exception], *, settle: float = 0.0
) -> AsyncIterator[tuple[Poller, Clock, Provider]]:
    clock = Clock()
    provider = Provider(clock, answer)
    poller = Poller(provider, 4.0, 20.0, settle=settle, clock=clock, sleep=clock.sleep, spread=lambda: 1.0)
    running = asyncio.create_task(poller.run())
    try:
        yield poller, clock, provider
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def backup(backup_id: int = 1, server_id: int = 1, status: str = "in_progress") -> Backup:
    return Backup(
        id=backup_id,
        server=ServerRef(id=server_id, name=f"web-{server_id}"),
        backup_type="manual",
        status=status,
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


RUNNING = BackupList([backup()])
DONE = BackupList([backup(status="completed")])
FAILED = BackupList([backup(status="failed")])
ODD = BackupList([backup(status="archiving")])
GONE = BackupList([backup(2)])
PARTLY = BackupList([], not_shown=1)
ERROR = Unreachable(silence=Silence.TIMED_OUT)


async def abandon(*waiters: asyncio.Task[Backup | None]) -> None:
    for waiter in waiters:
        waiter.cancel()
    await asyncio.gather(*waiters, return_exceptions=True)


def wait(poller: Poller, server_id: int = 1, backup_id: int = 1) -> asyncio.Task[Backup | None]:
    return asyncio.create_task(poller.wait_final(server_id, backup_id))


def script(*listings: BackupList | Exception) -> Callable[[int | None], BackupList | Exception]:
    """Answer with these in turn, and with the last one forever."""
    rest = list(listings)
    return lambda _server: rest.pop(0) if len(rest) > 1 else rest[0]
