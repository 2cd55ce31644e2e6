"""Who is a full member and in which groups, asked of the sandbox's Slack."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.errors import Denial, NotChecked
from bot.permissions import Person
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import HOME_TEAM
from bot.slack.auth import web_client
from bot.slack.people import People, full_member_of, time_zone


class PeopleHarness:
    """A sandbox's Slack, a clock, and people as the bot knows them."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(seeded=False)
        self.workspace = self.sandbox.workspace
        self.faults = self.sandbox.faults
        self.workspace.usergroups.update({"SOPS": ["UANA", "UGUS"], "SDBA": ["UBEN"]})
        self.now = 0.0
        self.team = HOME_TEAM

    def people(self, *groups: str, timeout: float = 5.0) -> People:
        client = web_client(SecretStr(self.workspace.app.bot_token), self.sandbox.slack_api_url)
        client.retry_handlers.clear()
        return People(client, lambda: self.team, frozenset(groups), timeout=timeout, clock=lambda: self.now)


@pytest.fixture
async def harness() -> AsyncIterator[PeopleHarness]:
    harness = PeopleHarness()
    await harness.sandbox.start()
    yield harness
    await harness.sandbox.stop()


async def test_only_full_members_of_our_workspace_are_members(harness: PeopleHarness) -> None:
    people = harness.people()
    harness.workspace.people["UCLEO"].deleted = True
    users = ("UANA", "UGUS", "UHAL", "UCLEO", "UNOBODY", "", harness.workspace.app.bot_user)
    members = [user for user in users if user and (await people.who(user)).is_member]
    assert members == ["UANA"]


@pytest.mark.parametrize(("team", "is_member"), [("", True), (HOME_TEAM, True), ("T0OTHER", False)])
async def test_what_came_from_another_workspace_is_nobody_s_of_ours(
    harness: PeopleHarness, team: str, is_member: bool
) -> None:
    assert (await harness.people().who("UANA", team)).is_member is is_member


async def test_somebody_s_time_zone_is_the_one_they_set_in_slack(harness: PeopleHarness) -> None:
    harness.workspace.people["UANA"].tz = "Asia/Tokyo"
    people = harness.people()
    assert people.zone("UANA") is UTC, "nothing is known yet"
    await people.who("UANA")
    assert str(people.zone("UANA")) == "Asia/Tokyo"


async def test_only_so_many_people_are_kept_in_mind(
    harness: PeopleHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.people.MAX_ENTRIES", 2)
    people = harness.people()
    for user in ("UANA", "UBEN", "UCLEO"):
        await people.who(user)
    assert [people.name(user) for user in ("UANA", "UBEN", "UCLEO")] == ["", "ben", "cleo"]


@pytest.mark.parametrize("name", ["", "Nowhere/Atall", "../../etc/passwd", "/etc/passwd", "Europe", "x\0y"])
def test_what_is_no_time_zone_is_taken_for_utc(name: str) -> None:
    assert time_zone(name) is UTC


async def test_somebody_of_elsewhere_stays_one_whatever_workspace_they_say(harness: PeopleHarness) -> None:
    assert not (await harness.people().who("UHAL", HOME_TEAM)).is_member


async def test_groups_are_those_that_are_named_and_guests_are_in_none(harness: PeopleHarness) -> None:
    people = harness.people("SOPS", "SDBA")
    assert await people.who("UANA") == Person("UANA", is_member=True, groups=frozenset({"SOPS"}))
    assert await people.who("UGUS") == Person("UGUS")
    assert (await harness.people("SDBA").who("UANA")).groups == frozenset()


async def test_a_group_stands_for_its_members(harness: PeopleHarness) -> None:
    people = harness.people("SOPS", "SDBA")
    assert await people.members(["UCLEO", "SDBA", "*"]) == {"UCLEO", "UBEN"}
    assert await people.members(["UCLEO", "SDBA"], besides="UBEN") == {"UCLEO"}
    assert await people.members([]) == frozenset()


async def test_guests_strangers_and_who_has_left_are_no_members_of_a_group(harness: PeopleHarness) -> None:
    harness.workspace.usergroups["SALL"] = ["UANA", "UGUS", "UHAL", "UCLEO", harness.workspace.app.bot_user]
    harness.workspace.people["UCLEO"].deleted = True
    people = harness.people("SALL")
    assert await people.members(["SALL"]) == {"UANA"}
    assert await people.members(["UGUS", "UCLEO", "UNOBODY"]) == frozenset()


async def test_who_can_t_be_checked_is_left_out_unless_nobody_would_be_left(harness: PeopleHarness) -> None:
    people = harness.people("SDBA")
    await people.members(["UBEN"])
    harness.faults.slack_fail = "internal_error"
    assert await people.members(["UBEN", "UCLEO"]) == {"UBEN"}
    with pytest.raises(NotChecked):
        await people.members(["UBEN", "UCLEO"], besides="UBEN")


async def test_who_left_counts_as_a_member_until_the_answer_is_old(harness: PeopleHarness) -> None:
    people = harness.people()
    assert (await people.who("UANA")).is_member
    harness.workspace.people["UANA"].deleted = True
    harness.now = 299.0
    assert (await people.who("UANA")).is_member
    harness.now = 300.0
    assert not (await people.who("UANA")).is_member


@pytest.mark.parametrize("fault", ["internal_error", "ratelimited", "down"])
async def test_while_slack_fails_what_it_said_last_holds(harness: PeopleHarness, fault: Any) -> None:
    people = harness.people("SOPS")
    known = await people.who("UANA")
    harness.now, harness.faults.slack_fail = 899.0, fault
    with capture_logs() as logs:
        assert await people.who("UANA") == known
    assert [(entry["event"], entry["id"]) for entry in logs] == [("stale_value_kept", "UANA")]
    with pytest.raises(NotChecked) as caught:
        await people.who("UBEN")
    assert caught.value.denial is Denial.UNKNOWN_PERSON


@pytest.mark.parametrize("fault", ["internal_error", "down"])
async def test_what_slack_said_more_than_a_quarter_of_an_hour_ago_holds_no_longer(
    harness: PeopleHarness, fault: Any
) -> None:
    people = harness.people("SOPS")
    await people.who("UANA")
    harness.now, harness.faults.slack_fail = 900.0, fault
    with pytest.raises(NotChecked):
        await people.who("UANA")
    harness.faults.slack_fail = None
    assert (await people.who("UANA")).groups == {"SOPS"}


@pytest.mark.parametrize("fault", ["token_revoked", "account_inactive", "missing_scope", "invalid_auth"])
async def test_what_slack_said_before_it_refused_for_good_holds_no_longer(
    harness: PeopleHarness, fault: Any
) -> None:
    people = harness.people("SOPS")
    await people.who("UANA")
    await people.who("UBEN")
    harness.now, harness.faults.slack_fail = 300.0, fault
    with pytest.raises(NotChecked):
        await people.who("UANA")
    harness.now = 301.0
    with pytest.raises(NotChecked):
        await people.who("UBEN")


async def test_before_our_own_workspace_is_known_nobody_is_let_in_or_taken_for_a_guest(
    harness: PeopleHarness,
) -> None:
    people = harness.people()
    harness.team = ""
    with pytest.raises(NotChecked):
        await people.who("UANA")
    harness.team = HOME_TEAM
    assert (await people.who("UANA")).is_member


async def test_a_slow_slack_is_not_waited_for(harness: PeopleHarness) -> None:
    people = harness.people("SOPS", timeout=0.05)
    harness.faults.slack_latency = 30.0
    with pytest.raises(NotChecked):
        async with asyncio.timeout(20.0):
            await people.who("UANA")


async def test_groups_that_were_never_known_have_no_members(harness: PeopleHarness) -> None:
    harness.faults.next_slack["usergroups.users.list"] = ["internal_error"]
    people = harness.people("SOPS")
    assert (await people.who("UANA")).groups == frozenset()
    assert (await people.who("UANA")).groups == {"SOPS"}


async def test_without_a_paid_plan_groups_have_no_members_and_the_log_says_it_once(
    harness: PeopleHarness,
) -> None:
    harness.workspace.is_paid = False
    people = harness.people("SOPS", "SDBA")
    with capture_logs() as logs:
        assert await people.who("UANA") == Person("UANA", is_member=True)
        assert await people.members(["SOPS", "SDBA"]) == frozenset()
    assert [entry["event"] for entry in logs] == ["no_user_groups_in_this_plan"]


async def test_a_group_that_is_gone_has_no_members(harness: PeopleHarness) -> None:
    people = harness.people("SGONE")
    with capture_logs() as logs:
        assert await people.members(["SGONE"]) == frozenset()
    assert [(entry["event"], entry["group"]) for entry in logs] == [("no_such_user_group", "SGONE")]


async def test_groups_are_kept_fresh_in_the_background(harness: PeopleHarness) -> None:
    people = harness.people("SOPS")
    assert (await people.who("UBEN")).groups == frozenset()
    harness.workspace.usergroups["SOPS"] = ["UBEN"]
    assert (await people.who("UBEN")).groups == frozenset(), "nobody waits for groups that are known"
    keeping = asyncio.create_task(people.run())
    async with asyncio.timeout(5):
        who = Person("UBEN")
        while who.groups != {"SOPS"}:
            who = await people.who("UBEN")
            await asyncio.sleep(0)
    keeping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await keeping


async def test_if_no_groups_are_named_there_is_nothing_to_keep(harness: PeopleHarness) -> None:
    await harness.people().run()


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


async def test_on_enterprise_grid_another_workspace_of_the_same_person_may_come_along(
    harness: PeopleHarness,
) -> None:
    hal = harness.workspace.people["UHAL"]
    hal.workspaces = (hal.team_id, HOME_TEAM)
    people = harness.people()
    assert (await people.who("UHAL", hal.team_id)).is_member
    assert (await people.who("UHAL", HOME_TEAM)).is_member
    assert not (await people.who("UHAL", "T0THIRD")).is_member
