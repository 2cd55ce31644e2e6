"""Who is a full member and in which groups, asked of the sandbox's Slack."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.errors import NotChecked
from bot.permissions import Who
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.slack.auth import web_client
from bot.slack.people import People, full_member_of


class Stand:
    """A sandbox's Slack, a clock, and people as the bot knows them."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(seeded=False)
        self.workspace = self.sandbox.workspace
        self.faults = self.sandbox.faults
        self.workspace.usergroups.update({"SOPS": ["UANA", "UGUS"], "SDBA": ["UBEN"]})
        self.now = 0.0
        self.team = HOME_TEAM

    def people(self, *groups: str, patience: float = 5.0) -> People:
        client = web_client(SecretStr(self.workspace.app.bot_token), self.sandbox.slack_api_url)
        client.retry_handlers.clear()
        return People(client, lambda: self.team, frozenset(groups), patience=patience, clock=lambda: self.now)


@pytest.fixture
async def stand() -> AsyncIterator[Stand]:
    stand = Stand()
    await stand.sandbox.start()
    yield stand
    await stand.sandbox.stop()


async def test_only_full_members_of_our_workspace_are_members(stand: Stand) -> None:
    people = stand.people()
    stand.workspace.people["UCLEO"].deleted = True
    users = ("UANA", "UGUS", "UHAL", "UCLEO", "UNOBODY", "", stand.workspace.app.bot_user)
    members = [user for user in users if user and (await people.who(user)).is_member]
    assert members == ["UANA"]


@pytest.mark.parametrize(("team", "is_member"), [("", True), (HOME_TEAM, True), ("T0OTHER", False)])
async def test_what_came_from_another_workspace_is_nobody_s_of_ours(
    stand: Stand, team: str, is_member: bool
) -> None:
    assert (await stand.people().who("UANA", team)).is_member is is_member


async def test_somebody_of_elsewhere_stays_one_whatever_workspace_they_say(stand: Stand) -> None:
    assert not (await stand.people().who("UHAL", HOME_TEAM)).is_member


async def test_groups_are_those_that_are_named_and_guests_are_in_none(stand: Stand) -> None:
    people = stand.people("SOPS", "SDBA")
    assert await people.who("UANA") == Who("UANA", is_member=True, groups=frozenset({"SOPS"}))
    assert await people.who("UGUS") == Who("UGUS")
    assert (await stand.people("SDBA").who("UANA")).groups == frozenset()


async def test_a_group_stands_for_its_members(stand: Stand) -> None:
    people = stand.people("SOPS", "SDBA")
    assert await people.members(["UCLEO", "SDBA", "*"]) == {"UCLEO", "UBEN"}
    assert await people.members([]) == frozenset()


async def test_who_left_counts_as_a_member_until_the_answer_is_old(stand: Stand) -> None:
    people = stand.people()
    assert (await people.who("UANA")).is_member
    stand.workspace.people["UANA"].deleted = True
    stand.now = 299.0
    assert (await people.who("UANA")).is_member
    stand.now = 300.0
    assert not (await people.who("UANA")).is_member


@pytest.mark.parametrize("fault", ["internal_error", "ratelimited", "down"])
async def test_while_slack_fails_what_it_said_last_holds(stand: Stand, fault: Any) -> None:
    people = stand.people("SOPS")
    known = await people.who("UANA")
    stand.now, stand.faults.slack_fail = 1000.0, fault
    with capture_logs() as logs:
        assert await people.who("UANA") == known
    assert [(entry["event"], entry["id"]) for entry in logs] == [("last_known_kept", "UANA")]
    with pytest.raises(NotChecked, match="can't check who you are"):
        await people.who("UBEN")


async def test_before_our_own_workspace_is_known_nobody_is_let_in_or_taken_for_a_guest(stand: Stand) -> None:
    people = stand.people()
    stand.team = ""
    with pytest.raises(NotChecked):
        await people.who("UANA")
    stand.team = HOME_TEAM
    assert (await people.who("UANA")).is_member


async def test_a_slow_slack_is_not_waited_for(stand: Stand) -> None:
    people = stand.people("SOPS", patience=0.05)
    stand.faults.slack_latency = 0.5
    with pytest.raises(NotChecked):
        async with asyncio.timeout(0.45):
            await people.who("UANA")


async def test_groups_that_were_never_known_have_no_members(stand: Stand) -> None:
    stand.faults.next_slack["usergroups.users.list"] = ["internal_error"]
    people = stand.people("SOPS")
    assert (await people.who("UANA")).groups == frozenset()
    assert (await people.who("UANA")).groups == {"SOPS"}


async def test_without_a_paid_plan_groups_have_no_members_and_the_log_says_it_once(stand: Stand) -> None:
    stand.workspace.is_paid = False
    people = stand.people("SOPS", "SDBA")
    with capture_logs() as logs:
        assert await people.who("UANA") == Who("UANA", is_member=True)
        assert await people.members(["SOPS", "SDBA"]) == frozenset()
    assert [entry["event"] for entry in logs] == ["no_user_groups_in_this_plan"]


async def test_a_group_that_is_gone_has_no_members(stand: Stand) -> None:
    people = stand.people("SGONE")
    with capture_logs() as logs:
        assert await people.members(["SGONE"]) == frozenset()
    assert [(entry["event"], entry["group"]) for entry in logs] == [("no_such_user_group", "SGONE")]


async def test_groups_are_kept_fresh_in_the_background(stand: Stand) -> None:
    people = stand.people("SOPS")
    assert (await people.who("UBEN")).groups == frozenset()
    stand.workspace.usergroups["SOPS"] = ["UBEN"]
    assert (await people.who("UBEN")).groups == frozenset(), "nobody waits for groups that are known"
    keeping = asyncio.create_task(people.run())
    async with asyncio.timeout(5):
        who = Who("UBEN")
        while who.groups != {"SOPS"}:
            who = await people.who("UBEN")
            await asyncio.sleep(0)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping


async def test_where_no_groups_are_named_there_is_nothing_to_keep(stand: Stand) -> None:
    await stand.people().run()


MEMBER = {"id": "U1", "team_id": "T1", "is_restricted": False, "is_ultra_restricted": False}
GRID = {"teams": ["T2", "T3"], "enterprise_id": "E1"}


@pytest.mark.parametrize(
    ("user", "teams"),
    [
        (MEMBER, {"T1"}),
        (MEMBER | {"is_app_user": True}, {"T1"}),
        (MEMBER | {"enterprise_user": GRID}, {"T2", "T3"}),
        (MEMBER | {"enterprise_user": GRID, "is_restricted": True}, set()),
        (MEMBER | {"is_restricted": True}, set()),
        (MEMBER | {"is_ultra_restricted": True}, set()),
        (MEMBER | {"is_stranger": True}, set()),
        (MEMBER | {"deleted": True}, set()),
        (MEMBER | {"is_bot": True}, set()),
        (MEMBER | {"is_workflow_bot": True}, set()),
        (MEMBER | {"is_connector_bot": True}, set()),
        (MEMBER | {"id": "USLACKBOT"}, set()),
        (MEMBER | {"team_id": None}, set()),
        ({"id": "U1", "team_id": "T1"}, set()),
        ({}, set()),
    ],
)
def test_only_who_is_said_to_be_no_guest_is_a_full_member(user: dict[str, Any], teams: set[str]) -> None:
    assert full_member_of(user) == teams


async def test_on_enterprise_grid_another_workspace_of_the_same_person_may_come_along(stand: Stand) -> None:
    hal = stand.workspace.people["UHAL"]
    hal.workspaces = (hal.team_id, HOME_TEAM)
    people = stand.people()
    assert (await people.who("UHAL", hal.team_id)).is_member
    assert (await people.who("UHAL", HOME_TEAM)).is_member
    assert not (await people.who("UHAL", "T0THIRD")).is_member
