"""One form element: what was filled in so far, and the attributes that belong on its HTML."""

from typing import Any

from htpy import Node, small

from bot.sandbox.page.posting import Attributes, element_id
from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import Json

_UNSELECTED = ("value", "rich_text_value", "files")


class Field:
    """One element with what was filled in so far, and the attributes that belong on its HTML."""

    def __init__(self, element: Json, block_id: str, canvas: Canvas, attributes: Attributes) -> None:
        self.element = element
        self.canvas = canvas
        self.kind = str(element.get("type"))
        self.block_id = block_id
        self.action_id = str(element.get("action_id", ""))
        self.id = element_id(canvas, "field", block_id, self.action_id)
        self.placeholder = words(element.get("placeholder")) or None
        self.attributes: Attributes = {"aria-label": self.placeholder, **attributes}
        self._state = canvas.surface.values.get(block_id, {}).get(self.action_id)

    def current(self, what: str) -> Any:
        """What was filled in (`selected_…`, `value`, `files`), else what the view proposes (`initial_…`)."""
        if self._state is not None:
            return self._state.get(what if what in _UNSELECTED else f"selected_{what}")
        return self.element.get(f"initial_{what.removeprefix('rich_text_')}")


def description(item: Json, canvas: Canvas) -> Node:
    """Draw an option's second line, if it has one."""
    text = item.get("description")
    return text and small(".hint")[draw_text(text, canvas.reader)]
