"""Operations while one fault at a time spoils a share of all requests, and a kill in the middle."""

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from bot.sandbox.fault_plan import PROVIDER, SLACK, SOCKET, FaultPlan
from tests.torture.asks import KINDS
from tests.torture.rig import Rig, rig
from tests.torture.tally import Tally

RATE = 0.25
OPERATIONS = len(KINDS)
TRIES = 3
SOCKET_SECONDS = 2.0
SETTLE_SECONDS = 240.0
"""A read that is never answered takes 10 s, and is tried four times."""


def every_fault() -> list[str]:
    """Return the names of all faults, each once."""
    return sorted({fault for known in (*PROVIDER.values(), *SLACK.values()) for fault in known})


async def under_faults(
    names: Sequence[str], seed: int, new_database: Callable[[], str | None]
) -> dict[str, Tally]:
    """Return what was counted under each of these faults; under all if none is named.

    Besides the faults of requests there are "late answers", "all together", "sockets" and "clocks".
    """
    plans = {fault: FaultPlan(seed, RATE, scale=0.0, only=frozenset({fault})) for fault in every_fault()}
    plans |= {"late answers": FaultPlan(seed, RATE, scale=0.1, only=frozenset())}
    plans |= {"all together": FaultPlan(seed, RATE / 2, scale=0.02)}
    rows: dict[str, Tally] = {}
    async with rig(new_database(), seed) as one:
        for name, plan in plans.items():
            if not names or name in names:
                rows[name] = await _until_some_begin(one, plan, name)
        if not names or "sockets" in names:
            rows["sockets"] = await _with_troubled_sockets(one, seed)
    for ahead in (-7200.0, 7200.0) if not names or "clocks" in names else ():
        async with rig(new_database(), seed, ahead=ahead) as one:
            name = f"clock {ahead / 3600:+g} h"
            rows[name] = await _under(one, FaultPlan(seed, 0.0), name)
    return rows


async def _until_some_begin(one: Rig, plan: FaultPlan, name: str) -> Tally:
    """Go through it again if the fault let nothing begin, since that proves little."""
    tally = Tally()
    for _ in range(TRIES):
        if not tally.operations:
            tally.add(await _under(one, plan, name))
    return tally


async def _with_troubled_sockets(one: Rig, seed: int) -> Tally:
    plan, tally = FaultPlan(seed, 0.0), Tally()
    slack, faults = one.sandbox.slack, one.sandbox.faults
    troubles = asyncio.create_task(plan.trouble_sockets(slack, faults, every=SOCKET_SECONDS))
    for _ in SOCKET:
        tally.add(await _under(one, plan, "sockets"))
    troubles.cancel()
    with suppress(asyncio.CancelledError):
        await troubles
    return tally


async def _under(one: Rig, plan: FaultPlan, name: str) -> Tally:
    await one.victim.ready()
    one.sandbox.faults.plan = plan
    asking = asyncio.create_task(one.ask([KINDS[number % len(KINDS)] for number in range(OPERATIONS)]))
    await asyncio.sleep(one.random.uniform(0.5, 2.0))
    await one.kill()
    await one.victim.start()
    await asking
    tally = await one.settled(SETTLE_SECONDS)
    one.sandbox.faults.plan = None
    sys.stderr.write(f"{name}: {dict(plan.met)}\n")
    for problem in tally.problems:
        sys.stderr.write(f"{name}: {problem}\n")
    return tally
