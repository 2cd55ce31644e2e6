"""What a soak came to, as text to read and to quote."""

import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from tests.bench.figures import drawn, median, p99, seconds
from tests.soak.samples import GAUGES, HOUR, Line, Series
from tests.soak.traffic import Tally, Traffic

BOUNDS = dict(zip(GAUGES, (20.0, 10.0, 5.0, 30.0, 5.0), strict=True)) | {"sessions of all replicas": 5.0}
"""How much of it may be more after an hour; in the units of GAUGES."""
ROWS_AN_OPERATION, KB_AN_OPERATION = 0.2, 0.5
"""How much an operation may leave behind, in rows of a table, and in kB, the audit trail apart."""
WARM_UP_SHARE, WARM_UP_SECONDS = 0.3, 180.0
"""What is left out at the beginning of a life, the lesser of both: caches fill."""
LEAST_SECONDS = 300.0
"""A line through less than this tells nothing: what comes and goes looks like growth."""
LATE_SECONDS = 0.1
"""Beyond this we did not keep up ourselves."""
NOT_MEASURED = "NOT MEASURED"
AUDIT_SIZE = "size of the audit trail, MB"
HEADINGS = ("what", "start", "end", "slope an hour", "bound", "")
SPLIT = ("bare", "look", "click", "home", "create", "form", "submit", "mention")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What was found. `ended` is when people stopped, as `Series` has it; `stuck` are workflows."""

    kind: str
    seconds: float
    rate: float
    keep_seconds: float
    ended: float
    load: float
    driver_share: float
    kills: int
    deaths: Sequence[str]
    faults: int
    lives: Sequence[Series]
    database: Series
    traffic: Traffic
    tally: Tally
    stuck: Sequence[str]

    @cached_property
    def rows(self) -> list[Row]:
        """The table of what may grow: of the process that lived longest, and of the database."""
        longest = max(self.lives, key=_length, default=Series(0.0))
        return [*self._process(longest), *self._rows_of_database()]

    @property
    def is_ours_late(self) -> bool:
        """Whether the load generator did not keep up."""
        return p99(self.traffic.late) > LATE_SECONDS

    @property
    def ok(self) -> bool:
        """Whether nothing grew, and no promise was broken."""
        return not (
            any(row[-1] in {"GROWS", NOT_MEASURED} for row in self.rows)
            or self.tally.broken
            or self.stuck
            or self.deaths
        )

    @property
    def text(self) -> str:
        """All of it."""
        table = drawn([HEADINGS, *self.rows])
        return "\n".join([*self._header(), "", table, "", *self._acks(), *self._told()])

    def _header(self) -> Iterator[str]:
        yield (
            f"{self.kind}, {self.seconds / 60:.1f} minutes, {self.rate:g} a second; {os.cpu_count()} cores, "
            f"Python {platform.python_version()}, load {self.load:.2f} at the start; {self.kills} kills, "
            f"{self.faults:,} faults; operations are kept for {self.keep_seconds:.0f} s"
        )
        kept = "did NOT keep up" if self.is_ours_late else "kept up"
        late = self.traffic.late
        yield (
            f"the load generator {kept}: late by {seconds(p99(late))} (p99), {seconds(max(late))} at most; "
            f"{self.driver_share:.0%} of a core"
        )

    def _process(self, life: Series) -> Iterator[Row]:
        if self.seconds >= LEAST_SECONDS and not any(figures for _, figures in life.samples):
            yield ("the process", *[""] * (len(HEADINGS) - 2), NOT_MEASURED)
        for figure in GAUGES:
            if line := self._line(life, figure):
                yield _row(figure, line, BOUNDS[figure])

    def _rows_of_database(self) -> Iterator[Row]:
        hourly = self.tally.begun / self.seconds * HOUR
        names = dict.fromkeys(name for _, figures in self.database.samples for name in figures)
        for name in names:
            if name == "rows of audit_entries" or not (line := self._line(self.database, name)):
                continue
            if name == AUDIT_SIZE:
                each = line.slope / max(hourly, 1) * 1024
                yield (name, *_ends(line), f"kept on purpose: {each:.1f} kB an operation", "")
            elif name in BOUNDS:
                yield _row(name, line, BOUNDS[name])
            elif name.startswith("size"):
                yield _row(name, line, hourly * KB_AN_OPERATION / 1024)
            elif line.start or line.end:
                yield _row(name, line, hourly * ROWS_AN_OPERATION)

    def _line(self, series: Series, figure: str) -> Line | None:
        lasted = self.ended - series.began
        return series.line(figure, min(lasted * WARM_UP_SHARE, WARM_UP_SECONDS), self.ended)

    def _acks(self) -> Iterator[str]:
        yield "p99 of acks, from when somebody was due to act:"
        for kind in SPLIT:
            if acks := self.traffic.acks.get(kind):
                middle = seconds(median(acks))
                yield f"  {kind:8} {seconds(p99(acks)):>8}   median {middle} of {len(acks):,}"
        gone = ", ".join(f"{count:,} {error}" for error, count in self.traffic.unacked.most_common())
        yield f"  without an ack, as the bot was killed or its socket cut: {gone or 'none'}"

    def _told(self) -> Iterator[str]:
        tally = self.tally
        ends = ", ".join(f"{count:,} {how or 'not told'}" for how, count in tally.ends.most_common())
        yield f"{tally.asked:,} changes asked for, {tally.begun:,} operations: {ends}"
        yield (
            f"  lost {tally.lost}, doubled {tally.doubled}, notices lost {tally.notices_lost}, "
            f"told twice {tally.told_twice}, stuck {len(self.stuck)}"
        )
        yield from self.deaths
        yield from (f"  {problem}" for problem in (*tally.problems[:20], *self.stuck[:20]))
        yield from (
            f"  a bug of the load generator: {count} × {bug}" for bug, count in self.traffic.bugs.items()
        )


def _length(life: Series) -> float:
    return life.samples[-1][0] - life.began if life.samples else 0.0


def _row(name: str, line: Line, bound: float) -> Row:
    return (name, *_ends(line), f"{bound:+,.0f}", verdict_of(line, bound))


def verdict_of(line: Line, bound: float) -> str:
    """Return what a line tells of what may grow by `bound` in an hour."""
    if line.slope <= bound:
        return "flat"
    if line.seconds < LEAST_SECONDS:
        return "too short to tell"
    return "GROWS" if line.slope - line.error > bound else "perhaps by chance"


def _ends(line: Line) -> Row:
    return f"{line.start:,.1f}", f"{line.end:,.1f}", f"{line.slope:+,.1f} ± {line.error:,.1f}"
