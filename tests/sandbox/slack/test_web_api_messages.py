"""Messages through the real SDK: their life, their limits, and faults on the way."""

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack.conftest import Clock
from tests.sandbox.slack.kit import LONG, refusal


async def test_a_message_lives_posted_edited_found_and_deleted(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    metadata = {"event_type": "operation", "event_payload": {"id": "1"}}
    posted = await client.chat_postMessage(channel="COPS", text="Begins", metadata=metadata)
    ts = posted["ts"]
    reply = await client.chat_postMessage(channel="COPS", text="Ended", thread_ts=ts)
    edited = await client.chat_update(channel="COPS", ts=ts, blocks=[LONG], text="Ends")
    assert edited["message"]["metadata"] == metadata
    assert (await client.chat_update(channel="COPS", ts=ts, text="Ends"))["message"].get("blocks") is None
    link = await client.chat_getPermalink(channel="COPS", message_ts=reply["ts"])
    assert f"thread_ts={ts}" in link["permalink"]
    workspace.app.scopes += ("channels:history",)
    history = await client.conversations_history(channel="COPS", include_all_metadata=True)
    assert [found["text"] for found in history["messages"]] == ["Ends"]
    assert history["messages"][0]["metadata"] == metadata
    thread = await client.conversations_replies(channel="COPS", ts=ts, limit=1)
    assert thread["has_more"]
    assert "metadata" not in thread["messages"][0]
    cursor = thread["response_metadata"]["next_cursor"]
    rest = await client.conversations_replies(channel="COPS", ts=ts, cursor=cursor)
    assert [found["text"] for found in rest["messages"]] == ["Ended"]
    await client.chat_delete(channel="COPS", ts=ts)
    assert (await refusal(client.chat_update(channel="COPS", ts=ts, text="x")))[
        "error"
    ] == "message_not_found"
    workspace.channels["COPS"].members.remove("U0BACKUPBOT")
    assert (await refusal(client.conversations_history(channel="COPS")))["error"] == "not_in_channel"


async def test_a_reply_for_all_is_in_the_channel_too(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.app.scopes += ("channels:history",)
    first = (await client.chat_postMessage(channel="COPS", text="Begins", reply_broadcast=True))["ts"]
    loud = await client.chat_postMessage(channel="COPS", text="Loud", thread_ts=first, reply_broadcast=True)
    quiet = await client.chat_postMessage(channel="COPS", text="Quiet", thread_ts=first)
    assert loud["message"]["subtype"] == "thread_broadcast"

    async def history() -> list[tuple[str, str | None]]:
        messages = (await client.conversations_history(channel="COPS"))["messages"]
        return [(found["text"], found.get("subtype")) for found in messages]

    assert await history() == [("Loud", "thread_broadcast"), ("Begins", None)]
    thread = await client.conversations_replies(channel="COPS", ts=first)
    assert [found["text"] for found in thread["messages"]] == ["Begins", "Loud", "Quiet"]
    await client.chat_update(channel="COPS", ts=quiet["ts"], text="Not so quiet", reply_broadcast=True)
    assert ("Not so quiet", "thread_broadcast") in await history()


async def test_an_id_of_the_sender_counts_only_where_it_is_honoured(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    async def post(channel: str, client_msg_id: str = "a") -> str:
        posted = await client.chat_postMessage(channel=channel, text="x", client_msg_id=client_msg_id)
        return str(posted["ts"])

    first = await post("COPS")
    assert await post("COPS") != first
    workspace.faults.client_msg_ids_honoured = True
    second = await post("COPS", "b")
    assert await post("COPS", "b") == second
    assert await post("UANA", "b") != second
    await client.chat_delete(channel="COPS", ts=second)
    refused = await refusal(client.chat_postMessage(channel="COPS", text="x", client_msg_id="b"))
    assert refused["error"] == "duplicate_message_not_found"


async def test_texts_are_cut_when_posted_and_refused_when_edited(client: AsyncWebClient) -> None:
    posted = await client.chat_postMessage(channel="COPS", text="x" * 40_001)
    assert len(posted["message"]["text"]) == 40_000
    edit = client.chat_update(channel="COPS", ts=posted["ts"], text="x" * 4001)
    assert (await refusal(edit))["error"] == "msg_too_long"


async def test_only_its_own_lasting_messages_can_be_changed(
    slack: PretendSlack, client: AsyncWebClient
) -> None:
    await slack.people.person("ana").types("Mine")
    [mine] = await slack.people.person("ana").sees()
    whispered = await client.chat_postEphemeral(channel="COPS", user="UANA", text="x")
    for call, error in (
        (client.chat_update(channel="COPS", ts=mine.ts, text="x"), "cant_update_message"),
        (client.chat_delete(channel="COPS", ts=mine.ts), "cant_delete_message"),
        (client.chat_update(channel="COPS", ts=whispered["message_ts"], text="x"), "message_not_found"),
    ):
        assert (await refusal(call))["error"] == error


async def test_one_shot_faults_are_used_up(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.faults.next_slack["auth.test"].extend(["internal_error", "ratelimited", "down"])
    assert (await refusal(client.auth_test()))["error"] == "internal_error"
    limited = await refusal(client.auth_test())
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "1")
    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.auth_test()
    assert (await client.auth_test())["ok"]


async def test_posting_too_fast_is_limited_for_that_channel(
    workspace: Workspace, client: AsyncWebClient, clock: Clock
) -> None:
    workspace.rates_enforced = True
    clock.ahead = 10.0
    for _ in range(10):
        await client.chat_postMessage(channel="COPS", text="x")
    limited = await refusal(client.chat_postMessage(channel="COPS", text="x"))
    assert (limited.status_code, limited["error"]) == (429, "ratelimited")
    await client.chat_postMessage(channel="CRANDOM", text="x")
    clock.passes(int(limited.headers["Retry-After"]))
    await client.chat_postMessage(channel="COPS", text="x")


async def test_pages_need_proper_numbers(client: AsyncWebClient) -> None:
    for name in ("cursor", "limit"):
        for value in ("x", "-1", "9" * 5000):
            call = client.api_call("conversations.history", params={"channel": "DANA", name: value})
            assert (await refusal(call))["error"] == f"invalid_{name}"
    for name in ("oldest", "latest"):
        call = client.api_call("conversations.history", params={"channel": "DANA", name: "yesterday"})
        assert (await refusal(call))["error"] == f"invalid_ts_{name}"


async def test_methods_have_their_own_limits(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.rates_enforced, workspace.usergroups = True, {"S1": []}
    for _ in range(20):
        await client.usergroups_users_list(usergroup="S1")
    limited = await refusal(client.usergroups_users_list(usergroup="S1"))
    assert (limited["error"], limited.headers["Retry-After"]) == ("ratelimited", "3")
    assert (await client.auth_test())["ok"]
