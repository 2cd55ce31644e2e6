"""`backup-bot doctor`: asks Slack, VPS.org and the database whether the bot could work as it is set up."""

import asyncio
import stat
from collections.abc import Awaitable, Iterable
from contextlib import aclosing
from pathlib import Path

from bot.doctor import messages
from bot.doctor.asking import answer
from bot.doctor.database import examine_database
from bot.doctor.model import Finding, Report
from bot.doctor.people import KnownPeople
from bot.doctor.policy_messages import policies
from bot.doctor.servers import examine_servers
from bot.doctor.slack import examine_bot_token, examine_way_in
from bot.errors import ConfigurationError
from bot.permissions import Rules
from bot.rules.load import load_rules
from bot.servers.api import ServersApi
from bot.servers.model import Server
from bot.settings import ENV_FILE, Settings
from bot.slack.auth import new_session, web_client
from bot.vps.account import read_account
from bot.vps.client import VpsClient


async def examine(settings: Settings, waiting: set[str] | None = None) -> Report:
    """Return what was found; nothing is changed anywhere. `waiting` names who has not answered yet."""
    try:
        rules = load_rules(settings)
    except ConfigurationError as problem:
        return Report(messages.refused(problem))
    return await _Examination(settings, rules, set() if waiting is None else waiting).report()


class _Examination:
    """What is asked at once, and what is learned meanwhile."""

    def __init__(self, settings: Settings, rules: Rules, waiting: set[str]) -> None:
        self._settings = settings
        self._rules = rules
        self._waiting = waiting
        self._known = KnownPeople()
        self._servers: list[Server] = []

    async def report(self) -> Report:
        settings = self._settings
        async with new_session() as session:
            slack = web_client(settings.slack_bot_token, settings.slack_api_url, session)
            answers = await asyncio.gather(
                self._asked(
                    "Slack",
                    "SLACK_API_URL",
                    [
                        examine_bot_token(slack, settings, self._rules, self._known),
                        examine_way_in(slack, settings),
                    ],
                ),
                self._asked("VPS.org", "VPS_API_URL", [self._vps()]),
                self._asked(
                    "the database",
                    "DATABASE_URL",
                    [asyncio.to_thread(examine_database, settings.database_url)],
                ),
            )
        names = [server.name for server in self._servers]
        return Report(
            [
                messages.connected_by(settings.mode),
                *_env_file(),
                *(finding for found in answers for finding in found),
            ],
            policies(self._rules, self._known.names, names, self._known.strangers),
        )

    async def _asked(
        self, service: str, variable: str, questions: Iterable[Awaitable[list[Finding]]]
    ) -> list[Finding]:
        """Return the answers to all questions; a service out of reach is said once."""
        self._waiting.add(service)
        found = await asyncio.gather(*(answer(service, variable, each) for each in questions))
        self._waiting.discard(service)
        return [*dict.fromkeys(finding for each in found for finding in each)]

    async def _vps(self) -> list[Finding]:
        settings = self._settings
        async with aclosing(VpsClient(settings.vps_api_url, settings.vps_api_token)) as client:
            account = await read_account(client)
            self._servers, not_shown = await ServersApi(client).list()
        return [
            messages.vps_token(account.token_name, account.email, account.permissions),
            messages.servers(len(self._servers), not_shown),
            *examine_servers(self._servers, self._rules),
        ]


def _env_file() -> list[Finding]:
    file = Path(ENV_FILE)
    readable_by_others = file.is_file() and file.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH)
    return [messages.readable_by_others(ENV_FILE)] if readable_by_others else []
