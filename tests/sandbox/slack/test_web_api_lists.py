"""Methods that list what is there, in pages, each with its scope; joining a channel, reacting in it."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.slack.workspace import Workspace
from tests.sandbox.slack.conftest import Bot
from tests.sandbox.slack.kit import refusal

Call = Callable[[AsyncWebClient], Awaitable[Any]]
SCOPES = ("channels:join", "reactions:write", "team:read", "files:write")


@pytest.fixture(autouse=True)
def more_scopes(workspace: Workspace) -> None:
    workspace.app.scopes += SCOPES


async def every(call: Callable[[str], Awaitable[Any]], name: str) -> list[Any]:
    """All that a method lists, two a page."""
    found: list[Any] = []
    cursor = ""
    while True:
        answer = await call(cursor)
        assert len(answer[name]) <= 2
        found += answer[name]
        cursor = answer["response_metadata"]["next_cursor"]
        if not cursor:
            return found


async def test_people_are_listed_in_pages_the_bot_among_them(client: AsyncWebClient) -> None:
    users = await every(lambda cursor: client.users_list(limit=2, cursor=cursor), "members")
    assert [user["id"] for user in users] == ["UANA", "UBEN", "UGUS", "U0BACKUPBOT"]
    assert [user["is_bot"] for user in users] == [False, False, False, True]


async def test_an_address_is_told_to_those_who_can_read_it(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    ana = (await client.users_info(user="UANA"))["user"]
    assert (ana["profile"]["display_name"], "email" in ana["profile"]) == ("ana", False)
    workspace.app.scopes += ("users:read.email",)
    ana = (await client.users_info(user="UANA"))["user"]
    assert ana["profile"]["email"] == "ana@example.com"


async def test_a_channel_with_people_of_elsewhere_is_shared(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    workspace.people["UBEN"].team_id = "T0OTHER"
    workspace.channels["COPS"].members = {"UANA", "UBEN"}
    workspace.channels["CRANDOM"].members = {"UANA"}
    channels = (await client.conversations_list(exclude_archived=True))["channels"]
    assert [(channel["name"], channel["is_ext_shared"]) for channel in channels] == [
        ("ops", True),
        ("random", False),
    ]


@pytest.mark.parametrize(
    ("types", "names"),
    [
        (None, ["ops", "random", "old"]),
        ("private_channel", []),
        ("public_channel,private_channel,mpim", ["ops", "random", "old"]),
    ],
)
async def test_conversations_are_listed_by_type(
    client: AsyncWebClient, types: str | None, names: list[str]
) -> None:
    found = await every(
        lambda cursor: client.conversations_list(types=types, limit=2, cursor=cursor), "channels"
    )
    assert [channel["name"] for channel in found] == names


async def test_conversations_can_leave_out_archived_ones_and_be_direct_messages(
    client: AsyncWebClient,
) -> None:
    kept = await client.conversations_list(exclude_archived=True)
    assert [channel["is_archived"] for channel in kept["channels"]] == [False, False]
    direct = await client.conversations_list(types="im")
    assert [channel["user"] for channel in direct["channels"]] == ["UANA", "UBEN", "UGUS"]


async def test_members_of_a_channel(workspace: Workspace, client: AsyncWebClient) -> None:
    members = await every(
        lambda cursor: client.conversations_members(channel="COPS", limit=2, cursor=cursor), "members"
    )
    assert set(members) == workspace.channels["COPS"].members
    assert len(members) == 4


async def test_joining_a_channel_once(workspace: Workspace, client: AsyncWebClient) -> None:
    assert (await client.conversations_join(channel="CRANDOM"))["channel"]["is_member"]
    assert workspace.app.bot_user in workspace.channels["CRANDOM"].members
    assert (await client.conversations_join(channel="CRANDOM"))["warning"] == "already_in_channel"


async def test_groups_are_listed_with_their_members_where_asked(
    workspace: Workspace, client: AsyncWebClient
) -> None:
    workspace.usergroups["S1"], workspace.usergroup_handles["S1"] = ["UANA"], "oncall"
    [group] = (await client.usergroups_list())["usergroups"]
    assert (group["id"], group["handle"], "users" in group) == ("S1", "oncall", False)
    [group] = (await client.usergroups_list(include_users=True, include_count=True))["usergroups"]
    assert (group["users"], group["user_count"]) == (["UANA"], 1)
    workspace.is_paid = False
    assert (await refusal(client.usergroups_list()))["error"] == "plan_upgrade_required"


async def test_the_team_and_the_test_of_the_api(client: AsyncWebClient, bot: Bot) -> None:
    assert (await client.team_info())["team"]["domain"] == "sandbox"
    stranger = client_of_nobody(client)
    assert (await stranger.api_test(foo="bar"))["args"] == {"foo": "bar"}
    assert (await refusal(stranger.api_test(error="my_error")))["error"] == "my_error"
    assert bot.told == []


def client_of_nobody(client: AsyncWebClient) -> AsyncWebClient:
    return AsyncWebClient(base_url=client.base_url, retry_handlers=[])


async def test_a_reaction_is_added_once_and_taken_away(client: AsyncWebClient) -> None:
    ts = (await client.chat_postMessage(channel="DANA", text="Done"))["ts"]
    await client.reactions_add(channel="DANA", timestamp=ts, name="eyes")
    again = client.reactions_add(channel="DANA", timestamp=ts, name=":eyes:")
    assert (await refusal(again))["error"] == "already_reacted"
    [message] = (await client.conversations_history(channel="DANA"))["messages"]
    assert message["reactions"] == [{"name": "eyes", "users": ["U0BACKUPBOT"], "count": 1}]
    await client.reactions_remove(channel="DANA", timestamp=ts, name="eyes")
    [message] = (await client.conversations_history(channel="DANA"))["messages"]
    assert "reactions" not in message


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda c: c.users_list(cursor="x"), "invalid_cursor"),
        (lambda c: c.api_call("users.list", params={"limit": "many"}), "invalid_limit"),
        (lambda c: c.conversations_list(types="channel"), "invalid_types"),
        (lambda c: c.conversations_members(channel="CSECRET"), "channel_not_found"),
        (lambda c: c.conversations_join(channel="CSECRET"), "channel_not_found"),
        (lambda c: c.conversations_join(channel="COLD"), "is_archived"),
        (lambda c: c.conversations_join(channel="DANA"), "method_not_supported_for_channel_type"),
        (lambda c: c.team_info(team="T0OTHER"), "team_not_found"),
        (lambda c: c.reactions_add(channel="COPS", timestamp="1.0", name="eyes"), "message_not_found"),
        (lambda c: c.reactions_add(channel="C0", timestamp="1.0", name="eyes"), "channel_not_found"),
    ],
)
async def test_refusals(client: AsyncWebClient, call: Call, error: str) -> None:
    assert (await refusal(call(client)))["error"] == error


@pytest.mark.parametrize(("error", "name"), [("invalid_name", "Not an emoji!"), ("no_reaction", "eyes")])
async def test_refusals_of_reactions(client: AsyncWebClient, error: str, name: str) -> None:
    ts = (await client.chat_postMessage(channel="COPS", text="Done"))["ts"]
    assert (await refusal(client.reactions_remove(channel="COPS", timestamp=ts, name=name)))["error"] == error


@pytest.mark.parametrize(
    ("scope", "call"),
    [
        ("users:read", lambda c: c.users_list()),
        ("channels:read", lambda c: c.conversations_list()),
        ("groups:read", lambda c: c.conversations_list(types="public_channel,private_channel")),
        ("im:read", lambda c: c.conversations_members(channel="DANA")),
        ("channels:join", lambda c: c.conversations_join(channel="CRANDOM")),
        ("usergroups:read", lambda c: c.usergroups_list()),
        ("team:read", lambda c: c.team_info()),
        ("reactions:write", lambda c: c.reactions_add(channel="COPS", timestamp="1.0", name="eyes")),
        ("files:write", lambda c: c.files_getUploadURLExternal(filename="a.csv", length=1)),
    ],
)
async def test_scopes_are_needed(
    workspace: Workspace, client: AsyncWebClient, scope: str, call: Call
) -> None:
    workspace.app.scopes = tuple(known for known in workspace.app.scopes if known != scope)
    answer = await refusal(call(client))
    assert (answer["error"], answer["needed"]) == ("missing_scope", scope)
