"""When to kill: at random, as soon as a step is recorded, or when a call was carried out but not answered."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from bot.sandbox.server import Sandbox
from tests.torture.asks import KINDS, Kind
from tests.torture.rig import Rig
from tests.torture.tally import Tally

BOUNDARY_SECONDS = 20.0
LONGEST_RUN = 1.5
LONGEST_RESTART = 1.2
ACTING = (
    "chat.postMessage",
    "chat.update",
    "chat.postEphemeral",
    "functions.completeSuccess",
    "POST",
    "DELETE",
)
"""Calls that change something, at Slack and at the provider."""


async def at_random(rig: Rig, *, operations: int = 6, kills: int = 3) -> Tally:
    """Start several operations; kill at random moments, also while the bot takes them up again."""
    asking = asyncio.create_task(rig.ask(rig.random.choices(KINDS, k=operations)))
    await asyncio.sleep(rig.random.uniform(0, LONGEST_RUN))
    await rig.kill()
    for _ in range(kills - 1):
        await rig.victim.start()
        await asyncio.sleep(rig.random.uniform(0, LONGEST_RESTART))
        await rig.kill()
    await asking
    await rig.start()
    return await rig.settled()


async def after_step(rig: Rig, kind: Kind, number: int) -> Tally | None:
    """Kill as soon as that many steps of an operation are recorded; None if it has not so many."""
    before = await asyncio.to_thread(rig.records.steps)
    asking = asyncio.create_task(rig.ask([kind]))

    def kill() -> bool:
        reached = rig.records.wait_for_steps(
            before + number, seconds=BOUNDARY_SECONDS, give_up=lambda: asking.done() and _is_over(rig)
        )
        if reached:
            rig.strike()
        return reached

    reached = await asyncio.to_thread(kill)
    await asking
    if not reached:
        await rig.settled()
        return None
    await rig.kill()
    await rig.start()
    return await rig.settled()


async def before_record(rig: Rig, kind: Kind, call: str, number: int) -> Tally | None:
    """Kill when the nth such call was carried out and not answered; None if there are not so many."""
    with held_back(rig.sandbox, call, number) as held:
        asking = asyncio.create_task(rig.ask([kind]))
        while not held.is_set() and not (asking.done() and await asyncio.to_thread(_is_over, rig)):
            with suppress(TimeoutError):
                async with asyncio.timeout(0.05):
                    await held.wait()
        if held.is_set():
            rig.strike()
        await asking
    if not held.is_set():
        await rig.settled()
        return None
    await rig.kill()
    await rig.start()
    return await rig.settled()


@contextmanager
def held_back(sandbox: Sandbox, call: str, number: int) -> Iterator[asyncio.Event]:
    """Let the nth such call be carried out but not answered; the event tells when it was carried out."""
    held = asyncio.Event()
    plan = _HoldBack(call, number)

    def look(*_: object) -> None:
        if plan.is_due and _acts(sandbox) != plan.acts:
            held.set()

    plan.count_acts = lambda: _acts(sandbox)
    forget = [sandbox.workspace.listen(look), sandbox.provider.listen(look)]
    sandbox.faults.plan = plan
    try:
        yield held
    finally:
        sandbox.faults.plan = None
        for each in forget:
            each()


class _HoldBack:
    """A plan that withholds one answer."""

    def __init__(self, call: str, number: int) -> None:
        self._call = call
        self._number = number
        self._seen: Counter[str] = Counter()
        self.is_due = False
        self.acts = 0
        self.count_acts: Callable[[], int] = int

    def for_slack(self, method: str, channel: str) -> str | None:  # noqa: ARG002
        return self._draw(method)

    def for_provider(self, method: str, path: str) -> str | None:  # noqa: ARG002
        return self._draw(method)

    def wait(self) -> float:
        return 0.0

    def _draw(self, call: str) -> str | None:
        self._seen[call] += 1
        if call != self._call or self._seen[call] != self._number:
            return None
        self.is_due, self.acts = True, self.count_acts()
        return "timeout_after_acting"


def _acts(sandbox: Sandbox) -> int:
    provider = sandbox.provider
    messages = [message for channel in sandbox.workspace.messages.values() for message in channel]
    edits = sum(hash((message.ts, message.text)) & 0xFFFF for message in messages if message.edited)
    steps = sum(run.status != "running" for run in sandbox.workspace.step_runs.values())
    return (
        steps + len(provider.creates) + len(provider.deletes) + len(provider.restores) + len(messages) + edits
    )


def _is_over(rig: Rig) -> bool:
    return not rig.records.unfinished()
