"""Limits of the blocks that show data: `table`, `data_table` and `data_visualization`.

https://docs.slack.dev/reference/block-kit/blocks/table-block, `…/data-table-block` and
`…/data-visualization-block`.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.block_kit_rich_text import RICH_TEXT
from bot.sandbox.slack.block_kit_rules import (
    Rule,
    at,
    boolean,
    by_type,
    integer,
    items,
    number,
    one_of,
    or_null,
    shape,
    string,
)

MOST_TABLE_TEXT = 20_000

_ID: dict[str, Rule] = {"block_id": string(255)}
_PLAIN_CELLS: dict[str, Rule] = {
    "raw_text": shape({"text": string(3000)}),
    "raw_number": shape({"value": number}, {"text": string(3000)}),
}
_CELL = by_type(_PLAIN_CELLS | {"rich_text": RICH_TEXT})
_COLUMN = shape({}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean})
TABLE = shape(
    {"rows": items(items(_CELL, 20), 100)}, _ID | {"column_settings": items(or_null(_COLUMN), 20, 0)}
)


def _header_is_plain(table: Any, pointer: str) -> Iterator[str]:
    yield from items(by_type(_PLAIN_CELLS), 20)(table["rows"][0], f"{pointer}/rows/0")


def _rows_are_as_long(table: Any, pointer: str) -> Iterator[str]:
    columns = len(table["rows"][0])
    for index, row in enumerate(table["rows"]):
        if len(row) != columns:
            yield at(f"{pointer}/rows/{index}", f"must have {columns} cells, as the first row has")


def _row_header_is_a_column(table: Any, pointer: str) -> Iterator[str]:
    if (table.get("row_header_column_index") or 0) >= len(table["rows"][0]):
        yield at(f"{pointer}/row_header_column_index", "must be the index of a column")


def _table_text_in_all(table: Any, pointer: str) -> Iterator[str]:
    texts = (str(cell.get("text", cell.get("value", ""))) for row in table["rows"] for cell in row)
    if sum(map(len, texts)) > MOST_TABLE_TEXT:
        yield at(f"{pointer}/rows", f"must be less than {MOST_TABLE_TEXT + 1} characters in total")


DATA_TABLE = shape(
    {"caption": string(3000), "rows": items(items(_CELL, 20), 201, 2)},
    _ID | {"page_size": integer(1, 100), "row_header_column_index": integer(0, 19)},
    _header_is_plain,
    _rows_are_as_long,
    _row_header_is_a_column,
    _table_text_in_all,
)

_LABEL = string(20)
_POINT = shape({"label": _LABEL, "value": number})
_SERIES = shape({"name": _LABEL, "data": items(_POINT, 20)})
_AXES = shape({"categories": items(_LABEL, 20)}, {"x_label": string(50), "y_label": string(50)})


def _one_point_per_category(chart: Any, pointer: str) -> Iterator[str]:
    categories = sorted(chart["axis_config"]["categories"])
    for index, series in enumerate(chart["series"]):
        if sorted(point["label"] for point in series["data"]) != categories:
            yield at(f"{pointer}/series/{index}/data", "must have one data point for each category")


def _names_differ(chart: Any, pointer: str) -> Iterator[str]:
    names = [series["name"] for series in chart["series"]]
    if len(set(names)) < len(names):
        yield at(f"{pointer}/series", "must have different names")


_OVER_AXES = shape(
    {"series": items(_SERIES, 12), "axis_config": _AXES}, None, _one_point_per_category, _names_differ
)
_CHART = by_type(
    {
        "bar": _OVER_AXES,
        "line": _OVER_AXES,
        "area": _OVER_AXES,
        "pie": shape({"segments": items(_POINT, 12)}),
    }
)
DATA_VISUALIZATION = shape({"title": string(50), "chart": _CHART}, _ID)
