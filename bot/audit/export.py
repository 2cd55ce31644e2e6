"""The audit trail as a file for other programs."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Literal

from pydantic import ValidationError

from bot.audit.model import Entry, Row
from bot.errors import NotUnderstood

Format = Literal["jsonl", "csv"]

_COLUMNS = ["seq", *Entry.model_fields, "previous", "hash"]
# What makes a spreadsheet take a cell for a formula (OWASP, “CSV Injection”).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def lines(rows: Iterable[Row], wanted: Format) -> Iterator[str]:
    """Return the lines of the file, each with its line end.

    JSONL has entries as they were hashed. In CSV, text that a spreadsheet would take for a formula gets an
    apostrophe in front.

    Raises:
        NotUnderstood: a row can't be read, so somebody has changed it.
    """
    return _WRITERS[wanted](rows)


def _jsonl(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        _entry(row)
        place = json.dumps({"seq": row.seq, "previous": row.previous, "hash": row.hash})
        yield f'{place[:-1]}, "entry": {row.written}}}\n'


def _csv(rows: Iterable[Row]) -> Iterator[str]:
    yield _line(_COLUMNS)
    for row in rows:
        place = {"seq": row.seq, "previous": row.previous, "hash": row.hash}
        cells = _entry(row).model_dump(mode="json") | place
        yield _line([_safe(cells[name]) for name in _COLUMNS])


_WRITERS: dict[Format, Callable[[Iterable[Row]], Iterator[str]]] = {"jsonl": _jsonl, "csv": _csv}


def _entry(row: Row) -> Entry:
    try:
        return row.sealed().entry
    except ValidationError as error:
        raise NotUnderstood(
            f"Entry {row.seq} can't be read.", "See what is wrong with `backup-bot audit verify`."
        ) from error


def _safe(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA)
    return f"'{cell}" if is_formula else cell


def _line(cells: list[object] | list[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
