"""The short form of `make torture`: every verb, killed at some of its steps; nothing is lost or doubled."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.torture import moments
from tests.torture.asks import KINDS, Kind
from tests.torture.rig import Rig, rig
from tests.torture.tally import Tally

# One of the first steps, those around the act itself, and one of those that tell.
STEPS = {
    "create": (2, 9),
    "delete": (3,),
    "agreed delete": (12,),
    "restore": (4, 9),
    "safe restore": (8,),
    "watch": (2,),
}
CALLS = {
    "create": ("POST", 1),
    "delete": ("DELETE", 1),
    "agreed delete": ("chat.update", 1),
    "restore": ("POST", 1),
    "safe restore": ("chat.postMessage", 2),
    "watch": ("chat.postMessage", 1),
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tortured() -> AsyncIterator[Rig]:
    async with rig(None, seed=1) as one:
        yield one


def promised(tally: Tally | None) -> Tally:
    assert tally is not None
    assert tally.problems == []
    assert (tally.operations, tally.failed, tally.refused) == (1, 0, 0)
    return tally


@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind in KINDS for step in STEPS[kind]])
async def test_killed_as_soon_as_a_step_is_recorded(tortured: Rig, kind: Kind, step: int) -> None:
    promised(await moments.after_step(tortured, kind, step))


@pytest.mark.parametrize("kind", KINDS)
async def test_killed_between_the_act_and_its_record(tortured: Rig, kind: Kind) -> None:
    tally = promised(await moments.before_record(tortured, kind, *CALLS[kind]))
    assert tally.done + tally.unknown == 1


async def test_killed_at_random_moments(tortured: Rig) -> None:
    tally = await moments.at_random(tortured, operations=4, kills=2)
    assert tally.problems == []
    assert tally.kills == 2


async def test_what_nobody_promised_is_counted_as_broken(tortured: Rig) -> None:
    provider = tortured.sandbox.provider
    before = len(provider.creates)
    await tortured.ask(["create"])
    await provider.until(lambda: len(provider.creates) > before)
    made = provider.creates[-1]
    provider.create(made.server.id, made.description)
    tally = await tortured.settled()
    assert tally.doubled == 1
    assert tally.broken == 1
