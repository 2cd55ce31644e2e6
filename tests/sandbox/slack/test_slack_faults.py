"""Whatever is asked of it, the pretend Slack can go wrong, before or after it has done it."""

import asyncio

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.faults import AFTER_ACTING, ALL_FAULTS

BROKEN = (SlackApiError, aiohttp.ClientError, TimeoutError, AttributeError)  # the SDK expects an object


@pytest.mark.parametrize("fault", sorted(ALL_FAULTS - {"timeout_before_acting", "timeout_after_acting"}))
async def test_a_spoiled_call_fails_whether_or_not_it_was_carried_out(
    slack: PretendSlack, client: AsyncWebClient, fault: str
) -> None:
    slack.workspace.faults.next_slack["chat.postMessage"].append(fault)
    with pytest.raises(BROKEN):
        await client.chat_postMessage(channel="COPS", text="hello")
    assert len(slack.workspace.messages.get("COPS", [])) == (fault in AFTER_ACTING)
    await client.chat_postMessage(channel="COPS", text="again")


@pytest.mark.parametrize(
    ("fault", "carried_out"), [("timeout_before_acting", 0), ("timeout_after_acting", 1)]
)
async def test_a_silent_call_is_never_answered(
    slack: PretendSlack, client: AsyncWebClient, fault: str, carried_out: int
) -> None:
    slack.workspace.faults.next_slack["chat.postMessage"].append(fault)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.chat_postMessage(channel="COPS", text="hello"), 0.2)
    assert len(slack.workspace.messages.get("COPS", [])) == carried_out


async def test_any_error_name_can_be_given(slack: PretendSlack, client: AsyncWebClient) -> None:
    slack.workspace.faults.next_slack["chat.update"].append("msg_too_long")
    with pytest.raises(SlackApiError, match="msg_too_long"):
        await client.chat_update(channel="COPS", ts="1.2", text="x")
