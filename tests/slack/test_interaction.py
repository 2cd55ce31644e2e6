"""What a person did is read whatever shape Slack gives it, and known again if it is delivered twice."""

from typing import Any

import pytest
from slack_bolt.async_app import AsyncAck
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Misuse, UsageError
from bot.slack import ids
from bot.slack.interaction import Interaction
from bot.slack.payload import is_slack_address


def interaction(**body: Any) -> Interaction:
    return Interaction(body, AsyncWebClient(), AsyncAck())  # type: ignore[no-untyped-call]


def submitted(element: dict[str, Any], action_id: str = "field") -> Interaction:
    values = {"other": {"noise": {"value": "no"}}, "block": {action_id: element}}
    return interaction(view={"state": {"values": values}})


EMPTY: list[dict[str, Any]] = [{}, {"state": None}, {"state": {}}, {"state": {"values": None}}]


@pytest.mark.parametrize(("value", "text"), [(" web-1 ", "web-1"), ("", ""), (None, "")])
def test_what_was_typed(value: str | None, text: str) -> None:
    assert submitted({"type": "plain_text_input", "value": value}).typed("field") == text


@pytest.mark.parametrize(("option", "value"), [({"value": "7"}, "7"), (None, ""), ({}, "")])
def test_what_was_chosen(option: dict[str, str] | None, value: str) -> None:
    assert submitted({"type": "external_select", "selected_option": option}).chosen("field") == value


@pytest.mark.parametrize(("options", "ticked"), [([{"value": ids.SAFETY}], True), ([], False)])
def test_what_was_ticked(options: list[dict[str, str]], ticked: bool) -> None:
    assert submitted({"type": "checkboxes", "selected_options": options}).is_ticked("field") is ticked


@pytest.mark.parametrize("empty", [*(interaction(view=view) for view in EMPTY), submitted({}, "x")])
def test_what_is_not_there_is_empty(empty: Interaction) -> None:
    assert empty.typed("field") == ""
    assert empty.chosen("field") == ""
    assert empty.is_ticked("field") is False
    assert empty.is_ticked("field", if_absent=True) is True


COMMAND = {"user_id": "UANA", "team_id": "T1", "channel_id": "COPS", "user_name": "ana", "trigger_id": "1.2"}
CLICK = {
    "user": {"id": "UANA", "team_id": "T1", "username": "ana"},
    "team": {"id": "T2"},
    "channel": {"id": "COPS"},
    "message": {"ts": "17.1"},
    "actions": [{"action_id": "try_again", "value": "v"}],
    "trigger_id": "1.3",
}


@pytest.mark.parametrize("body", [COMMAND, CLICK])
def test_who_did_it_and_where(body: dict[str, Any]) -> None:
    it = interaction(**body)
    assert (it.person, it.person_name, it.team, it.channel) == ("UANA", "ana", "T1", "COPS")


def test_without_a_channel_the_person_can_be_written_to() -> None:
    assert interaction(user={"id": "UANA"}).channel == "UANA"


@pytest.mark.parametrize(
    ("action", "value"),
    [
        ({"value": "v"}, "v"),
        ({"selected_option": {"value": "o"}}, "o"),
        ({"selected_option": None}, ""),
        ({}, ""),
    ],
)
def test_what_was_clicked_or_picked(action: dict[str, Any], value: str) -> None:
    assert interaction(actions=[action]).value == value
    assert interaction().value == ""


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (COMMAND, "trigger:1.2"),
        (CLICK, "click:COPS:17.1:try_again"),
        (CLICK | {"message": None, "container": {"message_ts": "17.1"}}, "click:COPS:17.1:try_again"),
        (CLICK | {"view": {"id": "V1"}}, "view:V1"),
    ],
)
def test_what_is_delivered_twice_has_one_key(body: dict[str, Any], key: str) -> None:
    assert interaction(**body).idempotency_key == key


def test_two_clicks_on_one_button_have_one_key_but_are_two_deliveries() -> None:
    first, second = interaction(**CLICK), interaction(**CLICK | {"trigger_id": "1.4"})
    assert first.idempotency_key == second.idempotency_key
    assert (first.delivery_id, second.delivery_id) == ("1.3", "1.4")
    assert interaction(view={"id": "V1"}).delivery_id == "view:V1"


@pytest.mark.parametrize("body", [{}, {"view": {"type": "modal"}}, {"trigger_id": ""}])
def test_what_can_not_be_known_again_starts_nothing(body: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        _ = interaction(**body).idempotency_key
    assert caught.value.misuse is Misuse.INCOMPLETE_PAYLOAD


async def test_an_ack_goes_out_once() -> None:
    acks: list[object] = []

    class Ack(AsyncAck):
        async def __call__(self, *_: Any, **answer: Any) -> Any:
            acks.append(answer)

    it = Interaction(COMMAND, AsyncWebClient(), Ack())  # type: ignore[no-untyped-call]
    await it.ack(options=[])
    await it.ack()
    assert acks == [{"options": []}]
    assert it.is_acked


async def test_look_ups_before_the_ack_share_one_time_limit_and_later_ones_have_none() -> None:
    it = interaction(**COMMAND)
    it._arrived -= 1000
    async with it.ack_deadline() as limit:
        assert limit.when() is not None
    it.is_acked = True
    async with it.ack_deadline() as limit:
        assert limit.when() is None


API, SANDBOX = "https://slack.com/api/", "http://127.0.0.1:8765/slack/api/"


@pytest.mark.parametrize(
    ("address", "api"),
    [
        ("https://hooks.slack.com/commands/T1/2/x", API),
        ("https://hooks.slack.com:443/actions/T1/2/x", API),
        ("https://HOOKS.slack.com/app/T1/2/x", SANDBOX),
        ("https://hooks.slack-gov.com/commands/T1/2/x", "https://slack-gov.com/api/"),
        ("http://127.0.0.1:8765/response/1", SANDBOX),
    ],
)
def test_answers_go_to_slack_or_to_where_its_web_api_is(address: str, api: str) -> None:
    assert is_slack_address(address, api)


@pytest.mark.parametrize(
    "address",
    [
        "http://hooks.slack.com/commands/T1/2/x",
        "https://hooks.slack.com.evil.example/x",
        "https://evil.example/hooks.slack.com",
        "https://hooks.slack.com@evil.example/x",
        "https://bot:pw@hooks.slack.com/x",
        "https://hooks.slack.com:8443/x",
        "https://hooks.slack.com\\@evil.example/x",
        "https://evil.example\t.hooks.slack.com/",
        "https://xhooks.slack.com/x",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9999/response/1",
        "//hooks.slack.com/x",
        "file:///etc/passwd",
        "https://[bad/",
        "https://hooks.slack.com:port/",
        "",
    ],
)
def test_answers_go_nowhere_else(address: str) -> None:
    assert not any(is_slack_address(address, api) for api in (API, SANDBOX))


@pytest.mark.parametrize(
    ("view", "changed", "is_same"),
    [
        ({"type": "home", "id": "V1"}, {}, True),
        ({"type": "home", "id": "V1"}, {"trigger_id": "2"}, False),
        ({"type": "modal", "id": "V1"}, {"trigger_id": "2"}, True),
        ({"type": "modal", "id": "V1"}, {"actions": [{"action_id": "a", "value": "other"}]}, False),
        ({"type": "modal", "id": "V1"}, {"actions": [{"action_id": "b", "value": "v"}]}, False),
        ({"type": "modal", "id": "V1"}, {"view": {"type": "modal", "id": "V2"}}, False),
    ],
)
def test_two_buttons_of_one_view_are_two_things_and_a_home_stays_the_same_for_years(
    view: dict[str, Any], changed: dict[str, Any], is_same: bool
) -> None:
    click: dict[str, Any] = {"type": "block_actions", "view": view, "trigger_id": "1", "user": {"id": "U1"}}
    click |= {"actions": [{"action_id": "a", "value": "v"}]}
    keys = [interaction(**each).idempotency_key for each in (click, click | changed)]
    assert (keys[0] == keys[1]) is is_same
