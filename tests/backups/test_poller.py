"""The poller on a clock of its own."""

import asyncio
from itertools import pairwise

import pytest

from bot.backups.api import BackupList
from bot.backups.poller import NotFinal, Poller
from bot.errors import Busy
from tests.backups.fake_clock import (
    DONE,
    ERROR,
    FAILED,
    GONE,
    ODD,
    PARTLY,
    RUNNING,
    Clock,
    Provider,
    abandon,
    backup,
    polling,
    script,
    wait,
)
from tests.metrics.growth import Growth


@pytest.mark.parametrize(("end", "status"), [(DONE, "completed"), (FAILED, "failed")])
async def test_a_backup_is_waited_for_until_it_is_final(end: BackupList, status: str) -> None:
    async with polling(script(RUNNING, ODD, end)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(13.9)
        assert not waiting.done()
        await clock.passes(0.1)
        found = await waiting
        assert found is not None
        assert found.status == status
        assert provider.asked == [(4, 1), (8, 1), (14, 1)]


@pytest.mark.parametrize("end", [DONE, FAILED])
async def test_who_has_no_time_left_hears_what_a_first_look_shows(end: BackupList) -> None:
    async with polling(script(end)) as (poller, clock, provider):
        waiting = asyncio.create_task(poller.wait_final(1, 1, 0.0))
        await clock.passes(4)
        assert await waiting is not None
        assert provider.asked == [(4, 1)]


@pytest.mark.parametrize("seen", [RUNNING, GONE, ERROR])
async def test_who_has_no_time_left_waits_for_no_second_look(seen: BackupList | Exception) -> None:
    async with polling(script(seen)) as (poller, clock, provider):
        waiting = asyncio.create_task(poller.wait_final(1, 1, 0.0))
        await clock.passes(4)
        with pytest.raises(TimeoutError):
            await waiting
        await clock.passes(1000)
        assert provider.asked == [(4, 1)]


async def test_intervals_grow_up_to_the_longest() -> None:
    async with polling(script(RUNNING)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(100)
        gaps = [later - earlier for earlier, later in pairwise(provider.times)]
        assert provider.times[0] == 4.0
        assert gaps == [4.0, 6.0, 9.0, 13.5, 20.0, 20.0, 20.0]
        await abandon(waiting)


async def test_nobody_waits_nobody_asks() -> None:
    async with polling(script(DONE)) as (poller, clock, provider):
        await clock.passes(1000)
        assert provider.asked == []
        waiting = wait(poller)
        await clock.passes(4)
        assert await waiting
        await clock.passes(1000)
        assert len(provider.asked) == 1


async def test_a_waiter_that_is_cancelled_is_forgotten() -> None:
    async with polling(script(RUNNING)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(5)
        assert len(poller._watches) == 1
        await abandon(waiting)
        assert not poller._watches
        await clock.passes(1000)
        assert len(provider.asked) == 1


async def test_several_of_one_server_share_a_listing() -> None:
    both = BackupList([backup(1, status="completed"), backup(2, status="failed")])
    async with polling(script(both)) as (poller, clock, provider):
        first, second, again = wait(poller), wait(poller, 1, 2), wait(poller)
        await clock.passes(4)
        assert [found and found.id for found in await asyncio.gather(first, second, again)] == [1, 2, 1]
        assert len(provider.asked) == 1


@pytest.mark.parametrize(("servers", "calls"), [(4, [1, 2, 3, 4]), (5, [None]), (40, [None])])
async def test_many_servers_share_one_listing_of_everything(servers: int, calls: list[int | None]) -> None:
    everything = BackupList([backup(n, n, "completed") for n in range(1, servers + 1)])
    async with polling(script(everything)) as (poller, clock, provider):
        waiters = [wait(poller, n, n) for n in range(1, servers + 1)]
        await clock.passes(4)
        found = await asyncio.gather(*waiters)
        assert [each and each.id for each in found] == list(range(1, servers + 1))
        assert sorted(server or 0 for _, server in provider.asked) == [call or 0 for call in calls]


async def test_a_listing_of_everything_tells_nobody_of_another_server_s_backup() -> None:
    everything = BackupList([backup(n, n, "completed") for n in range(1, 8)])
    async with polling(script(everything)) as (poller, clock, provider):
        waiters = [wait(poller, n, n) for n in range(1, 6)]
        stranger = wait(poller, 6, 7)
        await clock.passes(4)
        assert provider.asked == [(4, None)]
        assert all(await asyncio.gather(*waiters))
        assert not stranger.done()
        await abandon(stranger)


async def test_many_servers_stay_in_step() -> None:
    everything = BackupList([backup(n, n) for n in range(1, 41)])
    async with polling(script(everything)) as (poller, clock, provider):
        waiters = []
        for n in range(1, 41):
            waiters.append(wait(poller, n, n))
            await clock.passes(0.1)
        await clock.passes(200)
        assert len(provider.asked) < 40 + 200 / 4
        settled = [when for when in provider.times if when > 100]
        assert len(settled) <= 7
        await abandon(*waiters)


async def test_a_newcomer_is_not_kept_waiting_by_old_ones() -> None:
    async with polling(script(RUNNING)) as (poller, clock, provider):
        old = wait(poller)
        await clock.passes(56.5)
        provider.asked.clear()
        await clock.passes(1)
        new = wait(poller, 2, 2)
        await clock.passes(4)
        assert provider.asked == [(61.5, 2)]
        await abandon(old, new)


async def test_a_backup_gone_from_three_listings_is_gone() -> None:
    async with polling(script(RUNNING, GONE)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(100)
        assert await waiting is None
        assert len(provider.asked) == 4


async def test_seeing_it_again_starts_the_count_anew() -> None:
    async with polling(script(RUNNING, GONE, GONE, RUNNING, GONE, GONE, DONE)) as (poller, clock, _):
        waiting = wait(poller)
        await clock.passes(200)
        assert await waiting


async def test_listings_that_are_not_complete_prove_nothing() -> None:
    async with polling(script(RUNNING, GONE, PARTLY, GONE, ERROR, PARTLY, GONE)) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(200)
        assert await waiting is None
        assert len(provider.asked) == 7


async def test_a_new_backup_has_time_to_show_up() -> None:
    async with polling(script(GONE), settle=30.0) as (poller, clock, provider):
        waiting = wait(poller)
        await clock.passes(200)
        assert await waiting is None
        # At 4, 8, 14, 23 it may still be on its way; 36.5, 56.5 and 76.5 count.
        assert provider.times == [4, 8, 14, 23, 36.5, 56.5, 76.5]


async def test_who_waits_hears_only_of_failures_to_look_at_their_own_server() -> None:
    async with polling(lambda server: ERROR if server == 1 else BackupList([backup(2, 2)])) as (
        poller,
        clock,
        _,
    ):
        waiting = [asyncio.create_task(poller.wait_final(n, n, 0.0)) for n in (1, 2)]
        await clock.passes(4)
        unseen, seen = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(unseen, NotFinal)
    assert isinstance(seen, NotFinal)
    assert (bool(unseen.unseen_since), unseen.failure) == (True, ERROR)
    assert (seen.unseen_since, seen.failure) == (None, None)


async def test_errors_never_end_the_wait() -> None:
    async with polling(script(*[ERROR] * 50, DONE)) as (poller, clock, _):
        waiting = wait(poller)
        await clock.passes(2000)
        assert await waiting


async def test_looks_are_counted_by_what_came_of_them() -> None:
    growth = Growth()
    async with polling(script(ERROR, ERROR, ZeroDivisionError(), PARTLY, RUNNING, DONE)) as (
        poller,
        clock,
        _,
    ):
        waiting = wait(poller)
        await clock.passes(2000)
        assert await waiting
    counted = {("failed",): 2, ("broke",): 1, ("partial",): 1, ("ok",): 2}
    assert growth.of("polls_total") == counted


async def test_a_bug_does_not_end_the_wait_either() -> None:
    async with polling(script(ZeroDivisionError(), DONE)) as (poller, clock, _):
        waiting = wait(poller)
        await clock.passes(10)
        assert await waiting


async def test_nobody_asks_before_the_time_vps_org_named() -> None:
    busy = Busy(retry_after=70.0)
    async with polling(script(busy, DONE)) as (poller, clock, provider):
        first = wait(poller)
        await clock.passes(5)
        second = wait(poller, 2, 1)
        await clock.passes(64)
        assert provider.times == [4]
        await clock.passes(6)
        assert await asyncio.gather(first, second)
        assert min(provider.times[1:]) == 74


async def test_a_cancelled_run_leaves_the_waiters_to_the_next() -> None:
    clock = Clock()
    poller = Poller(Provider(clock, script(RUNNING, DONE)), 4.0, 20.0, clock=clock, sleep=clock.sleep)
    waiting = wait(poller)
    for has_ended in (False, True):
        running = asyncio.create_task(poller.run())
        await clock.passes(5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert waiting.done() is has_ended
    assert await waiting


async def test_a_listing_asked_for_before_someone_came_does_not_count_for_them() -> None:
    release = asyncio.Event()

    class Slow:
        asked = 0

        async def list(self, server_id: int | None = None) -> BackupList:
            self.asked += 1
            if self.asked == 1:
                await release.wait()
                return DONE
            return BackupList([backup(server_id=server_id or 1, status="failed")])

    clock = Clock()
    poller = Poller(Slow(), 4.0, 20.0, clock=clock, sleep=clock.sleep)
    running = asyncio.create_task(poller.run())
    early = wait(poller)
    await clock.passes(4)
    late = wait(poller)
    await clock.settles()
    release.set()
    await clock.passes(4)
    found = await asyncio.gather(early, late)
    assert [each and each.status for each in found] == ["completed", "failed"]
    running.cancel()
