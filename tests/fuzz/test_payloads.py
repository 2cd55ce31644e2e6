"""Payloads with parts missing, of other types, huge or nested are acked or refused, and break nothing."""

import gc
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.slack.block_kit import option_problems, view_problems
from bot.slack import ids
from tests.fuzz.odd import HUGE, Json, Spoiling, examples, spoilings, spoilt
from tests.fuzz.payload_kit import Everything
from tests.fuzz.witness import Witness

# The engine's threads draw lots meanwhile.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module")


@examples(1)
@given(st.sampled_from(["ana", "gus"]))
async def test_every_payload_is_acked_as_it_is(witness: Witness, handle: str) -> None:
    for make in Everything(witness.world, handle).kinds():
        witness.forget()
        kind, payload = make()
        answer = await witness.sends(kind, payload)
        assert answer is not None, payload
        assert not wrong(answer)


@examples(200)
@given(handle=st.sampled_from(["ana", "cleo"]), number=st.integers(0, 999), spoiling=spoilings)
async def test_an_odd_one_is_acked_or_refused(
    witness: Witness, handle: str, number: int, spoiling: Spoiling
) -> None:
    kinds = Everything(witness.world, handle).kinds()
    kind, payload = kinds[number % len(kinds)]()
    witness.forget()
    answer = await witness.sends(kind, spoilt(payload, spoiling))
    assert not wrong(answer or {})


async def test_what_is_huge_is_not_kept(witness: Witness) -> None:
    async def sent(times: int) -> int:
        for number in range(times):
            everything = Everything(witness.world, "cleo")
            for kind, payload in (everything.command(f"list {HUGE}"), everything.button(ids.LIST_NEXT)):
                witness.forget()
                await witness.sends(kind, payload | {"user_id": f"U{number}", "odd": HUGE})
        witness.forget()
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
