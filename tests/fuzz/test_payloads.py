"""Payloads with parts missing, of other types, huge or nested are answered or logged, and break nothing.

Slack signs what it sends, so that its shape is taken for granted; what a mistake of Slack's does, it does to
that one request alone.
"""

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit import option_problems, view_problems
from bot.slack import ids
from tests.fuzz.error_recorder import ErrorRecorder
from tests.fuzz.odd import HUGE, Json, Spoiling, examples, spoilings, spoilt
from tests.fuzz.payload_kit import Everything

# The engine's threads draw lots meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")


@examples(1)
@given(st.sampled_from(["ana", "gus"]))
async def test_every_payload_is_acked_as_it_is(recorder: ErrorRecorder, handle: str) -> None:
    for make in Everything(recorder.world, handle).kinds():
        recorder.forget()
        kind, payload = make()
        answer = await recorder.sends(kind, payload)
        assert answer is not None, payload
        assert not wrong(answer)


@examples(120)
@given(handle=st.sampled_from(["ana", "cleo"]), number=st.integers(0, 999), spoiling=spoilings)
async def test_an_odd_one_is_answered_or_logged(
    recorder: ErrorRecorder, handle: str, number: int, spoiling: Spoiling
) -> None:
    kinds = Everything(recorder.world, handle).kinds()
    kind, payload = kinds[number % len(kinds)]()
    recorder.forget()
    answer = await recorder.sends(kind, spoilt(payload, spoiling), odd=True)
    assert not wrong(answer or {})


async def test_after_odd_ones_the_next_is_answered_as_ever(recorder: ErrorRecorder) -> None:
    everything = Everything(recorder.world, "cleo")
    kind, payload = everything.command("status")
    commands: list[Json] = [
        {"command": None}, {"text": {"a": 1}}, {"response_url": 7}, {"user_id": []}, {"team_id": {}},
    ]  # fmt: skip
    for each in commands:
        await recorder.sends(kind, payload | each, odd=True)
    clicks: list[Json] = [{"actions": []}, {"actions": "x"}, {"user": "x"}, {"message": 1}, {"channel": [1]}]
    for each in clicks:
        await recorder.sends("interactive", everything.button(ids.LIST_NEXT)[1] | each, odd=True)
    recorder.forget()
    assert await recorder.sends(*everything.command("status")) is not None
    [answer] = recorder.said()
    assert "Nothing is running or waiting." in answer.text


async def test_what_is_huge_is_not_kept(recorder: ErrorRecorder) -> None:
    async def sent(times: int) -> int:
        for number in range(times):
            everything = Everything(recorder.world, "cleo")
            for kind, payload in (everything.command(f"list {HUGE}"), everything.button(ids.LIST_NEXT)):
                recorder.forget()
                await recorder.sends(kind, payload | {"user_id": f"U{number}", "odd": HUGE})
        recorder.forget()
        gc.collect()
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = await sent(5)
        assert await sent(15) - before < 10 * len(HUGE)
    finally:
        tracemalloc.stop()


def wrong(answer: Json) -> list[str]:
    """Return what Slack would not take in an ack."""
    if "options" in answer:
        return option_problems(answer)
    return view_problems(answer["view"]) if "view" in answer else []
