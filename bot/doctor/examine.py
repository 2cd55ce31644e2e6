"""`backup-bot doctor`: asks Slack, VPS.org and the database whether the bot could work as it is set up."""

import asyncio
import stat
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import ClientSession

from bot.doctor import messages
from bot.doctor.asking import Question, answer
from bot.doctor.database import examine_database
from bot.doctor.model import Finding, Policy, Report
from bot.doctor.people import KnownPeople
from bot.doctor.policy_messages import policies, what_channels_are_told
from bot.doctor.servers import examine_servers
from bot.doctor.slack import examine_bot_token, examine_way_in
from bot.errors import ConfigurationError
from bot.permissions import Rules
from bot.rules.load import load_groups, load_notify_levels, load_rules
from bot.servers.api import ServersApi
from bot.servers.model import Server
from bot.settings import ENV_FILE, Settings, near_misses
from bot.slack.auth import SlackClient, new_session, web_client
from bot.vps.account import read_account
from bot.vps.client import VpsClient

_WAY_IN = ("slack_app_token", "slack_signing_secret")


@dataclass(frozen=True)
class Wrong:
    """What is wrong with the settings, and with which of them: these have placeholders."""

    problem: ConfigurationError
    fields: frozenset[str]


async def examine(
    settings: Settings, waiting: list[str] | None = None, *, wrong: Wrong | None = None
) -> Report:
    """Return what was found; nothing is changed anywhere. `waiting` names who has not answered yet.

    If settings are wrong, what they are for is left out, and so are the rules: who can do what is not known.
    """
    return await _Examination(settings, [] if waiting is None else waiting, wrong).report()


class _Examination:
    """What is asked at once, and what is learned meanwhile."""

    def __init__(self, settings: Settings, waiting: list[str], wrong: Wrong | None) -> None:
        self._settings = settings
        self._waiting = waiting
        self._wrong = wrong
        self._known = KnownPeople()
        self._servers: list[Server] | None = None
        self._rules: Rules | None = None

    async def report(self) -> Report:
        settings = self._settings
        found = [*self._judge_settings(), *_env_file(), *_near_misses()]
        async with new_session() as session:
            database = partial(asyncio.to_thread, examine_database, settings.database_url)
            answers = await asyncio.gather(
                self._asked("Slack", partial(self._bot_token, session), "slack_api_url", "slack_bot_token"),
                self._asked("Slack", partial(self._way_in, session), "slack_api_url", *_WAY_IN),
                self._asked("VPS.org", self._vps, "vps_api_url", "vps_api_token"),
                self._asked("the database", database, "database_url"),
            )
        found += [finding for answered in answers for finding in answered]
        # What keeps one service from being asked may be the same for another, and is said once.
        return Report([*dict.fromkeys(found)], self._policies())

    def _judge_settings(self) -> list[Finding]:
        if self._wrong:
            return messages.refused(self._wrong.problem)
        try:
            self._rules = load_rules(self._settings)
        except ConfigurationError as problem:
            return messages.refused(problem)
        return [messages.connected_by(self._settings.mode)]

    def _policies(self) -> list[Policy]:
        if self._rules is None:
            return []
        names = None if self._servers is None else [server.name for server in self._servers]
        told = what_channels_are_told(load_notify_levels(self._settings), self._known.names)
        return [*policies(self._rules, self._known.names, names, self._known.strangers), told]

    async def _asked(self, service: str, question: Question, address: str, *others: str) -> list[Finding]:
        """Return the answer, if the settings that it takes are right; the first has the service's address."""
        if self._wrong and self._wrong.fields & {address, *others}:
            return []
        self._waiting.append(service)
        found = await answer(service, address.upper(), question)
        self._waiting.remove(service)
        return found

    async def _bot_token(self, session: ClientSession) -> list[Finding]:
        client = self._slack(session)
        return await examine_bot_token(client, self._settings, self._rules, self._known)

    async def _way_in(self, session: ClientSession) -> list[Finding]:
        return await examine_way_in(self._slack(session), self._settings)

    def _slack(self, session: ClientSession) -> SlackClient:
        return web_client(self._settings.slack_bot_token, self._settings.slack_api_url, session)

    async def _vps(self) -> list[Finding]:
        settings = self._settings
        async with aclosing(VpsClient(settings.vps_api_url, settings.vps_api_token)) as client:
            account = await read_account(client)
            servers, not_shown = await ServersApi(client).list()
        self._servers = servers
        return [
            messages.vps_token(account.token_name, account.email, account.permissions),
            messages.servers(len(servers), not_shown),
            *(examine_servers(servers, self._rules, load_groups(settings)) if self._rules else []),
        ]


def _near_misses() -> list[Finding]:
    return [messages.near_miss(name, setting) for name, setting in near_misses().items()]


def _env_file() -> list[Finding]:
    file = Path(ENV_FILE)
    readable_by_others = file.is_file() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    return [messages.readable_by_others(ENV_FILE)] if readable_by_others else []
