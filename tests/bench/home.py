"""A person's Home in a large account: how soon it is drawn after it was opened."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

from bot.sandbox.fleet import BACKUPS_EACH, add_fleet
from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Unanswered
from bot.sandbox.slack.workspace import Change, Json
from tests.bench.figures import Row, median, seconds
from tests.bench.process import peak_memory_mb
from tests.bench.stage import PEOPLE, Stage
from tests.bench.subjects import Bench, bot_on, on_stage, pid_of

AIM = 0.5
"""Seconds from Slack's event to the Home that it has got, for each but the very first."""


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the row of the smaller account: the Homes of several people, each opened for the first time."""
    size = bench.sizes.accounts[0]
    async with on_stage(servers=0) as stage:
        add_fleet(stage.provider, size // BACKUPS_EACH)
        async with bot_on(bench, stage) as bot:
            await stage.write_listing()
            took = [await _opened(stage, person, bench.sizes.patience) for person in PEOPLE]
            peak = peak_memory_mb(pid_of(bot))
    first, *later = took
    figures = {
        "median_seconds": median(later),
        "first_seconds": first,
        "most_seconds": max(later),
        "peak_memory_mb": peak,
    }
    measured = f"median {seconds(median(later))}, most {seconds(max(later))}, the first {seconds(first)}"
    yield Row(f"Home, {size:,} backups", measured, f"each <= {AIM} s", max(took) <= AIM, figures)


async def _opened(stage: Stage, person: str, patience: float) -> float:
    """Open a person's Home; return the seconds until Slack has it, infinite where it never came.

    What is shown meanwhile, such as that the bot is looking, does not count: it has no servers.
    """
    drawn = asyncio.Event()

    def look(change: Change) -> None:
        if change.kind == "home" and change.person == person and _has_servers(stage.workspace.homes[person]):
            drawn.set()

    forget = stage.workspace.listen(look)
    began = time.perf_counter()
    event: Json = {
        "type": "app_home_opened",
        "user": person,
        "channel": stage.workspace.im_of(person).id,
        "tab": "home",
        "event_ts": stage.workspace.next_ts(),
    }
    try:
        with suppress(Unanswered, TimeoutError):
            async with asyncio.timeout(patience):
                await stage.slack.dispatcher.deliver_event(payloads.event(stage.workspace, event))
                await drawn.wait()
                return time.perf_counter() - began
        return float("inf")
    finally:
        forget()


def _has_servers(home: Json) -> bool:
    return "web-0" in str(home["blocks"]) or "-eu-" in str(home["blocks"])
