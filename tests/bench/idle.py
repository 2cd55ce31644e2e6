"""A bot that nobody asks for anything."""

import asyncio
import time
from collections.abc import AsyncGenerator

from bot.sandbox.bot_process import BotProcess
from tests.bench.figures import Row, median, seconds
from tests.bench.process import cpu_seconds, memory_mb
from tests.bench.subjects import START_SECONDS, Bench, on_stage, pid_of, started_again

CPU_AIM, MEMORY_AIM, START_AIM = 1.0, 100.0, 1.0
SERVERS = 10
SETTLE_SECONDS = 3.0


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the rows of starting it, again on the same database, and of watching it."""
    async with on_stage(servers=SERVERS) as stage:
        bot = BotProcess(bench.settings(stage), directory=bench.folder, spawn=bench.spawn)
        try:
            began = time.perf_counter()
            await bot.start()
            await bot.ready(START_SECONDS)
            first = time.perf_counter() - began
            starts = [await started_again(bot) for _ in range(bench.sizes.starts)]
            yield _start_row(first, starts)
            yield await _idle_row(bench, pid_of(bot))
        finally:
            await bot.kill()


def _start_row(first: float, starts: list[float]) -> Row:
    figures = {"median_seconds": median(starts), "most_seconds": max(starts), "empty_database_seconds": first}
    measured = f"median {seconds(median(starts))}; on an empty database {seconds(first)}"
    return Row("start to ready", measured, "<= 1 s", median(starts) <= START_AIM, figures)


async def _idle_row(bench: Bench, pid: int) -> Row:
    await asyncio.sleep(min(SETTLE_SECONDS, bench.sizes.idle))
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    await asyncio.sleep(bench.sizes.idle)
    share = 100 * (cpu_seconds(pid) - cpu) / (time.perf_counter() - began)
    memory = memory_mb(pid)
    ok = share <= CPU_AIM and memory <= MEMORY_AIM
    figures = {"cpu_percent_of_core": share, "memory_mb": memory}
    return Row("idle", f"{share:.2f} % of a core, {memory:.0f} MB", "<= 1 %, <= 100 MB", ok, figures)
