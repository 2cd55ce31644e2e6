"""`backup-bot doctor`: asks Slack, VPS.org and the database whether the bot could work as it is set up."""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import sqlalchemy as sa
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import messages
from bot.doctor.messages import Finding
from bot.errors import ConfigurationError, ProviderError
from bot.permissions import EVERYBODY, Ids, Rules, is_group
from bot.rules.load import load_rules
from bot.servers.api import ServersApi
from bot.settings import Settings
from bot.slack.auth import check_tokens, error_name, web_client
from bot.slack.people import UNKNOWN_USER, full_member_of
from bot.slack.provider_messages import provider_error
from bot.vps.account import read_account
from bot.vps.client import VpsClient

PATIENCE_SECONDS = 20.0
"""How long each service may take in all until it counts as out of reach."""


async def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order of setting up; nothing is changed anywhere."""
    try:
        rules = load_rules(settings)
    except ConfigurationError as problem:
        return messages.refused(problem)
    answers = await asyncio.gather(
        _in_time("Slack", "SLACK_API_URL", _slack(settings, rules)),
        _in_time("VPS.org", "VPS_API_URL", _vps(settings)),
        asyncio.to_thread(_database, settings.database_url),
    )
    return [
        Finding(True, f"Settings: complete; Slack reaches the bot by {_how(settings)}."),
        *(finding for found in answers for finding in found),
    ]


def _how(settings: Settings) -> str:
    return "Socket Mode" if settings.mode == "socket" else "HTTP"


async def _in_time(service: str, variable: str, asking: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asking
    except TimeoutError:
        what = f"{service} could not be reached within {PATIENCE_SECONDS:.0f} s."
        return [Finding(False, what, f"Check {variable}, the network and the proxy.")]


async def _slack(settings: Settings, rules: Rules) -> list[Finding]:
    client = web_client(settings.slack_bot_token, settings.slack_api_url)
    try:
        identity = await check_tokens(client, None)
    except ConfigurationError as problem:
        return messages.refused(problem)
    return [
        Finding(True, f"SLACK_BOT_TOKEN: the bot is {identity.user_id} in {identity.team}."),
        *messages.scopes(identity.scopes),
        await _way_in(client, settings),
        *await examine_people(client, rules, identity.team_id),
    ]


async def _way_in(client: AsyncWebClient, settings: Settings) -> Finding:
    if settings.slack_app_token is None:
        return Finding(True, "SLACK_SIGNING_SECRET: set; only a request from Slack can prove it right.")
    try:
        await check_tokens(client, settings.slack_app_token)
    except ConfigurationError as problem:
        return Finding(False, problem.problems[0])
    return Finding(True, "SLACK_APP_TOKEN: Slack offers a connection.")


async def _vps(settings: Settings) -> list[Finding]:
    async with aclosing(VpsClient(settings.vps_api_url, settings.vps_api_token)) as client:
        try:
            account = await read_account(client)
            token = messages.vps_token(account.token_name, account.email, account.permissions)
            servers, not_shown = await ServersApi(client).list()
        except ProviderError as error:
            why = provider_error(error)
            return [Finding(False, f"VPS_API_TOKEN: {why.what}", why.hint)]
    return [token, messages.servers(len(servers), not_shown)]


def _database(url: str) -> list[Finding]:
    address = sa.make_url(url)
    is_file = address.get_backend_name() == "sqlite"
    file = Path(address.database or "")
    if is_file and (too_old := messages.sqlite(sys.version_info[:2], sqlite3.sqlite_version_info)):
        return too_old
    was_there = not is_file or file.exists()
    engine = sa.create_engine(address, connect_args={"timeout" if is_file else "connect_timeout": 5})
    try:
        with engine.connect() as connection:
            if is_file:
                # Python's driver would otherwise begin no transaction for what follows.
                connection.exec_driver_sql("begin immediate")
            connection.exec_driver_sql(
                f"create {'table backup_bot_doctor (n integer)' if is_file else 'schema backup_bot_doctor'}"
            )
            connection.rollback()
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        advice = "Check DATABASE_URL, that the database is there, and that the bot may write to it."
        return [Finding(False, f"DATABASE_URL: can't be written to ({reason}).", advice)]
    finally:
        engine.dispose()
        if not was_there:
            file.unlink(missing_ok=True)
    return [Finding(True, "DATABASE_URL: can be written to.")]


_UNKNOWN_GROUP = {"no_such_subteam", "plan_upgrade_required"}


async def examine_people(client: AsyncWebClient, rules: Rules, team_id: str) -> list[Finding]:
    """Return whether all who are named exist as full members, and whether somebody is there to agree."""
    known = _Known(client, team_id)
    try:
        for each in sorted(_named(rules)):
            await known.ask(each)
    except SlackApiError as error:
        return [messages.people_unasked(error_name(error) or "an unreadable answer")]
    except (aiohttp.ClientError, OSError) as error:
        return [messages.people_unasked(type(error).__name__)]
    return [
        *messages.operators(rules),
        *messages.people(known.members, known.strangers),
        *messages.groups({group: len(members) for group, members in known.groups.items()}),
        *(
            finding
            for rule in rules.rules
            for finding in messages.second_person(
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
        """Ask about a user or a group; raises what slack_sdk raises if Slack gives no answer about it."""
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
