"""Large accounts: how soon the first page is there, and what it costs the others who type meanwhile."""

import gc
from collections.abc import AsyncGenerator
from datetime import timedelta

from tests.bench.figures import Row, median, seconds
from tests.bench.load import ANSWER_SECONDS, steadily, typing_all_the_while, watching_ourselves
from tests.bench.process import peak_memory_mb
from tests.bench.stage import Command, Stage
from tests.bench.subjects import Bench, bot_on, on_stage, pid_of

SERVERS = 200
AIMS = (0.5, 2.0)
"""Seconds until the first page is there, for the smaller and for the larger account."""
EXTRA_AIM = 0.2
EVERY_SECONDS = 0.025


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give two rows for each account: the list itself, and the acks of others meanwhile."""
    for size, aim in zip(bench.sizes.accounts, AIMS, strict=True):
        for row in await _measure(bench, size, aim):
            yield row


async def _measure(bench: Bench, size: int, aim: float) -> list[Row]:
    async with on_stage(servers=SERVERS) as stage:
        _add_backups(stage, size)
        async with bot_on(bench, stage) as bot:
            await stage.write_listing()
            before = await steadily(stage, "help", bench.sizes.meanwhile, EVERY_SECONDS)
            usual = median([command.ack_seconds for command in before])
            async with (
                watching_ourselves() as driver,
                typing_all_the_while(stage, "help", EVERY_SECONDS) as others,
            ):
                listed = [await _listed(stage, number) for number in range(bench.sizes.lists)]
            peak = peak_memory_mb(pid_of(bot))
    took = [command.answer_seconds for command in listed]
    extra = max((command.ack_seconds for command in others), default=float("inf")) - usual
    figures = {
        "first_page_median_seconds": median(took),
        "first_page_first_seconds": took[0],
        "first_page_most_seconds": max(took),
        "peak_memory_mb": peak,
    }
    acks = {
        "ack_extra_most_seconds": extra,
        "ack_usual_median_seconds": usual,
        "acks": len(others),
        "driver_late_seconds": driver.late_seconds,
        "driver_share_of_core": driver.share,
    }
    measured = f"median {seconds(median(took))}, most {seconds(max(took))}; peak {peak:.0f} MB"
    late = f"{seconds(max(extra, 0.0))} later than usual at most"
    return [
        Row(f"list, {size:,} backups", measured, f"first page <= {aim} s", median(took) <= aim, figures),
        Row(f"list, {size:,} backups: others' acks", late, "<= 0.2 s later", extra <= EXTRA_AIM, acks),
    ]


def _add_backups(stage: Stage, size: int) -> None:
    for number in range(size):
        stage.provider.add_backup(
            stage.servers[number % SERVERS],
            backup_type="automatic" if number % 3 else "manual",
            age=timedelta(minutes=number),
            description="Automatic daily backup",
        )
    # So that our own garbage collector does not look at them all again and again.
    gc.collect()
    gc.freeze()


async def _listed(stage: Stage, number: int) -> Command:
    command = await stage.command("list", number)
    await command.until_answered(ANSWER_SECONDS)
    return command
