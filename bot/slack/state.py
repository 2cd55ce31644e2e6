"""What was filled in: reading the state of a submitted modal (SLACK.md, section 4)."""

from typing import Any

from bot.slack import ids


def written(view: dict[str, Any], action_id: str) -> str:
    """Return what was typed into an input; empty where nothing was."""
    return str(_element(view, action_id).get("value") or "").strip()


def chosen(view: dict[str, Any], action_id: str) -> str:
    """Return the value of the option that was chosen; empty where none was."""
    option = _element(view, action_id).get("selected_option") or {}
    return str(option.get("value") or "")


def is_ticked(view: dict[str, Any], action_id: str) -> bool:
    """Tell whether a checkbox is ticked. Where it is not there at all, it counts as ticked: the safe way."""
    element = _element(view, action_id)
    return bool(element.get("selected_options", [ids.SAFETY]))


def _element(view: dict[str, Any], action_id: str) -> dict[str, Any]:
    for block in ((view.get("state") or {}).get("values") or {}).values():
        if action_id in block:
            element: dict[str, Any] = block[action_id]
            return element
    return {}
