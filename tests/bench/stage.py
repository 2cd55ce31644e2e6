"""Both pretend services as the bench needs them: many servers, many channels, the moment of each call."""

import asyncio
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.server import Sandbox
from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Delivery, Unanswered
from bot.sandbox.slack.workspace import Channel, Json, Person
from bot.sandbox.vps.api import BASE_PATH
from bot.sandbox.vps.model import Server

ANSWERS = "/bench/answers/"


def people(count: int) -> tuple[str, ...]:
    """Return the ids of so many people."""
    return tuple(f"UBENCH{number}" for number in range(1, count + 1))


PEOPLE = people(8)


@dataclass(frozen=True)
class Arrival:
    """A request that reached VPS.org; `at` is in seconds of `time.perf_counter`."""

    at: float
    method: str
    path: str


@dataclass(eq=False)
class Command:
    """A slash command and what came of it; all moments are in seconds of `time.perf_counter`.

    `error` is Slack's name for a missing ack. `words` is the text of all answers, as JSON.
    """

    sent: float
    acked: float | None = None
    answered: float | None = None
    error: str = ""
    words: str = ""
    has_answer: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ack_seconds(self) -> float:
        """How long the ack took; infinite where there was none."""
        return float("inf") if self.acked is None else self.acked - self.sent

    @property
    def answer_seconds(self) -> float:
        """How long it took until the person was shown something; infinite where nothing was."""
        return float("inf") if self.answered is None else self.answered - self.sent

    def take(self, answer: Json) -> None:
        """Keep what the person is shown."""
        self.words += json.dumps(answer)
        self.answered = self.answered or time.perf_counter()
        self.has_answer.set()

    async def until_answered(self, seconds: float) -> None:
        """Wait until the person was shown something, that many seconds at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.has_answer.wait()


class Stage(Sandbox):
    """A sandbox in which backups end only when told. Answers to commands come to the bench itself.

    `arrivals` are all calls at VPS.org, in order; `made` is when each server's first backup was asked for
    there, by server id.
    """

    def __init__(self, *, servers: int, channels: int = 1, persons: Sequence[str] = PEOPLE) -> None:
        super().__init__(seeded=False)
        self.persons = persons
        self.provider.hold()
        self.arrivals: list[Arrival] = []
        self.made: dict[int, float] = {}
        self._written: bytes | None = None
        self._commands: dict[str, Command] = {}
        self.servers: list[Server] = [self.provider.add_server(f"srv-{n:04}") for n in range(servers)]
        for person in persons:
            self.workspace.people[person] = Person(person, person.lower(), person.title(), "operator")
        members = {*persons, self.workspace.app.bot_user}
        self.places = [Channel(f"CBENCH{n:04}", f"bench-{n}", "public", members) for n in range(channels)]
        self.workspace.channels = {place.id: place for place in self.places}

    async def command(self, text: str, number: int = 0) -> Command:
        """Let a person type `/backup` and `text` in a channel, both chosen by `number`; wait for the ack."""
        token = token_hex(12)
        person = self.workspace.people[self.persons[number % len(self.persons)]]
        place = self.places[number % len(self.places)]
        url = f"{self.base_url}{ANSWERS}{token}"
        payload = payloads.slash(self.workspace, person, place, "/backup", text, url)
        command = self._commands[token] = Command(sent=time.perf_counter())
        try:
            reply = await self.slack.dispatcher.deliver(Delivery("slash_commands", payload, True))
        except Unanswered as failure:
            command.error = str(failure)
            return command
        command.acked = time.perf_counter()
        if reply:
            command.take(reply)
        return command

    async def write_listing(self) -> None:
        """Write the list of all backups, as they are now, once and for all.

        VPS.org would take its time for a large account; that is not what is measured.
        """
        headers = {"Authorization": f"Bearer {self.provider.token}"}
        address = f"{self.vps_api_url}/backups/"
        async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
            self._written = await answer.read()

    def listings(self, path: str, since: float, until: float) -> int:
        """Return how many lists at that path were asked for between two moments."""
        return sum(
            call.method == "GET" and call.path == path and since <= call.at < until for call in self.arrivals
        )

    @property
    def port(self) -> int:
        """The port of loopback at which both services are."""
        return urlsplit(self.base_url).port or 0

    def _application(self) -> web.Application:
        app = super()._application()
        app.middlewares.extend((self._noted(), _by_the_same_port))
        app.add_routes([web.post(ANSWERS + "{token}", self._answered)])
        return app

    async def _answered(self, request: web.Request) -> web.Response:
        command = self._commands.get(request.match_info["token"])
        if command is not None:
            command.take(await request.json())
        return web.json_response({"ok": True})

    def _noted(self) -> Middleware:
        @web.middleware
        async def noted(request: web.Request, handler: Handler) -> web.StreamResponse:
            if not request.path.startswith(BASE_PATH):
                return await handler(request)
            at, path = time.perf_counter(), request.path.removeprefix(BASE_PATH)
            self.arrivals.append(Arrival(at, request.method, path))
            if (request.method, path) == ("POST", "/backups/"):
                self.made.setdefault(int(json.loads(await request.read())["server_id"]), at)
            if self._written and (request.method, path) == ("GET", "/backups/") and not request.query:
                return web.Response(body=self._written, content_type="application/json")
            return await handler(request)

        return noted


@web.middleware
async def _by_the_same_port(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let those who reach us by another port, through a network that can be cut, open their sockets there."""
    answer = await handler(request)
    if request.path.endswith("/apps.connections.open") and isinstance(answer, web.Response) and answer.text:
        ours = urlsplit(json.loads(answer.text).get("url", "")).netloc
        answer.text = answer.text.replace(ours, request.host) if ours else answer.text
    return answer
