"""Several bots over one PostgreSQL: what they get done together, and what that costs."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from bot.sandbox.bot_process import BotProcess
from tests.bench.creates import SLOWEST_ACK, asking_for, backups_ending, lost_of, taken
from tests.bench.figures import Row, median, p99, seconds
from tests.bench.load import Burst, burst, until
from tests.bench.process import cpu_seconds, family_cpu_seconds
from tests.bench.stage import Stage
from tests.bench.subjects import Bench, bare_on, bots_on, on_stage, pid_of
from tests.bench.told import Told
from tests.operations.postgres import Postgres

LEAST_MADE, MOST_COST = 0.8, 1.25
"""What several must make of what one makes, and may cost of its CPU; all share the same cores."""
LOOKS_AIM, IDLE_AIM = 0.9, 2.0
IDLE_PART = 0.25
"""For what share of `Sizes.quiet` bots are watched doing nothing."""


@dataclass(frozen=True)
class _Cost:
    """Seconds of CPU of all bots, and of PostgreSQL, within so many seconds."""

    bots: float
    database: float
    elapsed: float

    def each(self, count: int, idle: "_Cost") -> tuple[float, float]:
        """Return both in milliseconds for each of so many, without what doing nothing costs."""
        part = self.elapsed / idle.elapsed
        more = (self.bots - part * idle.bots, self.database - part * idle.database)
        return 1000 * more[0] / count, 1000 * more[1] / count


@dataclass(frozen=True)
class _Round:
    bare: Burst
    looks: Burst
    creates: Burst
    idle: _Cost
    look_cost: tuple[float, float]
    create_cost: tuple[float, float]
    made_rate: float
    not_taken: int
    lost: int


async def measure(bench: Bench) -> AsyncGenerator[Row, None]:
    """Give the rows of creates and of looks for each number of bots, 8 at a time, and of doing nothing.

    Each number has a database of its own in each round, and takes its turn beside the app that only acks.
    Everything shares the machine's cores: what each costs is what tells how many would do more on more.
    """
    if bench.postgres is None:
        raise OSError("several bots take a PostgreSQL")
    rounds: dict[int, list[_Round]] = {count: [] for count in bench.sizes.replicas}
    for _ in range(max(bench.sizes.rounds - 2, 1)):
        for count, found in rounds.items():
            found.append(await _round(bench, bench.postgres, count))
    first = next(iter(rounds.values()))
    for count, found in rounds.items():
        yield _creates_row(count, found, first)
    for count, found in rounds.items():
        yield _looks_row(count, found)
    yield _idle_row(rounds)


async def _round(bench: Bench, server: Postgres, count: int) -> _Round:
    sizes = bench.sizes
    async with (
        on_stage(servers=0) as beside,
        on_stage(servers=sizes.creates, channels=sizes.creates) as stage,
        bare_on(bench, beside),
        bots_on(bench, stage, server.new_database(), *({},) * count) as bots,
    ):
        await burst(stage, ["status"] * 8 * count, answered=True)
        await burst(beside, ["help"] * 8)
        meter = _Meter(bots, server)
        await asyncio.sleep(sizes.quiet * IDLE_PART)
        idle = meter.lap()
        looks = await burst(stage, ["status"] * sizes.commands, answered=True)
        look_cost = meter.lap().each(sizes.commands, idle)
        bare = await burst(beside, ["help"] * sizes.creates)
        meter.lap()
        creates = await burst(stage, asking_for(stage, 0, sizes.creates))
        lost = await _all_told(bench, stage, creates)
        create_cost = meter.lap().each(sizes.creates, idle)
    not_taken = sum(not taken(each) for each in creates.commands)
    made_rate = len(stage.made) / (max(stage.made.values()) - creates.began)
    return _Round(bare, looks, creates, idle, look_cost, create_cost, made_rate, not_taken, lost)


async def _all_told(bench: Bench, stage: Stage, asked: Burst) -> int:
    """Wait until all are made, then until people are told of each; return how many never are."""
    told = Told(stage.workspace)
    lost = await lost_of(bench, stage, asked.commands)
    told.begin(server.name for server in stage.servers)
    async with backups_ending(stage):
        await until(lambda: len(told.both) >= len(stage.made), bench.sizes.patience)
    return lost + len(stage.made) - len(told.both)


class _Meter:
    """Reads what the processes have used since it was last read."""

    def __init__(self, bots: Sequence[BotProcess], server: Postgres) -> None:
        self._pids = [pid_of(bot) for bot in bots]
        self._server = server
        self._last = self._read()

    def lap(self) -> _Cost:
        before, now = self._last, self._read()
        self._last = now
        return _Cost(now.bots - before.bots, now.database - before.database, now.elapsed - before.elapsed)

    def _read(self) -> _Cost:
        bots = sum(map(cpu_seconds, self._pids))
        return _Cost(bots, family_cpu_seconds(self._server.pid), time.perf_counter())


def _creates_row(count: int, rounds: Sequence[_Round], first: Sequence[_Round]) -> Row:
    acks = [value for each in rounds for value in each.creates.ack_seconds]
    made = median([each.made_rate for each in rounds])
    bots, database = _costs([each.create_cost for each in rounds])
    alone = sum(_costs([each.create_cost for each in first]))
    not_taken, lost = sum(each.not_taken for each in rounds), sum(each.lost for each in rounds)
    figures = {
        "ratio": median([each.creates.acked_rate / each.bare.acked_rate for each in rounds]),
        "made_per_second": made,
        "made_to_one": made / median([each.made_rate for each in first]),
        "ack_p99_seconds": p99(acks),
        "bots_cpu_milliseconds_each": bots,
        "database_cpu_milliseconds_each": database,
        "cost_to_one": (bots + database) / (alone or float("inf")),
        "asked": len(acks),
        "not_confirmed": not_taken,
        "lost": lost,
    }
    measured = (
        f"{figures['ratio']:.3f} of bare Bolt acked, p99 {seconds(p99(acks))}; {made:.0f} made/s, "
        f"{figures['made_to_one']:.2f} of one; {bots:.0f} ms of bots and {database:.0f} ms of PostgreSQL "
        f"each; of {len(acks)}: {not_taken} not confirmed, {lost} lost"
    )
    ok = p99(acks) <= SLOWEST_ACK and not not_taken + lost
    ok = ok and figures["made_to_one"] >= LEAST_MADE and figures["cost_to_one"] <= MOST_COST
    aim = f"p99 <= {SLOWEST_ACK} s, none lost; >= {LEAST_MADE} of what one makes, <= {MOST_COST} of its CPU"
    return Row(f"create, {_replicas(count)}", measured, aim, ok, figures)


def _looks_row(count: int, rounds: Sequence[_Round]) -> Row:
    acks = [value for each in rounds for value in each.looks.ack_seconds]
    bots, database = _costs([each.look_cost for each in rounds])
    figures = {
        "ratio_acked": median([each.looks.acked_rate / each.bare.acked_rate for each in rounds]),
        "ratio_answered": median([each.looks.answered_rate / each.bare.acked_rate for each in rounds]),
        "ack_p99_seconds": p99(acks),
        "bots_cpu_milliseconds_each": bots,
        "database_cpu_milliseconds_each": database,
    }
    measured = (
        f"{figures['ratio_acked']:.2f} acked, {figures['ratio_answered']:.2f} answered; "
        f"p99 {seconds(p99(acks))}; {bots:.1f} ms of bots and {database:.1f} ms of PostgreSQL each"
    )
    ok = min(figures["ratio_acked"], figures["ratio_answered"]) >= LOOKS_AIM
    return Row(f"status, {_replicas(count)}", measured, f"both >= {LOOKS_AIM} of bare Bolt", ok, figures)


def _idle_row(rounds: dict[int, list[_Round]]) -> Row:
    figures: dict[str, float] = {}
    words = []
    for count, found in rounds.items():
        bots = median([100 * each.idle.bots / each.idle.elapsed / count for each in found])
        database = median([100 * each.idle.database / each.idle.elapsed for each in found])
        figures |= {f"bot_percent_of_core_{count}": bots, f"database_percent_of_core_{count}": database}
        words.append(f"{count}: {bots:.1f} % each, PostgreSQL {database:.1f} %")
    ok = max(value for name, value in figures.items() if name.startswith("bot")) <= IDLE_AIM
    return Row("replicas that idle, % of a core", "; ".join(words), f"each <= {IDLE_AIM} %", ok, figures)


def _costs(rounds: Sequence[tuple[float, float]]) -> tuple[float, float]:
    return median([bots for bots, _ in rounds]), median([database for _, database in rounds])


def _replicas(count: int) -> str:
    return "1 replica" if count == 1 else f"{count} replicas"
