"""Blocks that Slack rolls out in phases, and the older ones that say the same where it refuses them.

SLACK.md, section 8. A view or a message uses them like any other block; whoever sends it falls back.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.models.blocks import Block

from bot.slack.auth import error_name

log = structlog.get_logger()

Json = dict[str, Any]

REFUSALS = frozenset({"invalid_blocks", "invalid_arguments", "invalid_attachments"})
"""Slack's errors for a block that it does not know: the first for messages, the second for views."""

_SECTION_LIMIT = 3000
_MARKS = {"error": ":rotating_light:", "warning": ":warning:", "success": ":white_check_mark:"}


class DataTableBlock(Block):
    """A table that people can sort and page through: for messages, not for modals.

    The first of the 2 to 201 rows is the header; all have the same 1 to 20 columns.
    https://docs.slack.dev/reference/block-kit/blocks/data-table-block
    """

    type = "data_table"

    def __init__(self, *, caption: str, rows: Sequence[Sequence[str]], page_size: int = 10) -> None:
        """`caption` is for screen readers; the cells are plain text, of which nothing is parsed."""
        super().__init__(type=self.type)
        self.caption = caption
        self.page_size = page_size
        self.rows = [[{"type": "raw_text", "text": cell} for cell in row] for row in rows]

    @property
    def attributes(self) -> set[str]:  # type: ignore[override]
        """The names of what is sent."""
        return super().attributes | {"caption", "rows", "page_size"}


class BarChartBlock(Block):
    """Bars over categories, side by side if there are several series: for messages, at most two in one.

    A title of at most 50 characters; 1 to 20 categories and 1 to 6 series, their names at most 20 characters.
    Each series has a value for each category. Who hears a message hears the title alone, so what the picture
    shows stands in a sentence beside it.
    https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block
    """

    type = "data_visualization"

    def __init__(
        self, *, title: str, categories: Sequence[str], series: Mapping[str, Sequence[int]], x_label: str = ""
    ) -> None:
        """`series` are values by name; `x_label` stands under the categories."""
        super().__init__(type=self.type)
        self.title = title
        axes: Json = {"categories": [*categories]} | ({"x_label": x_label} if x_label else {})
        drawn = [{"name": name, "data": _points(categories, values)} for name, values in series.items()]
        self.chart = {"type": "bar", "series": drawn, "axis_config": axes}

    @property
    def attributes(self) -> set[str]:  # type: ignore[override]
        """The names of what is sent."""
        return super().attributes | {"title", "chart"}


def _points(categories: Sequence[str], values: Sequence[int]) -> list[Json]:
    return [{"label": label, "value": value} for label, value in zip(categories, values, strict=True)]


def newer_types(content: Json) -> set[str]:
    """Return which newer blocks a message's arguments or a view hold."""
    return {block["type"] for block in content.get("blocks") or () if block["type"] in _OLDER}


def older(content: Json) -> Json:
    """Return a message's arguments or a view with older blocks in the place of newer ones."""
    if not newer_types(content):
        return content
    blocks: list[Json] = []
    for block in content["blocks"]:
        convert = _OLDER.get(block["type"])
        blocks += convert(block) if convert else [block]
    return {**content, "blocks": blocks}


def table_lines(block: Json) -> list[str]:
    """Return a table's rows as lines of text."""
    return [" · ".join(cell["text"] for cell in row if cell["text"]) for row in block["rows"]]


def _alert(block: Json) -> list[Json]:
    mark, text = _MARKS.get(block.get("level", ""), ""), block["text"]
    if not mark:
        return [{"type": "section", "text": text}]
    return [{"type": "section", "text": {**text, "text": f"{mark} {text['text']}"}}]


def _data_table(block: Json) -> list[Json]:
    sections, lines = [], table_lines(block)[1:]
    while lines:
        text = lines.pop(0)
        while lines and len(text) + len(lines[0]) < _SECTION_LIMIT:
            text += f"\n{lines.pop(0)}"
        said = {"type": "plain_text", "text": text[:_SECTION_LIMIT], "emoji": False}
        sections.append({"type": "section", "text": said})
    return sections


def _bar_chart(block: Json) -> list[Json]:
    """Return a line for each series, without what is zero in it."""
    lines = [_series_line(series) for series in block["chart"]["series"]]
    said = {"type": "plain_text", "text": "\n".join(lines)[:_SECTION_LIMIT], "emoji": False}
    return [{"type": "section", "text": said}]


def _series_line(series: Json) -> str:
    points = [f"{point['label']} ({point['value']})" for point in series["data"] if point["value"]]
    return f"{series['name']}: {', '.join(points) or '–'}"


_OLDER = {"alert": _alert, "data_table": _data_table, "data_visualization": _bar_chart}


Call = Callable[[Json], Awaitable[Any]]


async def drawable(call: Call, content: Json) -> tuple[Any, Json]:
    """Call Slack, with older blocks if it refuses newer ones; return its answer and what it took."""
    try:
        return await call(content), content
    except SlackApiError as error:
        if error_name(error) not in REFUSALS or not newer_types(content):
            raise
        log.info("newer_blocks_refused", types=sorted(newer_types(content)))
    return await call(older(content)), older(content)
