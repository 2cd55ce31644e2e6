"""Block Kit blocks as HTML."""

from collections.abc import Callable, Iterable, Iterator

from htpy import Node, div, figcaption, figure, h3, hr, label, p, span

from bot.sandbox.page import cards
from bot.sandbox.page.charts import draw_chart
from bot.sandbox.page.elements import draw_element, image, unsupported
from bot.sandbox.page.fields import DRAWERS as FIELDS
from bot.sandbox.page.fields import draw_field
from bot.sandbox.page.markdown import draw_markdown
from bot.sandbox.page.posting import Attributes, element_id, posts, target
from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.rich_text import draw_rich_text
from bot.sandbox.page.tables import draw_data_table, draw_table
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import Json


def draw_blocks(blocks: Iterable[Json], canvas: Canvas) -> Iterator[Node]:
    """Draw blocks in their order; one of an unknown type becomes a visible box."""
    for number, block in enumerate(blocks):
        yield draw_block({"block_id": f"block-{number}", **block}, canvas)


def draw_block(block: Json, canvas: Canvas) -> Node:
    """Draw one block, which must have its `block_id`."""
    kind = str(block.get("type"))
    drawer = _DRAWERS.get(kind)
    if drawer is None:
        return div(".block")[unsupported(f"{kind} block")]
    return div(class_=["block", f"block-{kind}"])[drawer(block, canvas)]


def _section(block: Json, canvas: Canvas) -> Node:
    fields = block.get("fields")
    accessory = block.get("accessory")
    return [
        div(".section-body")[
            block.get("text") and div(".text")[draw_text(block["text"], canvas.reader)],
            fields
            and div(".section-fields")[(div(".text")[draw_text(text, canvas.reader)] for text in fields)],
        ],
        accessory and div(".accessory")[draw_element(accessory, block["block_id"], canvas)],
    ]


def _header(block: Json, canvas: Canvas) -> Node:
    return h3[draw_text(block.get("text"), canvas.reader)]


def _divider(_block: Json, _canvas: Canvas) -> Node:
    return hr


def _context(block: Json, canvas: Canvas) -> Node:
    return (
        image(element, canvas)
        if element.get("type") == "image"
        else span(".text")[draw_text(element, canvas.reader)]
        for element in block.get("elements", [])
    )


def _actions(block: Json, canvas: Canvas) -> Node:
    return (draw_element(element, block["block_id"], canvas) for element in block.get("elements", []))


def _input(block: Json, canvas: Canvas) -> Node:
    element = block.get("element") or {}
    if element.get("type") not in FIELDS:
        return unsupported(f"{element.get('type')} input")
    block_id = block["block_id"]
    field_id = element_id(canvas, "field", block_id, str(element.get("action_id", "")))
    error = canvas.surface.errors.get(block_id)
    optional, hint = bool(block.get("optional")), block.get("hint")
    attributes: Attributes = {
        "name": block_id,
        "required": not optional,
        "aria-invalid": "true" if error else None,
        "aria-describedby": f"{field_id}-hint {field_id}-error" if hint else f"{field_id}-error",
        "aria-label": words(block.get("label")),
    }
    if block.get("dispatch_action"):
        attributes |= posts("/act/chooses", target(element, block_id, canvas))
    return [
        label(".label", for_=field_id)[
            draw_text(block.get("label"), canvas.reader), optional and span(".optional")["(optional)"]
        ],
        draw_field(element, block_id, canvas, attributes),
        p(f"#{field_id}-error.field-error", role="alert")[error],
        hint and p(f"#{field_id}-hint.hint")[draw_text(hint, canvas.reader)],
    ]


def _image_block(block: Json, canvas: Canvas) -> Node:
    title = block.get("title")
    return figure[title and figcaption[draw_text(title, canvas.reader)], image(block, canvas)]


def _container(block: Json, canvas: Canvas) -> Node:
    own = block["block_id"]
    children = ({"block_id": f"{own}-{n}", **child} for n, child in enumerate(block["child_blocks"]))
    return cards.draw_container(block, (draw_block(child, canvas) for child in children), canvas)


def _alert(block: Json, canvas: Canvas) -> Node:
    level = str(block.get("level") or "default")
    name = span(".visually-hidden")[f"{level.capitalize()}: "] if level != "default" else None
    return div(class_=["alert", f"alert-{level}"], role="note")[
        name, div(".text")[draw_text(block.get("text"), canvas.reader)]
    ]


_DRAWERS: dict[str, Callable[[Json, Canvas], Node]] = {
    "section": _section,
    "header": _header,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "input": _input,
    "image": _image_block,
    "alert": _alert,
    "card": cards.draw_card,
    "carousel": cards.draw_carousel,
    "container": _container,
    "context_actions": _actions,
    "data_visualization": draw_chart,
    "file": cards.draw_file,
    "plan": cards.draw_plan,
    "task_card": cards.draw_task,
    "video": cards.draw_video,
    "table": draw_table,
    "data_table": draw_data_table,
    "rich_text": lambda block, canvas: draw_rich_text(block, canvas.reader),
    "markdown": lambda block, _canvas: draw_markdown(str(block.get("text", ""))),
}
"""How each type of block is drawn."""
