"""Block elements a person uses where they stand: buttons, menus and selects outside of inputs."""

from collections.abc import Callable

from htpy import Node, a, button, div, fragment, img, span

from bot.sandbox.page.field import description
from bot.sandbox.page.fields import DRAWERS, draw_field
from bot.sandbox.page.links import safe_address
from bot.sandbox.page.posting import confirm_dialog, element_id, posts, target
from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.people.clicking import FEEDBACK
from bot.sandbox.slack.workspace import Json

_ICONS = {"trash": "🗑️"}


def draw_element(element: Json, block_id: str, canvas: Canvas) -> Node:
    """Draw an element of an actions block, or a section's accessory."""
    kind = str(element.get("type"))
    if drawer := _DRAWERS.get(kind):
        return drawer(element, block_id, canvas)
    if kind in DRAWERS:
        return _field(element, block_id, canvas)
    return unsupported(kind)


def unsupported(kind: str) -> Node:
    """Draw a box that says what can't be drawn, so that nothing is lost in silence."""
    return span(".unsupported")[f"unsupported: {kind}"]


def _field(element: Json, block_id: str, canvas: Canvas) -> Node:
    confirm = element.get("confirm")
    confirm_id = element_id(canvas, "confirm", block_id, element.get("action_id"))
    attributes = posts("/act/chooses", target(element, block_id, canvas))
    attributes["data-confirm"] = confirm_id if confirm else None
    return fragment[
        draw_field(element, block_id, canvas, attributes), confirm_dialog(confirm, confirm_id, canvas)
    ]


def _button(element: Json, block_id: str, canvas: Canvas) -> Node:
    body = target(element, block_id, canvas) | {"value": element.get("value")}
    attributes = posts("/act/clicks", body)
    confirm = element.get("confirm")
    confirm_id = element_id(canvas, "confirm", block_id, element)
    attributes["data-confirm"] = confirm_id if confirm else None
    attributes["aria-label"] = element.get("accessibility_label")
    style = str(element.get("style", ""))
    label = draw_text(element.get("text"), canvas.reader)
    if href := safe_address(str(element.get("url", ""))):
        shown = a(attributes, href=href, target="_blank", rel="noopener noreferrer", class_=["btn", style])
        return shown[label, span(".leaves", aria_hidden="true")["↗"]]
    return fragment[
        button(attributes, type="button", class_=["btn", style])[label],
        confirm_dialog(confirm, confirm_id, canvas),
    ]


def _icon_button(element: Json, block_id: str, canvas: Canvas) -> Node:
    name = words(element.get("text"))
    icon = _ICONS.get(str(element.get("icon")), "•")
    named = {"accessibility_label": name, **element, "text": f"{icon} {name}"}
    return _button(named, block_id, canvas)


def _feedback(element: Json, block_id: str, canvas: Canvas) -> Node:
    return (
        _button(element[which] | {"action_id": element.get("action_id")}, block_id, canvas)
        for which in FEEDBACK
        if which in element
    )


def _overflow(element: Json, block_id: str, canvas: Canvas) -> Node:
    menu_id = element_id(canvas, "menu", block_id, element)
    confirm = element.get("confirm")
    return fragment[
        button(
            ".btn.icon-only",
            type="button",
            popovertarget=menu_id,
            aria_label="More options",
            aria_haspopup="menu",
        )["⋯"],
        div(f"#{menu_id}.menu", popover=True, role="menu")[
            (
                button(
                    ".menu-item",
                    posts("/act/chooses", target(element, block_id, canvas) | {"option": item.get("value")}),
                    type="button",
                    role="menuitem",
                    data_confirm=f"{menu_id}-confirm" if confirm else None,
                )[draw_text(item.get("text"), canvas.reader), description(item, canvas)]
                for item in element.get("options", [])
            )
        ],
        confirm_dialog(confirm, f"{menu_id}-confirm", canvas),
    ]


def image(source: Json, canvas: Canvas) -> Node:
    """Draw an image of the sandbox's own; any other only as its description.

    The page makes no request to anybody else.
    """
    address = str(source.get("image_url", ""))
    description = str(source.get("alt_text", ""))
    own = canvas.reader.workspace.base_url
    if own and address.startswith(f"{own}/"):
        return img(".image", src=address, alt=description)
    return span(".image-elsewhere", role="img", aria_label=description, title=address)[
        "🖼 ", description or "image"
    ]


def _image(element: Json, _block_id: str, canvas: Canvas) -> Node:
    return image(element, canvas)


def _workflow_button(element: Json, _block_id: str, _canvas: Canvas) -> Node:
    return button(".btn", type="button", disabled=True)[words(element.get("text"))]


_DRAWERS: dict[str, Callable[[Json, str, Canvas], Node]] = {
    "button": _button,
    "icon_button": _icon_button,
    "feedback_buttons": _feedback,
    "overflow": _overflow,
    "image": _image,
    "workflow_button": _workflow_button,
}
