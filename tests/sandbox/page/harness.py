"""A sandbox whose bot is a function, with something of everything to see on its page."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from aiohttp import web

from bot.sandbox import page, seed
from bot.sandbox.faults import Faults
from bot.sandbox.guard import only_from_here
from bot.sandbox.page.place import find_place
from bot.sandbox.page.reader import Reader
from bot.sandbox.people.actors import People
from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.delivery import Delivery, Dispatcher
from bot.sandbox.slack.form_state import with_ids
from bot.sandbox.slack.manifest import install
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.workspace import Change, Json, Message, Workspace
from bot.sandbox.vps.model import Backup
from bot.sandbox.vps.provider import Provider
from tests.sandbox.slack.manifests import manifest_of_everything


@dataclass
class FunctionBot:
    """Takes deliveries like a bot that is connected, keeps them, and answers what `answers` says."""

    answers: Callable[[Json], Json] = lambda _payload: {}
    told: list[Json] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, delivery: Delivery) -> Json:
        self.told.append(delivery.payload)
        self._news.set()
        return self.answers(delivery.payload)

    async def hears(self, kind: str) -> Json:
        """The first payload of that type ("command" for slash commands), waited for if need be."""
        async with asyncio.timeout(10):
            while True:
                for payload in self.told:
                    if payload.get("type", "command") == kind:
                        return payload
                self._news.clear()
                await self._news.wait()


class Process:
    """Looks like the bot's process."""

    def __init__(self, workspace: Workspace) -> None:
        self.state = "running"
        self.metrics_address = "http://127.0.0.1:1/metrics"
        self.lines = ["bot_ready mode=socket", "operation_ended kind=create server=web-1"]
        self._workspace = workspace

    async def start(self) -> None:
        self._become("running")

    async def stop(self) -> None:
        self._become("stopped")

    async def kill(self) -> None:
        self._become("exited -9")

    async def restart(self) -> None:
        self._become("running")

    def _become(self, state: str) -> None:
        self.state = state
        self._workspace.changed(Change("bot"))


class PageHarness:
    """Implements `page.stage.Stage`."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self.faults = Faults()
        self.manifest = manifest_of_everything()
        self.workspace = Workspace(faults=self.faults, now=now, app=install(manifest_of_everything()))
        self.slack = PretendSlack(self.workspace)
        self.bot_function = FunctionBot()
        dispatcher = Dispatcher(self.workspace, self.bot_function, self.bot_function)
        self.people = People(self.workspace, dispatcher, ResponseUrls(self.workspace))
        self.provider = Provider()
        self.bot: Process | None = Process(self.workspace)
        self.speed = 1.0
        self.interrupted: dict[Backup, str] = {}
        seed.people_and_channels(self.workspace)

    def application(self) -> web.Application:
        app = web.Application(middlewares=[only_from_here])
        app.add_routes(page.routes(self))
        return app

    def says(
        self,
        text: str,
        *,
        blocks: list[Json] | None = None,
        channel: str = "COPS",
        thread: str | None = None,
        only: str | None = None,
    ) -> Message:
        """Let the bot say something."""
        message = Message(
            channel,
            self.workspace.next_ts(),
            "U0BACKUPBOT",
            text,
            with_ids(blocks or []),
            by_bot=True,
            thread_ts=thread,
            ephemeral_to=only,
        )
        return self.workspace.add(message)

    def reader(self, **query: str) -> Reader:
        """Somebody at a place, as the page's address would say it."""
        return Reader(self.workspace, find_place(self.workspace, query), self.manifest)

    def fills_up(self) -> None:
        """Add servers with backups."""
        for name, manual in (("web-1", 3), ("web-2", 10), ("db-main-eu-central-production-01", 1)):
            self.provider.add_server(name)
            for number in range(manual):
                self.provider.add_backup(name, age=timedelta(hours=5 * number + 2))
