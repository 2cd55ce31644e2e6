"""Work gives way to acks, and goes on all the same."""

import asyncio

from bot.slack.acks import GIVE_WAY_SECONDS, PendingAcks
from tests.virtual_time import in_virtual_time


async def test_work_goes_on_at_once_where_slack_waits_for_nothing() -> None:
    acks = PendingAcks()
    with acks.pending():
        pass
    async with asyncio.timeout(0):
        await acks.give_way()


def test_all_work_goes_on_in_order_once_the_last_ack_is_out() -> None:
    async def burst() -> list[int]:
        acks, done = PendingAcks(), list[int]()

        async def work(number: int) -> None:
            await acks.give_way()
            done.append(number)

        with acks.pending(), acks.pending():
            working = [asyncio.create_task(work(number)) for number in range(100)]
            await asyncio.sleep(0)
            assert done == []
        await asyncio.gather(*working)
        return done

    done, took = in_virtual_time(burst)
    assert done == list(range(100))
    assert took == 0


def test_under_any_load_work_goes_on_piece_by_piece() -> None:
    async def endless() -> None:
        acks = PendingAcks()
        with acks.pending():
            await asyncio.gather(*(acks.give_way() for _ in range(50)))

    assert 50 * GIVE_WAY_SECONDS <= in_virtual_time(endless)[1] < 51 * GIVE_WAY_SECONDS


def test_who_gives_up_waiting_keeps_nobody_waiting() -> None:
    async def leave() -> None:
        acks = PendingAcks()
        with acks.pending():
            leaving = [asyncio.create_task(acks.give_way()) for _ in range(3)]
            await asyncio.sleep(0)
            for each in leaving:
                each.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)
            await acks.give_way()

    assert in_virtual_time(leave)[1] < 2 * GIVE_WAY_SECONDS
