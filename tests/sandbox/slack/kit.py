"""Pieces of Block Kit to test with."""

from typing import Any

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}
OPTION = {"text": {"type": "plain_text", "text": "web-1"}, "value": "101"}
OTHER = {"text": {"type": "plain_text", "text": "web-2"}, "value": "102"}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "row", "elements": list(elements)}]


def field(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {"action_id": f"{name}_a", **element}
    return {"type": "input", "block_id": name, "label": plain(name), "element": known, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Save"),
        "blocks": list(blocks),
        **more,
    }


TEXT = field("note", {"type": "plain_text_input"})
