"""Limits of Block Kit's blocks, and the surfaces each may stand on.

https://docs.slack.dev/reference/block-kit/blocks. Slack lists `card` for modals and tables for
Home too, but is reported to fail or drop them there, so they are refused here.
"""

from bot.sandbox.slack.block_kit_data import DATA_TABLE, DATA_VISUALIZATION, TABLE
from bot.sandbox.slack.block_kit_elements import (
    ACCESSORY,
    ACTION,
    BUTTON,
    CONTEXT,
    CONTEXT_ACTION,
    IMAGE,
    INPUT,
    SLACK_FILE,
)
from bot.sandbox.slack.block_kit_rich_text import RICH_TEXT
from bot.sandbox.slack.block_kit_rules import (
    Rule,
    boolean,
    by_type,
    integer,
    items,
    just_one_of,
    one_of,
    plain,
    shape,
    some_of,
    string,
    text,
    url,
)

_ID: dict[str, Rule] = {"block_id": string(255)}
_STATUS = one_of("pending", "in_progress", "complete", "error")

_CARD = shape(
    {},
    _ID
    | {
        "hero_image": IMAGE,
        "icon": IMAGE,
        "title": text(150),
        "subtitle": text(150),
        "body": text(200),
        "actions": items(BUTTON, 3),
    },
    some_of("hero_image", "title", "actions", "body"),
)
_SOURCE = by_type({"url": shape({"url": url, "text": string(3000)})})
_TASK: dict[str, Rule] = {
    "details": RICH_TEXT,
    "output": RICH_TEXT,
    "sources": items(_SOURCE, 100, 0),
}


def _task(status: Rule) -> Rule:
    return shape({"task_id": string(255), "title": string(255), "status": status}, _ID | _TASK)


BLOCKS: dict[str, Rule] = {
    "actions": shape({"elements": items(ACTION, 25)}, _ID),
    "alert": shape(
        {"text": text(200)}, _ID | {"level": one_of("default", "info", "warning", "error", "success")}
    ),
    "card": _CARD,
    "carousel": shape({"elements": items(by_type({"card": _CARD}), 10)}, _ID),
    "context": shape({"elements": items(CONTEXT, 10)}, _ID),
    "context_actions": shape({"elements": items(CONTEXT_ACTION, 5)}, _ID),
    "data_table": DATA_TABLE,
    "data_visualization": DATA_VISUALIZATION,
    "divider": shape({}, _ID),
    "file": shape({"external_id": string(255), "source": one_of("remote")}, _ID),
    "header": shape({"text": plain(150)}, _ID | {"level": integer(1, 4)}),
    "image": shape(
        {"alt_text": string(2000)},
        _ID | {"image_url": url, "slack_file": SLACK_FILE, "title": plain(2000)},
        just_one_of("image_url", "slack_file"),
    ),
    "input": shape(
        {"label": plain(2000), "element": INPUT},
        _ID | {"hint": plain(2000), "dispatch_action": boolean, "optional": boolean},
    ),
    "markdown": shape({"text": string(12_000)}, _ID),
    "plan": shape({"title": string(255)}, _ID | {"tasks": items(by_type({"task_card": _task(_STATUS)}), 50)}),
    "rich_text": RICH_TEXT,
    "section": shape(
        {},
        _ID
        | {"text": text(3000), "fields": items(text(2000), 10), "accessory": ACCESSORY, "expand": boolean},
        some_of("text", "fields"),
    ),
    "table": TABLE,
    "task_card": _task(one_of("in_progress", "complete", "error")),
    "video": shape(
        {"alt_text": string(2000), "title": plain(200), "thumbnail_url": url, "video_url": url},
        _ID
        | {
            "title_url": url,
            "description": plain(200),
            "provider_icon_url": url,
            "provider_name": string(50),
            "author_name": string(50),
        },
    ),
}
_INSIDE = by_type(BLOCKS, tuple(kind for kind in BLOCKS if kind not in ("carousel", "table", "input")))
BLOCKS["container"] = shape(
    {"child_blocks": items(_INSIDE, 10)},
    _ID
    | {
        "title": plain(150),
        "rich_text_title": RICH_TEXT,
        "subtitle": text(150),
        "width": one_of("narrow", "standard", "wide", "full"),
        "icon": IMAGE,
        "is_collapsible": boolean,
        "default_collapsed": boolean,
        "has_header_divider": boolean,
    },
    some_of("title", "rich_text_title"),
)

_EVERYWHERE = ("actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video")
SURFACES: dict[str, tuple[str, ...]] = {
    "message": (
        *_EVERYWHERE,
        "card",
        "carousel",
        "container",
        "context_actions",
        "data_table",
        "data_visualization",
        "file",
        "markdown",
        "plan",
        "table",
        "task_card",
    ),
    "modal": (*_EVERYWHERE, "alert"),
    "home": (*_EVERYWHERE, "card", "carousel"),
}

NEWER = frozenset(
    {
        "alert",
        "card",
        "carousel",
        "container",
        "context_actions",
        "data_table",
        "data_visualization",
        "plan",
        "task_card",
    }
)
"""What Slack brings to one workspace after another: where it has not, it is refused as an unknown type."""
