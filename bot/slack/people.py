"""Who somebody is: a full member of our workspace or not, and in which of the named user groups."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Denial, NotChecked
from bot.permissions import EVERYBODY, Ids, Person, is_group
from bot.slack.auth import error_name
from bot.slack.cache import MAX_ENTRIES, Clock, StaleIfErrorCache

log = structlog.get_logger()

ANSWER_SECONDS = 1.5
"""How long a decision may wait for Slack, so that the ack, due after 3 s, is in time."""

CALLS_PER_MINUTE = 20
"""How often usergroups.users.list may be called (tier 2)."""

UNKNOWN_USER = frozenset({"user_not_found", "user_not_visible"})
"""Slack's final words about an id that is nobody's, or nobody's we may see."""

_SLACKBOT = "USLACKBOT"
# is_app_user is not among these: it marks whoever authorised this app, such as the person who installed it.
_NOT_A_MEMBER = ("deleted", "is_bot", "is_workflow_bot", "is_connector_bot", "is_stranger")


def full_member_of(user: Mapping[str, Any]) -> Ids:
    """Return the workspaces of which somebody is a full, active member, from what `users.info` says.

    Guests, bots and Slackbot are of none. On Enterprise Grid a person may be of several. Where Slack does not
    say that somebody is no guest, they count as one. (SLACK.md, section 5;
    https://docs.slack.dev/reference/objects/user-object)
    """
    if user.get("id") == _SLACKBOT or any(user.get(mark) for mark in _NOT_A_MEMBER):
        return frozenset()
    if user.get("is_restricted", True) or user.get("is_ultra_restricted", True):
        return frozenset()
    teams = (user.get("enterprise_user") or {}).get("teams") or [user.get("team_id")]
    return frozenset(team for team in teams if team)


def time_zone(name: str) -> tzinfo:
    """Return the time zone of that name; UTC if there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


class _Described(NamedTuple):
    """What somebody has set in Slack: their time zone, and what they call themselves."""

    zone: str = ""
    name: str = ""


_UNKNOWN = _Described()


class People:
    """Knows people and user groups as Slack last described them.

    `team_id` returns our own workspace, or "" until the bot's token was checked. `groups` are the user groups
    whose members have to be known; `keep_seconds` is for how long a description counts as fresh.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        team_id: Callable[[], str],
        groups: Ids,
        *,
        keep_seconds: float = 300.0,
        timeout: float = ANSWER_SECONDS,
        clock: Clock = time.monotonic,
    ) -> None:
        self._client = client
        self._team_id = team_id
        self._groups = groups
        self._keep_seconds = keep_seconds
        self._is_free_plan_told = False
        self._described: dict[str, _Described] = {}
        self._users = StaleIfErrorCache(
            "user", self._ask_user, keep_seconds=keep_seconds, timeout=timeout, clock=clock
        )
        self._members = StaleIfErrorCache(
            "user group", self._ask_group, keep_seconds=keep_seconds, timeout=timeout, clock=clock
        )

    async def who(self, user_id: str, team_id: str = "") -> Person:
        """Return who somebody is; `team_id` is the workspace that came with what they did, if one did.

        Takes 1.5 s at most. While Slack can't be asked, what it said last still holds, for 15 minutes.

        Raises:
            NotChecked: Slack has never said who this is, and can't be asked now.
        """
        own_team = self._team_id()
        teams, groups = await asyncio.gather(self._users.fresh(user_id), self._groups_of(user_id))
        if teams is None or not own_team:
            raise NotChecked(Denial.UNKNOWN_PERSON)
        # On Enterprise Grid the workspace that came along may be another one of the same person's.
        is_member = teams.issuperset({own_team, team_id or own_team})
        return Person(user_id, is_member, groups if is_member else frozenset())

    def zone(self, user_id: str) -> tzinfo:
        """Return the time zone somebody has set in Slack, as far as it is known; else UTC."""
        return time_zone(self._described.get(user_id, _UNKNOWN).zone)

    def name(self, user_id: str) -> str:
        """Return somebody's name in Slack, as far as it is known; else ""."""
        return self._described.get(user_id, _UNKNOWN).name

    async def names(self, ids: Iterable[str]) -> dict[str, str]:
        """Return what these people call themselves, by id, as far as Slack tells; never to decide by."""
        wanted = frozenset(ids)
        await asyncio.gather(*(self._users.fresh(each) for each in wanted))
        return {each: name for each in wanted if (name := self.name(each))}

    async def members(self, ids: Iterable[str], besides: str = "") -> frozenset[str]:
        """Return the full members among these users and in these user groups, `besides` one person.

        Who can't be checked just now is left out.

        Raises:
            NotChecked: nobody would be left, but only because Slack can't be asked.
        """
        named = frozenset(ids) - {EVERYBODY}
        groups = [each for each in named if is_group(each)]
        found = await asyncio.gather(*(self._group(group) for group in groups))
        people = sorted(named.difference(groups).union(*found) - {besides})
        teams = await asyncio.gather(*(self._users.fresh(each) for each in people))
        own_team = self._team_id()
        members = [each for each, of in zip(people, teams, strict=True) if of and own_team in of]
        if not members and (None in teams or not own_team):
            raise NotChecked(Denial.UNKNOWN_PERSON)
        return frozenset(members)

    async def run(self) -> None:
        """Keep the groups' members fresh until cancelled; end at once if there are no groups."""
        pause = max(self._keep_seconds, len(self._groups) * 60 / CALLS_PER_MINUTE)
        while self._groups:
            for group in sorted(self._groups):
                await self._members.refresh(group)
            await asyncio.sleep(pause)

    async def _groups_of(self, user_id: str) -> Ids:
        groups = sorted(self._groups)
        found = await asyncio.gather(*(self._group(group) for group in groups))
        return frozenset(group for group, members in zip(groups, found, strict=True) if user_id in members)

    async def _group(self, group: str) -> Ids:
        """Return a group's members as last known, without waiting unless nothing is known."""
        known = self._members.known(group)
        return (await self._members.fresh(group) if known is None else known) or frozenset()

    async def _ask_user(self, user_id: str) -> Ids:
        try:
            answer = await self._client.users_info(user=user_id)
        except SlackApiError as error:
            if error_name(error) in UNKNOWN_USER:
                return frozenset()
            raise
        user = answer.get("user") or {}
        self._described.pop(user_id, None)
        self._described[user_id] = _Described(str(user.get("tz") or ""), str(user.get("name") or ""))
        if len(self._described) > MAX_ENTRIES:
            del self._described[next(iter(self._described))]
        return full_member_of(user)

    async def _ask_group(self, group: str) -> Ids:
        try:
            answer = await self._client.usergroups_users_list(usergroup=group)
        except SlackApiError as error:
            if not self._has_no_members(group, error_name(error)):
                raise
            return frozenset()
        return frozenset(answer.get("users") or ())

    def _has_no_members(self, group: str, reason: str) -> bool:
        """Tell whether Slack's refusal is final: the group is gone, or there are none in this plan."""
        if reason == "plan_upgrade_required":
            if not self._is_free_plan_told:
                self._is_free_plan_told = True
                log.warning("no_user_groups_in_this_plan", groups=sorted(self._groups))
            return True
        if reason == "no_such_subteam":
            log.warning("no_such_user_group", group=group)
            return True
        return False
