"""One soak: the load, the faults, the kills and the samples, and what they come to."""

import asyncio
import os
import sys
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from random import Random
from typing import Any

import aiohttp

from bot.sandbox.bot_process import BotProcess, BotStopped
from bot.sandbox.fault_plan import FaultPlan
from bot.sandbox.server import free_port
from tests.bench.subjects import START_SECONDS, Bench, bare_on, on_stage
from tests.soak.forgetful import KEEP_SECONDS
from tests.soak.report import Report
from tests.soak.samples import DatabaseSampler, Series, figures_of
from tests.soak.stage import SoakStage
from tests.soak.traffic import Traffic
from tests.torture.records import Records

FORGETFUL = (sys.executable, "-c", "from tests.soak.forgetful import run; run()")
SAMPLE_SECONDS, TIDY_SECONDS, DROP_SECONDS = 3.0, 5.0, 45.0
SETTLE_SECONDS = 240.0
"""A read that is never answered takes 10 s, and is tried four times."""
READY_SECONDS = 60.0
MOST_KEPT_SECONDS = 90.0
LATE = 0.02
"""By so many units of `FaultPlan.scale` answers come late: by 0.6 s at most."""


class Soak:
    """One bot on an SQLite file, or two over one PostgreSQL, and people who do `rate` things a second.

    After each `kill_seconds` one is killed: of two the second, a lone one in the first half only, so that a
    process lives long enough to show what grows. Of all requests at both services a share `faults` goes
    wrong.
    """

    def __init__(
        self, bench: Bench, *, seconds: float, rate: float, seed: int, kill_seconds: float, faults: float
    ) -> None:
        self._bench = bench
        self._seconds = seconds
        self._kill_seconds = kill_seconds
        random = Random(seed)
        self._stage = SoakStage(random)
        self._plan = FaultPlan(seed, faults, scale=LATE)
        self._rate, self._random = rate, random
        self._keep = min(MOST_KEPT_SECONDS, seconds / 8)
        self._lives: list[Series] = []
        self._kills = 0
        self._deaths: list[str] = []
        self._killing = asyncio.Lock()

    async def run(self) -> Report:
        """Return what was found."""
        async with AsyncExitStack() as stack:
            bots, url = await self._started(stack)
            beside = await stack.enter_async_context(on_stage(servers=0))
            await stack.enter_async_context(bare_on(self._bench, beside))
            session = await stack.enter_async_context(aiohttp.ClientSession())
            sampler, records = DatabaseSampler(url), Records(url)
            stack.callback(sampler.close)
            stack.callback(records.close)
            traffic = Traffic(self._stage, beside, self._rate, self._random)
            began, load, ours = time.perf_counter(), os.getloadavg()[0], time.process_time()
            async with asyncio.TaskGroup() as group:
                meanwhile = [group.create_task(each) for each in self._beside(bots, session, sampler)]
                self._stage.faults.plan = self._plan
                await traffic.run(self._seconds)
                ended, share = time.perf_counter(), time.process_time() - ours
                self._stage.faults.plan = None
                for each in meanwhile:
                    each.cancel()
            stuck = await self._stuck(bots, records)
            return Report(
                kind="sqlite" if len(bots) == 1 else "postgresql",
                seconds=ended - began,
                rate=self._rate,
                keep_seconds=self._keep,
                ended=ended,
                load=load,
                driver_share=share / (ended - began),
                kills=self._kills,
                deaths=self._deaths,
                faults=sum(self._plan.met.values()),
                lives=self._lives,
                database=sampler.series,
                traffic=traffic,
                tally=traffic.tally(),
                stuck=stuck,
            )

    async def _started(self, stack: AsyncExitStack) -> tuple[list[BotProcess], str]:
        """Return the bots, ready until the stack ends, and the address of their database."""
        await self._stage.start()
        stack.push_async_callback(self._stage.stop)
        bots, url = self._bots()
        for bot in bots:
            stack.push_async_callback(bot.kill)
            await bot.start()
            await bot.ready(START_SECONDS)
        return bots, url

    def _beside(
        self, bots: Sequence[BotProcess], session: aiohttp.ClientSession, sampler: DatabaseSampler
    ) -> list[Coroutine[Any, Any, None]]:
        """Return what goes on beside the load, until it is cancelled."""
        return [
            self._sample(bots, session, sampler),
            self._kill(bots),
            *map(self._look_after, bots),
            _every(TIDY_SECONDS, self._stage.tidy),
            _every(DROP_SECONDS, self._stage.slack.socket_mode.drop),
        ]

    async def _stuck(self, bots: Sequence[BotProcess], records: Records) -> list[str]:
        """Return which workflows do not end, though all bots run again, or have failed."""
        await asyncio.gather(*(bot.start() for bot in bots))
        await asyncio.gather(*(bot.ready(READY_SECONDS) for bot in bots))
        await self._stage.slack.dispatcher.settled()
        stuck = await asyncio.to_thread(records.wait_until_all_is_done, SETTLE_SECONDS)
        return stuck + await asyncio.to_thread(records.broken)

    def _bots(self) -> tuple[list[BotProcess], str]:
        """Return the bots, not started yet, and the address of their database."""
        settings = self._bench.settings(self._stage) | {
            "BOT_OPERATORS": ",".join(self._stage.persons),
            "BOT_AUDITORS": ",".join(self._stage.persons),
            "BOT_ALERT_CHANNEL": self._stage.places[-1].id,
            "BOT_ALERT_MINUTES": "0.25",
            # A restore that ends between two looks is watched until then.
            "BOT_RESTORE_WATCH_MINUTES": "0.25",
            "BOT_LATE_MINUTES": "0.5",
            "BOT_LOG_LEVEL": "WARNING",
            KEEP_SECONDS: str(self._keep),
        }
        url = settings["DATABASE_URL"]
        count = 1 if url.startswith("sqlite") else 2
        environments = [settings | {"BOT_PORT": str(free_port())} for _ in range(count)]
        bots = [
            BotProcess(each, directory=self._bench.folder, command=FORGETFUL, spawn=self._bench.spawn)
            for each in environments
        ]
        return bots, url

    async def _sample(
        self, bots: Sequence[BotProcess], session: aiohttp.ClientSession, sampler: DatabaseSampler
    ) -> None:
        pids: list[int | None] = [None for _ in bots]
        current: dict[int, Series] = {}
        while True:
            for number, bot in enumerate(bots):
                if bot.pid != pids[number] and bot.pid is not None:
                    pids[number] = bot.pid
                    current[number] = Series(time.perf_counter())
                    self._lives.append(current[number])
                if found := await figures_of(bot, session):
                    current[number].samples.append((time.perf_counter(), found))
            await asyncio.to_thread(sampler.sample)
            await asyncio.sleep(SAMPLE_SECONDS)

    async def _kill(self, bots: Sequence[BotProcess]) -> None:
        until = self._seconds if len(bots) > 1 else self._seconds / 2
        began = time.perf_counter()
        await asyncio.sleep(self._kill_seconds)
        while time.perf_counter() - began < until:
            await self._restart(bots[-1])
            self._kills += 1
            await asyncio.sleep(self._kill_seconds)

    async def _restart(self, bot: BotProcess) -> None:
        async with self._killing:
            await bot.kill()
            await bot.start()
            with suppress(TimeoutError, BotStopped):
                await bot.ready(READY_SECONDS)

    async def _look_after(self, bot: BotProcess) -> None:
        """Start a bot that has ended by itself, as a supervisor would."""
        while True:
            await bot.ended()
            async with self._killing:
                has_died = bot.pid is None
            if has_died:
                self._deaths.append("\n".join([f"a bot has {bot.state} by itself:", *list(bot.lines)[-5:]]))
                await self._restart(bot)


async def _every(seconds: float, act: Any) -> None:
    while True:
        await asyncio.sleep(seconds)
        act()
