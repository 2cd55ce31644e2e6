"""The sandbox in one piece: a pretend VPS.org, a pretend Slack, the page, and the bot between them."""

import secrets
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Literal

from aiohttp import web

from bot.sandbox import page, seed
from bot.sandbox.bot_process import SOURCES, BotProcess
from bot.sandbox.child import Spawn, spawn
from bot.sandbox.clock import Clock
from bot.sandbox.faults import Faults
from bot.sandbox.fleet import add_fleet
from bot.sandbox.guard import only_from_here
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.manifest import install, read
from bot.sandbox.slack.workspace import Change, Workspace
from bot.sandbox.vps.api import BASE_PATH
from bot.sandbox.vps.app import application as provider_application
from bot.sandbox.vps.model import Backup
from bot.sandbox.vps.provider import Provider

Mode = Literal["socket", "http"]

EVENTS_PATH = "/slack/events"
"""Where a Bolt app answers Slack in HTTP mode, unless it is told otherwise."""

MANIFEST = SOURCES / "manifest.yml"
"""The manifest people paste to make the Slack app, in the top folder of the sources."""

_NEVER_GIVEN = range(20_000, 32_768)
"""Ports that no common system takes by itself for a connection's own end."""

STOP_SECONDS = 1.0
"""How long requests still being answered may hold up the end."""


class Sandbox:
    """Everything on one port of 127.0.0.1.

    `port` 0 takes a free one. `speed` makes pretend backups go that many times faster. Unless `seeded`,
    there are people and channels, but no servers and no messages; `servers` are so many more of them, with 40
    backups each. `spawn` starts the bot's process.
    The workspace installs the app from the file `manifest`.

    Raises:
        ManifestRefused: Slack would not take that manifest.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = 1.0,
        seeded: bool = True,
        servers: int = 0,
        clock: Clock | None = None,
        spawn: Spawn = spawn,
        manifest: Path = MANIFEST,
    ) -> None:
        self.faults = Faults()
        self.manifest = read(manifest)
        self.workspace = Workspace(faults=self.faults, app=install(self.manifest))
        self.slack = PretendSlack(self.workspace)
        self.people = self.slack.people
        self.provider = Provider(speed=speed, clock=clock)
        self.bot: BotProcess | None = None
        self.interrupted: dict[Backup, str] = {}
        self._port = port
        self._seeded = seeded
        self._spawn = spawn
        self._runner: web.AppRunner | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        seed.people_and_channels(self.workspace)
        if seeded:
            seed.servers_and_backups(self.provider)
            seed.conversation(self.workspace)
        add_fleet(self.provider, servers)

    @property
    def speed(self) -> float:
        """How many times faster than usual pretend backups go.

        The bot keeps the times it was started with. It looks every 2 seconds at least, and waits no shorter
        than at speed 1, so that it is right at any speed that is set later.
        """
        return self.provider.speed

    @speed.setter
    def speed(self, speed: float) -> None:
        self.provider.speed = speed

    @property
    def base_url(self) -> str:
        """The page's address, without a slash at the end."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def slack_api_url(self) -> str:
        """The address of the pretend Slack's Web API, as `SLACK_API_URL` takes it."""
        return f"{self.base_url}/slack/api/"

    @property
    def vps_api_url(self) -> str:
        """The address of the pretend VPS.org, as `VPS_API_URL` takes it."""
        return f"{self.base_url}{BASE_PATH}"

    async def start(self) -> None:
        """Serve; raise OSError where the port is taken."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=STOP_SECONDS)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", self._port).start()
        except OSError:
            await runner.cleanup()
            raise
        self._runner = runner
        self._port = runner.addresses[0][1]
        self.workspace.base_url = self.base_url

    async def stop(self) -> None:
        """Stop the bot, if there is one, and serve no more."""
        if self.bot is not None:
            await self.bot.stop()
        await self.slack.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def start_bot(
        self, database: Path | None = None, *, mode: Mode = "socket", **more: str
    ) -> BotProcess:
        """Start the bot on that SQLite file (None: a temporary one) and with `more` in its environment.

        One that was started before is stopped first. In mode "http" the pretend Slack is told where it
        answers.
        """
        if self.bot is not None:
            await self.bot.stop()
        environment = self.bot_environment(database, mode=mode) | more
        address = f"http://127.0.0.1:{environment['BOT_PORT']}{EVENTS_PATH}"
        self.workspace.app.request_url = address if mode == "http" else None
        self.bot = BotProcess(
            environment,
            directory=self._temporary_folder(),
            spawn=self._spawn,
            changed=lambda: self.workspace.changed(Change("bot")),
        )
        await self.bot.start()
        return self.bot

    def bot_environment(self, database: Path | None = None, *, mode: Mode = "socket") -> dict[str, str]:
        """Return the settings that connect a bot to this sandbox, with a free port for its health checks."""
        app = self.workspace.app
        file = (database or self._temporary_folder() / "bot.sqlite").resolve()
        reached_by = {
            "socket": {"SLACK_APP_TOKEN": app.app_token},
            "http": {"SLACK_SIGNING_SECRET": app.signing_secret, "BOT_METRICS": "true"},
        }
        return {
            **reached_by[mode],
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_API_URL": self.slack_api_url,
            "VPS_API_TOKEN": self.provider.token,
            "VPS_API_URL": self.vps_api_url,
            "DATABASE_URL": f"sqlite:///{file}",
            **self._rights(),
            "BOT_POLL_SECONDS": self._quick(0.5),
            "BOT_POLL_MAX_SECONDS": self._quick(2.0),
            "BOT_LATE_MINUTES": self._patient(2.0),
            "BOT_RESTORE_WATCH_MINUTES": self._patient(3.0),
            "BOT_SERVERS_REFRESH_SECONDS": "10",
            "BOT_SETTLE_SECONDS": self._quick(2.0),
            "BOT_BIND": "127.0.0.1",
            "BOT_PORT": str(free_port()),
            "BOT_LOG_FORMAT": "text",
        }

    def _rights(self) -> dict[str, str]:
        if not self._seeded:
            return {"BOT_OPERATORS": "UANA,UBEN,UCLEO"}
        rules = self._temporary_folder() / "rules.toml"
        rules.write_text(seed.RULES)
        return {
            "BOT_OPERATORS": "UANA,UBEN",
            "BOT_APPROVERS": "UBEN,UCLEO",
            "BOT_APPROVAL_MINUTES": "3",
            "BOT_ASK_APPROVERS": "true",
            "BOT_RULES_FILE": str(rules),
            "BOT_ALERT_CHANNEL": "CALERTS",
            "BOT_ALERT_MINUTES": "0.25",
            "BOT_ALERT_REMIND_MINUTES": "3",
        }

    def _application(self) -> web.Application:
        app = web.Application(middlewares=[only_from_here])
        app.add_routes(self.slack.routes())
        app.add_routes(page.routes(self))
        app.add_subapp(BASE_PATH, provider_application(self.provider, self.faults))
        return app

    def _temporary_folder(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="backup-bot-")
        return Path(self._folder.name)

    def _quick(self, at_speed_1: float) -> str:
        return str(max(at_speed_1 / self.speed, 0.05))

    def _patient(self, at_speed_1: float) -> str:
        return str(at_speed_1 / min(self.speed, 1.0))


def free_port() -> int:
    """Return a port of 127.0.0.1 that is free, and that no connection is given by chance meanwhile."""
    while True:
        port = secrets.choice(_NEVER_GIVEN)
        with socket.socket() as listener, suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port
