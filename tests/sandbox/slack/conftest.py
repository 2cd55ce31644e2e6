"""A pretend workspace on loopback, and a small real Bolt app connected to it."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox.pretend_slack import PretendSlack
from bot.sandbox.slack.manifest import install
from bot.sandbox.slack.workspace import Change, Channel, Person, Workspace
from tests.sandbox.slack.manifests import manifest_of_everything

PEOPLE = {"UANA": "ana", "UBEN": "ben", "UGUS": "gus"}


class Clock:
    """The real time, plus what a test lets pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead

    def passes(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


def people_and_channels(workspace: Workspace) -> None:
    """Three people; #ops with the bot, #random without, #secret private without."""
    bot = workspace.app.bot_user
    for person_id, handle in PEOPLE.items():
        workspace.people[person_id] = Person(person_id, handle, handle.title(), "tester")
        workspace.im_of(person_id)
    for channel in (
        Channel("COPS", "ops", "public", {*PEOPLE, bot}),
        Channel("CRANDOM", "random", "public", set(PEOPLE)),
        Channel("CSECRET", "secret", "private", {"UANA"}),
        Channel("COLD", "old", "public", {*PEOPLE, bot}, is_archived=True),
    ):
        workspace.channels[channel.id] = channel


@pytest.fixture
async def slack(clock: Clock) -> AsyncIterator[PretendSlack]:
    workspace = Workspace(now=clock, app=install(manifest_of_everything()))
    people_and_channels(workspace)
    slack = PretendSlack(workspace)
    application = web.Application()
    application.add_routes(slack.routes())
    runner = web.AppRunner(application, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    workspace.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield slack
    await slack.stop()
    await runner.cleanup()


def changes(workspace: Workspace, kind: str) -> asyncio.Event:
    """An event set at the next change of that kind."""
    event = asyncio.Event()

    def heard(change: Change) -> None:
        if change.kind == kind:
            event.set()

    workspace.listen(heard)
    return event


@pytest.fixture
def workspace(slack: PretendSlack) -> Workspace:
    return slack.workspace


def client_of(slack: PretendSlack, token: str | None) -> AsyncWebClient:
    """The real SDK's client, which neither retries nor waits."""
    address = f"{slack.workspace.base_url}/slack/api/"
    return AsyncWebClient(token, base_url=address, retry_handlers=[])


@pytest.fixture
def client(slack: PretendSlack) -> AsyncWebClient:
    return client_of(slack, slack.workspace.app.bot_token)


@dataclass
class Bot:
    """A Bolt app that keeps what it was told; tests register what it should answer."""

    app: AsyncApp
    handler: Any
    told: list[dict[str, Any]] = field(default_factory=list)
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def was_told(self, count: int) -> None:
        """Wait until that many payloads have arrived."""
        async with asyncio.timeout(5), self.news:
            await self.news.wait_for(lambda: len(self.told) >= count)


@pytest.fixture
async def bot(slack: PretendSlack, client: AsyncWebClient) -> AsyncIterator[Bot]:
    app = AsyncApp(client=client, raise_error_for_unhandled_request=False)
    handler: Any = AsyncSocketModeHandler(app, slack.workspace.app.app_token, ping_interval=1)
    bot = Bot(app, handler)

    @app.middleware
    async def keep(body: dict[str, Any], next_: Any) -> None:
        async with bot.news:
            bot.told.append(body)
            bot.news.notify_all()
        await next_()

    await client.auth_test()
    await handler.connect_async()
    await slack.socket_mode.connected.wait()
    yield bot
    await handler.close_async()
