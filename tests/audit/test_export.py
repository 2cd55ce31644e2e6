"""What is exported can be read back, and is a formula nowhere."""

import csv
import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.export import lines
from bot.audit.model import Entry, Row
from tests.audit.facts import chain, entries, entry


@given(st.lists(entries, max_size=4).map(chain))
def test_every_line_reads_back(rows: list[Row]) -> None:
    read = list(csv.DictReader(StringIO(as_csv(rows), newline="")))
    assert len(read) == len(rows)


def test_a_column_for_everything() -> None:
    [heading] = csv.reader(StringIO(as_csv([])))
    assert set(heading) == {*Entry.model_fields, "seq", "previous", "hash"}


FORMULAS = [
    "=1+1", "+1", "-1", "@SUM(1)", " =1", "\t=1", "\u200b=1", "\u3164=1", "\ufeff=1", "\u2800=1", "＝1",
    "﹣1", "\ufe0f=1", "a;=1", "a; \u200b=1", "a\t@x", "a\n=1", "a\r\n+1", "a\u2028=1", 'a;"=1', ";;=1",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_no_cell_is_a_formula_in_any_country(text: str) -> None:
    [row] = csv.DictReader(StringIO(as_csv(chain([entry(reason=text, servers=(text,))])), newline=""))
    assert row["servers"] == row["reason"]
    cells = re.split(r"[;\t\r\n\u2028]", row["reason"])
    for cell in cells:
        seen = cell.lstrip(' "\u200b\u3164\ufeff\u2800\ufe0f')
        assert not seen.startswith(("=", "+", "-", "@", "＝", "﹣")), cell
    assert row["reason"].replace("'", "").replace("\\u2028", "\u2028") == text


@pytest.mark.parametrize("text", ["a = b", "before the upgrade; then more", "2026-01-01", "ana's box", ""])
def test_text_that_is_no_formula_stays_as_it_is(text: str) -> None:
    [row] = csv.DictReader(StringIO(as_csv(chain([entry(reason=text)]))))
    assert row["reason"] == text


def as_csv(rows: list[Row]) -> str:
    return "".join(lines(rows, "csv", lambda _: None))
