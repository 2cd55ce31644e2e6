"""Limits of Block Kit's elements and composition objects.

https://docs.slack.dev/reference/block-kit/block-elements and `…/composition-objects`.
"""

from collections.abc import Iterator
from typing import Any

from bot.sandbox.slack.block_kit_rich_text import RICH_TEXT
from bot.sandbox.slack.block_kit_rules import (
    Rule,
    anything,
    at,
    boolean,
    by_type,
    integer,
    items,
    just_one_of,
    matching,
    one_of,
    plain,
    shape,
    string,
    text,
    url,
)

_ID = string(255)
STYLE = one_of("primary", "danger")
CONFIRM = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)}, {"style": STYLE}
)


def _option(kind: Rule, description: Rule, extra: dict[str, Rule] | None = None) -> Rule:
    return shape({"text": kind, "value": string(150)}, {"description": description, **(extra or {})})


_OPTION = _option(plain(75), plain(75))
_RICH_OPTION = _option(text(75), text(75))
_OVERFLOW_OPTION = _option(plain(75), plain(75), {"url": url})
_OPTIONS = items(_OPTION, 100)
_GROUPS = items(shape({"label": plain(75), "options": _OPTIONS}), 100)
OFFERED = shape({}, {"options": items(_OPTION, 100, 0), "option_groups": _GROUPS})


def _initial_among_options(element: Any, pointer: str) -> Iterator[str]:
    groups = element.get("option_groups") or []
    options = [*(element.get("options") or []), *(option for group in groups for option in group["options"])]
    for name in ("initial_option", "initial_options"):
        chosen = element.get(name)
        for one in chosen if isinstance(chosen, list) else [chosen] if chosen else []:
            if one not in options:
                yield at(f"{pointer}/{name}", "initial option must be one of the options")


def _lengths_in_order(element: Any, pointer: str) -> Iterator[str]:
    least, most = element.get("min_length"), element.get("max_length")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield at(f"{pointer}/min_length", "min_length must not exceed max_length")


_CONFIRMED: dict[str, Rule] = {"action_id": _ID, "confirm": CONFIRM}
_FOCUS: dict[str, Rule] = {"focus_on_load": boolean}
_HINTED: dict[str, Rule] = {"placeholder": plain(150), **_FOCUS}
_SELECT = _CONFIRMED | _HINTED
_MULTI = _SELECT | {"max_selected_items": integer(1, 100)}
_IDS = items(string(255), 100)
_STATIC: dict[str, Rule] = {"options": _OPTIONS, "option_groups": _GROUPS}
_FILTER = shape(
    {},
    {
        "include": items(one_of("im", "mpim", "private", "public"), 4),
        "exclude_bot_users": boolean,
        "exclude_external_shared_channels": boolean,
    },
)
_CONVERSATIONS: dict[str, Rule] = {"default_to_current_conversation": boolean, "filter": _FILTER}
_DISPATCH = shape(
    {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)},
)
_TYPED = _HINTED | {"action_id": _ID, "dispatch_action_config": _DISPATCH}
_DATE = matching(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_TIME = matching(r"([01][0-9]|2[0-3]):[0-5][0-9]")
SLACK_FILE = shape({}, {"id": _ID, "url": url}, just_one_of("id", "url"))
IMAGE = shape(
    {"alt_text": string(2000)},
    {"image_url": url, "slack_file": SLACK_FILE},
    just_one_of("image_url", "slack_file"),
)
_TRIGGER_INPUT = shape({"name": string(255), "value": anything})
_TRIGGER = shape({"url": url}, {"customizable_input_parameters": items(_TRIGGER_INPUT, 100, 0)})
_WORKFLOW = shape({"trigger": _TRIGGER})
_FEEDBACK = shape({"text": plain(75), "value": string(2000)}, {"accessibility_label": string(75)})
_one_source = just_one_of("options", "option_groups")
_NUMBER_TEXT = matching(r"-?[0-9]+(\.[0-9]+)?")

ELEMENTS: dict[str, Rule] = {
    "button": shape(
        {"text": plain(75)},
        _CONFIRMED
        | {
            "url": url,
            "value": string(2000),
            "style": STYLE,
            "accessibility_label": string(75),
            "agent_prompt": string(4000),
            "agent_prompt_display": anything,
            "visible_to_user_ids": _IDS,
        },
    ),
    "workflow_button": shape(
        {"text": plain(75), "workflow": _WORKFLOW},
        {"action_id": _ID, "style": STYLE, "accessibility_label": string(75)},
    ),
    "icon_button": shape(
        {"icon": one_of("trash"), "text": plain(75)},
        _CONFIRMED | {"value": string(2000), "accessibility_label": string(75), "visible_to_user_ids": _IDS},
    ),
    "feedback_buttons": shape(
        {"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, {"action_id": _ID}
    ),
    "image": IMAGE,
    "overflow": shape({"options": items(_OVERFLOW_OPTION, 5)}, _CONFIRMED),
    "checkboxes": shape(
        {"options": items(_RICH_OPTION, 10)},
        _CONFIRMED | _FOCUS | {"initial_options": items(_RICH_OPTION, 10)},
        _initial_among_options,
    ),
    "radio_buttons": shape(
        {"options": items(_RICH_OPTION, 10)},
        _CONFIRMED | _FOCUS | {"initial_option": _RICH_OPTION},
        _initial_among_options,
    ),
    "static_select": shape(
        {}, _SELECT | _STATIC | {"initial_option": _OPTION}, _one_source, _initial_among_options
    ),
    "multi_static_select": shape(
        {}, _MULTI | _STATIC | {"initial_options": _OPTIONS}, _one_source, _initial_among_options
    ),
    "external_select": shape({}, _SELECT | {"initial_option": _OPTION, "min_query_length": integer(0, 3000)}),
    "multi_external_select": shape(
        {}, _MULTI | {"initial_options": _OPTIONS, "min_query_length": integer(0, 3000)}
    ),
    "users_select": shape({}, _SELECT | {"initial_user": _ID}),
    "multi_users_select": shape({}, _MULTI | {"initial_users": _IDS}),
    "channels_select": shape({}, _SELECT | {"initial_channel": _ID, "response_url_enabled": boolean}),
    "multi_channels_select": shape({}, _MULTI | {"initial_channels": _IDS}),
    "conversations_select": shape(
        {}, _SELECT | _CONVERSATIONS | {"initial_conversation": _ID, "response_url_enabled": boolean}
    ),
    "multi_conversations_select": shape({}, _MULTI | _CONVERSATIONS | {"initial_conversations": _IDS}),
    "datepicker": shape({}, _SELECT | {"initial_date": _DATE}),
    "timepicker": shape({}, _SELECT | {"initial_time": _TIME, "timezone": string(255)}),
    "datetimepicker": shape({}, _CONFIRMED | _FOCUS | {"initial_date_time": integer(10**9, 10**10 - 1)}),
    "plain_text_input": shape(
        {},
        _TYPED
        | {
            "initial_value": string(3000, 0),
            "multiline": boolean,
            "min_length": integer(0, 3000),
            "max_length": integer(1, 3000),
        },
        _lengths_in_order,
    ),
    "number_input": shape(
        {"is_decimal_allowed": boolean},
        _TYPED | {"initial_value": _NUMBER_TEXT, "min_value": _NUMBER_TEXT, "max_value": _NUMBER_TEXT},
    ),
    "email_text_input": shape({}, _TYPED | {"initial_value": string(3000, 0)}),
    "url_text_input": shape({}, _TYPED | {"initial_value": string(3000, 0)}),
    "rich_text_input": shape(
        {}, _TYPED | {"initial_value": RICH_TEXT, "min_lines": integer(1, 50), "max_lines": integer(1, 50)}
    ),
    "file_input": shape(
        {}, {"action_id": _ID, "filetypes": items(string(20), 100), "max_files": integer(1, 10)}
    ),
}
_SINGLE = ("static_select", "external_select", "users_select", "channels_select", "conversations_select")
_MANY = tuple(f"multi_{kind}" for kind in _SINGLE)
_CHOICES = ("checkboxes", "radio_buttons", "datepicker", "timepicker", *_SINGLE)
_FIELDS = ("plain_text_input", "number_input", "email_text_input", "url_text_input", "rich_text_input")

ACCESSORY = by_type(ELEMENTS, ("button", "workflow_button", "image", "overflow", *_CHOICES, *_MANY))
ACTION = by_type(
    ELEMENTS,
    ("button", "workflow_button", "overflow", "datetimepicker", "rich_text_input", *_CHOICES, *_MANY),
)
INPUT = by_type(ELEMENTS, ("datetimepicker", "file_input", *_FIELDS, *_CHOICES, *_MANY))
BUTTON = by_type(ELEMENTS, ("button", "workflow_button"))
CONTEXT_ACTION = by_type(ELEMENTS, ("feedback_buttons", "icon_button"))
CONTEXT = by_type(
    {"image": IMAGE, "mrkdwn": text(3000, "mrkdwn"), "plain_text": plain(3000)},
)
