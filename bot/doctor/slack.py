"""What the doctor asks Slack about the people and user groups that rules name."""

from dataclasses import dataclass, field

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import findings
from bot.doctor.findings import Finding
from bot.formats import is_group
from bot.permissions import EVERYBODY, Ids, Rules
from bot.slack.auth import error_name
from bot.slack.people import UNKNOWN_USER, full_member_of

_UNKNOWN_GROUP = {"no_such_subteam", "plan_upgrade_required"}


async def examine_people(client: AsyncWebClient, rules: Rules, team_id: str) -> list[Finding]:
    """Return whether all who are named exist as full members, and whether somebody is there to agree."""
    known = _Known(client, team_id)
    try:
        for each in sorted(_named(rules)):
            await known.ask(each)
    except SlackApiError as error:
        return [findings.people_unasked(error_name(error) or "an unreadable answer")]
    except (aiohttp.ClientError, OSError) as error:
        return [findings.people_unasked(type(error).__name__)]
    return [
        *findings.operators(rules),
        *findings.people(known.members, known.strangers),
        *findings.groups({group: len(members) for group, members in known.groups.items()}),
        *(
            finding
            for rule in rules.rules
            for finding in findings.second_person(
                rule, known.expanded(rule.operators), known.expanded(rule.approvers)
            )
        ),
    ]


def _named(rules: Rules) -> Ids:
    every = (ids for rule in rules.rules for ids in (rule.viewers, rule.operators, rule.approvers))
    return rules.auditors.union(*every) - {EVERYBODY}


@dataclass
class _Known:
    """Who turned out to be a full member, and who did not; `groups` have their members as Slack says."""

    client: AsyncWebClient
    team_id: str
    members: set[str] = field(default_factory=set)
    strangers: set[str] = field(default_factory=set)
    groups: dict[str, Ids] = field(default_factory=dict)

    async def ask(self, named: str) -> None:
        """Ask about a user or a group; raises what slack_sdk raises where Slack gives no answer about it."""
        if is_group(named):
            self.groups[named] = await self._members_of(named)
        elif self.team_id in await self._full_member_of(named):
            self.members.add(named)
        else:
            self.strangers.add(named)

    def expanded(self, ids: Ids) -> Ids:
        """Return the users among these, strangers left out, and the members of the groups among these."""
        groups = [members for group, members in self.groups.items() if group in ids]
        return frozenset(ids & self.members).union(*groups)

    async def _members_of(self, group: str) -> Ids:
        try:
            answer = await self.client.usergroups_users_list(usergroup=group)
        except SlackApiError as error:
            if error_name(error) in _UNKNOWN_GROUP:
                return frozenset()
            raise
        return frozenset(answer.get("users") or ())

    async def _full_member_of(self, user: str) -> Ids:
        try:
            answer = await self.client.users_info(user=user)
        except SlackApiError as error:
            if error_name(error) in UNKNOWN_USER:
                return frozenset()
            raise
        return full_member_of(answer.get("user") or {})
