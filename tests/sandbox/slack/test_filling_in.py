"""Filling modals in: every kind of input, and what Slack itself refuses."""

from typing import Any

import pytest

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.conftest import Bot
from tests.sandbox.slack.kit import OPTION, OTHER, answers, field, modal, opened, plain, values_of


@pytest.mark.parametrize(
    ("element", "value", "key", "state"),
    [
        ({"type": "plain_text_input"}, "hello", "value", "hello"),
        ({"type": "number_input", "is_decimal_allowed": False}, 7, "value", "7"),
        ({"type": "email_text_input"}, "a@b.org", "value", "a@b.org"),
        ({"type": "url_text_input"}, "https://a.org", "value", "https://a.org"),
        ({"type": "static_select", "options": [OPTION, OTHER]}, "web-2", "selected_option", OTHER),
        (
            {"type": "static_select", "option_groups": [{"label": plain("G"), "options": [OPTION]}]},
            "101",
            "selected_option",
            OPTION,
        ),
        ({"type": "multi_static_select", "options": [OPTION]}, ["101"], "selected_options", [OPTION]),
        ({"type": "checkboxes", "options": [OPTION, OTHER]}, True, "selected_options", [OPTION, OTHER]),
        ({"type": "external_select", "min_query_length": 0}, "101", "selected_option", OPTION),
        ({"type": "multi_users_select"}, ["UBEN"], "selected_users", ["UBEN"]),
        ({"type": "datepicker"}, "2026-03-01", "selected_date", "2026-03-01"),
        ({"type": "timepicker"}, "10:00", "selected_time", "10:00"),
        ({"type": "datetimepicker"}, 1_700_000_000, "selected_date_time", 1_700_000_000),
    ],
)
async def test_what_is_filled_in_is_submitted(
    slack: PretendSlack, bot: Bot, element: dict[str, Any], value: Any, key: str, state: Any
) -> None:
    @bot.app.options("srv_a")
    async def offer(ack: Any) -> None:
        await ack(options=[OPTION])

    answers(bot)
    ana = await opened(slack, bot, modal(field("srv", element)))
    with pytest.raises(NotPossible, match="srv: Please complete"):
        await ana.submits()
    assert ana.modal is not None
    assert ana.modal.errors == {"srv": "Please complete this required field."}
    await ana.fills(srv=value)
    assert ana.modal.errors == {}
    assert (await ana.submits()).acked
    assert values_of(bot.told[-1]) == {"srv": {"srv_a": {"type": element["type"], key: state}}}
    assert ana.modal is None


async def test_initial_values_are_submitted_and_optional_ones_may_stay_empty(
    slack: PretendSlack, bot: Bot
) -> None:
    answers(bot)
    known = field("known", {"type": "plain_text_input", "initial_value": "as it was"})
    boxes = field("box", {"type": "checkboxes", "options": [OPTION], "initial_options": [OPTION]})
    empty = field("empty", {"type": "plain_text_input"}, optional=True)
    ana = await opened(slack, bot, modal(known, boxes, empty))
    await ana.submits()
    values = values_of(bot.told[-1])
    assert values["known"]["known_a"]["value"] == "as it was"
    assert values["box"]["box_a"]["selected_options"] == [OPTION]
    assert values["empty"]["empty_a"]["value"] is None


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "min_length": 3}, "ab"),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5"),
        ({"type": "number_input", "is_decimal_allowed": True, "max_value": "9"}, "9.5"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "9"}, "8.5"),
        ({"type": "email_text_input"}, "nobody"),
        ({"type": "url_text_input"}, "nowhere"),
    ],
)
async def test_slack_itself_refuses_to_submit(
    slack: PretendSlack, bot: Bot, element: dict[str, Any], value: str
) -> None:
    ana = await opened(slack, bot, modal(field("srv", element)))
    await ana.fills(srv_a=value)
    with pytest.raises(NotPossible):
        await ana.submits()


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ({"type": "plain_text_input", "max_length": 3}, "abcd"),
        ({"type": "static_select", "options": [OPTION]}, "web-9"),
        (
            {"type": "multi_static_select", "options": [OPTION, OTHER], "max_selected_items": 1},
            ["101", "102"],
        ),
    ],
)
async def test_what_cannot_be_filled_in(
    slack: PretendSlack, bot: Bot, element: dict[str, Any], value: Any
) -> None:
    ana = await opened(slack, bot, modal(field("srv", element)))
    with pytest.raises(NotPossible):
        await ana.fills(srv=value)
    with pytest.raises(NotPossible):
        await ana.fills(nowhere=value)


async def test_an_option_suggested_before_can_be_chosen_by_value(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.options("srv_a")
    async def offer(ack: Any, payload: Any) -> None:
        await ack(options=[OPTION] if payload["value"] == "web" else [])

    ana = await opened(slack, bot, modal(field("srv", {"type": "external_select"})))
    with pytest.raises(NotPossible):
        await ana.fills(srv="101")
    await ana.suggests("srv_a", "web")
    await ana.fills(srv="101")
    assert ana.modal is not None
    assert ana.modal.values["srv"]["srv_a"]["selected_option"] == OPTION
    await ana.fills(srv=None)
    assert ana.modal.values["srv"]["srv_a"]["selected_option"] is None
