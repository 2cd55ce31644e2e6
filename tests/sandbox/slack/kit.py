"""Pieces of Block Kit to test with, and getting a modal opened."""

from collections.abc import Awaitable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.sandbox.people.actors import Actor
from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.conftest import Bot

BUTTON = {"type": "button", "action_id": "go", "text": {"type": "plain_text", "text": "Go"}, "value": "1"}
OPTION = {"text": {"type": "plain_text", "text": "web-1"}, "value": "101"}
OTHER = {"text": {"type": "plain_text", "text": "web-2"}, "value": "102"}


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "row", "elements": list(elements)}]


def field(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = {"action_id": f"{name}_a", **element}
    return {"type": "input", "block_id": name, "label": plain(name), "element": known, **more}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "modal",
        "callback_id": "form",
        "title": plain("Form"),
        "submit": plain("Save"),
        "blocks": list(blocks),
        **more,
    }


LONG = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
TEXT = field("note", {"type": "plain_text_input"})


def opens(bot: Bot, view: dict[str, Any]) -> None:
    """Make `/backup` open this modal."""

    @bot.app.command("/backup")
    async def open_it(ack: Any, body: dict[str, Any], client: Any) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=view)
        await ack()


async def opened(slack: PretendSlack, bot: Bot, view: dict[str, Any]) -> Actor:
    """Ana, with that modal open."""
    opens(bot, view)
    ana = slack.people.person("ana")
    await ana.types("/backup")
    return ana


def answers(bot: Bot, **answer: Any) -> None:
    """Make the bot answer a submit so."""

    @bot.app.view("form")
    async def submitted(ack: Any) -> None:
        await ack(**answer)


def values_of(body: dict[str, Any]) -> Any:
    return body["view"]["state"]["values"]


async def refusal(call: Awaitable[Any]) -> Any:
    with pytest.raises(SlackApiError) as caught:
        await call
    return caught.value.response
