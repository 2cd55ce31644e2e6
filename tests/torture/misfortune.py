"""Operations while one fault at a time spoils a share of all requests, and a kill in the middle."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import suppress

from bot.sandbox.fault_plan import PROVIDER, SLACK, SOCKET, FaultPlan
from tests.torture.asks import KINDS
from tests.torture.rig import Rig, rig
from tests.torture.tally import Tally

RATE = 0.25
OPERATIONS = 8
SOCKET_SECONDS = 0.5


def every_fault() -> list[str]:
    """Return the names of all faults, each once."""
    return sorted({fault for known in (*PROVIDER.values(), *SLACK.values()) for fault in known})


async def under_each_fault(seed: int, new_database: Callable[[], str | None]) -> dict[str, Tally]:
    """Return what was counted under each fault, late answers, clocks that differ and troubled sockets."""
    rows: dict[str, Tally] = {}
    plans = {fault: FaultPlan(seed, RATE, scale=0.0, only=frozenset({fault})) for fault in every_fault()}
    plans |= {"late answers": FaultPlan(seed, RATE, scale=0.1, only=frozenset())}
    plans |= {"all together": FaultPlan(seed, RATE / 2, scale=0.02)}
    async with rig(new_database(), seed) as one:
        for name, plan in plans.items():
            rows[name] = await _under(one, plan, name)
        plan = FaultPlan(seed, 0.0)
        troubles = asyncio.create_task(
            plan.trouble_sockets(one.sandbox.slack, one.sandbox.faults, every=SOCKET_SECONDS)
        )
        for _ in SOCKET:
            rows.setdefault("sockets", Tally()).add(await _under(one, plan, "sockets"))
        troubles.cancel()
        with suppress(asyncio.CancelledError):
            await troubles
    for ahead in (-7200.0, 7200.0):
        async with rig(new_database(), seed, ahead=ahead) as one:
            name = f"clock {ahead / 3600:+g} h"
            rows[name] = await _under(one, FaultPlan(seed, 0.0), name)
    return rows


async def _under(one: Rig, plan: FaultPlan, name: str) -> Tally:
    one.sandbox.faults.plan = plan
    asking = asyncio.create_task(one.ask([KINDS[number % len(KINDS)] for number in range(OPERATIONS)]))
    await asyncio.sleep(one.random.uniform(0.5, 2.0))
    await one.kill()
    await one.victim.start()
    await asking
    tally = await one.settled()
    one.sandbox.faults.plan = None
    sys.stderr.write(f"{name}: {dict(plan.met)}\n")
    for problem in tally.problems:
        sys.stderr.write(f"{name}: {problem}\n")
    return tally
