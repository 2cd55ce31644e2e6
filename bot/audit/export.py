"""The audit trail as a file for other programs."""

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from io import StringIO
from typing import Literal

from pydantic import ValidationError

from bot.audit.model import Entry, OddRow, Row
from bot.terminal import STEERS, visible

Format = Literal["jsonl", "csv"]

_COLUMNS = ["seq", *Entry.model_fields, "previous", "hash"]
# What makes a spreadsheet take a cell for a formula (OWASP, “CSV Injection”), and what may begin a cell in
# the middle of one of ours: in many countries a semicolon separates cells.
_FORMULA = frozenset("=+-@")
_SEPARATOR = re.compile(r"([;\t\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029])")
_BLANK = re.compile("FILLER|BLANK")


def lines(
    rows: Iterable[Row | OddRow], wanted: Format, on_unreadable: Callable[[str], None]
) -> Iterator[str]:
    """Return the lines of the file, each with its line end.

    JSONL has entries as they were hashed. In CSV, text that a spreadsheet would take for a formula gets an
    apostrophe in front, and what steers a terminal is written out. A row that can't be read, so that somebody
    has changed it, is left out, and `on_unreadable` called with its number.
    """
    if wanted == "csv":
        yield _line(_COLUMNS)
    write = _jsonl if wanted == "jsonl" else _csv
    for row in rows:
        entry = _entry(row)
        if entry is None or isinstance(row, OddRow):
            on_unreadable(str(row.seq))
        else:
            yield write(row, entry)


def _jsonl(row: Row, _entry: Entry) -> str:
    place = json.dumps({"seq": row.seq, "previous": row.previous, "hash": row.hash})
    # What steers a terminal is escaped, which in JSON means the same.
    written = STEERS.sub(lambda found: f"\\u{ord(found[0]):04x}", row.written)
    return f'{place[:-1]}, "entry": {written}}}\n'


def _csv(row: Row, entry: Entry) -> str:
    place = {"seq": row.seq, "previous": row.previous, "hash": row.hash}
    cells = entry.model_dump(mode="json") | place
    return _line([_safe(_cell(cells[name])) for name in _COLUMNS])


def _entry(row: Row | OddRow) -> Entry | None:
    try:
        return None if isinstance(row, OddRow) else row.chained_entry().entry
    except ValidationError:
        return None


def _cell(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else value


def _safe(cell: object) -> object:
    if not isinstance(cell, str):
        return cell
    parts = (f"'{part}" if _is_formula(part) else part for part in _SEPARATOR.split(cell))
    return visible("".join(parts), keep="\r\n\t")


def _is_formula(text: str) -> bool:
    first = next((each for each in text if _is_seen(each)), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA


def _is_seen(character: str) -> bool:
    if character in ' "' or not character.isprintable():
        return False
    is_mark = unicodedata.category(character).startswith("M")
    return not (is_mark or _BLANK.search(unicodedata.name(character, "")))


def _line(cells: list[object] | list[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()
