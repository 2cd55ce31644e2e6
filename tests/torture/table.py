"""The figures as a table."""

from collections.abc import Mapping
from dataclasses import fields

from tests.torture.tally import Tally

COLUMNS = [field.name for field in fields(Tally)]


def table(rows: Mapping[str, Tally]) -> str:
    """Return the rows, their sum, and what is of each kind, as text to read and to quote."""
    total = Tally()
    for tally in rows.values():
        total.add(tally)
    lines = [["where", *(name.replace("_", " ") for name in COLUMNS)]]
    kinds = {f"of these: {kind}": tally for kind, tally in total.kinds.items()}
    lines += [[name, *_figures(tally)] for name, tally in {**rows, "in all": total, **kinds}.items()]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(_line(line, widths) for line in lines)


def _line(cells: list[str], widths: list[int]) -> str:
    first, *others = (
        cell.ljust(width) if place == 0 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *others])} |"


def _figures(tally: Tally) -> list[str]:
    return [f"{getattr(tally, name):,}" for name in COLUMNS]
