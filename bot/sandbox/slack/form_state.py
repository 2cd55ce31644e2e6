"""What is filled in: the `state.values` of a modal, a message or a Home."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from secrets import token_urlsafe

from bot.sandbox.slack.workspace import Json, Values


@dataclass(frozen=True)
class Placed:
    """An interactive element and the block it stands in."""

    block: Json
    element: Json

    @property
    def block_id(self) -> str:
        """Its block's id."""
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        """Its own id."""
        return str(self.element["action_id"])

    @property
    def kind(self) -> str:
        """Its type, such as `static_select`."""
        return str(self.element["type"])


_KEYS = {
    "plain_text_input": "value",
    "number_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "rich_text_input": "rich_text_value",
    "file_input": "files",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "users_select": "selected_user",
    "conversations_select": "selected_conversation",
    "channels_select": "selected_channel",
    "checkboxes": "selected_options",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "multi_users_select": "selected_users",
    "multi_conversations_select": "selected_conversations",
    "multi_channels_select": "selected_channels",
}
_HOLDERS = ("element", "accessory")
_LISTS = ("elements", "actions", "child_blocks")
_STATIC = ("text", "image", "mrkdwn", "plain_text")


def state_key(kind: str) -> str | None:
    """Under which key an element's state is kept (None: it has none, like a button)."""
    return _KEYS.get(kind)


def placed(blocks: Iterable[Json]) -> Iterator[Placed]:
    """Every interactive element, in reading order."""
    for block in blocks:
        for element in _children(block):
            if "action_id" in element:
                yield Placed(block, element)
            elif "block_id" in element:
                yield from placed([element])


def with_ids(blocks: Iterable[Json]) -> list[Json]:
    """A copy in which Slack has given an id to every block and element that had none."""
    copied = copy.deepcopy(list(blocks))
    for block in copied:
        _give_ids(block)
    return copied


def initial_values(blocks: Iterable[Json], kept: Values | None = None) -> Values:
    """State as the blocks describe it; values in `kept` survive under the same block and action ids."""
    values: Values = {}
    for at in placed(blocks):
        if (key := state_key(at.kind)) is None:
            continue
        known = (kept or {}).get(at.block_id, {}).get(at.action_id)
        fresh = {"type": at.kind, key: _initial(at.element, key)}
        survives = known is not None and known["type"] == at.kind
        values.setdefault(at.block_id, {})[at.action_id] = known if survives and known else fresh
    return values


def _initial(element: Json, key: str) -> object:
    value = element.get("initial_" + key.removeprefix("selected_").replace("rich_text_value", "value"))
    if value is None and key.endswith("s"):
        return []
    return value


def _children(block: Json) -> Iterator[Json]:
    if block.get("type") in ("context", "rich_text", "table"):
        return
    for name in _HOLDERS:
        if isinstance(block.get(name), dict):
            yield block[name]
    for name in _LISTS:
        for child in block.get(name) or []:
            if isinstance(child, dict):
                yield child


def _give_ids(block: Json) -> None:
    block.setdefault("block_id", token_urlsafe(4))
    for child in _children(block):
        if _is_block(child):
            _give_ids(child)
        elif child.get("type") not in _STATIC:
            child.setdefault("action_id", token_urlsafe(4))


def _is_block(child: Json) -> bool:
    return any(name in child for name in (*_HOLDERS, *_LISTS)) or child.get("type") in ("card", "section")
