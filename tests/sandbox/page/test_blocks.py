"""Every kind of block: as it is drawn, and with hostile words in all its places."""

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.elements import draw_element
from bot.sandbox.page.picture import html
from bot.sandbox.page.reader import Canvas, Surface
from bot.sandbox.slack import block_kit_blocks, block_kit_elements
from bot.sandbox.slack.workspace import Json
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.markup import Markup, is_harmless

HARNESS = PageHarness()


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text}


def option(text: str, value: str, description: str | None = None) -> Json:
    return {"text": plain(text), "value": value} | (
        {"description": plain(description)} if description else {}
    )


MARKED: Json = {"type": "mrkdwn", "text": "*web-1* is fine", "verbatim": True}
CONFIRM: Json = {
    "title": plain("Sure?"),
    "text": MARKED,
    "confirm": plain("Yes"),
    "deny": plain("No"),
    "style": "danger",
}
OPTIONS = [option("Manual", "manual", "made by people"), option("Automatic", "automatic")]
RICH: Json = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "bold", "style": {"bold": True, "italic": True}},
                {"type": "link", "url": "https://example.com", "text": "link"},
                {"type": "link", "url": "javascript:alert(1)"},
                {"type": "user", "user_id": "UANA"},
                {"type": "channel", "channel_id": "COPS"},
                {"type": "broadcast", "range": "here"},
                {"type": "emoji", "name": "x"},
                {"type": "date", "timestamp": 1790000000, "format": "{ago}", "fallback": "then"},
                {"type": "wibble"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "ordered",
            "indent": 1,
            "offset": 2,
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "third"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "quoted"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "$ ls"}]},
    ],
}


def accessory(element: Json) -> Json:
    return {"type": "section", "block_id": "b", "text": MARKED, "accessory": {"action_id": "a", **element}}


def field(element: Json, **more: object) -> Json:
    return {
        "type": "input",
        "block_id": "b",
        "label": plain("Label"),
        "element": {"action_id": "a", **element},
        **more,
    }


CARD: Json = {
    "type": "card",
    "block_id": "b",
    "hero_image": {"type": "image", "image_url": "x", "alt_text": "hero"},
    "icon": {"type": "image", "image_url": "x", "alt_text": "icon"},
    "title": MARKED,
    "subtitle": plain("active"),
    "body": MARKED,
    "actions": [
        {"type": "button", "action_id": "go", "text": plain("Go"), "style": "danger", "confirm": CONFIRM}
    ],
}
TASK: Json = {
    "type": "task_card",
    "task_id": "1",
    "title": "Safety backup",
    "status": "in_progress",
    "details": RICH,
    "sources": [{"type": "url", "url": "https://example.com", "text": "Backup 5"}],
}


def chart(kind: str) -> Json:
    days = ["Monday 23 November", "Tue"]
    numbers: list[list[float]] = [[3, 1.5], [-1, 0]]
    series = [
        {
            "name": name,
            "data": [{"label": day, "value": value} for day, value in zip(days, values, strict=True)],
        }
        for name, values in zip(("web-1", "mail"), numbers, strict=True)
    ]
    axes = {"categories": days, "x_label": "Day", "y_label": "GB"}
    return {
        "type": "data_visualization",
        "title": "Sizes",
        "chart": {"type": kind, "series": series, "axis_config": axes},
    }


BLOCKS: dict[str, Json] = {
    "section": {"type": "section", "text": MARKED, "fields": [MARKED, plain("two")]},
    "section_button": accessory({"type": "button", "text": plain("Go"), "value": "1", "style": "primary"}),
    "section_confirm": accessory(
        {"type": "button", "text": plain("Go"), "style": "danger", "confirm": CONFIRM}
    ),
    "section_overflow": accessory({"type": "overflow", "options": OPTIONS, "confirm": CONFIRM}),
    "section_select": accessory({"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[1]}),
    "section_checkboxes": accessory({"type": "checkboxes", "options": OPTIONS}),
    "section_image": accessory(
        {"type": "image", "image_url": "https://example.com/x.png", "alt_text": "a chart"}
    ),
    "header": {"type": "header", "text": plain("Backups :floppy_disk:")},
    "divider": {"type": "divider"},
    "context": {
        "type": "context",
        "elements": [MARKED, {"type": "image", "image_url": "x", "alt_text": "i"}],
    },
    "actions": {
        "type": "actions",
        "block_id": "b",
        "elements": [
            {"type": "button", "action_id": "docs", "text": plain("Docs"), "url": "https://example.com"},
            {"type": "button", "action_id": "bad", "text": plain("Bad"), "url": "javascript:alert(1)"},
            {
                "type": "external_select",
                "action_id": "ext",
                "placeholder": plain("Server"),
                "min_query_length": 0,
            },
            {"type": "datepicker", "action_id": "day", "initial_date": "2026-11-23"},
            {"type": "multi_external_select", "action_id": "many", "initial_options": OPTIONS[:1]},
            {"type": "wibble", "action_id": "unknown"},
        ],
    },
    "input_text": field(
        {"type": "plain_text_input", "initial_value": "w", "max_length": 20}, hint=plain("Hint")
    ),
    "input_multiline": field({"type": "plain_text_input", "multiline": True}, optional=True),
    "input_select": field(
        {"type": "static_select", "option_groups": [{"label": plain("Group"), "options": OPTIONS}]}
    ),
    "input_multi_select": field(
        {"type": "multi_static_select", "options": OPTIONS, "initial_options": OPTIONS}
    ),
    "input_external": field({"type": "external_select", "initial_option": OPTIONS[0]}),
    "input_checkboxes": field({"type": "checkboxes", "options": OPTIONS, "initial_options": OPTIONS[:1]}),
    "input_radio": field({"type": "radio_buttons", "options": OPTIONS, "initial_option": OPTIONS[1]}),
    "input_people": field({"type": "users_select", "initial_user": "UBEN"}),
    "input_many_people": field({"type": "multi_users_select", "initial_users": ["UBEN"]}),
    "input_channels": field({"type": "channels_select", "initial_channel": "COPS"}),
    "input_dispatching": field({"type": "plain_text_input"}, dispatch_action=True),
    "input_rich_text": field({"type": "rich_text_input", "initial_value": RICH, "placeholder": plain("P")}),
    "input_files": field({"type": "file_input", "filetypes": ["csv"], "max_files": 1}),
    "input_unknown": field({"type": "wibble_input"}),
    "rich_text": RICH,
    "table": {
        "type": "table",
        "column_settings": [{"align": "right", "is_wrapped": True}],
        "rows": [[{"type": "raw_text", "text": "Server"}, RICH], [{"type": "raw_text", "text": "web-1"}]],
    },
    "data_table": {
        "type": "data_table",
        "block_id": "b",
        "caption": "Servers",
        "page_size": 1,
        "row_header_column_index": 1,
        "rows": [
            [{"type": "raw_text", "text": "Slots"}, {"type": "raw_text", "text": "Server"}],
            [{"type": "raw_number", "value": 10, "text": "10 of 10"}, {"type": "raw_text", "text": "web-1"}],
            [{"type": "wibble"}, RICH],
        ],
    },
    "bar_chart": chart("bar"),
    "line_chart": chart("line"),
    "area_chart": chart("area"),
    "pie_chart": {
        "type": "data_visualization",
        "title": "Sizes",
        "chart": {"type": "pie", "segments": [{"label": "web-1", "value": 3}, {"label": "mail", "value": 1}]},
    },
    "unknown_chart": {"type": "data_visualization", "title": "?", "chart": {"type": "wibble"}},
    "card": CARD,
    "carousel": {"type": "carousel", "elements": [CARD, {"type": "card", "title": MARKED}]},
    "container": {
        "type": "container",
        "block_id": "c",
        "title": plain("web-1"),
        "width": "wide",
        "has_header_divider": True,
        "child_blocks": [{"type": "divider"}, accessory({"type": "overflow", "options": OPTIONS})],
    },
    "folded_container": {
        "type": "container",
        "rich_text_title": RICH,
        "is_collapsible": True,
        "default_collapsed": True,
        "child_blocks": [{"type": "section", "text": MARKED}],
    },
    "context_actions": {
        "type": "context_actions",
        "block_id": "b",
        "elements": [
            {
                "type": "feedback_buttons",
                "action_id": "f",
                "positive_button": {"text": plain("Good"), "value": "up"},
                "negative_button": {
                    "text": plain("Bad"),
                    "value": "down",
                    "accessibility_label": "Bad, why?",
                },
            },
            {"type": "icon_button", "action_id": "i", "icon": "trash", "text": plain("Remove"), "value": "1"},
        ],
    },
    "file": {"type": "file", "external_id": "ABC", "source": "remote"},
    "plan": {"type": "plan", "title": "Restore", "tasks": [TASK, {**TASK, "status": "pending"}]},
    "task_card": {**TASK, "status": "error"},
    "video": {
        "type": "video",
        "title": plain("How to restore"),
        "title_url": "https://example.com/t",
        "description": plain("In two minutes"),
        "video_url": "javascript:alert(1)",
        "thumbnail_url": "https://example.com/x.png",
        "alt_text": "A person at a desk",
        "author_name": "Ana",
        "provider_name": "Example",
    },
    "image": {
        "type": "image",
        "image_url": "https://example.com/x.png",
        "alt_text": "chart",
        "title": plain("T"),
    },
    "alert": {"type": "alert", "level": "warning", "text": MARKED},
    "markdown": {
        "type": "markdown",
        "text": "# Title\n- one **two**\n1. `x`\n> q\n---\n```\ncode\n```\n[l](https://e.com)",
    },
    "unknown": {"type": "wibble"},
}


def drawn(block: Json) -> str:
    surface = Surface("message", "m-1", {"channel": "COPS", "message": "1.000001"}, {}, {"b": "An error"})
    return html(draw_blocks([block], Canvas(HARNESS.reader(), surface)))


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_drawn(name: str, snapshot: SnapshotAssertion) -> None:
    assert drawn(BLOCKS[name]).replace("><", ">\n<") == snapshot


def test_every_block_that_slack_takes_is_drawn() -> None:
    examples = {block["type"]: block for name, block in BLOCKS.items() if not name.startswith("unknown")}
    assert block_kit_blocks.BLOCKS.keys() <= examples.keys()
    for kind, block in examples.items():
        assert f"unsupported: {kind}" not in drawn(block)


def test_every_element_that_slack_takes_is_drawn() -> None:
    canvas = Canvas(HARNESS.reader(), Surface("message", "m-1"))
    for kind in block_kit_elements.ELEMENTS:
        assert "unsupported" not in html(draw_element({"type": kind, "action_id": "a"}, "b", canvas)), kind


HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "' onfocus='x",
        "</pre><svg/onload=x>",
        "</textarea>",
    ]
) | st.text(max_size=30)


def poisoned(part: object, text: str) -> object:
    """Put `text` into every string but those that choose how something is drawn."""
    if isinstance(part, list):
        return [poisoned(item, text) for item in part]
    if isinstance(part, dict):
        kept = {"type", "multiline", "align"}
        return {name: value if name in kept else poisoned(value, text) for name, value in part.items()}
    return text if isinstance(part, str) else part


@given(text=HOSTILE)
@settings(max_examples=15, deadline=None)
def test_no_word_of_a_block_can_inject_markup(text: str) -> None:
    for name, harmless in BLOCKS.items():
        block = poisoned(copy.deepcopy(harmless), text)
        assert isinstance(block, dict)
        markup = Markup(drawn(block))
        assert is_harmless(markup, with_picture=name.endswith("_chart")), name
        assert not markup.tags & {"img"}, name


def test_only_images_of_the_sandbox_itself_are_loaded() -> None:
    harness = PageHarness()
    harness.workspace.base_url = "http://127.0.0.1:1"
    canvas = Canvas(harness.reader(), Surface("message", "m"))
    own, foreign = (
        html(draw_blocks([{"type": "image", "image_url": address, "alt_text": "x"}], canvas))
        for address in ("http://127.0.0.1:1/static/bot.svg", "http://127.0.0.1:1.evil.example/x.png")
    )
    assert "<img" in own
    assert "<img" not in foreign
