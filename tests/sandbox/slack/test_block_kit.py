"""What Slack refuses beside its limits, and what the SDK's models let pass."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models import blocks as models
from slack_sdk.models.blocks import block_elements
from slack_sdk.models.views import View

from bot.sandbox.slack.block_kit import message_problems, option_problems, problems, view_problems
from bot.sandbox.slack.block_kit_blocks import BLOCKS, SURFACES
from bot.sandbox.slack.block_kit_elements import ELEMENTS
from tests.sandbox.slack.blocks import (
    CARD,
    GROUP,
    IMAGE,
    SECTION,
    TASK,
    Json,
    accessory,
    button,
    option,
    rich,
    select,
    table,
    x,
)
from tests.sandbox.slack.kit import BUTTON, OPTION, TEXT, actions, field, modal, plain


def feedback(button: Json) -> Json:
    both = {"positive_button": button, "negative_button": button}
    return {"type": "context_actions", "elements": [{"type": "feedback_buttons", **both}]}


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"type": "nonsense"}, "unsupported type: nonsense"),
        (1, "must provide an object"),
        (SECTION | {"accesory": BUTTON}, "invalid additional property: accesory"),
        ({"type": "section"}, "must define at least one of: text, fields"),
        ({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn"),
        ({"type": "header", "text": plain("")}, "must be more than 0 characters"),
        ({"type": "header"}, "missing required field: text"),
        ({"type": "section", "text": {"type": "plain_text", "text": 1}}, "must be a string"),
        ({"type": "section", "text": {"type": "plain_text", "text": "x", "verbatim": True}}, "verbatim"),
        ({"type": "section", "text": {"type": "mrkdwn", "text": "x", "emoji": True}}, "emoji"),
        (button(style="loud"), "must be one of: primary, danger"),
        (button(text=None), "missing required field: text"),
        (accessory({"type": "plain_text_input"}), "unsupported type: plain_text_input"),
        (select(option_groups=[GROUP]), "exactly one of: options, option_groups"),
        (select(initial_option=option(value="other")), "initial option"),
        (select(focus_on_load="yes"), "must be a boolean"),
        ({"type": "actions", "elements": [BUTTON, BUTTON]}, "'go' already exists"),
        ({"type": "actions", "elements": {}}, "must be an array"),
        (field("a", {"type": "plain_text_input", "min_length": 5, "max_length": 4}), "min_length"),
        (TASK | {"status": "pending"}, "must be one of"),
        ({"type": "image", "alt_text": "x"}, "exactly one of: image_url, slack_file"),
        (rich({}), "unsupported type"),
        (rich({"type": "text"}), "missing required field: text"),
        (rich({"type": "text", "text": "x", "style": {"bold": "yes"}}), "must be a boolean"),
        (rich({"type": "text", "text": "x", "style": {"bolt": True}}), "invalid additional property: bolt"),
        (rich({"type": "link", "url": "nowhere"}), "must match the pattern"),
        (rich({"type": "user"}), "missing required field: user_id"),
        (rich({"type": "broadcast", "range": "all"}), "must be one of: here, channel, everyone"),
        (rich({"type": "date", "timestamp": "now", "format": "{date}"}), "must be a whole number"),
        (button(url="example.org/page"), "must match the pattern"),
        (IMAGE | {"image_url": None, "slack_file": {}}, "exactly one of: id, url"),
        (accessory({"type": "datepicker", "initial_date": "2026-13-01"}), "must match the pattern"),
        (accessory({"type": "timepicker", "initial_time": "24:00"}), "must match the pattern"),
        (accessory({"type": "workflow_button", "text": plain("x"), "workflow": {}}), "field: trigger"),
        (field("n", {"type": "number_input", "is_decimal_allowed": True, "min_value": "x"}), "pattern"),
        (field("r", {"type": "rich_text_input", "initial_value": plain("x")}), "missing required field"),
        (feedback(plain("x")), "must provide an object"),
        (TASK | {"sources": [{"type": "url"}]}, "missing required field: url"),
        (table(1, 1) | {"column_settings": [{"align": "middle"}]}, "must be one of"),
    ],
)
def test_what_else_is_wrong_with_a_block(block: Any, words: str) -> None:
    assert any(words in problem for problem in problems([block], "message"))


@pytest.mark.parametrize(
    "block",
    [
        rich({"type": "text", "text": "x", "style": {"bold": True, "code": True}}),
        rich({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "x"}),
        rich({"type": "emoji", "name": "x"}, {"type": "color", "value": "#fff"}),
        rich({"type": "link", "url": "mailto:ops@example.org"}, {"type": "broadcast", "range": "here"}),
        rich({"type": "user", "user_id": "U1"}, {"type": "usergroup", "usergroup_id": "S1"}),
        button(url="slack://open"),
        IMAGE | {"image_url": None, "slack_file": {"id": "F1"}},
        accessory({"type": "datepicker", "initial_date": "2026-12-31"}),
        accessory({"type": "timepicker", "initial_time": "23:59"}),
        accessory(
            {"type": "workflow_button", "text": plain("x"), "workflow": {"trigger": {"url": "https://a.org"}}}
        ),
        field("n", {"type": "number_input", "is_decimal_allowed": True, "min_value": "-1.5"}),
        field("r", {"type": "rich_text_input", "initial_value": rich()}),
        feedback({"text": plain("Good"), "value": "1"}),
        TASK | {"sources": [{"type": "url", "url": "https://a.org", "text": "x"}]},
        table(1, 2) | {"column_settings": [None, {"align": "right"}]},
        *(
            {"type": "actions", "elements": [{"type": kind, **more}]}
            for kind, more in (
                ("multi_static_select", {"options": [OPTION]}),
                ("multi_external_select", {}),
                ("multi_users_select", {}),
                ("multi_channels_select", {}),
                ("multi_conversations_select", {}),
                ("rich_text_input", {}),
                ("datetimepicker", {}),
            )
        ),
    ],
)
def test_what_slack_allows_is_taken(block: Json) -> None:
    assert problems([block], "message") == []


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ([SECTION] * 51, "no more than 50 items"),
        ([SECTION | {"block_id": "b"}] * 2, "'b' already exists"),
        ([table(1, 1)] * 2, "only_one_table_allowed"),
        ([{"type": "markdown", "text": x(6001)}] * 2, "markdown"),
        ([select(focus_on_load=True)] * 2, "focus_on_load"),
        ([field("f", {"type": "file_input"})], "file_input"),
    ],
)
def test_what_is_wrong_with_blocks_together(blocks: list[Json], words: str) -> None:
    assert any(words in problem for problem in message_problems({"blocks": blocks}))


def test_the_same_action_in_different_blocks_is_fine() -> None:
    assert message_problems({"text": "x", "blocks": [*actions(BUTTON), button()]}) == []
    assert message_problems({"text": "x"}) == []
    assert message_problems({"blocks": {}})


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (modal(TEXT, submit=None), "submit"),
        (modal(table(1, 1)), "unsupported type: table"),
        (modal(CARD), "unsupported type: card"),
        (modal(TEXT, title=None), "missing required field: title"),
        (modal(TEXT, private_metadata=x(250_001)), "view_too_large"),
        ({"type": "home", "blocks": [table(1, 1)]}, "unsupported type: table"),
        ({"type": "home", "blocks": [], "title": plain("x")}, "invalid additional property: title"),
        ({"type": "nonsense", "blocks": []}, "unsupported type: nonsense"),
        ({"type": "home"}, "must be an array"),
    ],
)
def test_what_is_wrong_with_a_view(view: Json, words: str) -> None:
    assert any(words in problem for problem in view_problems(view))


def test_pointers_of_views_begin_at_the_view() -> None:
    [problem] = view_problems(modal({"type": "header", "text": plain(x(151))}))
    assert problem.endswith("[json-pointer:/view/blocks/0/text/text]")


def test_answers_to_queries() -> None:
    assert option_problems({"options": []}) == []
    assert option_problems({"option_groups": [{"label": plain("x"), "options": [OPTION]}]}) == []
    assert option_problems({"options": [OPTION] * 101})
    assert option_problems({})


@pytest.mark.parametrize("module", [models.blocks, block_elements])
def test_every_field_the_sdk_can_send_is_known(module: Any) -> None:
    """Otherwise a proper block would be refused for an additional property."""
    inherited = {"type", "subtype", "self", "others", "kwargs", "args"}
    for _, model in inspect.getmembers(module, inspect.isclass):
        kind = getattr(model, "type", None)
        rule = {**ELEMENTS, **BLOCKS}.get(kind) if isinstance(kind, str) else None
        if (
            rule is None
            or model.__module__ != module.__name__
            or model.__name__ in ("SelectElement", "LinkButtonElement")
        ):
            continue
        for name in set(inspect.signature(model.__init__).parameters) - inherited:
            found = list(rule({"type": kind, name: object()}, ""))
            assert f"invalid additional property: {name} [json-pointer:]" not in found, (kind, name)


def test_surfaces_are_those_of_known_blocks() -> None:
    for kinds in SURFACES.values():
        assert set(kinds) <= set(BLOCKS)


TOO_MUCH_FOR_SLACK: list[tuple[int, Callable[[int], models.Block]]] = [
    (2000, lambda n: models.SectionBlock(fields=[x(n)])),
    (75, lambda n: models.SectionBlock(text="x", accessory=models.StaticSelectElement(
        placeholder="x", action_id="a", options=[models.Option(value="v", text="x", description=x(n))]))),
    (10, lambda n: models.SectionBlock(text="x", accessory=models.CheckboxesElement(
        action_id="a", options=[models.Option(value=str(i), text="x") for i in range(n)]))),
    (10, lambda n: models.SectionBlock(text="x", accessory=models.RadioButtonsElement(
        action_id="a", options=[models.Option(value=str(i), text="x") for i in range(n)]))),
    (100, lambda n: models.TableBlock(rows=[[models.RawTextObject(text="x")]] * n)),
    (20, lambda n: models.TableBlock(rows=[[models.RawTextObject(text="x")] * n])),
    (50, lambda n: models.PlanBlock(title="x", tasks=[TASK] * n)),
    (1, lambda n: models.ActionsBlock(elements=[models.ButtonElement(text="x", action_id="same")] * n)),
]  # fmt: skip


@given(st.sampled_from(TOO_MUCH_FOR_SLACK), st.integers(1, 24))
def test_what_the_sdk_lets_pass_but_slack_does_not_is_refused(
    case: tuple[int, Callable[[int], models.Block]], beyond: int
) -> None:
    limit, make = case
    sent = [make(limit + beyond).to_dict()]
    assert problems(sent, "message")
    assert view_problems(View(type="modal", title="x", blocks=sent).to_dict())


@given(
    st.builds(
        models.SectionBlock,
        text=st.text(min_size=1, max_size=3000),
        block_id=st.text(min_size=1, max_size=255),
        accessory=st.builds(
            models.ButtonElement,
            text=st.text(min_size=1, max_size=75),
            action_id=st.text(min_size=1, max_size=255),
            value=st.text(min_size=1, max_size=2000),
            style=st.sampled_from(["primary", "danger"]),
        ),
    )
)
def test_what_the_sdk_makes_within_the_limits_passes(block: models.SectionBlock) -> None:
    for surface in ("message", "modal", "home"):
        assert problems([block.to_dict()], surface) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "x", *BLOCKS, *ELEMENTS, "mrkdwn"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "text", "elements", "accessory", "options"]), inner)
    ),
    max_leaves=12,
)


@given(JSON)
def test_nothing_is_too_strange_to_be_judged(strange: Any) -> None:
    for surface in ("message", "modal", "home"):
        assert isinstance(problems(strange, surface), list)
        assert view_problems({"type": "modal", "blocks": strange})
