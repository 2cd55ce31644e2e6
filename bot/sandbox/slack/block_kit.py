"""Whether Slack would take blocks and views: every limit, also those slack_sdk's models don't check.

A problem reads as in Slack's `response_metadata.messages`:
`must be less than 151 characters [json-pointer:/blocks/0/text/text]`.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, Literal

from bot.sandbox.slack.block_kit_blocks import BLOCKS, NEWER, SURFACES
from bot.sandbox.slack.block_kit_elements import OFFERED
from bot.sandbox.slack.block_kit_rules import (
    Rule,
    anything,
    at,
    boolean,
    by_type,
    items,
    plain,
    shape,
    string,
)
from bot.sandbox.slack.form_state import placed

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MOST_CHARTS = 2
MOST_MARKDOWN = 12_000
MOST_VIEW_BYTES = 250_000

_VIEW: dict[str, Rule] = {
    "private_metadata": string(3000, 0),
    "callback_id": string(255, 0),
    "external_id": string(255, 0),
    "clear_on_close": boolean,
    "notify_on_close": boolean,
    "blocks": anything,
}
_HOME = shape({"blocks": anything}, _VIEW)
_MODAL = shape(
    {"blocks": anything, "title": plain(24)},
    _VIEW | {"submit": plain(24), "close": plain(24), "submit_disabled": boolean},
)


def problems(blocks: list[Any], surface: Surface, *, newer: bool = True) -> list[str]:
    """Everything Slack would refuse in these blocks on that surface; empty when it takes them.

    `newer` is whether the workspace has the newer blocks already.
    """
    allowed = tuple(kind for kind in SURFACES[surface] if newer or kind not in NEWER)
    rule = items(by_type(BLOCKS, allowed), MOST_BLOCKS[surface], 1 if surface == "modal" else 0)
    found = list(rule(blocks, "/blocks"))
    sound = [block for block in blocks if isinstance(block, dict)] if isinstance(blocks, list) else []
    return found + ([] if found else [*_repeated(sound), *_together(sound, surface)])


def view_problems(view: dict[str, Any], *, newer: bool = True) -> list[str]:
    """Everything Slack would refuse in a modal or Home; `view_too_large` first where that is why."""
    if len(json.dumps(view).encode()) > MOST_VIEW_BYTES:
        return [f"view_too_large: more than {MOST_VIEW_BYTES} bytes"]
    kind = view.get("type")
    if kind not in ("modal", "home"):
        return [at("/view/type", f"unsupported type: {kind}")]
    surface: Surface = "home" if kind == "home" else "modal"
    found = list((_HOME if surface == "home" else _MODAL)(view, "/view"))
    blocks = view.get("blocks")
    if not isinstance(blocks, list):
        return [*found, at("/view/blocks", "must be an array")]
    found += [
        problem.replace(":/blocks", ":/view/blocks") for problem in problems(blocks, surface, newer=newer)
    ]
    inputs = [block for block in blocks if isinstance(block, dict) and block.get("type") == "input"]
    if surface == "modal" and inputs and not view.get("submit"):
        found.append(at("/view", "missing required field: submit (needed with input blocks)"))
    return found


def message_problems(payload: dict[str, Any], *, newer: bool = True) -> list[str]:
    """Everything Slack would refuse in a message's blocks; empty when it takes them."""
    blocks = payload.get("blocks")
    if blocks is None:
        return []
    if not isinstance(blocks, list):
        return [at("/blocks", "must be an array")]
    return problems(blocks, "message", newer=newer)


def option_problems(answer: dict[str, Any]) -> list[str]:
    """Everything Slack would refuse in the answer to an external select's query."""
    if ("options" in answer) == ("option_groups" in answer):
        return [at("", "must define exactly one of: options, option_groups")]
    return list(OFFERED(answer, ""))


def _repeated(blocks: list[Any]) -> Iterator[str]:
    yield from _twice(
        (block["block_id"], f"/blocks/{index}/block_id")
        for index, block in enumerate(blocks)
        if block.get("block_id")
    )
    for index, block in enumerate(blocks):
        named = placed([{"block_id": "", **block}])
        yield from _twice((found.action_id, f"/blocks/{index}") for found in named)


def _twice(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    seen = set()
    for name, pointer in named:
        if name in seen:
            yield at(pointer, f"{name!r} already exists")
        seen.add(name)


def _together(blocks: list[Any], surface: Surface) -> Iterator[str]:
    kinds = [block["type"] for block in blocks]
    if kinds.count("table") > 1:
        yield at("/blocks", "only_one_table_allowed")
    if kinds.count("data_visualization") > MOST_CHARTS:
        yield at("/blocks", f"no more than {MOST_CHARTS} data_visualization blocks allowed")
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MOST_MARKDOWN:
        yield at("/blocks", f"markdown must be less than {MOST_MARKDOWN + 1} characters in total")
    elements = [found.element for found in placed({"block_id": "", **block} for block in blocks)]
    if sum(bool(element.get("focus_on_load")) for element in elements) > 1:
        yield at("/blocks", "focus_on_load can be set on one element only")
    if surface != "modal" and any(element["type"] == "file_input" for element in elements):
        yield at("/blocks", "file_input is for modals only")
