"""Builds the services, starts everything in order, and stops it in one order for both modes."""

import asyncio
import logging
import platform
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

import structlog
from aiohttp import web
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

import bot.alerts.gauges
import bot.alerts.handlers
import bot.approvals.handlers
import bot.audit.handlers
import bot.backups.confirm
import bot.backups.from_message
import bot.backups.handlers
import bot.backups.pick
import bot.batches.handlers
import bot.functions.handlers
import bot.home.handlers
import bot.operations.gauges
import bot.operations.handlers
import bot.schedules.handlers
import bot.servers.handlers
import bot.timeline.handlers
from bot import __version__, health
from bot.alerts.model import AlertPolicy
from bot.alerts.store import AlertStore
from bot.alerts.watch import watch_of
from bot.audit.guard import AuditGuard
from bot.audit.store import AuditTrail
from bot.authorizer import Authorizer
from bot.backups.api import BackupsApi
from bot.backups.poller import Poller
from bot.batches.card import BatchCards
from bot.errors import ConfigurationError, ProviderError, Silence, Unreachable
from bot.home.gauges import ServerGauges
from bot.home.homes import Homes
from bot.metrics import instruments
from bot.metrics.scrape import Look, Scrape
from bot.notifications.client_msg_ids import ClientMsgIds
from bot.notifications.rate_limit import SlackRateLimits
from bot.notifications.slack_messages import SlackMessages
from bot.operations import engine, records
from bot.operations.database import in_use, open_database
from bot.operations.launch import Engine
from bot.operations.shared_read import SharedRead
from bot.rules.load import load_groups, load_notify_levels, load_rules
from bot.schedules.run import watch_for_missed_runs
from bot.servers.api import ServersApi
from bot.servers.directory import ServerDirectory
from bot.services import Services, Timeouts, set_services
from bot.settings import Settings
from bot.slack import dispatch
from bot.slack.acks import PendingAcks
from bot.slack.auth import Identity, SlackClient, check_tokens, keep_proxy, new_session, web_client
from bot.slack.http import HttpConnection
from bot.slack.people import People
from bot.slack.socket import SocketConnection
from bot.vps.budget import LookBudget
from bot.vps.client import VpsClient

log = structlog.get_logger()

HANDLERS = (
    bot.alerts.handlers.HANDLERS
    | bot.approvals.handlers.HANDLERS
    | bot.audit.handlers.HANDLERS
    | bot.backups.confirm.HANDLERS
    | bot.backups.from_message.HANDLERS
    | bot.backups.handlers.HANDLERS
    | bot.backups.pick.HANDLERS
    | bot.home.handlers.HANDLERS
    | bot.functions.handlers.HANDLERS
    | bot.batches.handlers.HANDLERS
    | bot.operations.handlers.HANDLERS
    | bot.schedules.handlers.HANDLERS
    | bot.servers.handlers.HANDLERS
    | bot.timeline.handlers.HANDLERS
)

SERVERS_SECONDS = 5.0
"""How long the start waits for VPS.org before it says that it doesn't answer."""

LIST_SECONDS = 2.0
"""For how long a list may be shown again: no longer than it takes until a new backup is first looked at."""

Identified = asyncio.Future[Identity]
Work = Callable[[], Coroutine[Any, Any, None]]


class Connection(Protocol):
    """How Slack's requests come in. `listen` takes them until cancelled; `close` lets listeners finish.

    `connected` is set when Slack can reach the app for the first time.
    """

    connected: asyncio.Event

    @property
    def is_ready(self) -> bool: ...  # noqa: D102
    async def listen(self) -> None: ...  # noqa: D102
    async def close(self) -> None: ...  # noqa: D102


@dataclass(frozen=True)
class Started:
    """What the bot is connected to: the workspace by name, and the address of its own HTTP server.

    `trouble` is why VPS.org could not be asked, if it could not.
    """

    workspace: str
    address: str
    trouble: ProviderError | None


async def run(
    settings: Settings,
    *,
    polling: float = 0.3,
    limits: SlackRateLimits | None = None,
    on_started: Callable[[Started], None] = lambda _: None,
) -> None:
    """Run the bot until cancelled; then let what acts finish, and what waits stop safely.

    Operations that were interrupted are carried on even while Slack can't be reached. `polling` is how often
    the database is asked for what has become due, in seconds; `limits` are Slack's rate limits. `on_started`
    is called once Slack is connected.

    Raises:
        ConfigurationError: a token is refused, the rules make no sense, or the database, the address, the
            proxy or the certificates can't be used.
        Unavailable: the database or the address to listen on can't be had, for now.
    """
    limits = limits or SlackRateLimits()
    async with AsyncExitStack() as stack:
        bot = await _Bot.build(settings, limits, stack)
        instruments.BUILD.info(
            {
                "version": __version__,
                "python": platform.python_version(),
                "database": bot.database.dialect.name,
                "mode": settings.mode,
            }
        )
        launched = Engine(
            bot.database,
            polling=polling,
            wait_seconds=settings.bot_database_wait_seconds,
            keep_days=settings.bot_keep_days,
            on_replicas=limits.set_replicas,
            give_way=bot.acks.give_way,
        )
        server = health.HttpServer(
            [*bot.routes, *bot.health_checks(launched), *bot.metrics(settings)],
            bind=settings.bot_bind,
            port=settings.bot_port,
        )
        await server.start()
        stack.push_async_callback(server.stop)
        stack.push_async_callback(bot.audit_guard.aclose)
        stack.push_async_callback(bot.alerts.aclose)
        await launched.launch(bot.prepare)
        announce = _announcement(bot, server.address, on_started)
        await _run_supervised(bot, launched, settings, announce)


async def _run_supervised(bot: "_Bot", launched: Engine, settings: Settings, announce: Work) -> None:
    """Run all tasks in one group; on the way out: unready, accept nothing, listeners, steps that act."""
    async with asyncio.TaskGroup() as group:
        # They ask the engine, so that they stop before it.
        watching = [group.create_task(each()) for each in bot.watches]
        background = [group.create_task(each()) for each in (*bot.background, *launched.background, announce)]
        try:
            bot.identified.set_result(await check_tokens(bot.services.slack, settings.slack_app_token))
            log.info("identified", workspace=bot.identified.result().team, mode=settings.mode)
            await bot.connection.listen()
        finally:
            await bot.connection.close()
            await bot.services.homes.aclose()
            await bot.services.batch_cards.aclose()
            for task in watching:
                task.cancel()
            await launched.stop()
            await bot.services.messages.aclose()
            for task in background:
                task.cancel()


def _announcement(bot: "_Bot", address: str, on_started: Callable[[Started], None]) -> Work:
    async def announce() -> None:
        identity = await asyncio.shield(bot.identified)
        await bot.connection.connected.wait()
        trouble = await bot.trouble_with_servers()
        log.info("started", workspace=identity.team, address=address, version=__version__)
        on_started(Started(identity.team, address, trouble))

    return announce


class _Bot:
    """All parts but the engine, and how they are joined."""

    def __init__(
        self, settings: Settings, limits: SlackRateLimits, slack: SlackClient, vps: VpsClient
    ) -> None:
        self._vps = vps
        self.identified: Identified = asyncio.get_running_loop().create_future()
        self.acks = PendingAcks()
        self.database = open_database(settings.database_url)
        rules = load_rules(settings)
        people = People(slack, self._team_id, rules.groups)
        audit = AuditTrail(self.database)
        self.audit_guard = AuditGuard(
            audit, settings.database_url, SlackMessages(slack, limits), settings.bot_audit_channel
        )
        backups, servers = (
            BackupsApi(vps, engine.turn, keep_seconds=min(LIST_SECONDS, settings.bot_poll_seconds)),
            ServersApi(vps),
        )
        poller = _poller(settings, backups)
        directory = ServerDirectory(servers, settings.bot_servers_refresh_seconds)
        homes = Homes(slack, limits)
        audit.listeners.append(homes.on_entry)
        ids = ClientMsgIds(self.database, self._identified_team)
        policy = AlertPolicy(rules, settings.bot_alert_slots, settings.bot_late_minutes)
        self.alerts = AlertStore(self.database)
        self.services = Services(
            slack=slack,
            messages=SlackMessages(slack, limits, engine.interruptible_inside, ids),
            backups=backups,
            servers=servers,
            directory=directory,
            poller=poller,
            authorizer=Authorizer(people, rules, audit),
            audit=audit,
            overview=SharedRead(records.overview),
            looks=LookBudget(),
            homes=homes,
            batch_cards=BatchCards(),
            timeouts=_timeouts(settings),
            alerts=self.alerts,
            alert_policy=policy,
            asks_approvers=settings.bot_ask_approvers,
            groups=load_groups(settings),
            notify=load_notify_levels(settings),
        )
        self.background: tuple[Work, ...] = (
            poller.run,
            directory.run,
            people.run,
            homes.run,
            *self.audit_guard.background,
        )
        watch = watch_of(settings, self.alerts, SlackMessages(slack, limits, ids=ids), policy)
        self.watches: tuple[Work, ...] = (watch_for_missed_runs, *([watch.run] if watch else []))
        self.connection, self.routes = self._connection(settings)

    @classmethod
    async def build(cls, settings: Settings, limits: SlackRateLimits, stack: AsyncExitStack) -> "_Bot":
        """Build everything; what holds a connection is closed with the stack."""
        session = await stack.enter_async_context(new_session())
        slack = web_client(settings.slack_bot_token, settings.slack_api_url, session)
        vps = VpsClient(settings.vps_api_url, settings.vps_api_token)
        stack.push_async_callback(vps.aclose)
        built = cls(settings, limits, slack, vps)
        stack.callback(built.database.dispose)
        set_services(built.services)
        return built

    async def prepare(self) -> None:
        """Make the tables there are none of yet; raises SQLAlchemyError if that can't be done."""
        await self.audit_guard.prepare()
        await self.alerts.prepare()

    def health_checks(self, launched: Engine) -> list[web.AbstractRouteDef]:
        """Return the routes that tell whether the bot lives and is ready."""
        checks: dict[str, health.Check] = {
            "slack": lambda: self.connection.is_ready,
            "database": launched.is_reachable,
        }
        informational: dict[str, health.Check] = {
            "vps": lambda: self._vps.is_answered,
            "audit_trail": lambda: self.audit_guard.is_intact,
        }
        return health.routes(checks, informational=informational)

    def metrics(self, settings: Settings) -> list[web.RouteDef]:
        """Return the route that Prometheus scrapes, if there is to be one."""
        if not settings.serves_metrics:
            return []
        every = timedelta(minutes=settings.bot_alert_minutes)
        looks: dict[str, Look] = {
            "connections": self._look_at_connections,
            "operations": partial(bot.operations.gauges.look, self.database),
            "servers": ServerGauges(self.services.homes.cache, every).look,
        }
        if self.services.alert_policy.rules.alert_channels:
            looks["alerts"] = partial(bot.alerts.gauges.look, self.alerts)
        return Scrape(looks, answers_proxies=bool(settings.bot_metrics)).routes

    async def trouble_with_servers(self) -> ProviderError | None:
        """Return why VPS.org can't be asked for the servers, if it can't; takes 5 s at most."""
        try:
            async with asyncio.timeout(SERVERS_SECONDS):
                await self.services.directory.servers()
        except ProviderError as error:
            return error
        except TimeoutError:
            return Unreachable(silence=Silence.TIMED_OUT)
        return None

    def _connection(self, settings: Settings) -> tuple[Connection, Sequence[web.AbstractRouteDef]]:
        app = _bolt_app(self.services.slack, self.identified)
        dispatch.register(app, HANDLERS, self.services.slack, self.services.homes.on_interaction)
        if settings.slack_app_token:
            return SocketConnection(app, settings.slack_app_token, acks=self.acks), []
        if settings.slack_signing_secret is None:
            raise ConfigurationError("SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing.")
        connection = HttpConnection(app, settings.slack_signing_secret, acks=self.acks)
        return connection, connection.routes

    async def _look_at_connections(self) -> None:
        instruments.DATABASE_CONNECTIONS.set(in_use(self.database))
        instruments.SLACK_CONNECTED.set(self.connection.is_ready)

    async def _identified_team(self) -> str:
        return (await asyncio.shield(self.identified)).team_id

    def _team_id(self) -> str:
        return self.identified.result().team_id if self.identified.done() else ""


def _bolt_app(slack: AsyncWebClient, identified: Identified) -> AsyncApp:
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


def _poller(settings: Settings, backups: BackupsApi) -> Poller:
    first, longest = settings.bot_poll_seconds, settings.bot_poll_max_seconds
    return Poller(backups, first, longest, settle=settings.bot_settle_seconds)


def _timeouts(settings: Settings) -> Timeouts:
    return Timeouts(
        settle=settings.bot_settle_seconds,
        late=settings.bot_late_minutes * 60,
        give_up=settings.bot_give_up_hours * 3600,
        restore_watch=settings.bot_restore_watch_minutes * 60,
        poll=settings.bot_poll_seconds,
        confirmation=settings.bot_confirmation_hours * 3600,
    )
