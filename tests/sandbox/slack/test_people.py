"""People and a real Bolt app: every kind of payload arrives, every kind of answer is obeyed."""

from typing import Any

import pytest

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.conftest import Bot, changes
from tests.sandbox.slack.kit import BUTTON, OPTION, OTHER, actions, plain


async def test_a_slash_command_arrives_with_every_field_and_its_ack_is_shown(
    slack: PretendSlack, bot: Bot
) -> None:
    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack("Queued")

    ana = slack.people.person("ana")
    assert (await ana.types("/backup list @ben <b> #ops")).acked
    assert bot.told[0]["text"] == "list <@UBEN|ben> &lt;b&gt; <#COPS|ops>"
    assert bot.told[0]["is_enterprise_install"] == "false"
    [shown] = await ana.sees("ops")
    assert (shown.text, shown.ephemeral_to) == ("Queued", "UANA")
    assert await slack.people.person("ben").sees("ops") == []


async def test_an_answer_in_the_channel_publishes_the_command_too(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack(response_type="in_channel", text="Done")

    await slack.people.person("ana").types("/backup list")
    assert [found.text for found in await slack.people.person("ben").sees("ops")] == ["/backup list", "Done"]


@pytest.mark.usefixtures("bot")
async def test_no_ack_in_time_is_told_by_slackbot(slack: PretendSlack) -> None:
    slack.workspace.ack_seconds = 0.05
    ana = slack.people.person("ana")
    answer = await ana.types("/backup")
    assert (answer.acked, answer.error) == (False, "operation_timeout")
    [shown] = await ana.sees("ops")
    assert (shown.user, shown.text) == ("slackbot", '/backup failed with the error "operation_timeout"')


async def test_a_wrong_answer_to_a_command_is_a_complaint(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack(blocks=[{"type": "header", "text": plain("x" * 151)}], text="x")

    assert (await slack.people.person("ana").types("/backup")).error == "invalid_blocks"
    assert len(slack.workspace.complaints) == 1


@pytest.mark.parametrize(
    ("text", "channel", "thread"), [("hi", "secret", None), ("/backup", "ops", "1.0"), ("hi", "old", None)]
)
async def test_what_slack_does_not_let_people_type(
    slack: PretendSlack, text: str, channel: str, thread: str | None
) -> None:
    with pytest.raises(NotPossible):
        await slack.people.person("ben").types(text, channel, thread)


async def test_an_unknown_command_is_refused_by_slack_itself(slack: PretendSlack) -> None:
    assert (await slack.people.person("ana").types("/nonsense")).error == "invalid_command"


async def test_rows_that_share_an_action_id_are_told_apart_by_their_blocks(
    slack: PretendSlack, bot: Bot
) -> None:
    @bot.app.action("go")
    @bot.app.action("pick")
    async def used(ack: Any) -> None:
        await ack()

    @bot.app.options("pick")
    async def offer(ack: Any, body: Any) -> None:
        await ack(options=[{"text": plain(body["block_id"]), "value": "1"}])

    select = {"type": "external_select", "action_id": "pick", "min_query_length": 0}
    rows = [{"type": "actions", "block_id": name, "elements": [BUTTON, select]} for name in ("one", "two")]
    await bot.app.client.chat_postMessage(channel="COPS", text="Rows", blocks=rows)
    ana = slack.people.person("ana")
    await ana.clicks("go", block_id="two")
    assert bot.told[-1]["actions"][0]["block_id"] == "two"
    [option] = await ana.suggests("pick", block_id="two")
    assert option["text"]["text"] == "two"
    await ana.chooses("two", action_id="pick", block_id="two")
    assert bot.told[-1]["actions"][0]["block_id"] == "two"
    with pytest.raises(NotPossible):
        await ana.clicks("go", block_id="three")


async def test_a_button_in_a_message_answers_by_response_url(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.action("go")
    async def clicked(ack: Any, respond: Any) -> None:
        await respond("Gone", replace_original=True)
        await ack()

    await bot.app.client.chat_postMessage(channel="COPS", text="Go?", blocks=actions(BUTTON))
    ana = slack.people.person("ana")
    assert (await ana.clicks(label="Go")).acked
    body = bot.told[0]
    assert body["actions"][0]["value"] == "1"
    assert body["message"]["text"] == "Go?"
    assert body["container"]["is_ephemeral"] is False
    [shown] = await ana.sees()
    assert (shown.text, shown.blocks) == ("Gone", [])


async def test_a_button_only_one_person_sees_carries_no_message(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.action("go")
    async def clicked(ack: Any, respond: Any) -> None:
        await respond(delete_original=True)
        await ack()

    await bot.app.client.chat_postEphemeral(channel="COPS", user="UANA", text="Go?", blocks=actions(BUTTON))
    ana = slack.people.person("ana")
    with pytest.raises(NotPossible):
        await slack.people.person("ben").clicks("go")
    await ana.clicks("go")
    assert "message" not in bot.told[0]
    assert bot.told[0]["container"]["is_ephemeral"] is True
    assert await ana.sees() == []


async def test_a_confirm_dialog_must_be_confirmed(slack: PretendSlack, bot: Bot) -> None:
    dialog = {
        "title": plain("Sure?"),
        "text": plain("It goes."),
        "confirm": plain("Yes"),
        "deny": plain("No"),
    }
    blocks = actions(BUTTON | {"confirm": dialog})
    await bot.app.client.chat_postMessage(channel="COPS", text="Go?", blocks=blocks)

    @bot.app.action("go")
    async def clicked(ack: Any) -> None:
        await ack()

    ana = slack.people.person("ana")
    with pytest.raises(NotPossible, match="Sure"):
        await ana.clicks("go")
    assert (await ana.clicks("go", confirm=True)).acked


@pytest.mark.parametrize(
    ("element", "choice", "sent"),
    [
        ({"type": "overflow", "options": [OPTION, OTHER]}, "web-2", {"selected_option": OTHER}),
        ({"type": "static_select", "options": [OPTION, OTHER]}, "102", {"selected_option": OTHER}),
        ({"type": "checkboxes", "options": [OPTION, OTHER]}, ["web-1"], {"selected_options": [OPTION]}),
        ({"type": "radio_buttons", "options": [OPTION, OTHER]}, "web-1", {"selected_option": OPTION}),
        ({"type": "users_select"}, "UBEN", {"selected_user": "UBEN"}),
        ({"type": "datepicker"}, "2026-03-01", {"selected_date": "2026-03-01"}),
        ({"type": "external_select", "min_query_length": 0}, "web-1", {"selected_option": OPTION}),
    ],
)
async def test_choosing_in_a_message_sends_the_choice(
    slack: PretendSlack, bot: Bot, element: dict[str, Any], choice: Any, sent: dict[str, Any]
) -> None:
    @bot.app.options("pick")
    async def offer(ack: Any, payload: Any) -> None:
        await ack(options=[OPTION] if payload["value"] in "web-1" else [])

    @bot.app.action("pick")
    async def chosen(ack: Any) -> None:
        await ack()

    blocks = actions(element | {"action_id": "pick"})
    await bot.app.client.chat_postMessage(channel="COPS", text="Pick", blocks=blocks)
    ana = slack.people.person("ana")
    assert (await ana.chooses(choice, action_id="pick")).acked
    [action] = bot.told[-1]["actions"]
    assert sent.items() <= action.items()
    if element["type"] != "overflow":
        assert sent.items() <= bot.told[-1]["state"]["values"]["row"]["pick"].items()
    with pytest.raises(NotPossible):
        await ana.chooses("nonsense", action_id="nowhere")


async def test_shortcuts_arrive(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.shortcut("start_backup")
    async def start(ack: Any) -> None:
        await ack()

    @bot.app.message_shortcut("link_backup")
    async def link(ack: Any, respond: Any) -> None:
        await ack()
        await respond("Linked")

    ana, shown = slack.people.person("ana"), changes(slack.workspace, "message")
    assert (await ana.uses_shortcut("start_backup")).acked
    await bot.app.client.chat_postMessage(channel="COPS", text="Job 1")
    shown.clear()
    [message] = await ana.sees()
    assert (await ana.uses_shortcut("link_backup", message)).acked
    await shown.wait()
    assert (await ana.sees())[-1].text == "Linked"
    assert bot.told[-1]["message"]["text"] == "Job 1"
    shortcut, action = bot.told
    common = {
        "type",
        "token",
        "action_ts",
        "team",
        "user",
        "is_enterprise_install",
        "callback_id",
        "trigger_id",
    }
    assert set(shortcut) == common
    assert set(shortcut["user"]) == {"id", "username", "team_id"}
    assert set(action) == {*common, "channel", "message_ts", "message", "response_url"}
    assert set(action["user"]) == {"id", "username", "team_id", "name"}


async def test_several_are_chosen_and_rich_text_is_written_in_a_message(
    slack: PretendSlack, bot: Bot
) -> None:
    @bot.app.action("many")
    @bot.app.action("note")
    async def used(ack: Any) -> None:
        await ack()

    many = {"type": "multi_static_select", "action_id": "many", "options": [OPTION, OTHER]}
    note = {"type": "rich_text_input", "action_id": "note"}
    await bot.app.client.chat_postMessage(channel="COPS", text="Choose", blocks=actions(many, note))
    ana = slack.people.person("ana")
    assert (await ana.chooses(["web-1", "web-2"], action_id="many")).acked
    assert bot.told[-1]["actions"][0]["selected_options"] == [OPTION, OTHER]
    assert (await ana.chooses("For later", action_id="note")).acked
    assert "For later" in str(bot.told[-1]["actions"][0]["rich_text_value"])


def test_nobody_of_that_name(slack: PretendSlack) -> None:
    assert slack.people.person("UANA") is slack.people.person("ana")
    with pytest.raises(KeyError):
        slack.people.person("nobody")
