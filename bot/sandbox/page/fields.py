"""Form fields: what a person types, ticks or picks, in a modal's inputs or right in a message."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from htpy import Node, fragment, li, textarea, ul
from htpy import input as input_

from bot.sandbox.page.choices import draw_boxes, draw_channels, draw_external, draw_people, draw_select
from bot.sandbox.page.field import Field
from bot.sandbox.page.posting import Attributes
from bot.sandbox.page.reader import Canvas
from bot.sandbox.people.filling_in import plain_of
from bot.sandbox.slack.workspace import Json


def draw_field(element: Json, block_id: str, canvas: Canvas, attributes: Attributes) -> Node:
    """Draw one of the kinds in `DRAWERS`; `attributes` go on whatever takes the value."""
    field = Field(element, block_id, canvas, attributes)
    return DRAWERS[field.kind](field)


def _text(field: Field) -> Node:
    attributes = field.attributes | {
        "placeholder": field.placeholder,
        "minlength": _number(field.element.get("min_length")),
        "maxlength": _number(field.element.get("max_length")),
        "autofocus": bool(field.element.get("focus_on_load")),
    }
    current = str(field.current("value") or "")
    if field.element.get("multiline"):
        # The parser drops a first line break inside a textarea, so one more is needed to keep it.
        return textarea(".input", attributes, id=field.id, rows="4")["\n" + current]
    return input_(
        ".input", attributes, id=field.id, type=_TEXT_TYPES[field.kind], value=current, autocomplete="off"
    )


def _rich_text(field: Field) -> Node:
    """Styles are not typed here: what is written becomes one plain part of the rich text."""
    lines = field.element.get("min_lines") or 3
    current = plain_of(field.current("rich_text_value") or {})
    attributes = field.attributes | {"placeholder": field.placeholder}
    return textarea(".input", attributes, id=field.id, rows=str(lines))["\n" + current]


def _files(field: Field) -> Node:
    """A browser keeps no chosen files over a redrawing, so their names stand below."""
    kinds = field.element.get("filetypes") or []
    accepted = ",".join(f".{kind}" for kind in kinds) or None
    chosen = [str(file.get("name", "")) for file in field.current("files") or []]
    return fragment[
        input_(
            ".input",
            field.attributes,
            id=field.id,
            type="file",
            accept=accepted,
            multiple=field.element.get("max_files", 10) != 1,
            required=field.attributes.get("required") and not chosen,
        ),
        chosen and ul(".files", aria_label="Chosen files")[(li[name] for name in chosen)],
    ]


def _number(value: object) -> str | None:
    return None if value is None else str(value)


def _moment(field: Field) -> Node:
    what, kind = _MOMENTS[field.kind]
    current = field.current(what)
    if what == "date_time" and current:
        zone = ZoneInfo(field.canvas.reader.person.tz)
        current = datetime.fromtimestamp(int(current), zone).strftime("%Y-%m-%dT%H:%M")
    return input_(".input.moment", field.attributes, id=field.id, type=kind, value=str(current or ""))


_TEXT_TYPES = {
    "plain_text_input": "text",
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
}
_MOMENTS = {
    "datepicker": ("date", "date"),
    "timepicker": ("time", "time"),
    "datetimepicker": ("date_time", "datetime-local"),
}
DRAWERS: dict[str, Callable[[Field], Node]] = {
    **dict.fromkeys(_TEXT_TYPES, _text),
    **dict.fromkeys(_MOMENTS, _moment),
    **dict.fromkeys(["static_select", "multi_static_select"], draw_select),
    **dict.fromkeys(["users_select", "multi_users_select"], draw_people),
    **dict.fromkeys(["channels_select", "multi_channels_select"], draw_channels),
    **dict.fromkeys(["conversations_select", "multi_conversations_select"], draw_channels),
    **dict.fromkeys(["checkboxes", "radio_buttons"], draw_boxes),
    **dict.fromkeys(["external_select", "multi_external_select"], draw_external),
    "rich_text_input": _rich_text,
    "file_input": _files,
}
"""How each kind of field is drawn."""
