"""Asking for backups: on record before the ack, and made soon after it."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

from bot.sandbox.slack.workspace import Message
from tests.bench.figures import Row, median, p99, seconds
from tests.bench.load import Burst, burst, until
from tests.bench.stage import Command, Stage
from tests.bench.subjects import Bench, bare_on, bot_on, on_stage

RATIO, SLOWEST_ACK, CALL_AIM = 0.2, 0.3, 0.3
BATCH_AIM = 5.0
REST_SECONDS = 0.5
NOT_TAKEN = re.compile(
    r":warning:|could not|not confirm|not recorded|nothing was (?:done|started)", re.IGNORECASE
)
"""What the answer to a command says where the bot does not promise to do it."""


def taken(command: Command) -> bool:
    """Tell whether Slack has the bot's word that it will be done."""
    return command.acked is not None and not NOT_TAKEN.search(command.words)


def asking_for(stage: Stage, first: int, count: int) -> list[str]:
    """Return the commands for a backup of each of so many servers."""
    return [f"create {server.name}" for server in stage.servers[first : first + count]]


@dataclass(frozen=True)
class _Round:
    bare: Burst
    ours: Burst
    not_taken: int
    never_made: int


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the row of many backups asked for 8 at a time, each on a server of its own.

    Each round has a bot and a database of its own, after as many acks of the Bolt app that only acks. None of
    the backups ends until all were acked; then each does soon after it began.
    """
    rounds = [await _round(bench) for _ in range(max(bench.sizes.rounds - 2, 1))]
    ratios = [each.ours.acked_rate / each.bare.acked_rate for each in rounds]
    acks = [value for each in rounds for value in each.ours.ack_seconds]
    not_taken, lost = sum(each.not_taken for each in rounds), sum(each.never_made for each in rounds)
    figures = {
        "ratio": median(ratios),
        "acked_per_second": median([each.ours.acked_rate for each in rounds]),
        "bare_acked_per_second": median([each.bare.acked_rate for each in rounds]),
        "ack_median_seconds": median(acks),
        "ack_p99_seconds": p99(acks),
        "asked": len(acks),
        "not_confirmed": not_taken,
        "confirmed_never_made": lost,
    }
    measured = (
        f"{median(ratios):.3f}; {figures['acked_per_second']:.0f} acks/s, p99 {seconds(p99(acks))}; "
        f"of {len(acks)}: {not_taken} not confirmed, {lost} never made"
    )
    ok = median(ratios) >= RATIO and p99(acks) <= SLOWEST_ACK and not not_taken + lost
    yield Row("create, 8 at a time", measured, "ratio >= 0.2, p99 <= 0.3 s, none lost", ok, figures)


async def measure_calls(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the row of backups asked for one at a time: from the ack to the call at VPS.org."""
    calls = bench.sizes.calls
    async with on_stage(servers=calls, channels=calls) as stage, bot_on(bench, stage):
        found: list[float] = []
        for number, server in enumerate(stage.servers):
            command = await stage.command(f"create {server.name}", number)
            await until(partial(stage.made.__contains__, server.id), bench.sizes.patience)
            found.append(stage.made.get(server.id, float("inf")) - (command.acked or command.sent))
            await asyncio.sleep(REST_SECONDS)
    figures = {"median_seconds": median(found), "p99_seconds": p99(found), "first_seconds": found[0]}
    measured = f"median {seconds(median(found))}, p99 {seconds(p99(found))}, the first {seconds(found[0])}"
    ok = p99(found) <= CALL_AIM
    yield Row("ack to the call at VPS.org, idle", measured, "p99 <= 0.3 s", ok, figures)


async def measure_batch(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the row of one request for a backup of many servers: until all are asked for, and all is told."""
    count = bench.sizes.batch
    async with on_stage(servers=count) as stage, bot_on(bench, stage):
        names = " ".join(server.name for server in stage.servers)
        command = await stage.command(f"create {names}")
        await until(lambda: len(stage.made) >= count, bench.sizes.patience)
        made = max(stage.made.values()) - command.sent if len(stage.made) >= count else float("inf")
        await asyncio.sleep(REST_SECONDS)
        ended = time.perf_counter()
        stage.provider.finish()
        is_told = await until(lambda: bool(_summaries(stage)), bench.sizes.patience)
        told = time.perf_counter() - ended if is_told else float("inf")
    figures = {"ack_seconds": command.ack_seconds, "made_seconds": made, "told_seconds": told}
    measured = (
        f"acked in {seconds(command.ack_seconds)}, all asked for in {seconds(made)}, told in {seconds(told)}"
    )
    ok = command.ack_seconds <= SLOWEST_ACK and made <= BATCH_AIM and told <= bench.sizes.tick + BATCH_AIM
    aim = f"ack <= {SLOWEST_ACK} s, asked for <= {BATCH_AIM:.0f} s, told <= {BATCH_AIM:.0f} s after a tick"
    yield Row(f"a batch of {count}", measured, aim, ok, figures)


def _summaries(stage: Stage) -> list[Message]:
    """Return the replies that mention somebody: a batch has one, at its end."""
    said = (each for messages in stage.workspace.messages.values() for each in messages)
    return [each for each in said if each.by_bot and each.is_reply and each.text.startswith("<@")]


async def _round(bench: Bench) -> _Round:
    count = bench.sizes.creates
    async with (
        on_stage(servers=0) as beside,
        on_stage(servers=count, channels=count) as stage,
        bare_on(bench, beside),
        bot_on(bench, stage),
    ):
        await burst(stage, ["help"] * 8, answered=True)
        await burst(beside, ["help"] * 8)
        bare = await burst(beside, ["help"] * count)
        ours = await burst(stage, asking_for(stage, 0, count))
        async with backups_ending(stage):
            never_made = await lost_of(bench, stage, ours.commands)
    return _Round(bare, ours, sum(not taken(each) for each in ours.commands), never_made)


@asynccontextmanager
async def backups_ending(stage: Stage, every: float = 1.0) -> AsyncIterator[None]:
    """Let the backups in progress end every so many seconds, until the end of the block."""

    async def go_on() -> None:
        while True:
            stage.provider.finish()
            await asyncio.sleep(every)

    going_on = asyncio.create_task(go_on())
    try:
        yield
    finally:
        going_on.cancel()


async def lost_of(bench: Bench, stage: Stage, commands: Sequence[Command], before: int = 0) -> int:
    """Wait until what was promised is asked for at VPS.org; return how many never were.

    `before` is for how many servers that was so already.
    """
    promised = before + sum(map(taken, commands))
    await until(lambda: len(stage.made) >= promised, bench.sizes.patience)
    # What the bot says of a promise may come later than the ack.
    return max(before + sum(map(taken, commands)) - len(stage.made), 0)
