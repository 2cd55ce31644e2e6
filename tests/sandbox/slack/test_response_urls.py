"""`response_url` through the real SDK's webhook client."""

from typing import Any

import pytest
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.sandbox.pretend_slack import PretendSlack
from tests.sandbox.slack.conftest import Bot, Clock


@pytest.fixture
async def url(slack: PretendSlack, bot: Bot) -> str:
    """The response address of a command Ana typed in a private channel the bot doesn't know."""

    @bot.app.command("/backup")
    async def answer(ack: Any) -> None:
        await ack()

    await slack.people.person("ana").types("/backup", "secret")
    return str(bot.told[0]["response_url"])


async def test_it_answers_where_the_bot_may_not_post(slack: PretendSlack, url: str) -> None:
    answer = await AsyncWebhookClient(url).send(text="Hi")
    assert (answer.status_code, answer.body) == (200, '{"ok": true}')
    await AsyncWebhookClient(url).send(text="All", response_type="in_channel")
    shown = await slack.people.person("ana").sees("secret")
    assert [(found.text, found.ephemeral_to) for found in shown] == [("Hi", "UANA"), ("All", None)]


async def test_it_may_be_used_five_times(url: str) -> None:
    statuses = [(await AsyncWebhookClient(url).send(text="Hi")).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [404]


async def test_it_expires_after_half_an_hour(url: str, clock: Clock) -> None:
    clock.passes(30 * 60 + 1)
    answer = await AsyncWebhookClient(url).send(text="Hi")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


@pytest.mark.parametrize(
    "payload", [{"text": ""}, {"text": "x", "blocks": [{"type": "nonsense"}]}, {"text": "x", "blocks": [1]}]
)
async def test_wrong_content_is_refused(url: str, payload: dict[str, Any]) -> None:
    assert (await AsyncWebhookClient(url).send_dict(payload)).status_code == 400


async def test_it_fails_when_slack_does(slack: PretendSlack, url: str) -> None:
    slack.workspace.faults.next_slack["response_url"].append("internal_error")
    assert (await AsyncWebhookClient(url).send(text="Hi")).status_code == 500


async def test_it_can_answer_in_a_thread(slack: PretendSlack, url: str) -> None:
    await AsyncWebhookClient(url).send_dict({"text": "Hi", "thread_ts": "1.0"})
    [shown] = await slack.people.person("ana").sees("secret", "1.0")
    assert shown.thread_ts == "1.0"
