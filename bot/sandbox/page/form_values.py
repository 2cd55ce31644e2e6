"""What a form on the page holds, compared with what Slack already knows is filled in."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.sandbox.people.filling_in import plain_of
from bot.sandbox.slack.form_state import Placed, placed, state_key
from bot.sandbox.slack.workspace import Json, OpenView


def newly_filled(view: OpenView, values: Json, zone: ZoneInfo) -> Json:
    """Return what of `values` (block id to text, list or None) differs from the modal's state.

    A day and time is meant in `zone`, the one of the person who fills it in.

    Only that is filled in, because filling in an input with `dispatch_action` tells the bot.
    """
    inputs = {at.block_id: at for at in placed(view.payload["blocks"]) if at.block.get("type") == "input"}
    read = {name: _read(inputs[name], value, zone) for name, value in values.items() if name in inputs}
    # A browser forgets chosen files when their field is drawn anew: none is no news.
    told = {name: value for name, value in read.items() if value or inputs[name].kind != "file_input"}
    return {name: value for name, value in told.items() if value != _known(view, inputs[name])}


def _read(at: Placed, value: object, zone: ZoneInfo) -> object:
    if at.kind == "datetimepicker" and isinstance(value, str) and value:
        return int(datetime.fromisoformat(value).replace(tzinfo=zone).timestamp())
    if (state_key(at.kind) or "").endswith("s"):
        return value if isinstance(value, list) else [value] if value else []
    return value or None


def _known(view: OpenView, at: Placed) -> object:
    key = state_key(at.kind) or ""
    state = view.values.get(at.block_id, {}).get(at.action_id, {}).get(key)
    if key == "selected_options":
        return [option.get("value") for option in state or []]
    if key == "selected_option" and state:
        return state.get("value")
    if key == "rich_text_value":
        return plain_of(state or {}) or None
    if key == "files":
        return [file["name"] for file in state or []]
    return state or None
