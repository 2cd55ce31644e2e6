"""`backup-bot doctor`: asks Slack, VPS.org and the database whether the bot could work as it is set up."""

import asyncio
import sqlite3
import sys
from collections.abc import Awaitable
from contextlib import aclosing
from pathlib import Path

import sqlalchemy as sa
from slack_sdk.web.async_client import AsyncWebClient

from bot.doctor import findings
from bot.doctor.findings import Finding
from bot.doctor.slack import examine_people
from bot.errors import BadSettings, ProviderError
from bot.permissions import Rules
from bot.rules.load import load_rules
from bot.servers.api import ServersApi
from bot.settings import Settings
from bot.slack.auth import check_tokens, web_client
from bot.vps.account import read_account
from bot.vps.client import VpsClient

PATIENCE_SECONDS = 20.0
"""How long each service may take in all until it counts as out of reach."""


async def examine(settings: Settings) -> list[Finding]:
    """Return what was found, in the order of setting up; nothing is changed anywhere."""
    try:
        rules = load_rules(settings)
    except BadSettings as problem:
        return findings.refused(problem.what)
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
    except BadSettings as problem:
        return findings.refused(problem.what)
    return [
        Finding(True, f"SLACK_BOT_TOKEN: the bot is {identity.user_id} in {identity.team}."),
        *findings.scopes(identity.scopes),
        await _way_in(client, settings),
        *await examine_people(client, rules, identity.team_id),
    ]


async def _way_in(client: AsyncWebClient, settings: Settings) -> Finding:
    if settings.slack_app_token is None:
        return Finding(True, "SLACK_SIGNING_SECRET: set; only a request from Slack can prove it right.")
    try:
        await check_tokens(client, settings.slack_app_token)
    except BadSettings as problem:
        return Finding(False, problem.what)
    return Finding(True, "SLACK_APP_TOKEN: Slack offers a connection.")


async def _vps(settings: Settings) -> list[Finding]:
    async with aclosing(VpsClient(settings.vps_api_url, settings.vps_api_token)) as client:
        try:
            account = await read_account(client)
            token = findings.vps_token(account.token_name, account.email, account.permissions)
            servers = await ServersApi(client).list()
        except ProviderError as error:
            return [Finding(False, f"VPS_API_TOKEN: {error.what}", error.hint)]
    return [token, Finding(True, f"VPS.org lists {len(servers)} servers.")]


def _database(url: str) -> list[Finding]:
    address = sa.make_url(url)
    is_file = address.get_backend_name() == "sqlite"
    file = Path(address.database or "")
    if is_file and (too_old := findings.sqlite(sys.version_info[:2], sqlite3.sqlite_version_info)):
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
