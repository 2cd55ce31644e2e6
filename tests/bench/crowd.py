"""A thousand backups that wait at once: made, watched, ended together, and taken up again after a crash."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.vps.model import Server
from tests.bench.creates import asking_for, lost_of, taken
from tests.bench.figures import Row, p99, seconds
from tests.bench.load import burst, steadily, until
from tests.bench.process import cpu_seconds, memory_mb
from tests.bench.stage import Stage
from tests.bench.subjects import Bench, bot_on, on_stage, pid_of
from tests.bench.told import Told

MADE_AIM, MADE_AIM_LIMITED = 30.0, 100.0
"""Seconds; the second is what Slack's 600 posts a minute leave for 1,000 messages."""
CPU_AIM, MEMORY_AIM, ANSWER_AIM, RESUMED_AIM = 5.0, 160.0, 0.3, 15.0
EDITS, EDITS_SECONDS = 50, 60.0
"""How many `chat.update` Slack allows within so many seconds."""
EARLY = 0.8
"""The part of a tick that the bot waits at least, so that several bots don't ask in step."""
EVERY_SECONDS = 0.1


@dataclass(frozen=True)
class _Crowd:
    """What a crowd is watched with."""

    bench: Bench
    stage: Stage
    bot: BotProcess
    told: Told

    @property
    def size(self) -> int:
        return self.bench.sizes.crowd

    @property
    def waiting(self) -> int:
        return sum(backup.status == "in_progress" for backup in self.stage.provider.creates)

    def row(self, what: str, measured: str, aim: str, ok: bool, figures: Mapping[str, float]) -> Row:
        """Return a row of what was measured while all waited; it says so where they were fewer."""
        waiting = int(figures.get("waiting", self.waiting))
        fewer = "" if waiting >= self.size else f" (only {waiting:,} wait)"
        name = what.format(f"{self.size:,}")
        return Row(name, measured + fewer, aim, ok and not fewer, {**figures, "waiting": waiting})


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the rows of a bot that need not wait for Slack's limits."""
    async with _crowd(bench, limited=False) as crowd:
        yield await _made(crowd, "without Slack's limits", MADE_AIM)
        for row in await _waiting(crowd):
            yield row
        yield await _killed(crowd)
        await _fill_up(crowd)
        yield await _all_told(crowd)


async def measure_limited(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the rows of a bot that keeps Slack's limits."""
    async with _crowd(bench, limited=True) as crowd:
        yield await _made(crowd, "with Slack's limits", MADE_AIM_LIMITED)
        yield await _some_told(crowd)


@asynccontextmanager
async def _crowd(bench: Bench, *, limited: bool) -> AsyncIterator[_Crowd]:
    sizes = bench.sizes
    # Those that take the places of the ones that end while the bot is down.
    spare = sizes.crowd // sizes.probe + 1
    async with (
        on_stage(servers=sizes.crowd + spare, channels=sizes.channels) as stage,
        bot_on(bench, stage, limited=limited) as bot,
    ):
        yield _Crowd(bench, stage, bot, Told(stage.workspace))


async def _made(crowd: _Crowd, how: str, aim: float) -> Row:
    """Ask for a backup of each server, 8 at a time, and wait until all are asked for at VPS.org."""
    done = await burst(crowd.stage, asking_for(crowd.stage, 0, crowd.size))
    lost = await lost_of(crowd.bench, crowd.stage, done.commands)
    confirmed = sum(map(taken, done.commands))
    made = crowd.stage.made
    took = max(made.values(), default=float("inf")) - done.began
    acked = [command.acked for command in done.commands if command.acked]
    figures = {
        "seconds": took,
        "asked": len(done.commands),
        "made": len(made),
        "not_confirmed": crowd.size - confirmed,
        "confirmed_not_made_in_time": lost,
        "acked_after_seconds": max(acked, default=float("inf")) - done.began,
        "ack_p99_seconds": p99(done.ack_seconds),
    }
    measured = f"{len(made):,} made in {seconds(took)}; acked in {seconds(figures['acked_after_seconds'])}"
    if crowd.size - confirmed:
        measured += f", {crowd.size - confirmed} not confirmed"
    ok = len(made) == crowd.size and took <= aim
    return Row(f"{crowd.size:,} creates, {how}", measured, f"all made, <= {aim:.0f} s", ok, figures)


async def _waiting(crowd: _Crowd) -> list[Row]:
    """Watch the bot while all wait: doing nothing else first, then answering."""
    sizes, stage = crowd.bench.sizes, crowd.stage
    await asyncio.sleep(2 * sizes.tick)
    pid = pid_of(crowd.bot)
    began, cpu = time.perf_counter(), cpu_seconds(pid)
    await asyncio.sleep(sizes.quiet)
    share = 100 * (cpu_seconds(pid) - cpu) / (time.perf_counter() - began)
    memory = memory_mb(pid)
    answers = await asyncio.gather(
        *(steadily(stage, verb, sizes.meanwhile, EVERY_SECONDS) for verb in ("help", "status"))
    )
    listings = _listings(crowd, began, time.perf_counter())
    figures = {"cpu_percent_of_core": share, "memory_mb": memory}
    busy = crowd.row(
        "while {} wait: CPU, memory",
        f"{share:.1f} % of a core, {memory:.0f} MB",
        "<= 5 %, <= 160 MB",
        share <= CPU_AIM and memory <= MEMORY_AIM,
        figures,
    )
    found = {
        f"{verb}_{what}_p99_seconds": p99([getattr(each, f"{what}_seconds") for each in commands])
        for verb, commands in zip(("help", "status"), answers, strict=True)
        for what in ("ack", "answer")
    }
    words = "; ".join(
        f"{verb} acked {seconds(found[f'{verb}_ack_p99_seconds'])}, "
        f"answered {seconds(found[f'{verb}_answer_p99_seconds'])}"
        for verb in ("help", "status")
    )
    ok = max(found.values()) <= ANSWER_AIM
    return [busy, crowd.row("while {} wait: p99", words, "all <= 0.3 s", ok, found), listings]


def _listings(crowd: _Crowd, began: float, ended: float) -> Row:
    minutes, tick = (ended - began) / 60, crowd.bench.sizes.tick
    backups = crowd.stage.listings("/backups/", began, ended)
    servers = crowd.stage.listings("/servers/", began, ended)
    most = (ended - began) / (tick * EARLY) + 1
    figures = {
        "backup_lists_per_minute": backups / minutes,
        "server_lists_per_minute": servers / minutes,
        "backup_lists_per_tick": backups / ((ended - began) / tick),
    }
    measured = f"{backups / minutes:.1f} of backups, {servers / minutes:.1f} of servers a minute"
    aim = f"<= 1 a tick of {EARLY * tick:g} to {tick:g} s"
    ok = backups <= most and servers <= minutes + 1
    return crowd.row("while {} wait: listings", measured, aim, ok, figures)


async def _killed(crowd: _Crowd) -> Row:
    """Kill the bot; let one in ten backups end before it is started again, and wait until each is told.

    Only one in ten, so that this shows when all are waited for again, not how long telling takes; they are
    spread evenly over all, as they were asked for. That the others were not lost is seen when they end.
    """
    waiting = [backup.server for backup in crowd.stage.provider.creates]
    probes = waiting[:: crowd.bench.sizes.probe]
    waited = crowd.waiting
    await crowd.bot.kill()
    _finish(crowd, probes)
    names = {server.name for server in probes}
    crowd.told.begin(names)
    await crowd.bot.start()
    await until(lambda: names <= crowd.told.both.keys(), crowd.bench.sizes.patience)
    got = [crowd.told.both[name] - crowd.told.began for name in names & crowd.told.both.keys()]
    took = max(got) if len(got) == len(probes) else float("inf")
    figures = {"seconds": took, "first_seconds": min(got, default=float("inf")), "probes": len(probes)}
    figures |= {"probes_told": len(got), "waiting": waited}
    measured = f"{seconds(took)}, as {len(got)} of {len(probes)} that ended meanwhile show"
    aim = "<= 15 s from the start"
    return crowd.row("SIGKILL while {} wait", measured, aim, took <= RESUMED_AIM, figures)


async def _fill_up(crowd: _Crowd) -> None:
    """Let as many wait again as before."""
    missing, before = crowd.size - crowd.waiting, len(crowd.stage.made)
    done = await burst(crowd.stage, asking_for(crowd.stage, crowd.size, missing))
    await lost_of(crowd.bench, crowd.stage, done.commands, before)
    await asyncio.sleep(2 * crowd.bench.sizes.tick)


async def _all_told(crowd: _Crowd) -> Row:
    """End all at once, and wait until everybody is told."""
    count = _end_all(crowd)
    await until(lambda: len(crowd.told.both) >= count, crowd.bench.sizes.patience)
    figures = {"ended": count, "told": len(crowd.told.both), "seconds": crowd.told.last()}
    measured = f"{len(crowd.told.both):,} of {count:,} told in {seconds(crowd.told.last())}"
    ok = len(crowd.told.both) == count == crowd.size and crowd.told.last() <= MADE_AIM
    return Row(
        f"{crowd.size:,} end at once, without Slack's limits", measured, "all told, <= 30 s", ok, figures
    )


async def _some_told(crowd: _Crowd) -> Row:
    """End all at once, and count who is told after a while."""
    sizes = crowd.bench.sizes
    await asyncio.sleep(2 * sizes.tick)
    count = _end_all(crowd)
    await until(lambda: len(crowd.told.both) >= count, sizes.told_after)
    after = sizes.told_after
    told, shown, replied = crowd.told.count(after), len(crowd.told.shown), len(crowd.told.replied)
    allowed = min(count, EDITS * (1 + int((after - sizes.tick) // EDITS_SECONDS)))
    figures: dict[str, float] = {
        "ended": count,
        "told": told,
        "shown": shown,
        "replied": replied,
        "allowed": allowed,
    }
    figures |= {"after_seconds": after, "all_told_after_seconds": crowd.told.last() if told >= count else 0.0}
    measured = (
        f"{told:,} of {count:,} told after {after:.0f} s ({shown:,} messages edited, {replied:,} replies)"
    )
    aim = f">= {allowed:,}, all that 50 edits/min allow"
    ok = told >= allowed and count == crowd.size
    return Row(f"{crowd.size:,} end at once, with Slack's limits", measured, aim, ok, figures)


def _end_all(crowd: _Crowd) -> int:
    made = crowd.stage.provider.creates
    names = {backup.server.name for backup in made if backup.status == "in_progress"}
    crowd.told.begin(names)
    crowd.stage.provider.finish()
    return len(names)


def _finish(crowd: _Crowd, servers: list[Server]) -> None:
    for backup in crowd.stage.provider.creates:
        if backup.server in servers:
            crowd.stage.provider.finish(backup.id)
