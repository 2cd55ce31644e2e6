"""One thing a person did in Slack, and the ways to answer it. Nobody is left without an answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import structlog
from slack_bolt.async_app import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.errors import BotError
from bot.slack import replies
from bot.slack.auth import UNANSWERED, error_name
from bot.slack.deed import Deed, Json, told
from bot.slack.message import Message
from bot.slack.text import typed
from bot.verbs import verb_of

log = structlog.get_logger()

LOOK_UP_SECONDS = 1.8
"""How long all look-ups before an ack may take together; recording follows, and Slack waits 3 s."""

_CLOSED = frozenset({"channel_not_found", "not_in_channel", "is_archived", "restricted_action"})


@dataclass
class Interaction(Deed):
    """What a person did, and the ways to answer it."""

    client: AsyncWebClient
    _ack: AsyncAck
    is_acked: bool = field(default=False, init=False)
    _arrived: float = field(default_factory=time.monotonic, init=False)

    def looking_up(self) -> asyncio.Timeout:
        """Return a time limit that all look-ups before the ack share; none once it is acked."""
        left = LOOK_UP_SECONDS - (time.monotonic() - self._arrived)
        return asyncio.timeout(None if self.is_acked else max(left, 0.05))

    async def ack(self, **answer: Any) -> None:
        """Tell Slack that this has arrived; only the first time counts."""
        if not self.is_acked:
            self.is_acked = True
            await self._ack(**answer)

    async def whisper(self, message: Message, *, replace: bool = False) -> None:
        """Show a message to this person alone; in a direct message where the channel can't be used.

        `replace` puts it in the place of the message that was clicked.
        """
        await self.ack()
        if await self._responded(message, replace=replace):
            return
        content: Json = {"text": message.text, "blocks": message.drawn()}
        try:
            await self.client.chat_postEphemeral(channel=self.channel, user=self.person, **content)
        except (SlackApiError, *UNANSWERED) as error:
            log.info("whisper_by_direct_message", reason=type(error).__name__)
            await self.client.chat_postMessage(channel=self.person, **content)

    async def publish(self, message: Message) -> None:
        """Post a message in the channel for everybody to see."""
        await self.ack()
        try:
            with _answered():
                await self.client.chat_postMessage(channel=self.channel, **message.arguments())
        except SlackApiError as error:
            if error_name(error) not in _CLOSED:
                raise
            raise BotError(
                "I can't post in this channel.", "Invite me with `/invite`, then share again."
            ) from error

    async def open(self, view: View) -> str:
        """Open a modal, on top of one that is open; return its id. Must come within 3 s of the click."""
        await self.ack()
        trigger = told(self.body.get("trigger_id"))
        call = self.client.views_push if self.view.get("type") == "modal" else self.client.views_open
        with _answered():
            answer = await call(trigger_id=trigger, view=view.to_dict())
        return str(answer["view"]["id"])

    async def show(self, view_id: str, view: View) -> None:
        """Put another content into an open modal."""
        with _answered():
            await self.client.views_update(view_id=view_id, view=view.to_dict())

    async def explain(self, error: BotError) -> None:
        """Tell the person what went wrong and what to do, where they are looking."""
        if self.body.get("type") == "block_suggestion":
            await self.ack(options=[])
        elif self.body.get("type") == "view_submission" and not self.is_acked:
            await self.ack(response_action="update", view=replies.note(error).to_dict())
        else:
            await self.whisper(replies.explain(error))

    async def _responded(self, message: Message, *, replace: bool) -> bool:
        if not self.body.get("response_url"):
            return False
        try:
            answer = await self._response_address().send(
                text=message.text,
                blocks=message.drawn(),
                replace_original=replace,
                response_type="ephemeral",
            )
        except (aiohttp.ClientError, TimeoutError) as error:
            log.info("response_url_unreachable", reason=type(error).__name__)
            return False
        # It doesn't raise on an expired address (SLACK.md, section 7).
        return bool(answer.status_code == 200)

    def _response_address(self) -> AsyncWebhookClient:
        address = AsyncWebhookClient(self.body["response_url"])
        # The SDK would send it through the environment's proxy, even to loopback.
        address.proxy = self.client.proxy
        return address


Handler = Callable[[Interaction], Awaitable[None]]


def heard(handler: Handler) -> Callable[..., Awaitable[None]]:
    """Return a Bolt listener that answers whatever the handler raises."""

    async def listener(ack: AsyncAck, body: Json, client: AsyncWebClient) -> None:
        interaction = Interaction(body, client, ack)
        try:
            await handler(interaction)
        except BotError as error:
            log.info("refused", kind=type(error).__name__, person=interaction.person, what=error.what)
            await _explain(interaction, error)
        except SlackApiError as error:
            name = str(error.response.get("error"))
            log.warning("slack_refused", error=name, detail=error.response.get("response_metadata"))
            await _explain(interaction, replies.slack_refused(name))
        except Exception:
            reference = uuid4().hex[:8]
            log.exception("listener_failed", handler=handler.__qualname__, reference=reference)
            await _explain(interaction, replies.unexpected(reference))

    return listener


@contextmanager
def _answered() -> Iterator[None]:
    try:
        yield
    except UNANSWERED as error:
        raise replies.slack_silent() from error


async def _explain(interaction: Interaction, error: BotError) -> None:
    try:
        await interaction.explain(error)
    except (SlackApiError, *UNANSWERED) as failure:
        # To raise now would undo an ack that is just going out: Bolt makes an error of it.
        log.warning("nobody_told", what=error.what, reason=type(failure).__name__)


def asks_for(verb: str) -> Callable[..., Awaitable[bool]]:
    """Return a Bolt matcher for commands that begin with a verb."""

    async def matches(body: Json) -> bool:
        return verb_of(typed(str(body.get("text") or ""))) == verb

    return matches
