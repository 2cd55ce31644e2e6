"""Work gives way to acks, and goes on all the same."""

import asyncio

import pytest

from bot.slack.acks import GIVE_WAY_SECONDS, AckTimer, PendingAcks
from bot.slack.payload import kind_of
from tests.metrics.growth import Growth
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


def test_an_ack_after_slack_has_given_up_is_late() -> None:
    async def acked(seconds: float, payload: object) -> None:
        timer = AckTimer()
        timer.read(payload)
        await asyncio.sleep(seconds)
        timer.ended("acked")

    growth = Growth()
    in_virtual_time(lambda: acked(2.9, {"type": "block_actions"}))
    in_virtual_time(lambda: acked(3.1, {"type": "view_submission"}))
    assert growth.of("ack_seconds_count") == {("action", "acked"): 1, ("view", "late"): 1}
    assert growth.of("ack_seconds_sum") == {
        ("action", "acked"): pytest.approx(2.9),
        ("view", "late"): pytest.approx(3.1),
    }


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"command": "/backup", "type": "x"}, "command"),
        ({"type": "block_actions"}, "action"),
        ({"type": "view_closed"}, "view"),
        ({"type": "block_suggestion"}, "options"),
        ({"type": "message_action"}, "shortcut"),
        ({"type": "event_callback", "event": {"type": "app_mention"}}, "event"),
        ({"type": "event_callback", "event": {"type": "function_executed"}}, "step"),
        ({"type": "something Slack thinks of later"}, "unknown"),
        ({"type": ["x"]}, "unknown"),
        ([], "unknown"),
    ],
)
def test_what_slack_asks_for(payload: object, kind: str) -> None:
    assert kind_of(payload) == kind
