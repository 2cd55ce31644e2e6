"""Sends odd things to a world's bot as Slack would, and says what must not have happened."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog

from bot.sandbox.slack.delivery import Delivery, Kind
from bot.sandbox.slack.workspace import Message
from tests.views_kit import live
from tests.world import World

Json = dict[str, Any]

CRASHES = {"crashed", "never_caught"}
BUGS = {"listener_failed", "slack_request_failed", *CRASHES}
REFUSED = {"slack_request_invalid"}
QUIET_SECONDS = 1.0
ACK_SECONDS = 0.3

_FORGED = re.compile(r"<[^>]*evil", re.IGNORECASE)


def _seen(part: Any) -> Any:
    """Return a part of a message without what buttons stand for, which nobody sees."""
    if isinstance(part, list):
        return [_seen(each) for each in part]
    if isinstance(part, dict):
        return {name: _seen(each) for name, each in part.items() if name != "value"}
    return part


class ErrorRecorder(logging.Handler):
    """Knows how each thing that was sent ended, and fails if it ended badly."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.WARNING)
        self.world = world
        self._logs: list[Json] = []
        self._complaints: list[str] = []
        self._is_refused = asyncio.Event()
        self._is_failed = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        """Note what a library complains of; that Bolt hands something to nobody is an answer."""
        if record.getMessage().startswith("Unhandled request"):
            self._is_refused.set()
        elif not record.name.startswith("bot."):
            self._complaints.append(record.getMessage())
            self._is_failed.set()

    async def sends(
        self, kind: Kind, payload: Json, *, lasting: bool = False, odd: bool = False
    ) -> Json | None:
        """Deliver it and wait for what follows; the ack's content, or None if it was refused cleanly.

        What begins an operation is `lasting`: it is acked long before the end. An `odd` payload is nothing
        that Slack would sign: that a listener fails at it, and logs it, is an answer too.

        Raises:
            Unanswered: none of them in 3 s.
        """
        socket_mode = self.world.sandbox.slack.socket_mode
        async with self.following(lasting=lasting, odd=odd):
            ack = asyncio.create_task(socket_mode.deliver(Delivery(kind, payload, takes_payload=True)))
            refused = asyncio.create_task(self._is_refused.wait())
            failed = asyncio.create_task((self._is_failed if odd else asyncio.Event()).wait())
            await asyncio.wait({ack, refused, failed}, return_when=asyncio.FIRST_COMPLETED)
            if failed.done():
                await self._acked_all_the_same(ack)
            for waiting in (refused, failed, ack):
                waiting.cancel()
            await asyncio.wait({ack, refused, failed})
        return None if ack.cancelled() else ack.result()

    async def _acked_all_the_same(self, ack: asyncio.Task[Json]) -> None:
        """A listener that fails acks a moment later, if it can."""
        with suppress(TimeoutError):
            async with asyncio.timeout(ACK_SECONDS):
                await asyncio.wait({ack})

    @asynccontextmanager
    async def following(self, *, lasting: bool = False, odd: bool = False) -> AsyncIterator[None]:
        """Watch what is done inside and all that follows from it, unless that is `lasting`."""
        self._logs.clear()
        self._complaints.clear()
        self._is_refused.clear()
        self._is_failed.clear()
        running = _busy()
        yield
        if not lasting:
            await self._quiet(running)
        self.check(odd=odd)
        # What is odd may be complained of, which must not count against what follows.
        self._complaints.clear()

    def check(self, *, odd: bool = False) -> None:
        """Fail if a bug was logged, or people were shown what Slack would refuse or what is forged."""
        bugs = [line for line in self._logs if line["event"] in (CRASHES if odd else BUGS)]
        assert not bugs, bugs
        assert odd or not self._complaints
        assert not self.world.workspace.complaints
        for message in self.said():
            shown = {"text": message.text, "blocks": message.blocks}
            assert not [*live(shown), *_FORGED.findall(str(_seen(shown)))], shown

    def said(self) -> list[Message]:
        """Return all that the bot has said."""
        places = self.world.workspace.messages.values()
        return [message for place in places for message in place if message.by_bot]

    def forget(self) -> None:
        """Forget what was said and shown, which is the pretend Slack's to remember, not the bot's."""
        for place in self.world.workspace.messages.values():
            place.clear()
        self.world.workspace.modals.clear()

    def note(self, _: object, __: str, event: Json) -> Json:
        """Note what the bot logs, as a processor of structlog's."""
        self._logs.append(event)
        if event["event"] in REFUSED:
            self._is_refused.set()
        if event["event"] in BUGS:
            self._is_failed.set()
        raise structlog.DropEvent

    def never_caught(self, _: asyncio.AbstractEventLoop, context: Json) -> None:
        """Note an error that nobody caught."""
        self._logs.append({"event": "never_caught", **context})

    async def _quiet(self, running: set[asyncio.Task[Any]]) -> None:
        """Wait until all that was begun since has ended, or seems to be an operation, which lasts."""
        with suppress(TimeoutError):
            async with asyncio.timeout(QUIET_SECONDS):
                while begun := _busy() - running:
                    await asyncio.wait(begun, return_when=asyncio.FIRST_COMPLETED)


def _busy() -> set[asyncio.Task[Any]]:
    # A server's task for a connection lasts as long as the connection is kept.
    kept = {task for task in asyncio.all_tasks() if "RequestHandler" in repr(task.get_coro())}
    return asyncio.all_tasks() - kept


@asynccontextmanager
async def recording_errors(world: World) -> AsyncIterator[ErrorRecorder]:
    """Watch the bot of a world, and all it logs."""
    recorder = ErrorRecorder(world)
    processors = structlog.get_config()["processors"]
    kept = [*processors]
    # In place, as loggers that are bound already hold this very list.
    processors[:] = [recorder.note]
    asyncio.get_running_loop().set_exception_handler(recorder.never_caught)
    logging.getLogger().addHandler(recorder)
    try:
        yield recorder
        recorder.check()
    finally:
        logging.getLogger().removeHandler(recorder)
        processors[:] = kept
