"""The short form of `make torture`: every verb, killed at some of its steps; nothing is lost or doubled."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.torture import moments
from tests.torture.asks import CANCELS, KINDS, QUEUED, Kind
from tests.torture.rig import Rig, rig
from tests.torture.tally import Tally

# One of the first steps, those around the act itself, and one of those that tell. None counts on a backup
# that comes late: a slow machine meets it when it is complete already, and tells of it in fewer steps.
STEPS: dict[Kind, tuple[int, ...]] = {
    "create": (3, 10),
    "batch": (6,),
    "approved delete": (12,),
    "restore": (10,),
    "safe restore": (15,),
    "watch": (3,),
    "cancelled create": (13,),
    "cancelled restore": (7,),
    "late cancel": (12,),
}
# One of each call that changes something.
CALLS: dict[Kind, tuple[str, int]] = {
    "create": ("POST", 1),
    "mentioned create": ("chat.postMessage", 1),
    "step create": ("functions.completeSuccess", 1),
    "delete": ("DELETE", 1),
    "approved delete": ("chat.update", 1),
    "restore": ("POST", 1),
}


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tortured() -> AsyncIterator[Rig]:
    async with rig(None, seed=1) as one:
        yield one


def promised(tally: Tally | None, kind: Kind) -> Tally:
    assert tally is not None
    assert tally.problems == []
    assert (tally.operations, tally.failed, tally.refused) == (1 + (kind in QUEUED), 0, 0)
    assert tally.cancelled == (kind in CANCELS) or kind == "late cancel"
    return tally


@pytest.mark.parametrize(("kind", "step"), [(kind, step) for kind, steps in STEPS.items() for step in steps])
async def test_killed_as_soon_as_a_step_is_recorded(tortured: Rig, kind: Kind, step: int) -> None:
    promised(await moments.after_step(tortured, kind, step), kind)


@pytest.mark.parametrize("kind", CALLS)
async def test_killed_between_the_act_and_its_record(tortured: Rig, kind: Kind) -> None:
    tally = promised(await moments.before_record(tortured, kind, *CALLS[kind]), kind)
    assert tally.done + tally.unknown + tally.cancelled == tally.operations


async def test_every_kind_is_killed() -> None:
    assert STEPS.keys() | CALLS.keys() == {*KINDS}


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
