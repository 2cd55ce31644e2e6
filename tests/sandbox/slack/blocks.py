"""Blocks and elements to spoil."""

from typing import Any

from tests.sandbox.slack.kit import BUTTON, OPTION, plain

Json = dict[str, Any]
SECTION: Json = {"type": "section", "text": plain("x")}
IMAGE: Json = {"type": "image", "image_url": "https://a.org/i.png", "alt_text": "x"}
CARD: Json = {"type": "card", "title": plain("x")}
TASK: Json = {"type": "task_card", "task_id": "1", "title": "x", "status": "complete"}
CELL: Json = {"type": "raw_text", "text": "x"}
PIE: Json = {"type": "pie", "segments": [{"label": "x", "value": 1}]}
CONFIRM: Json = {"title": plain("x"), "text": plain("x"), "confirm": plain("x"), "deny": plain("x")}


GROUP: Json = {"label": plain("x"), "options": [OPTION]}


def x(count: int) -> str:
    return "x" * count


def address(length: int) -> str:
    return f"https:{x(length)}"[:length]


def rich(*parts: Json) -> Json:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(parts)}]}


def numbered(count: int, element: Json) -> list[Json]:
    return [element | {"action_id": str(index)} for index in range(count)]


def option(**more: Any) -> Json:
    return OPTION | more


def accessory(element: Json) -> Json:
    return SECTION | {"accessory": element}


def select(**more: Any) -> Json:
    return accessory({"type": "static_select", "action_id": "a", "options": [OPTION], **more})


def button(**more: Any) -> Json:
    return accessory(BUTTON | more)


def confirm(**more: Any) -> Json:
    return button(confirm=CONFIRM | more)


def table(rows: int, cells: int) -> Json:
    return {"type": "table", "rows": [[CELL] * cells] * rows}


def data_table(count: int = 2, cells: int = 1, **more: Any) -> Json:
    return {"type": "data_table", "caption": "x", "rows": [[CELL] * cells] * count, **more}


def chart(**more: Any) -> Json:
    return {"type": "data_visualization", "title": "x", "chart": PIE, **more}


def bars(names: list[str], categories: list[str], **axes: Any) -> Json:
    """A chart of bars, each of them 1 high."""
    data = [{"label": label, "value": 1} for label in categories]
    series = [{"name": name, "data": data} for name in names]
    return chart(chart={"type": "bar", "series": series, "axis_config": {"categories": categories, **axes}})
