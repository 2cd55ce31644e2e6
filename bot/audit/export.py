"""The audit trail as a file for other programs."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Literal

from pydantic import ValidationError

from bot.audit.model import Entry, Row

Format = Literal["jsonl", "csv"]

_COLUMNS = ["seq", *Entry.model_fields, "previous", "hash"]
# What makes a spreadsheet take a cell for a formula (OWASP, “CSV Injection”).
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


class UnreadableEntry(Exception):
    """An entry can't be read; its argument is the entry's number."""


def lines(rows: Iterable[Row], wanted: Format) -> Iterator[str]:
    """Return the lines of the file, each with its line end.

    JSONL has entries as they were hashed. In CSV, text that a spreadsheet would take for a formula gets an
    apostrophe in front.

    Raises:
        UnreadableEntry: a row can't be read, so somebody has changed it.
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
        yield _line([_safe(_cell(cells[name])) for name in _COLUMNS])


_WRITERS: dict[Format, Callable[[Iterable[Row]], Iterator[str]]] = {"jsonl": _jsonl, "csv": _csv}


def _entry(row: Row) -> Entry:
    try:
        return row.chained_entry().entry
    except ValidationError as error:
        raise UnreadableEntry(row.seq) from error


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _safe(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA)
    return f"'{cell}" if is_formula else cell


def _line(cells: list[object] | list[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
