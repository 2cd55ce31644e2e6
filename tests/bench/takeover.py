"""One of two bots dies in the middle of its work: how soon the other has carried on with each piece of it."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from itertools import islice
from random import Random

from bot.sandbox.bot_process import BotProcess
from tests.bench.creates import backups_ending, taken
from tests.bench.figures import Row, median, seconds
from tests.bench.pair import ENDED_EVERY, Pair, pair_on, words
from tests.bench.stage import Stage
from tests.bench.subjects import Bench, on_stage, pid_of
from tests.operations.forwarder import Forwarder

AIM, SILENT_AIM = 10.0, 15.0
"""Seconds, as README promises: 10, and BOT_SETTLE_SECONDS (5) for what may just have been asked for."""
ASKED = 6
LONGEST_SECONDS = 1.5
UNDERWAY_SECONDS = 0.1
"""For how long what the dead one has sent may still come."""
SEED = 2411


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the rows of bots that are killed, and of those whose machine falls silent."""
    if bench.postgres is None:
        raise OSError("several bots take a PostgreSQL")
    kills, silent = bench.sizes.kills, bench.sizes.silent
    server, database = bench.postgres, bench.postgres.new_database()
    async with _stage(kills) as stage, pair_on(bench, stage, server, database) as pair:
        yield await _row(bench, pair, kills, f"SIGKILL of one of two, {kills} times", AIM, lambda: None)
    with server.listening() as port:
        network, database = Forwarder(port), server.new_database()
        way = server.over_tcp(database, await network.start())
        async with _stage(silent) as stage, pair_on(bench, stage, server, database, DATABASE_URL=way) as pair:
            name = f"machine of one of two falls silent, {silent} times"
            yield await _row(bench, pair, silent, name, SILENT_AIM, network.cut_off, network.heal)
        await network.stop()


def _stage(times: int) -> AbstractAsyncContextManager[Stage]:
    return on_stage(servers=times * ASKED, channels=times * ASKED)


async def _row(
    bench: Bench,
    pair: Pair,
    times: int,
    name: str,
    aim: float,
    strike: Callable[[], None],
    mend: Callable[[], None] | None = None,
) -> Row:
    random, servers = Random(SEED), iter(pair.stage.servers)
    took: list[float] = []
    pieces: list[float] = []
    for number in range(times):
        # Only the first is behind the network that falls silent.
        victim = pair.bots[0 if mend else number % 2]
        asking = asyncio.gather(*(pair.ask(server) for server in islice(servers, ASKED)))
        await asyncio.sleep(random.uniform(0, LONGEST_SECONDS))
        for backup in random.sample(pair.stage.provider.creates[-ASKED:], k=min(2, len(pair.stage.made))):
            pair.stage.provider.finish(backup.id)
        await asyncio.sleep(random.uniform(0, LONGEST_SECONDS / 3))
        strike()
        found = await _carried_on(bench, pair, victim)
        await asking
        pieces += found
        took += [max(found)] if found else []
        if mend:
            mend()
        await pair.start_again(victim)
        broken = await pair.settled(bench.sizes.patience)
    figures = {
        "median_seconds": median(took),
        "most_seconds": max(took, default=float("inf")),
        "kills_amid_work": len(took),
        "pieces": len(pieces),
        "piece_median_seconds": median(pieces),
        "asked": len(pair.commands),
        "not_confirmed": sum(not taken(each) for each in pair.commands.values()),
    }
    measured = (
        f"median {seconds(median(took))}, most {seconds(figures['most_seconds'])} until the last of what it "
        f"had begun ({len(pieces)} in all) is carried on; {words(len(pair.commands), broken)}"
    )
    ok = figures["most_seconds"] <= aim and not sum(broken.values())
    return Row(name, measured, f"<= {aim:.0f} s, none lost or doubled", ok, figures | broken)


async def _carried_on(bench: Bench, pair: Pair, victim: BotProcess) -> list[float]:
    """Kill a bot; return the seconds until another has carried on with each operation that it had begun."""
    killed = time.perf_counter()
    os.kill(pid_of(victim), signal.SIGKILL)
    begun = pair.begun_by(victim)
    await victim.ended()
    await asyncio.sleep(UNDERWAY_SECONDS)
    async with backups_ending(pair.stage, ENDED_EVERY):
        return [moment - killed for moment in await pair.carried_on(begun, bench.sizes.patience)]
