"""Joins the parts: builds every client, starts them in order, stops them in reverse."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import health
from bot.approvals.handlers import ApprovalHandlers
from bot.audit import record
from bot.audit.handlers import AuditHandlers
from bot.audit.mirror import Mirror
from bot.audit.refusals import noting_refusals
from bot.audit.store import AuditTrail
from bot.authority import Authority, authority
from bot.backups import handlers as backups
from bot.backups import ports
from bot.backups.api import BackupsApi
from bot.backups.freshness import freshness
from bot.backups.handlers.tools import Tools
from bot.backups.model import MANUAL_SLOTS
from bot.backups.poller import Poller
from bot.errors import BadSettings
from bot.notices import post
from bot.notices.edits import Edits
from bot.notices.pace import Pace
from bot.operations import handlers as operations
from bot.operations.launch import Engine
from bot.permissions import Risk
from bot.rules.load import load_rules
from bot.servers.api import ServersApi
from bot.servers.directory import ServerDirectory
from bot.servers.handlers import ServerHandlers
from bot.servers.model import Freshness
from bot.settings import Settings
from bot.slack import http, unheard
from bot.slack.auth import Identity, check_tokens, keep_proxy, web_client
from bot.slack.forms import seal_with
from bot.slack.interaction import Interaction
from bot.slack.people import People
from bot.slack.socket import SocketConnection
from bot.vps.client import VpsClient

log = structlog.get_logger()

Identified = asyncio.Future[Identity]


async def run(settings: Settings, *, polling: float = 0.2, pace: Pace | None = None) -> None:
    """Run the bot until cancelled; then let what runs end or stop safely.

    Operations that were interrupted are carried on even while Slack can't be reached. `polling` is how often
    the database is asked for what has become due, in seconds; `pace` how fast Slack lets us talk.

    Raises:
        BadSettings: a token is refused, the rules make no sense, or the database or the port can't be had.
        DatabaseAway: the database can't be reached, for now.
    """
    slack = web_client(settings.slack_bot_token, settings.slack_api_url)
    identified: Identified = asyncio.get_running_loop().create_future()
    async with (
        aclosing(VpsClient(settings.vps_api_url, settings.vps_api_token)) as vps,
        AsyncExitStack() as stack,
    ):
        pace = pace or Pace()
        parts = _build(settings, slack, vps, identified, pace)
        engine = _engine(settings, polling, pace)
        server = _server(settings, parts.connection, engine, vps)
        await server.start()
        stack.push_async_callback(server.stop)
        stack.push_async_callback(parts.trail.aclose)
        stack.push_async_callback(post.edits().aclose)
        await engine.launch(parts.trail.prepare)
        stack.push_async_callback(engine.stop)
        async with asyncio.TaskGroup() as tasks:
            for part in (parts.poller, parts.directory, parts.people, parts.mirror):
                tasks.create_task(part.run())
            identified.set_result(await check_tokens(slack, settings.slack_app_token))
            log.info("identified", team=identified.result().team, mode=settings.mode)
            tasks.create_task(parts.connection.listen())


@dataclass(frozen=True)
class _Connection:
    """How requests of Slack come in."""

    listen: Callable[[], Coroutine[None, None, object]]
    is_ready: Callable[[], bool]
    routes: list[web.AbstractRouteDef]


@dataclass(frozen=True)
class _Parts:
    """What runs beside the engine."""

    poller: Poller
    directory: ServerDirectory
    people: People
    trail: AuditTrail
    mirror: Mirror
    connection: _Connection


def _build(
    settings: Settings, slack: AsyncWebClient, vps: VpsClient, identified: Identified, pace: Pace
) -> _Parts:
    provider, servers = BackupsApi(vps), ServersApi(vps)
    directory = ServerDirectory(servers, settings.bot_servers_refresh_seconds)
    poller = _poller(settings, provider)
    rules = load_rules(settings)
    people = People(slack, lambda: identified.result().team_id if identified.done() else "", rules.groups)
    mirror = Mirror(slack, settings.bot_audit_channel, pace)
    trail = AuditTrail(settings.database_url, mirror.show)
    post.slack.plug(slack)
    post.pace.plug(pace)
    post.edits.plug(Edits(slack, pace))
    _plug(settings, provider, servers, poller)
    record.trail.plug(trail)
    authority.plug(Authority(people, rules, asks_directly=settings.bot_ask_approvers))
    seal_with(settings.slack_bot_token.get_secret_value())
    app = _app(slack, identified)
    _register(app, provider, directory, trail)
    return _Parts(poller, directory, people, trail, mirror, _connection(settings, app, identified))


def _engine(settings: Settings, polling: float, pace: Pace) -> Engine:
    return Engine(
        settings.database_url,
        pace=polling,
        wait_seconds=settings.bot_database_wait_seconds,
        keep_days=settings.bot_keep_days,
        share=pace.share,
    )


def _server(settings: Settings, connection: _Connection, engine: Engine, vps: VpsClient) -> health.HttpServer:
    checks = health.routes(
        {"slack": connection.is_ready, "database": engine.is_reachable}, told={"vps": lambda: vps.is_answered}
    )
    return health.HttpServer([*connection.routes, *checks], bind=settings.bot_bind, port=settings.bot_port)


def _poller(settings: Settings, provider: BackupsApi) -> Poller:
    first, longest = settings.bot_poll_seconds, settings.bot_poll_max_seconds
    return Poller(provider, first, longest, settle=settings.bot_settle_seconds)


def _plug(settings: Settings, provider: BackupsApi, servers: ServersApi, poller: Poller) -> None:
    ports.provider.plug(provider)
    ports.servers.plug(servers)
    ports.poller.plug(poller)
    ports.patience.plug(
        ports.Patience(
            settle=settings.bot_settle_seconds,
            late=settings.bot_late_minutes * 60,
            give_up=settings.bot_give_up_hours * 3600,
            restore_watch=settings.bot_restore_watch_minutes * 60,
            poll=settings.bot_poll_seconds,
        )
    )


def _app(slack: AsyncWebClient, identified: Identified) -> AsyncApp:
    async def authorize() -> AuthorizeResult:
        # Known since the start, so that no request spends its 3 s on auth.test (SLACK.md, section 2).
        me = await identified
        return AuthorizeResult(
            enterprise_id=None,
            team_id=me.team_id,
            bot_token=slack.token,
            bot_id=me.bot_id,
            bot_user_id=me.user_id,
        )

    logging.getLogger("slack_bolt.AsyncApp").addFilter(_is_worth_reading)
    return AsyncApp(
        name="backup-bot",
        client=slack,
        authorize=authorize,
        before_authorize=keep_proxy(slack),
        # HTTP mode verifies before Bolt sees a request; in Socket Mode there is nothing to verify.
        request_verification_enabled=False,
    )


def _is_worth_reading(line: logging.LogRecord) -> bool:
    # Bolt reads SLACK_BOT_TOKEN by itself, and would warn at each start that it does not use it.
    return "`token` " not in str(line.msg)


def _register(app: AsyncApp, provider: BackupsApi, directory: ServerDirectory, trail: AuditTrail) -> None:
    async def may_read_audit(interaction: Interaction) -> None:
        async with noting_refusals(interaction, "audit", ""):
            await authority().check_audit(interaction.person, interaction.team)

    async def visible(
        interaction: Interaction, servers: Iterable[str], channel: str | None
    ) -> frozenset[str]:
        person, team = interaction.person, interaction.team
        async with noting_refusals(interaction, Risk.LOOK.value, ""):
            if channel is not None:
                await authority().decide_somewhere(person, team, Risk.LOOK, channel)
            return await authority().visible(person, team, servers, channel)

    async def read_freshness() -> Mapping[int, Freshness]:
        return freshness((await provider.list()).backups)

    operations.register(app, visible)
    ServerHandlers(directory, visible, read_freshness, MANUAL_SLOTS).register(app)
    AuditHandlers(trail, directory, may_read_audit).register(app)
    tools = Tools(provider, directory, authority())
    backups.register(app, tools)
    ApprovalHandlers(tools.check_still_so).register(app)
    unheard.register(app)


def _connection(settings: Settings, app: AsyncApp, identified: Identified) -> _Connection:
    if settings.slack_app_token:
        socket = SocketConnection(app, settings.slack_app_token)
        return _Connection(socket.run, lambda: socket.is_ready, [])
    if settings.slack_signing_secret is None:
        raise BadSettings("SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: one of them is needed.")
    routes = http.routes(app, settings.slack_signing_secret)
    return _Connection(asyncio.Event().wait, identified.done, routes)
