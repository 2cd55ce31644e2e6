"""How an element says what the page's script posts when it is used."""

import json
from hashlib import blake2s

from htpy import Node, button, dialog, div, form, h2

from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import Json

Attributes = dict[str, str | bool | None]


def posts(address: str, body: Json) -> Attributes:
    """Attributes that make the script post `body` to `address` when the element is used."""
    return {"data-post": address, "data-body": json.dumps(body, ensure_ascii=False)}


def target(element: Json, block_id: str, canvas: Canvas) -> Json:
    """Return the part of a body that tells which element was used."""
    return {**canvas.surface.address, "action_id": element.get("action_id"), "block_id": block_id}


def element_id(canvas: Canvas, *parts: object) -> str:
    """Return an id that is unique on the page and stays the same from one drawing to the next."""
    digest = blake2s(repr(parts).encode(), digest_size=6).hexdigest()
    return f"{canvas.surface.key}-{digest}"


def confirm_dialog(confirm: Json | None, dialog_id: str, canvas: Canvas) -> Node:
    """Draw the "Are you sure?" that stands before an element's effect, if it asks for one."""
    if not confirm:
        return None
    style = "danger" if confirm.get("style") == "danger" else "primary"
    return dialog(f"#{dialog_id}.confirm", aria_labelledby=f"{dialog_id}-title")[
        form(method="dialog")[
            h2(id=f"{dialog_id}-title")[draw_text(confirm.get("title"), canvas.reader)],
            div(".confirm-text")[draw_text(confirm.get("text"), canvas.reader)],
            div(".dialog-buttons")[
                button(".btn", value="deny")[words(confirm.get("deny")) or "Cancel"],
                button(class_=["btn", style], value="confirm")[words(confirm.get("confirm")) or "Yes"],
            ],
        ]
    ]
