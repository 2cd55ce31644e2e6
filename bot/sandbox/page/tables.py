"""Tables: the plain block, and the one that people sort and turn the pages of."""

from collections.abc import Iterator
from itertools import zip_longest

from htpy import Element, Node, button, caption, div, span, table, tbody, td, th, thead, tr

from bot.sandbox.page.elements import unsupported
from bot.sandbox.page.posting import Attributes, element_id
from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.rich_text import draw_rich_text
from bot.sandbox.slack.workspace import Json

_ROWS_A_PAGE = 5
"""Where a data table does not say, as in Slack."""


def draw_table(block: Json, canvas: Canvas) -> Node:
    """Draw a table block: its first row is the header."""
    settings = block.get("column_settings") or []
    first, *others = block.get("rows") or [[]]
    return _scrolled("Table")[
        table[
            thead[tr[_cells(first, th, {"scope": "col"}, settings, canvas)]],
            tbody[(tr[_cells(row, td, {}, settings, canvas)] for row in others)],
        ]
    ]


def draw_data_table(block: Json, canvas: Canvas) -> Node:
    """Draw a data table whole; the page's script sorts it and shows a page of it at a time."""
    first, *others = block.get("rows") or [[]]
    named_by = block.get("row_header_column_index") or 0
    title = str(block.get("caption", ""))
    page_size = block.get("page_size") or _ROWS_A_PAGE
    table_id = element_id(canvas, "table", block["block_id"])
    return div(f"#{table_id}.data-table", data_page_size=str(page_size))[
        _scrolled(title or "Table")[
            table[
                caption[title],
                thead[tr[(_sortable(cell, canvas) for cell in first)]],
                tbody[(tr[_data_cells(row, named_by, canvas)] for row in others)],
            ]
        ],
        len(others) > page_size and _pager(),
    ]


def _scrolled(name: str) -> Element:
    return div(".table-scroll", tabindex="0", role="region", aria_label=name)


def _sortable(content: Json, canvas: Canvas) -> Node:
    return th(scope="col", aria_sort="none")[button(".sort", type="button")[_cell(content, canvas)]]


def _data_cells(row: list[Json], named_by: int, canvas: Canvas) -> Iterator[Node]:
    for column, content in enumerate(row):
        holder, attributes = (th, {"scope": "row"}) if column == named_by else (td, {})
        if content.get("type") == "raw_number":
            attributes |= {"class": "align-right", "data-value": str(content.get("value"))}
        yield holder(attributes)[_cell(content, canvas)]


def _pager() -> Node:
    return div(".pager", role="group", aria_label="Pages of the table")[
        button(".btn", type="button", data_turn="-1")["Previous"],
        span(".pager-place"),
        button(".btn", type="button", data_turn="1")["Next"],
    ]


def _cells(
    row: list[Json], holder: Element, attributes: Attributes, settings: list[Json | None], canvas: Canvas
) -> Iterator[Node]:
    for content, setting in zip_longest(row, settings[: len(row)]):
        known = setting or {}
        classes = [f"align-{known.get('align', 'left')}", known.get("is_wrapped") and "wrapped"]
        yield holder(attributes, class_=classes)[_cell(content, canvas)]


def _cell(content: Json, canvas: Canvas) -> Node:
    kind = content.get("type")
    if kind == "rich_text":
        return draw_rich_text(content, canvas.reader)
    if kind in ("raw_text", "raw_number"):
        return str(content.get("text", content.get("value", "")))
    return unsupported(f"{kind} cell")
