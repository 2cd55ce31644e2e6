"""How servers are backed up, for those who scrape: looked up in the background, those at risk first."""

import asyncio
from datetime import timedelta
from math import isnan

import pytest
from prometheus_client import generate_latest

from bot.home import gauges
from bot.home.cache import InventoryCache
from bot.home.gauges import ServerGauges
from bot.metrics.instruments import REGISTRY
from bot.services import services
from tests.metrics.growth import measured
from tests.world import World

MINUTES, EVERY = timedelta(minutes=5), timedelta(seconds=0.05)


def good(world: World, server: str) -> int:
    """Give a server a good backup; return when it was made, in seconds since 1970."""
    return int(world.provider.add_backup(server).created_at.timestamp())


def listings(world: World) -> int:
    return sum(call.path == "/backups/" for call in world.provider.calls)


async def listed(world: World, cache: InventoryCache, scrape: ServerGauges) -> None:
    """Scrape, and once VPS.org has been asked anew scrape again."""
    before = cache.known
    await scrape.look()
    await world.until(lambda: cache.known is not before, "all is listed")
    await scrape.look()


async def test_a_scrape_never_waits_and_servers_are_listed_for_the_next(world: World) -> None:
    at = good(world, "web-1")
    cache = InventoryCache()
    scrape = ServerGauges(cache, MINUTES)
    world.faults.provider_latency = 0.2
    await asyncio.wait_for(scrape.look(), 0.1)
    assert measured("server_slots_used") == {}
    assert isnan(measured("servers")[()])
    world.faults.provider_latency = 0.0
    await world.until(lambda: cache.known, "all is listed")
    for _ in range(5):
        await scrape.look()
    assert listings(world) == 1
    assert measured("server_slots_used") == {("101",): 1, ("102",): 0}
    assert measured("server_last_good_backup_timestamp_seconds") == {("101",): at, ("102",): 0}
    assert measured("servers") == {(): 2}
    assert measured("servers_not_shown") == {(): 0}
    assert cache.known
    assert measured("servers_listed_timestamp_seconds") == {(): cache.known.at.timestamp()}
    assert b"web-1" not in generate_latest(REGISTRY)


async def test_those_at_risk_come_first_and_what_is_gone_vanishes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gauges, "MOST_SERVERS", 1)
    good(world, "web-1")
    cache = InventoryCache()
    scrape = ServerGauges(cache, EVERY)
    await listed(world, cache, scrape)
    assert measured("server_last_good_backup_timestamp_seconds") == {("102",): 0}
    assert measured("server_slots_used") == {("102",): 0}
    assert (measured("servers"), measured("servers_not_shown")) == ({(): 2}, {(): 1})
    at = good(world, "db-1")
    del world.provider.servers[101]
    services().directory._refresh_seconds = 0
    await world.until(lambda: cache.known and not cache.is_fresh(services().now(), EVERY.total_seconds()))
    await listed(world, cache, scrape)
    assert measured("server_last_good_backup_timestamp_seconds") == {("102",): at}
    assert (measured("servers"), measured("servers_not_shown")) == ({(): 1}, {(): 0})
    # What can't be looked at again is soon not told any more, but for when it was.
    world.faults.provider_fail = "unauthorized"
    await world.until(lambda: cache.known and services().now() > cache.known.at + 3 * EVERY)
    last = cache.known
    assert last
    await scrape.look()
    assert cache.known is last
    assert measured("server_slots_used") == measured("server_last_good_backup_timestamp_seconds") == {}
    assert isnan(measured("servers")[()])
    assert isnan(measured("servers_not_shown")[()])
    assert measured("servers_listed_timestamp_seconds") == {(): last.at.timestamp()}
