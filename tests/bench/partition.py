"""The network between one of two bots and PostgreSQL, or Slack, is cut while people ask for backups."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

from bot.sandbox.bot_process import BotProcess
from tests.bench.creates import backups_ending, taken
from tests.bench.figures import Row, seconds
from tests.bench.pair import ENDED_EVERY, Pair, pair_on, words
from tests.bench.subjects import Bench, on_stage
from tests.operations.forwarder import Forwarder
from tests.operations.postgres import Postgres
from tests.operations.replicas import readiness

EVERY_SECONDS = 0.25
BEFORE_SECONDS, CUT_SECONDS = 3.0, 45.0
SERVERS = 240
STOPPED_AIM, CARRIED_ON_AIM, TAKEN_AIM = 6.5, 15.0, 10.0
"""Seconds from the cut: as `TRUST_SECONDS` and README promise, and until all that is asked for is taken."""
SLACK_TAKEN_AIM, TOLD_AIM = 25.0, 45.0
"""The first is for two pings of the pretend Slack, after which it gives a silent socket up."""


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give a row for each of the two networks."""
    if bench.postgres is None:
        raise OSError("several bots take a PostgreSQL")
    with bench.postgres.listening() as port:
        yield await _without_postgres(bench, bench.postgres, Forwarder(port))
    yield await _without_slack(bench, bench.postgres)


async def _without_postgres(bench: Bench, server: Postgres, network: Forwarder) -> Row:
    database = server.new_database()
    way = server.over_tcp(database, await network.start())
    async with (
        on_stage(servers=SERVERS, channels=SERVERS) as stage,
        pair_on(bench, stage, server, database, DATABASE_URL=way) as pair,
        backups_ending(stage, ENDED_EVERY),
    ):
        victim = pair.bots[0]
        async with _asking(pair):
            async with _cut_off(network) as cut:
                await asyncio.wait_for(victim.ended(), CUT_SECONDS)
                state, stopped = victim.state, time.perf_counter() - cut
                begun = pair.begun_by(victim)
                await victim.start()
                moments = await pair.carried_on(begun, CUT_SECONDS)
                carried_on = max(moments, default=cut) - cut
            healed = time.perf_counter()
            await victim.ready()
            ready = time.perf_counter() - healed
        broken = await pair.settled(bench.sizes.patience)
    await network.stop()
    refused = _not_taken(pair, cut)
    last = max(refused, default=0.0)
    figures = {
        "stopped_seconds": stopped,
        "carried_on_seconds": carried_on,
        "begun": len(begun),
        "last_not_confirmed_seconds": last,
        "not_confirmed": len(refused),
        "ready_after_healing_seconds": ready,
        "asked": len(pair.commands),
    }
    measured = (
        f"it stops itself after {seconds(stopped)}; the last of {len(begun)} that it had begun is carried on "
        f"after {seconds(carried_on)}; the last of {len(refused)} not confirmed was asked for after "
        f"{seconds(last)}; ready {seconds(ready)} after healing; {words(len(pair.commands), broken)}"
    )
    ok = state == "exited 70" and stopped <= STOPPED_AIM and carried_on <= CARRIED_ON_AIM
    ok = ok and bool(begun) and last <= TAKEN_AIM and not sum(broken.values())
    aim = f"<= {STOPPED_AIM} s, <= {CARRIED_ON_AIM:.0f} s, <= {TAKEN_AIM:.0f} s; none lost or doubled"
    return Row("one of two is cut off from PostgreSQL", measured, aim, ok, figures | broken)


async def _without_slack(bench: Bench, server: Postgres) -> Row:
    async with on_stage(servers=SERVERS, channels=SERVERS) as stage:
        network = Forwarder(stage.port)
        way = stage.slack_api_url.replace(str(stage.port), str(await network.start()))
        async with (
            pair_on(bench, stage, server, server.new_database(), SLACK_API_URL=way) as pair,
            backups_ending(stage, ENDED_EVERY),
        ):
            victim = pair.bots[0]
            async with _asking(pair):
                async with _cut_off(network) as cut:
                    unready = await _until_slack_is(victim, False) - cut
                healed = time.perf_counter()
                held = sum(each.acked is not None for each in pair.commands.values()) - len(pair.told())
                ready = await _until_slack_is(victim, True) - healed
            broken = await pair.settled(bench.sizes.patience)
            told = time.perf_counter() - healed
        await network.stop()
    refused = _not_taken(pair, cut)
    last = max(refused, default=0.0)
    figures = {
        "unready_seconds": unready,
        "last_not_confirmed_seconds": last,
        "not_confirmed": len(refused),
        "held_until_healing": held,
        "ready_after_healing_seconds": ready,
        "all_told_after_healing_seconds": told,
        "asked": len(pair.commands),
    }
    measured = (
        f"it says so after {seconds(unready)}; the last of {len(refused)} not confirmed was asked for after "
        f"{seconds(last)}; {held} wait for the healing, ready {seconds(ready)} and all told {seconds(told)} "
        f"after it; {words(len(pair.commands), broken)}"
    )
    ok = last <= SLACK_TAKEN_AIM and told <= TOLD_AIM and not sum(broken.values())
    aim = f"<= {SLACK_TAKEN_AIM:.0f} s, told <= {TOLD_AIM:.0f} s; none lost or doubled"
    return Row("one of two is cut off from Slack", measured, aim, ok, figures | broken)


@asynccontextmanager
async def _asking(pair: Pair) -> AsyncIterator[None]:
    """Ask for backups all the while until the end of the block, then wait until each is answered."""
    asking: list[asyncio.Task[None]] = []

    async def go_on() -> None:
        for server in pair.stage.servers:
            asking.append(asyncio.create_task(pair.ask(server)))
            await asyncio.sleep(EVERY_SECONDS)

    going_on = asyncio.create_task(go_on())
    try:
        yield
    finally:
        going_on.cancel()
        await asyncio.gather(*asking)


@asynccontextmanager
async def _cut_off(network: Forwarder) -> AsyncIterator[float]:
    """Cut a network off for a while, from a moment (`time.perf_counter`) soon; heal it after the block."""
    await asyncio.sleep(BEFORE_SECONDS)
    cut = time.perf_counter()
    network.cut_off()
    yield cut
    await asyncio.sleep(max(cut + CUT_SECONDS - time.perf_counter(), 0.0))
    network.heal()


async def _until_slack_is(bot: BotProcess, connected: bool) -> float:
    """Wait until the bot says so at `/readyz`; return when, in seconds of `time.perf_counter`."""
    async with asyncio.timeout(2 * CUT_SECONDS):
        while (await readiness(bot)).get("slack") is not connected:  # noqa: ASYNC110 (it tells nobody)
            await asyncio.sleep(0.1)
    return time.perf_counter()


def _not_taken(pair: Pair, cut: float) -> list[float]:
    """Return how long after the cut each command was typed that was not confirmed."""
    return [each.sent - cut for each in pair.commands.values() if each.sent > cut and not taken(each)]
