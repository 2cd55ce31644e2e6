"""The Web API through the real SDK: what it answers, and every refusal by Slack's name."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.installed_app import InstalledApp
from bot.sandbox.slack.web_api import METHODS
from bot.sandbox.slack.workspace import StepRun, Workspace
from tests.sandbox.slack.conftest import client_of
from tests.sandbox.slack.kit import LONG, refusal

Token = Callable[[InstalledApp], str | None]
Call = Callable[[AsyncWebClient], Awaitable[Any]]
TABLE = {"type": "table", "rows": [[{"type": "raw_text", "text": "x"}]]}
HEADER = {"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}


async def test_auth_tells_who_the_bot_is_and_its_scopes(client: AsyncWebClient) -> None:
    answer = await client.auth_test()
    assert (answer["user_id"], answer["bot_id"], answer["team_id"]) == (
        "U0BACKUPBOT",
        "B0BACKUPBOT",
        "T0SANDBOX",
    )
    assert "chat:write.public" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [
        (lambda _: None, "not_authed"),
        (lambda _: "xoxb-x", "invalid_auth"),
        (lambda app: app.app_token, "not_allowed_token_type"),
    ],
)
async def test_wrong_tokens(slack: PretendSlack, token: Token, error: str) -> None:
    given = token(slack.workspace.app)
    assert (await refusal(client_of(slack, given).auth_test()))["error"] == error


@pytest.mark.parametrize(
    ("token", "error"),
    [(lambda _: "xapp-x", "invalid_auth"), (lambda app: app.bot_token, "not_allowed_token_type")],
)
async def test_connections_need_the_app_token(slack: PretendSlack, token: Token, error: str) -> None:
    opened = client_of(slack, None).apps_connections_open(app_token=token(slack.workspace.app) or "")
    assert (await refusal(opened))["error"] == error


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.chat_postMessage(channel="C0", text="x"), "channel_not_found"),
        (lambda c: c.chat_postMessage(channel="CSECRET", text="x"), "channel_not_found"),
        (lambda c: c.chat_postMessage(channel="COLD", text="x"), "is_archived"),
        (lambda c: c.api_call("chat.postMessage", json={"channel": "COPS"}), "no_text"),
        (lambda c: c.chat_postMessage(channel="COPS", text="x", blocks=[HEADER]), "invalid_blocks"),
        (
            lambda c: c.chat_postMessage(channel="COPS", text="x", blocks=[TABLE, TABLE]),
            "invalid_attachments",
        ),
        (lambda c: c.chat_postMessage(channel="COPS", text="x", blocks=[LONG] * 5), "msg_blocks_too_long"),
        (lambda c: c.chat_postMessage(channel="COPS", text="x", blocks="{}"), "invalid_blocks_format"),
        (
            lambda c: c.chat_postMessage(channel="COPS", text="x", metadata={"id": 1}),
            "invalid_metadata_format",
        ),
        (lambda c: c.chat_postMessage(channel="COPS", text="x", metadata="[1]"), "invalid_metadata_format"),
        (lambda c: c.chat_postEphemeral(channel="COPS", user="U0", text="x"), "user_not_found"),
        (lambda c: c.chat_postEphemeral(channel="DBEN", user="UANA", text="x"), "user_not_in_channel"),
        (lambda c: c.chat_update(channel="COPS", ts="1.0", text="x"), "message_not_found"),
        (lambda c: c.chat_update(channel="UANA", ts="1.0", text="x"), "channel_not_found"),
        (lambda c: c.chat_delete(channel="COPS", ts="1.0"), "message_not_found"),
        (lambda c: c.chat_getPermalink(channel="COPS", message_ts="1.0"), "message_not_found"),
        (lambda c: c.conversations_info(channel="CSECRET"), "channel_not_found"),
        (lambda c: c.conversations_open(users="U0"), "user_not_found"),
        (lambda c: c.conversations_open(users="UANA,UBEN"), "method_not_supported_for_channel_type"),
        (lambda c: c.conversations_replies(channel="DANA", ts="1.0"), "thread_not_found"),
        (lambda c: c.users_info(user="U0"), "user_not_found"),
        (lambda c: c.usergroups_users_list(usergroup="S0"), "no_such_subteam"),
        (lambda c: c.bots_info(bot="B0"), "bot_not_found"),
        (
            lambda c: c.functions_completeSuccess(function_execution_id="Fx0", outputs={}),
            "function_execution_not_found",
        ),
        (lambda c: c.api_call("chat.meMessage"), "unknown_method"),
        (lambda c: c.api_call("chat.postMessage", json={"text": "x"}), "invalid_arguments"),
    ],
)
async def test_refusals(client: AsyncWebClient, call: Call, error: str) -> None:
    assert (await refusal(call(client)))["error"] == error


async def test_a_wrong_block_is_pointed_at(client: AsyncWebClient) -> None:
    answer = await refusal(client.chat_postMessage(channel="COPS", text="x", blocks=[HEADER]))
    [message] = answer["response_metadata"]["messages"]
    assert message == "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"


@pytest.mark.parametrize(
    ("scope", "call", "error"),
    [
        ("chat:write", lambda c: c.chat_postMessage(channel="COPS", text="x"), "missing_scope"),
        ("chat:write.public", lambda c: c.chat_postMessage(channel="CRANDOM", text="x"), "not_in_channel"),
        ("channels:read", lambda c: c.conversations_info(channel="COPS"), "missing_scope"),
        ("channels:history", lambda c: c.conversations_history(channel="COPS"), "missing_scope"),
        ("users:read", lambda c: c.users_info(user="UANA"), "missing_scope"),
        ("usergroups:read", lambda c: c.usergroups_users_list(usergroup="S1"), "missing_scope"),
        ("im:write", lambda c: c.conversations_open(users="UANA"), "missing_scope"),
    ],
)
async def test_scopes_are_needed(
    workspace: Workspace, client: AsyncWebClient, scope: str, call: Call, error: str
) -> None:
    workspace.app.scopes = tuple(known for known in workspace.app.scopes if known != scope)
    answer = await refusal(call(client))
    assert answer["error"] == error
    if error == "missing_scope":
        assert (answer["needed"], scope in answer["provided"].split(",")) == (scope, False)


async def test_direct_messages_open_by_themselves_unless_the_tab_is_off(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    assert (await client.chat_postMessage(channel="UBEN", text="Psst"))["channel"] == "DBEN"
    assert (await client.conversations_open(users="UBEN"))["channel"]["id"] == "DBEN"
    workspace.app.messages_tab_enabled = False
    answer = await refusal(client.chat_postMessage(channel="DBEN", text="Psst"))
    assert answer["error"] == "messages_tab_disabled"
    workspace.people["UBEN"].deleted = True
    assert (await refusal(client.conversations_open(users="UBEN")))["error"] == "user_disabled"


async def test_looking_things_up(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.usergroups["S1"] = ["UANA"]
    workspace.channels["CSECRET"].members.add("U0BACKUPBOT")
    assert (await client.usergroups_users_list(usergroup="S1"))["users"] == ["UANA"]
    user = (await client.users_info(user="UANA", include_locale=True))["user"]
    assert (user["tz"], user["is_bot"], user["locale"]) == ("Europe/Berlin", False, "en-US")
    assert (await client.users_info(user="U0BACKUPBOT"))["user"]["is_bot"] is True
    assert (await client.conversations_info(channel="DANA"))["channel"]["is_im"] is True
    secret = (await client.conversations_info(channel="CSECRET"))["channel"]
    assert (secret["is_private"], secret["is_member"]) == (True, True)
    assert (await client.conversations_info(channel="CRANDOM"))["channel"]["is_member"] is False
    assert (await client.bots_info(bot="B0BACKUPBOT"))["bot"]["user_id"] == "U0BACKUPBOT"
    workspace.is_paid = False
    assert (await refusal(client.usergroups_users_list(usergroup="S1")))["error"] == "plan_upgrade_required"


async def test_steps_end_once(workspace: Workspace, client: AsyncWebClient) -> None:
    workspace.step_runs["Fx1"] = run = StepRun("Fx1", "run_backup", {}, "xwfp-1")
    wrong = client.api_call(
        "functions.completeSuccess", params={"function_execution_id": "Fx1", "outputs": "["}
    )
    assert (await refusal(wrong))["error"] == "parameter_validation_failed"
    await client.functions_completeError(function_execution_id="Fx1", error="No such server")
    assert (run.status, run.error) == ("failed", "No such server")
    again = client.functions_completeSuccess(function_execution_id="Fx1", outputs={})
    assert (await refusal(again))["error"] == "execution_not_in_running_state"


async def test_arguments_may_come_as_json_query_or_form(slack: PretendSlack, workspace: Workspace) -> None:
    address = f"{workspace.base_url}/slack/api/chat.postMessage"
    arguments = {"channel": "COPS", "text": "x", "token": workspace.app.bot_token}
    async with aiohttp.ClientSession() as session:
        for response in (
            await session.post(address, json=arguments),
            await session.post(address, params=arguments),
            await session.post(address, data=arguments),
        ):
            async with response:
                assert (await response.json())["ok"]
        async with session.get(f"{workspace.base_url}/slack/api/auth.test", params=arguments) as response:
            assert (await response.json())["ok"]
    assert len(await slack.people.person("ana").sees()) == 3


def test_every_method_is_known_to_the_sdk_and_tested_here() -> None:
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    for method in METHODS:
        name = method.replace(".", "_")
        assert callable(getattr(AsyncWebClient, name)), method
        assert f".{name}(" in tests, method
