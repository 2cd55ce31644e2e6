"""What was measured, as rows of a table and as JSON."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

HEADINGS = ("what", "measured", "aim", "")


@dataclass(frozen=True)
class Row:
    """One line of the table. `figures` are the numbers behind it, with their units in their names."""

    name: str
    measured: str
    aim: str
    ok: bool
    figures: Mapping[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Return the row for a JSON file, in which what never came is null."""
        finite = {name: value if math.isfinite(value) else None for name, value in self.figures.items()}
        return asdict(self) | {"figures": finite}


def median(values: Sequence[float]) -> float:
    """Return the middle one; infinite where there are none."""
    return statistics.median(values) if values else math.inf


def p99(values: Sequence[float]) -> float:
    """Return what 99 % do not exceed, as the nearest that was measured; infinite where there are none."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1] if values else math.inf


def seconds(value: float) -> str:
    """Return a duration in words, with as many digits as matter."""
    if math.isinf(value):
        return "never"
    return f"{value:.3f} s" if value < 1 else f"{value:.1f} s"


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text to read and to quote."""
    lines = [(row.name, row.measured, row.aim, "ok" if row.ok else "missed") for row in rows]
    return drawn([HEADINGS, *lines])


def drawn(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a table in Markdown; the first holds the headings."""
    widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in lines
    ]
    rows.insert(1, "| " + " | ".join("-" * width for width in widths) + " |")
    return "\n".join(rows)
