"""One thing a person did in Slack, and the ways to answer it. Nobody is left without an answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BotError, NotRecorded, Unrecorded
from bot.metrics.instruments import REFUSALS
from bot.slack import ids, views
from bot.slack.auth import UNANSWERED, SlackUnanswered, answered, error_name
from bot.slack.message import Message
from bot.slack.newer_blocks import Call, drawable, newer_types, older
from bot.slack.payload import is_slack_address, key_of, require_id
from bot.slack.provider_messages import Explanation
from bot.slack.response_url import delete_original, respond
from bot.slack.text import unescape_command

log = structlog.get_logger()

Json = dict[str, Any]

LOOK_UP_SECONDS = 1.8
"""How long all look-ups before an ack may take together; recording follows, and Slack waits 3 s."""
DATABASE_SECONDS = 5.0

Ack = Callable[..., Awaitable[Any]]

_CLOSED = frozenset({"channel_not_found", "not_in_channel", "is_archived", "restricted_action"})


class CantPost(Exception):
    """The bot can't post in the person's channel."""


class NeedsClick(Exception):
    """A form can't be opened for what was written in a message: Slack wants a click for that."""


@dataclass
class Interaction:
    """A command, a click, a submitted modal, a question for options or an event: who, where, what with.

    Slack may leave parts out. A modal's fields are read by `typed`, `chosen` and `is_ticked`.
    """

    body: Json
    client: AsyncWebClient
    _ack: Ack
    taken_blocks: set[str] = field(default_factory=set)
    """The newer blocks that Slack has taken in a view; shared by all interactions of a process."""
    open_channels: set[str] = field(default_factory=set)
    """Channels that the bot is known to see; shared likewise."""
    is_acked: bool = field(default=False, init=False)
    is_answered: bool = field(default=False, init=False)
    """True once a message or a modal was shown."""
    is_left_to_slack: bool = field(default=False, init=False)
    """True for an event that is not acked, so that Slack delivers it again."""
    replaces_message: bool = field(default=False, init=False)
    """True if the answer takes the place of the message that was clicked."""
    _answer_id: str = field(default="", init=False)  # Of the modal that shows the answer.
    _arrived: float = field(default_factory=time.monotonic, init=False)

    @property
    def person(self) -> str:
        """The id of the person."""
        return str(self.body.get("user_id") or self._part("user").get("id") or "")

    @property
    def team(self) -> str:
        """The id of the workspace the person belongs to, as Slack gives it."""
        of_person = self._part("user").get("team_id")
        return str(of_person or self.body.get("team_id") or self._part("team").get("id") or "")

    @property
    def person_name(self) -> str:
        """Their name as Slack gives it; for people to read, never to decide by."""
        user = self._part("user")
        return str(self.body.get("user_name") or user.get("username") or user.get("name") or "")

    @property
    def channel(self) -> str:
        """The channel it was done in, else the person, so that it can be written to."""
        return str(self.body.get("channel_id") or self._part("channel").get("id") or self.person)

    @property
    def message(self) -> Json:
        """The message that was clicked or whose shortcut was used; empty if Slack left it out."""
        return self._part("message")

    @property
    def function_execution_id(self) -> str:
        """The run of a workflow's step, if it was one that did it; else empty."""
        return str(self._part("event").get("function_execution_id") or "")

    @property
    def thread_ts(self) -> str:
        """The thread it was done in, by its first message; empty for what was done in the channel itself."""
        message, container = self._part("message") or self._part("event"), self._part("container")
        thread = self.body.get("thread_ts") or message.get("thread_ts") or container.get("thread_ts")
        own = message.get("ts") or container.get("message_ts")
        return str(thread) if thread and thread != own else ""

    @property
    def text(self) -> str:
        """What was typed after the command, or written to the bot."""
        return unescape_command(str(self.body.get("text") or ""))

    @property
    def action(self) -> Json:
        """The button or menu that was used."""
        actions: list[Json] = self.body.get("actions") or [{}]
        return actions[0]

    @property
    def value(self) -> str:
        """What the button or the chosen option stands for; empty if a choice was cleared."""
        chosen = self.action.get("selected_option") or {}
        return str(self.action.get("value") or chosen.get("value") or "")

    @property
    def view(self) -> Json:
        """The modal it was done in; empty outside one."""
        return self._part("view")

    @property
    def view_id(self) -> str:
        """The id of the modal it was done in; raises UsageError outside one."""
        return require_id(self.view.get("id"))

    @property
    def private_metadata(self) -> str:
        """What the modal remembers."""
        return str(self.view.get("private_metadata") or "")

    @property
    def idempotency_key(self) -> str:
        """A key that is the same if Slack delivers the same thing twice, and another for anything else.

        Raises:
            UsageError: Slack gave nothing to make it of.
        """
        return require_id(key_of(self.body, self.channel, f"{self.action.get('action_id')}", self.value))

    @property
    def is_in_ephemeral(self) -> bool:
        """True for a click under a message that this person alone sees, also as a modal."""
        return self.is_in_answer or bool(self._part("container").get("is_ephemeral"))

    @property
    def is_in_answer(self) -> bool:
        """True for a click in a message that is shown as a modal."""
        return self.view.get("callback_id") == ids.ANSWER_MODAL

    @property
    def repeat(self) -> views.Repeat | None:
        """What a button carries that does the same again; None for what has a button of its own still."""
        if self.body.get("command") or self.body.get("text"):
            return views.Repeat(ids.run_command(ids.MOST_COMMANDS), self.text)
        if not self.is_in_ephemeral:
            return None
        return views.Repeat(str(self.action.get("action_id")), self.value, self.action.get("block_id"))

    @property
    def delivery_id(self) -> str:
        """An id of this very click, the same if Slack delivers it twice."""
        return str(self.body.get("trigger_id") or self.idempotency_key)

    def typed(self, action_id: str) -> str:
        """Return what was typed into an input of the modal; empty if nothing was."""
        return str(self._element(action_id).get("value") or "").strip()

    def chosen(self, action_id: str) -> str:
        """Return the option's value, or the channel, that was chosen in the modal; empty if none was."""
        return next(iter(self.chosen_all(action_id)), "")

    def chosen_all(self, action_id: str) -> list[str]:
        """Return the values of all options that were chosen in the modal."""
        element = self._element(action_id)
        channel = {"value": element.get("selected_conversation")}
        options = element.get("selected_options") or [element.get("selected_option") or channel]
        return [str(each["value"]) for each in options if isinstance(each, dict) and each.get("value")]

    def is_ticked(self, action_id: str, *, if_absent: bool = False) -> bool:
        """Tell whether a checkbox is ticked; `if_absent` if it is not there at all."""
        element = self._element(action_id)
        return bool(element["selected_options"]) if "selected_options" in element else if_absent

    def ack_deadline(self) -> asyncio.Timeout:
        """Return a time limit that all look-ups before the ack share; none once it is acked."""
        left = LOOK_UP_SECONDS - (time.monotonic() - self._arrived)
        return asyncio.timeout(None if self.is_acked else max(left, 0.05))

    @asynccontextmanager
    async def database_deadline(self) -> AsyncIterator[None]:
        """Raise NotRecorded if the database can't be read inside, or does not tell in time.

        Before the ack that is the time of `ack_deadline`, after it 5 s.
        """
        try:
            async with asyncio.timeout(DATABASE_SECONDS) if self.is_acked else self.ack_deadline():
                yield
        except (TimeoutError, SQLAlchemyError) as error:
            raise NotRecorded(Unrecorded.LOOK_UP) from error

    async def ack(self, **answer: Any) -> None:
        """Tell Slack that this has arrived; only the first time counts."""
        if not self.is_acked and not self.is_left_to_slack:
            self.is_acked = True
            await self._ack(**answer)

    def leave_to_slack(self) -> bool:
        """Have Slack deliver an event again, by not acking it; False for what it delivers only once."""
        self.is_left_to_slack = bool(self._part("event")) and not self.is_acked
        return self.is_left_to_slack

    async def reply_ephemeral(self, message: Message, *, replace: bool = False) -> None:
        """Show a message to this person alone; in a direct message if the channel can't be used.

        It goes to the thread in which this was done, for a Home to a modal; with `replace` in its place.
        """
        await self.ack()
        self.is_answered = True
        replace |= self.replaces_message
        if await self._responded(message, replace=replace) or await self._shown(message, replace=replace):
            return
        content: Json = {"text": message.text, "blocks": message.drawn()}
        here: Json = {"channel": self.channel, **self._in_thread}

        async def ephemeral(content: Json) -> Any:
            if self.channel.startswith("D"):
                return await self.client.chat_postMessage(**here, **content)
            return await self.client.chat_postEphemeral(**here, user=self.person, **content)

        async def direct(content: Json) -> Any:
            return await self.client.chat_postMessage(channel=self.person, **content)

        try:
            await drawable(ephemeral, content)
        except (SlackApiError, *UNANSWERED) as error:
            log.info("reply_by_direct_message", error=type(error).__name__)
            await drawable(direct, content)

    async def remove_offer(self) -> None:
        """Remove the message that was clicked, if it was to be replaced and there was nothing to show."""
        if not self.replaces_message or self.is_answered or not self.body.get("response_url"):
            return
        await delete_original(str(self.body["response_url"]), self.client)

    async def send_file(self, name: str, content: str) -> None:
        """Send a text file to this person directly; raises SlackApiError without the scope `files:write`."""
        await self.ack()
        with answered():
            opened = await self.client.conversations_open(users=self.person)
            await self.client.files_upload_v2(
                channel=opened["channel"]["id"], filename=name, title=name, content=content
            )

    async def publish(self, message: Message) -> None:
        """Post a message for everybody where this was done; raises CantPost if that is closed to the bot."""
        await self.ack()

        async def post(content: Json) -> Any:
            return await self.client.chat_postMessage(channel=self.channel, **self._in_thread, **content)

        try:
            with answered():
                await drawable(post, message.arguments())
        except SlackApiError as error:
            if error_name(error) in _CLOSED:
                raise CantPost from error
            raise

    async def open_view(self, view: View | Json) -> str:
        """Open a modal, on top of one that is open; return its id. Must come within 3 s of the click.

        Raises:
            NeedsClick: it was no click or command, but a message.
        """
        if self._part("event"):
            raise NeedsClick
        await self.ack()
        self.is_answered = True
        trigger = require_id(self.body.get("trigger_id"))
        call = self.client.views_push if self.view.get("type") == "modal" else self.client.views_open
        answer = await self._show(lambda content: call(trigger_id=trigger, view=content), view)
        return str(answer["view"]["id"])

    async def update_view(self, view_id: str, view: View | Json) -> None:
        """Put another content into an open modal; nothing happens if it was closed meanwhile."""
        try:
            await self._show(lambda content: self.client.views_update(view_id=view_id, view=content), view)
        except SlackApiError as error:
            if error_name(error) != "not_found":
                raise
            log.info("modal_closed", view=view_id)

    async def ack_view(self, view: View | Json) -> None:
        """Put another content into the modal that was submitted, by the ack itself.

        Slack does not tell if it refuses that; so newer blocks go out only if it has taken such before.
        """
        content = _json(view)
        is_known = newer_types(content) <= self.taken_blocks
        await self.ack(response_action="update", view=content if is_known else older(content))

    async def explain(self, trouble: Explanation) -> None:
        """Tell the person what went wrong and what to do, where they are looking.

        A form that was sent stays as it was filled in.
        """
        if self.body.get("type") == "block_suggestion":
            await self.ack(options=[])
        elif self.body.get("type") == "view_submission" and not self.is_acked:
            has_fields = bool(self.view.get("blocks"))
            await self.ack_view(views.kept(self.view, trouble) if has_fields else views.note_about(trouble))
        else:
            await self.reply_ephemeral(views.explain(trouble, self.repeat))

    async def _shown(self, message: Message, *, replace: bool) -> bool:
        """Show a message as a modal, if this was done in a Home or such a modal and Slack takes it."""
        if not self.is_in_answer and self.view.get("type") != "home":
            return False
        # Most of the newer blocks are for messages alone.
        modal = older(views.answer(message.blocks).to_dict())
        self._answer_id = self._answer_id or (self.view_id if replace and self.is_in_answer else "")
        try:
            if self._answer_id:
                await self.update_view(self._answer_id, modal)
            self._answer_id = self._answer_id or await self.open_view(modal)
        except (SlackApiError, SlackUnanswered) as error:
            log.info("answer_not_shown", error=type(error).__name__)
            return False
        return True

    async def _responded(self, message: Message, *, replace: bool) -> bool:
        if not self.body.get("response_url"):
            return False
        if not is_slack_address(str(self.body["response_url"]), self.client.base_url):
            log.warning("response_url_refused", person=self.person)
            return False
        container = self._part("container")
        # Under what the bot wrote to the person directly, where nobody else is, answers stay as well.
        is_direct = self.channel.startswith("D") and container.get("is_ephemeral") is False
        kind = "in_channel" if is_direct else "ephemeral"
        content: Json = {"replace_original": replace, "response_type": kind}
        content |= {} if replace else self._in_thread
        content |= {"text": message.text, "blocks": message.drawn()}
        return await respond(str(self.body["response_url"]), content, self.client)

    @property
    def _in_thread(self) -> Json:
        return {"thread_ts": self.thread_ts} if self.thread_ts else {}

    async def _show(self, call: Call, view: View | Json) -> Any:
        """Show a view, and learn which of the newer blocks Slack takes."""
        content = _json(view)
        with answered():
            answer, shown = await drawable(call, content)
        self.taken_blocks |= newer_types(shown)
        self.taken_blocks -= newer_types(content) - newer_types(shown)
        return answer

    def _part(self, name: str) -> Json:
        part = self.body.get(name)
        return part if isinstance(part, dict) else {}

    def _element(self, action_id: str) -> Json:
        entered = (self.view.get("state") or {}).get("values") or {}
        return next((block[action_id] for block in entered.values() if action_id in block), {})


def note_refusal(error: BotError, person: str) -> None:
    """Count and log a refusal, with numbers and values of ours from it, but nothing that people wrote."""
    facts = {name: value for name, value in vars(error).items() if isinstance(value, Enum | int | float)}
    REFUSALS.labels(type(error).__name__).inc()
    log.info("refused", error=type(error).__name__, person=person, facts=facts)


def _json(view: View | Json) -> Json:
    return view.to_dict() if isinstance(view, View) else view
