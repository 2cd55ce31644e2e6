"""Modals: filling in, submitting, stacking, closing, and what Slack refuses."""

from typing import Any

import pytest
from slack_bolt import BoltResponse
from slack_sdk.errors import SlackApiError

from bot.sandbox.people.actors import NotPossible
from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.conftest import Bot, Clock, changes
from tests.sandbox.slack.kit import (
    BUTTON,
    OPTION,
    TEXT,
    actions,
    answers,
    field,
    modal,
    opened,
    plain,
    values_of,
)


async def test_a_clearing_answer_closes_everything(slack: PretendSlack, bot: Bot) -> None:
    answers(bot, response_action="clear")
    ana = await opened(slack, bot, modal(TEXT))
    await ana.fills({"note": "x"})
    await ana.submits()
    assert ana.modal is None


async def test_errors_are_shown_under_their_inputs(slack: PretendSlack, bot: Bot) -> None:
    answers(bot, response_action="errors", errors={"note": "Not that"})
    ana = await opened(slack, bot, modal(TEXT))
    await ana.fills(note="x")
    await ana.submits()
    assert ana.modal is not None
    assert ana.modal.errors == {"note": "Not that"}


async def test_an_update_keeps_what_was_filled_in(slack: PretendSlack, bot: Bot) -> None:
    answers(bot, response_action="update", view=modal(TEXT, field("more", {"type": "plain_text_input"})))
    ana = await opened(slack, bot, modal(TEXT))
    await ana.fills(note="kept")
    await ana.submits()
    assert ana.modal is not None
    assert ana.modal.values["note"]["note_a"]["value"] == "kept"
    assert ana.modal.values["more"]["more_a"]["value"] is None


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "Not that"}},
        {"response_action": "update", "view": modal(TEXT, title=plain("x" * 25))},
        {"response_action": "nonsense"},
        {"response_action": "push", "view": {"type": "home", "blocks": []}},
        {"text": "Hello"},
    ],
)
async def test_a_wrong_answer_to_a_submit_is_trouble(
    slack: PretendSlack, bot: Bot, answer: dict[str, Any]
) -> None:
    @bot.app.view("form")
    async def submitted(ack: Any) -> None:
        ack.response = BoltResponse(status=200, body=answer)

    ana = await opened(slack, bot, modal(TEXT))
    await ana.fills(note="x")
    assert (await ana.submits()).error
    assert ana.modal is not None
    assert ana.modal.trouble == "We had some trouble connecting. Try again?"
    assert slack.workspace.complaints


async def test_a_submit_without_ack_is_trouble(slack: PretendSlack, bot: Bot) -> None:
    ana = await opened(slack, bot, modal(TEXT))
    await ana.fills(note="x")
    slack.workspace.ack_seconds = 0.05
    assert (await ana.submits()).error == "operation_timeout"
    assert ana.modal is not None
    assert ana.modal.trouble
    assert not ana.modal.busy


async def test_only_three_modals_stack(slack: PretendSlack, bot: Bot) -> None:
    answers(bot, response_action="push", view=modal(TEXT, notify_on_close=True))
    closed: list[Any] = []

    @bot.app.view_closed("form")
    async def gone(ack: Any, body: Any) -> None:
        await ack()
        closed.append(body["is_cleared"])

    ana = await opened(slack, bot, modal(TEXT))
    for _ in range(2):
        await ana.fills(note="x")
        assert (await ana.submits()).error is None
    first, second, third = slack.workspace.modals["UANA"]
    assert (third.previous_id, third.root_id, second.root_id) == (second.id, first.id, first.id)
    await ana.fills(note="x")
    assert (await ana.submits()).error == "push_limit_reached"
    await ana.closes()
    assert ana.modal is second
    await ana.closes(everything=True)
    assert ana.modal is None
    assert closed == [False, True]
    with pytest.raises(NotPossible):
        await ana.closes()


async def test_a_button_in_a_modal_updates_it_under_its_hash(slack: PretendSlack, bot: Bot) -> None:
    refused: list[str] = []
    shorter = modal(TEXT)

    @bot.app.action("go")
    async def clicked(ack: Any, body: Any, client: Any) -> None:
        view = body["view"]
        await client.views_update(view_id=view["id"], hash=view["hash"], view=shorter)
        try:
            await client.views_update(view_id=view["id"], hash=view["hash"], view=shorter)
        except SlackApiError as error:
            refused.append(error.response["error"])
        await ack()

    ana = await opened(slack, bot, modal(*actions(BUTTON), TEXT))
    assert (await ana.clicks("go")).acked
    assert refused == ["hash_conflict"]
    with pytest.raises(NotPossible):
        await ana.clicks("go")


async def test_an_input_that_dispatches_tells_the_bot_at_once(slack: PretendSlack, bot: Bot) -> None:
    @bot.app.action("note_a")
    async def changed(ack: Any) -> None:
        await ack()

    ana = await opened(slack, bot, modal(TEXT | {"dispatch_action": True}))
    await ana.fills(note="quick")
    assert bot.told[-1]["actions"][0]["value"] == "quick"
    assert values_of(bot.told[-1])["note"]["note_a"]["value"] == "quick"


async def test_suggestions_come_from_the_bot(slack: PretendSlack, bot: Bot) -> None:
    offered: list[Any] = [OPTION]

    @bot.app.options("srv_a")
    async def offer(ack: Any) -> None:
        await ack(options=offered)

    element = {"type": "external_select", "min_query_length": 2}
    ana = await opened(slack, bot, modal(field("srv", element)))
    assert await ana.suggests("srv_a", "we") == [OPTION]
    assert bot.told[-1]["value"] == "we"
    assert await ana.suggests("srv_a", "w") == []
    offered.extend([OPTION] * 100)
    assert await ana.suggests("srv_a", "we") == []
    assert len(slack.workspace.complaints) == 1
    slack.workspace.ack_seconds = 0.0001
    assert await ana.suggests("srv_a", "we") == []


async def test_a_trigger_works_once_within_three_seconds(slack: PretendSlack, bot: Bot, clock: Clock) -> None:
    client, triggers = bot.app.client, slack.workspace.triggers

    async def refusal(trigger_id: str) -> str:
        with pytest.raises(SlackApiError) as caught:
            await client.views_open(trigger_id=trigger_id, view=modal(TEXT))
        return str(caught.value.response["error"])

    used, late = triggers.mint("UANA"), triggers.mint("UANA")
    await client.views_open(trigger_id=used, view=modal(TEXT, external_id="mine"))
    assert await refusal(used) == "exchanged_trigger_id"
    assert await refusal("1.2.3") == "invalid_trigger_id"
    clock.passes(3.1)
    assert await refusal(late) == "expired_trigger_id"
    await client.views_update(external_id="mine", view=modal(TEXT, external_id="mine"))
    await client.views_push(trigger_id=triggers.mint("UANA"), view=modal(TEXT))
    with pytest.raises(SlackApiError, match="duplicate_external_id"):
        await client.views_open(trigger_id=triggers.mint("UANA"), view=modal(TEXT, external_id="mine"))


async def test_what_views_methods_refuse(slack: PretendSlack, bot: Bot) -> None:
    client, trigger = bot.app.client, slack.workspace.triggers.mint("UANA")
    home = {"type": "home", "blocks": []}
    shown = changes(slack.workspace, "home")
    await client.views_publish(user_id="UANA", view=home)
    await shown.wait()
    for call, error in (
        (client.views_update(view_id="V0", view=modal(TEXT)), "not_found"),
        (client.views_push(trigger_id=trigger, view=modal(TEXT)), "not_found"),
        (client.views_publish(user_id="UANA", view=home, hash="old"), "hash_conflict"),
        (client.views_publish(user_id="UANA", view=modal(TEXT)), "invalid_arguments"),
        (client.views_open(trigger_id=trigger, view=home), "invalid_arguments"),
        (client.views_open(trigger_id="", view=modal(TEXT)), "invalid_arguments"),
        (
            client.views_open(trigger_id=trigger, view=modal(TEXT, private_metadata="x" * 250_000)),
            "view_too_large",
        ),
    ):
        with pytest.raises(SlackApiError) as caught:
            await call
        assert caught.value.response["error"] == error
    slack.workspace.app.home_tab_enabled = False
    with pytest.raises(SlackApiError, match="not_enabled"):
        await client.views_publish(user_id="UANA", view=home)
