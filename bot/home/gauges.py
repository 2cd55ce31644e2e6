"""How servers are backed up, by what VPS.org listed last.

A scrape never waits for VPS.org: it shows what was listed for a Home, or after an earlier scrape. If that is
old, it starts a new listing, for the next scrape. What can't be renewed for long is left out.
"""

import asyncio
from datetime import timedelta
from heapq import nsmallest
from math import nan

import structlog

from bot.alerts.model import Kind
from bot.errors import ProviderError
from bot.home.cache import InventoryCache
from bot.home.model import Inventory, risk
from bot.metrics.instruments import (
    SERVER_LAST_GOOD_BACKUP,
    SERVER_SLOTS_USED,
    SERVERS,
    SERVERS_LISTED,
    SERVERS_NOT_SHOWN,
)
from bot.servers.model import Freshness, Server
from bot.services import services

log = structlog.get_logger()

MOST_SERVERS = 200
"""Servers that have gauges of their own: each is two series more in every scrape."""
VANISH_AFTER = 3
"""How many times as old as `every` a listing can get until its gauges are left out."""


class ServerGauges:
    """Sets the gauges by the last listing; one that is older than `every` is renewed for the next scrape."""

    def __init__(self, cache: InventoryCache, every: timedelta) -> None:
        self._cache = cache
        self._every = every
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._shown: Inventory | None = None

    async def look(self) -> None:
        """Set the gauges to what is known; if that is old, start a new listing, but don't wait for it."""
        self._renew()
        known = self._cache.known
        if known and services().now() - known.at > VANISH_AFTER * self._every:
            known = None
        if known is None:
            SERVERS.set(nan)
            SERVERS_NOT_SHOWN.set(nan)
            SERVER_SLOTS_USED.clear()
            SERVER_LAST_GOOD_BACKUP.clear()
        elif known is not self._shown:
            # In a thread, as with thousands of servers it takes a while.
            _set(known, await asyncio.to_thread(_at_risk_first, known))
        self._shown = known

    def _renew(self) -> None:
        """Start a listing, unless the last is new enough, or one was started not long ago."""
        now, every = asyncio.get_running_loop().time(), self._every.total_seconds()
        if now - self._asked_at >= every and not self._cache.is_fresh(services().now(), every):
            self._asked_at = now
            self._asking = asyncio.create_task(self._ask())

    async def _ask(self) -> None:
        try:
            await self._cache.fresh(self._every.total_seconds())
        except ProviderError as error:
            log.warning("server_gauges_not_renewed", error=type(error).__name__)


def _at_risk_first(found: Inventory) -> list[Server]:
    return nsmallest(MOST_SERVERS, found.servers, key=lambda server: risk(server, found))


def _set(found: Inventory, first: list[Server]) -> None:
    SERVERS.set(len(found.servers))
    SERVERS_NOT_SHOWN.set(len(found.servers) - len(first) + found.servers_not_shown)
    SERVERS_LISTED.set(found.at.timestamp())
    # Servers that are gone must not stay.
    SERVER_SLOTS_USED.clear()
    SERVER_LAST_GOOD_BACKUP.clear()
    for server in first:
        fresh = found.freshness.get(server.id, Freshness())
        SERVER_SLOTS_USED.labels(server.id).set(fresh.manual)
        last_good = _last_good(server, fresh, found)
        if last_good is not None:
            SERVER_LAST_GOOD_BACKUP.labels(server.id).set(last_good)


def _last_good(server: Server, fresh: Freshness, found: Inventory) -> float | None:
    """Return when its last good backup was made (Unix time); if it has none, 0 if it should, else None."""
    if fresh.last_complete:
        return fresh.last_complete.timestamp()
    kinds = {trouble.kind for trouble in found.troubles.get(server.id, ())}
    return 0.0 if Kind.NO_GOOD_BACKUP in kinds else None
