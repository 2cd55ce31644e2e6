"""What grows: samples of each process and of the database, and the line through them."""

import math
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import aiohttp
import sqlalchemy as sa

from bot.sandbox.bot_process import BotProcess

GAUGES = {
    "memory, MB": ("process_resident_memory_bytes", 2.0**-20),
    "file descriptors": ("process_open_fds", 1.0),
    "threads": ("backup_bot_threads", 1.0),
    "asyncio tasks": ("backup_bot_asyncio_tasks", 1.0),
    "database connections": ("backup_bot_database_connections", 1.0),
}
"""What is read at `/metrics`, by what we call it, and what it is multiplied with."""
ANSWER_SECONDS = 5.0
AUDIT = "audit_entries"
HOUR = 3600.0
MOST_MEANS = 20

Figures = dict[str, float]


@dataclass
class Series:
    """Samples of what lives from `began` on (seconds of `perf_counter`); each with its moment."""

    began: float
    samples: list[tuple[float, Figures]] = field(default_factory=list)

    def line(self, figure: str, warm_up: float, until: float) -> "Line | None":
        """Return the line through a figure from `warm_up` seconds after it began; None with few samples."""
        points = [
            (at, figures[figure])
            for at, figures in self.samples
            if self.began + warm_up <= at <= until and figure in figures
        ]
        return Line.through(points) if len(points) > 2 else None


@dataclass(frozen=True)
class Line:
    """The median of the first and of the last tenth of samples, and how much they grow in an hour.

    `error` is by how much that may be more or less, as what goes up and down leaves it open: two standard
    errors.
    """

    start: float
    end: float
    slope: float
    error: float
    seconds: float

    @classmethod
    def through(cls, points: Sequence[tuple[float, float]]) -> "Line":
        """Return the line of least squares, through the means of some samples each: neighbours are alike."""
        values, tenth = [value for _, value in points], max(len(points) // 10, 1)
        size = -(-len(points) // MOST_MEANS)
        groups = [points[start : start + size] for start in range(0, len(points), size)]
        x = [statistics.fmean(at for at, _ in group) for group in groups]
        y = [statistics.fmean(value for _, value in group) for group in groups]
        slope, start = statistics.linear_regression(x, y)
        off = sum((value - start - slope * at) ** 2 for at, value in zip(x, y, strict=True))
        error = math.sqrt(off / max(len(x) - 2, 1) / (statistics.pvariance(x) * len(x)))
        first, last = statistics.median(values[:tenth]), statistics.median(values[-tenth:])
        return cls(first, last, slope * HOUR, 2 * error * HOUR, points[-1][0] - points[0][0])


async def figures_of(bot: BotProcess, session: aiohttp.ClientSession) -> Figures:
    """Return what a replica tells of itself; nothing if it does not answer."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    try:
        async with session.get(bot.metrics_address, timeout=timeout) as answer:
            told = _numbers(await answer.text()) if answer.status == 200 else {}
    except (aiohttp.ClientError, TimeoutError):
        return {}
    return {what: told[name] * factor for what, (name, factor) in GAUGES.items() if name in told}


def _numbers(exposed: str) -> Mapping[str, float]:
    return {name: float(value) for name, value in re.findall(r"^(\w+) (\S+)$", exposed, re.MULTILINE)}


class DatabaseSampler:
    """Counts the rows of every table of the bot's database at `url`, and its size, while the bot works."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self._is_file = self._engine.dialect.name == "sqlite"
        inspector = sa.inspect(self._engine)
        schemas = [None] if self._is_file else ["public", "dbos"]
        self._tables = [
            f"{schema}.{name}" if schema else name
            for schema in schemas
            for name in inspector.get_table_names(schema)
        ]
        self.series = Series(time.perf_counter())

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def sample(self) -> None:
        """Take a sample."""
        with self._engine.connect() as connection:
            found = {
                f"rows of {name.rpartition('.')[2]}": self._one(connection, f"select count(*) from {name}")
                for name in self._tables
            }
            found |= self._sizes(connection)
        self.series.samples.append((time.perf_counter(), found))

    def _sizes(self, connection: sa.Connection) -> Figures:
        if self._is_file:
            pages = "select sum(pgsize) / 1048576.0 from dbstat where name "
            free = "(select name from sqlite_master where tbl_name = 'audit_entries')"
            return {
                "size but the audit trail, MB": self._one(connection, f"{pages} not in {free}"),
                "size of the audit trail, MB": self._one(connection, f"{pages} in {free}"),
            }
        whole = self._one(connection, "select pg_database_size(current_database()) / 1048576.0")
        audit = self._one(connection, f"select pg_total_relation_size('{AUDIT}') / 1048576.0")
        sessions = "select count(*) from pg_stat_activity where datname = current_database()"
        return {
            "size but the audit trail, MB": whole - audit,
            "size of the audit trail, MB": audit,
            "sessions of all replicas": self._one(connection, sessions) - 1,
        }

    def _one(self, connection: sa.Connection, query: str) -> float:
        return float(connection.execute(sa.text(query)).scalar_one() or 0)
