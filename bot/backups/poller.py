"""Waiting for backups: one poller per process, however many operations wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import SystemRandom
from typing import Protocol

import structlog

from bot.backups.api import BackupList
from bot.backups.model import Backup
from bot.errors import Busy, ProviderError
from bot.metrics.instruments import POLLS

_log = structlog.get_logger()

GROWTH = 1.5
MISSES = 3
"""Complete listings in a row without a backup after which it is taken as gone."""

MANY_SERVERS = 5
"""Servers from which on one listing of everything is cheaper than one for each."""

LONGEST_BACK_OFF = 900.0
"""Seconds without a call, however long VPS.org asks us to stay away."""


class _Backups(Protocol):
    async def list(self, server_id: int | None = None) -> BackupList: ...


@dataclass(eq=False)
class _Watch:
    """One waiter: whom it waits for, when to look again, and what has been seen so far.

    `unseen_since` (UTC): since when VPS.org could not be asked, None if it could at the last look.
    """

    server_id: int
    backup_id: int
    since: float
    interval: float
    due_at: float
    misses: int = 0
    was_seen: bool = False
    unseen_since: datetime | None = None
    failure: ProviderError | None = None
    looked: asyncio.Event = field(default_factory=asyncio.Event)
    answer: asyncio.Future[Backup | None] = field(default_factory=asyncio.Future)

    def observe(self, listing: BackupList, asked_at: float, settle: float, *, is_of_all: bool) -> None:
        """Draw the conclusion from a listing, of the server or of all, that was asked for at `asked_at`."""
        self.unseen_since = self.failure = None
        backup = listing.by_id.get(self.backup_id)
        if is_of_all and backup is not None and backup.server.id != self.server_id:
            backup = None  # Nobody is told of a backup by a right on another server.
        if backup is not None:
            self.was_seen = True
            self.misses = 0
            if backup.is_final:
                self._end(backup)
        elif listing.not_shown == 0 and (self.was_seen or asked_at - self.since >= settle):
            self.misses += 1
            if self.misses >= MISSES:
                self._end(None)

    def miss(self, error: ProviderError) -> None:
        """Note that VPS.org could not be asked."""
        self.unseen_since = self.unseen_since or datetime.now(UTC)
        self.failure = error

    def _end(self, outcome: Backup | None) -> None:
        if not self.answer.done():
            self.answer.set_result(outcome)


class NotFinal(TimeoutError):
    """A backup had not ended in time. If VPS.org could not be asked, since when (UTC), and why."""

    def __init__(self, unseen_since: datetime | None, failure: ProviderError | None) -> None:
        super().__init__()
        self.unseen_since = unseen_since
        self.failure = failure


class Poller:
    """Looks for all watched backups together, at intervals that grow from `first` to `longest` seconds.

    `settle` is how many seconds a new backup may take to show up. `spread` returns the part of an interval
    to wait, so that several processes do not ask in step.
    """

    def __init__(
        self,
        api: _Backups,
        first: float = 5.0,
        longest: float = 60.0,
        *,
        settle: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        spread: Callable[[], float] = lambda: SystemRandom().uniform(0.8, 1.0),
    ) -> None:
        self._api = api
        self._first = first
        self._longest = longest
        self._settle = settle
        self._clock = clock
        self._sleep = sleep
        self._spread = spread
        self._watches: set[_Watch] = set()
        self._changed = asyncio.Event()
        self._not_before = float("-inf")

    async def wait_final(self, server_id: int, backup_id: int, seconds: float | None = None) -> Backup | None:
        """Return the backup once it is final; None once it is gone from `MISSES` complete listings in a row.

        It only moves on while `run` runs. Errors of VPS.org do not end it.

        Raises:
            NotFinal: the backup had not ended after so many seconds, nor when it was last looked at:
                at least one look is waited for, however little time there is.
        """
        now = self._clock()
        watch = _Watch(server_id, backup_id, since=now, interval=self._first, due_at=now + self._first)
        self._watches.add(watch)
        self._changed.set()
        try:
            await asyncio.wait({watch.answer}, timeout=seconds)
            await watch.looked.wait()
            if not watch.answer.done():
                raise NotFinal(watch.unseen_since, watch.failure)
            return watch.answer.result()
        finally:
            self._watches.discard(watch)

    async def run(self) -> None:
        """Poll until cancelled. Those who still wait then go on waiting, for another `run`."""
        while True:
            self._changed.clear()
            pending = [watch for watch in self._watches if not watch.answer.done()]
            if not pending:
                await self._changed.wait()
                continue
            delay = max(min(watch.due_at for watch in pending), self._not_before) - self._clock()
            if delay > 0:
                await self._pause(delay)
            else:
                await self._tick(pending)

    async def _pause(self, seconds: float) -> None:
        """Sleep, or less when a waiter has come."""
        both = {asyncio.ensure_future(self._sleep(seconds)), asyncio.ensure_future(self._changed.wait())}
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _tick(self, pending: Iterable[_Watch]) -> None:
        by_server: dict[int | None, list[_Watch]] = {}
        for watch in pending:
            by_server.setdefault(watch.server_id, []).append(watch)
        if len(by_server) >= MANY_SERVERS:
            by_server = {None: [watch for watches in by_server.values() for watch in watches]}
        now = self._clock()
        due = [item for item in by_server.items() if any(watch.due_at <= now for watch in item[1])]
        await asyncio.gather(*(self._look(server_id, watches) for server_id, watches in due))

    async def _look(self, server_id: int | None, watches: list[_Watch]) -> None:
        """List once and tell all who watch; they share the next look as well."""
        asked_at = self._clock()
        try:
            listing = await self._api.list(server_id)
        except ProviderError as error:
            _log.warning("poll_failed", server=server_id, error=type(error).__name__)
            for watch in watches:
                watch.miss(error)
            POLLS.labels("failed").inc()
            if isinstance(error, Busy):
                self._not_before = self._clock() + min(error.retry_after or 0.0, LONGEST_BACK_OFF)
        except Exception:
            # A poller that dies leaves everyone waiting for ever.
            _log.exception("poll_broken", server=server_id)
            POLLS.labels("broke").inc()
        else:
            POLLS.labels("partial" if listing.not_shown else "ok").inc()
            for watch in watches:
                watch.observe(listing, asked_at, self._settle, is_of_all=server_id is None)
        self._schedule(watches, asked_at)

    def _schedule(self, watches: Iterable[_Watch], asked_at: float) -> None:
        now = self._clock()
        for watch in watches:
            watch.looked.set()
            was_due = watch.due_at <= asked_at
            watch.due_at = now + watch.interval * self._spread()
            if was_due:
                watch.interval = min(watch.interval * GROWTH, self._longest)
