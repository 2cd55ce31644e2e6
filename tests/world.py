"""The bot, a pretend Slack and a pretend VPS.org, seen through the eyes of a test."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from bot.app import run
from bot.notifications.rate_limit import SlackRateLimits
from bot.sandbox.people.actors import Actor
from bot.sandbox.server import EVENTS_PATH, Mode, Sandbox, free_port
from bot.sandbox.slack.workspace import Message
from bot.settings import Settings
from tests import forked

T = TypeVar("T")
LOOK_SECONDS = 0.02
"""How often to look for what nobody tells."""

QUICK = {
    "bot_poll_seconds": 0.01,
    "bot_poll_max_seconds": 0.05,
    "bot_settle_seconds": 0.04,
    "bot_late_minutes": 60,
    "bot_restore_watch_minutes": 0.05,
    "bot_servers_refresh_seconds": 60,
    "bot_port": 0,
    "bot_operators": "UANA,UBEN",
}


def set_up(**settings: Any) -> pytest.MarkDecorator:
    """Mark a test whose world begins with these settings of the bot, and whatever else `begin` takes."""
    return pytest.mark.parametrize("world", [settings], indirect=True, ids=[""])


unstarted = set_up(starts=False)
"""Marks a test that starts the bot itself, once the world is as it wants it."""


class World:
    """One bot and all it can reach. Backups and restores end when `provider.finish…` is called."""

    pings_every = 10.0
    """How often Slack pings its sockets, in seconds."""

    def __init__(self, database: Path) -> None:
        self.sandbox = Sandbox(seeded=False, speed=20, spawn=forked.spawn)
        self.provider = self.sandbox.provider
        self.workspace = self.sandbox.workspace
        # The same for all, so that what hides it in logs is compiled once.
        self.provider.token = "a-token-of-vps-org-for-tests"
        self.sandbox.slack.socket_mode.ping_seconds = self.pings_every
        self.faults = self.sandbox.faults
        self.database = database
        self.mode: Mode = "socket"
        self.limits: SlackRateLimits | None = None
        self._bot: asyncio.Task[None] | None = None

    async def begin(self, *, mode: Mode = "socket", starts: bool = True, **settings: Any) -> None:
        """Start both services, with two servers, and the bot, which Slack reaches as `mode` says.

        If it `starts`: else `start_bot` does.
        """
        self.mode = mode
        self.provider.hold()
        for name in ("web-1", "db-1"):
            self.provider.add_server(name)
        await self.sandbox.start()
        if starts:
            await self.start_bot(**settings)

    async def end(self) -> None:
        """Stop everything."""
        await self.stop_bot()
        await self.sandbox.stop()

    async def start_bot(self, **settings: Any) -> None:
        """Start the bot on its database and wait until Slack has it; settings override the quick ones."""
        wanted = self.settings(**settings)
        self._bot = asyncio.create_task(run(wanted, polling=0.1, limits=self.limits))
        if self.mode == "http":
            address = f"http://127.0.0.1:{wanted.bot_port}"
            self.workspace.app.request_url = f"{address}{EVENTS_PATH}"
            await self._until_ready(f"{address}/readyz")
        else:
            await self.until(lambda: self.sandbox.slack.socket_mode.connection_count, "the bot is connected")

    async def stop_bot(self) -> None:
        """Stop the bot as SIGTERM does."""
        if self._bot is not None:
            self._bot.cancel()
            with suppress(asyncio.CancelledError):
                await self._bot
            self._bot = None

    async def restart_bot(self, **settings: Any) -> None:
        """Stop the bot and start it on the same database."""
        await self.stop_bot()
        await self.start_bot(**settings)

    def settings(self, **changed: Any) -> Settings:
        """Return the settings that connect a bot to this world."""
        environment = self.sandbox.bot_environment(self.database, mode=self.mode)
        given: dict[str, Any] = {name.lower(): value for name, value in environment.items()}
        port = {"bot_port": free_port()} if self.mode == "http" else {}
        return Settings(_env_file=None, **given | QUICK | port | changed)

    def person(self, handle: str) -> Actor:
        """Return somebody to act as: ana, ben, cleo or gus."""
        return self.sandbox.people.person(handle)

    async def confirms(self, handle: str, name: str = "web-1", **filled: Any) -> None:
        """Wait until this person is shown what will be lost, say why, type the server's name and submit."""
        await self.until_modal(handle, "to confirm")
        await self.person(handle).fills({"typed_name": name, "reason": "it broke"} | filled)
        await self.person(handle).submits()

    def posts(self, channel: str = "ops") -> list[Message]:
        """Return what the bot posted in a channel for everybody, replies left out."""
        return [each for each in self._said(channel) if not each.ephemeral_to and not each.is_reply]

    def replies(self, channel: str = "ops") -> list[Message]:
        """Return what the bot replied in a channel's threads."""
        return [message for message in self._said(channel) if message.is_reply]

    def whispers(self, handle: str, channel: str = "ops") -> list[Message]:
        """Return what the bot showed this person alone in a channel."""
        person = self.person(handle).person.id
        return [message for message in self._said(channel) if message.ephemeral_to == person]

    def direct(self, handle: str) -> list[Message]:
        """Return what the bot wrote to this person directly, replies included."""
        return self._said(self.workspace.im_of(self.person(handle).person.id).name)

    async def until(self, condition: Callable[[], T], what: str = "", seconds: float = 10.0) -> T:
        """Wait for something to become true, looking whenever anything changes; return it."""
        changed = asyncio.Event()
        stop = [
            self.workspace.listen(lambda _: changed.set()),
            self.provider.listen(changed.set),
        ]
        try:
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    if self._bot is not None and self._bot.done():
                        await self._bot
                    with suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await changed.wait()
                    changed.clear()
        except TimeoutError:
            raise AssertionError(f"never happened: {what or condition.__name__}\n{self._heard()}") from None
        finally:
            for leave in stop:
                leave()
        return found

    async def until_looked_at_servers(self) -> None:
        """Wait until the bot has asked once more how the servers are, and has been told."""
        asked = len(self.provider.calls)
        await self.until(
            lambda: any(call.path == "/servers/" and call.status for call in self.provider.calls[asked:]),
            "the bot looks at the servers",
        )

    async def until_post(self, words: str, channel: str = "ops") -> Message:
        """Wait until a post of the bot holds these words."""
        return await self._until_said(lambda: self.posts(channel), words)

    async def until_reply(self, words: str, channel: str = "ops") -> Message:
        """Wait until a reply of the bot holds these words."""
        return await self._until_said(lambda: self.replies(channel), words)

    async def until_whisper(self, handle: str, words: str, channel: str = "ops") -> Message:
        """Wait until the bot shows this person alone something that holds these words."""
        return await self._until_said(lambda: self.whispers(handle, channel), words)

    async def until_direct(self, handle: str, words: str) -> Message:
        """Wait until the bot writes these words to this person directly."""
        return await self._until_said(lambda: self.direct(handle), words)

    async def until_modal(self, handle: str, words: str) -> str:
        """Wait until the person's modal holds these words; return all it holds, as JSON text."""
        person = self.person(handle)

        def found() -> str:
            text = str(person.modal.payload) if person.modal else ""
            return text if words in text else ""

        return await self.until(found, f"{handle}'s modal says {words!r}")

    async def until_shown(self, handle: str, words: str) -> str:
        """Wait until a modal or message that this person alone sees holds these words; clear, return it."""
        person = self.person(handle)

        def found() -> str:
            texts = [message.text for message in self.whispers(handle)]
            texts += [str(person.modal.payload)] if person.modal else []
            return next((text for text in texts if words in text), "")

        text = await self.until(found, f"{handle} is shown {words!r}")
        if person.modal:
            await person.closes(everything=True)
        for message in self.whispers(handle):
            self.workspace.remove(message)
        return text

    async def _until_ready(self, address: str) -> None:
        async with aiohttp.ClientSession() as session, asyncio.timeout(10.0):
            while self._bot is not None and not self._bot.done():
                with suppress(aiohttp.ClientError):
                    async with session.get(address) as answer:
                        if answer.status == 200:
                            return
                await asyncio.sleep(0.01)

    async def _until_said(self, messages: Callable[[], list[Message]], words: str) -> Message:
        found = await self.until(
            lambda: [message for message in messages() if words in message.text], f"the bot says {words!r}"
        )
        return found[-1]

    def _said(self, channel: str) -> list[Message]:
        place = next(each for each in self.workspace.channels.values() if channel in (each.id, each.name))
        return [message for message in self.workspace.messages.get(place.id, []) if message.by_bot]

    def _heard(self) -> str:
        everything = [message for channel in self.workspace.messages.values() for message in channel]
        return "\n".join(f"{message.channel} {message.user}: {message.text}" for message in everything[-12:])
