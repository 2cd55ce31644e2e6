"""Whether all who are named exist as full members, and whether somebody is there to approve."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import people_messages
from bot.doctor.model import Finding
from bot.permissions import EVERYBODY, Ids, Rule, Rules, is_group
from bot.slack.auth import UNANSWERED, error_name
from bot.slack.people import UNKNOWN_USER, full_member_of

MOST_MEMBERS = 50
"""Members of a group looked at one by one; Slack allows about 100 such calls a minute."""

_AT_ONCE = 5
_UNKNOWN_GROUP = {"no_such_subteam", "plan_upgrade_required"}


@dataclass
class KnownPeople:
    """Who turned out to be a full member, and who did not; `groups` have their members as Slack says."""

    team_id: str = ""
    members: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    groups: dict[str, Ids] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    """How to call users, groups and channels; an id without one is called by itself."""

    async def ask(self, client: AsyncWebClient, rules: Rules) -> None:
        """Ask about all whom the rules name; raises what slack_sdk raises if Slack gives no answer."""
        named = named_in(rules)
        for group in sorted(filter(is_group, named)):
            self.groups[group] = await _members_of(client, group)
            self.names[group] = f"the user group {group}"
        in_groups = (sorted(members)[:MOST_MEMBERS] for members in self.groups.values())
        users = {each for each in named if not is_group(each)}.union(*in_groups)
        limit = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._ask_user(client, user, limit) for user in sorted(users)))

    def expanded(self, ids: Ids) -> Ids:
        """Return the users among these and the members of the groups among these, strangers left out."""
        groups = [members for group, members in self.groups.items() if group in ids]
        return frozenset(ids & self.members).union(*groups) - self.strangers

    async def _ask_user(self, client: AsyncWebClient, user: str, limit: asyncio.Semaphore) -> None:
        async with limit:
            about = await _user(client, user)
        self.names[user] = f"{about.get('real_name') or about.get('name') or user} ({user})"
        (self.members if self.team_id in full_member_of(about) else self.strangers).add(user)


async def examine_people(client: AsyncWebClient, known: KnownPeople, rules: Rules) -> list[Finding]:
    """Return what is wrong with those who are named; `known` knows them afterwards."""
    try:
        await known.ask(client, rules)
    except SlackApiError as error:
        return [people_messages.people_unasked(error_name(error) or "an unreadable answer")]
    except UNANSWERED as error:
        return [people_messages.people_unasked(type(error).__name__)]
    named = named_in(rules)
    strangers = {person: _named_where(person, rules) for person in known.strangers & named}
    operators = frozenset[str]().union(*(known.expanded(rule.operators) for rule in rules.rules))
    return [
        *people_messages.operators(rules, operators),
        *people_messages.people(known.members & named, strangers),
        *people_messages.groups({group: len(members) for group, members in known.groups.items()}),
        *_outsiders(known),
        *(finding for rule in rules.rules for finding in _second_person(known, rule)),
    ]


def named_in(rules: Rules) -> Ids:
    """Return the ids of all users and groups whom the rules name."""
    every = (ids for rule in rules.rules for ids in (rule.viewers, rule.operators, rule.approvers))
    return rules.auditors.union(*every) - {EVERYBODY}


def _second_person(known: KnownPeople, rule: Rule) -> list[Finding]:
    return people_messages.second_person(rule, known.expanded(rule.operators), known.expanded(rule.approvers))


def _outsiders(known: KnownPeople) -> Iterator[Finding]:
    for group, members in sorted(known.groups.items()):
        if outsiders := members & known.strangers:
            yield people_messages.not_counted(group, outsiders)


def _named_where(person: str, rules: Rules) -> str:
    """Return the setting that names a person; the last rule is made of the variables."""
    variables = rules.rules[-1]
    if person in rules.auditors:
        return "BOT_AUDITORS"
    for ids, setting in (
        (variables.operators, "BOT_OPERATORS"),
        (variables.approvers, "BOT_APPROVERS"),
        (variables.viewers, "BOT_VIEWERS"),
    ):
        if person in ids:
            return setting
    return "BOT_RULES_FILE"


async def _user(client: AsyncWebClient, user: str) -> dict[str, Any]:
    try:
        answer = await client.users_info(user=user)
    except SlackApiError as error:
        if error_name(error) in UNKNOWN_USER:
            return {"deleted": True, "name": user}
        raise
    return answer.get("user") or {}


async def _members_of(client: AsyncWebClient, group: str) -> Ids:
    try:
        answer = await client.usergroups_users_list(usergroup=group)
    except SlackApiError as error:
        if error_name(error) in _UNKNOWN_GROUP:
            return frozenset()
        raise
    return frozenset(answer.get("users") or ())
