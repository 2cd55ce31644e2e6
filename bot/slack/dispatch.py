"""From what Slack delivers to the function that handles it: one table, in which order does not matter.

Bolt runs a listener in a task of its own and forgets it after the ack, so that a closing connection would cut
it off in the middle (https://github.com/slackapi/bolt-python/issues/964): `RunningListeners` counts them.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncCustomListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncCustomListenerStartHandler
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot import tracing
from bot.errors import BotError, Misuse, NotRecorded, UsageError
from bot.metrics.instruments import REFUSALS, UNEXPECTED
from bot.slack import ids, messages, views
from bot.slack.auth import UNANSWERED, SlackUnanswered, error_name
from bot.slack.events import Events, is_to_be_repeated
from bot.slack.forms import NoteForm, read_form
from bot.slack.interaction import Ack, CantPost, Interaction, Json, NeedsClick, note_refusal
from bot.slack.message import Message
from bot.slack.payload import MESSAGES
from bot.slack.provider_messages import Explanation
from bot.verbs import USAGES, Verb, read_verb

log = structlog.get_logger()

Handler = Callable[[Interaction], Awaitable[None]]
VerbHandler = Callable[[Interaction, str], Awaitable[None]]
"""Handles a verb that was typed; the text is what follows the verb."""

_ANYTHING = re.compile(".*")


@dataclass(frozen=True)
class Handlers:
    """What a noun handles: verbs that are typed (None: nothing was), and ids of buttons, forms and so on."""

    verbs: Mapping[Verb | None, VerbHandler] = field(default_factory=dict)
    actions: Mapping[str, Handler] = field(default_factory=dict)
    views: Mapping[str, Handler] = field(default_factory=dict)
    shortcuts: Mapping[str, Handler] = field(default_factory=dict)
    options: Mapping[str, Handler] = field(default_factory=dict)
    events: Mapping[str, Handler] = field(default_factory=dict)
    """By Slack's type of event. What people write to the bot is not among them: it is read like a command."""

    def __or__(self, other: "Handlers") -> "Handlers":
        """Return both; raises ValueError if they handle the same."""
        return Handlers(
            _disjoint(self.verbs, other.verbs),
            _disjoint(self.actions, other.actions),
            _disjoint(self.views, other.views),
            _disjoint(self.shortcuts, other.shortcuts),
            _disjoint(self.options, other.options),
            _disjoint(self.events, other.events),
        )


def register(
    app: AsyncApp,
    handlers: Handlers,
    client: AsyncWebClient,
    handled: Callable[[Interaction], None] = lambda _: None,
) -> None:
    """Have the app handle all of these, and answer whatever nobody handles; `handled` is told of each.

    An unhandled request would get no ack (SLACK.md, section 2).
    """
    handlers, command = _with_commands(handlers)

    taken_blocks: set[str] = set()
    open_channels: set[str] = set()

    def begin(body: Json, ack: Ack) -> Interaction:
        return Interaction(body, client, ack, taken_blocks, open_channels)

    def listener(kind: str, handler: Handler) -> Callable[..., Awaitable[None]]:
        async def listen(ack: AsyncAck, body: Json) -> None:
            interaction = begin(body, ack)
            with tracing.span(kind):
                await answer(handler, interaction)
                handled(interaction)

        return listen

    action = _by_id(handlers.actions, lambda body: body["actions"][0].get("action_id"))
    view = _by_id(handlers.views, lambda body: body["view"].get("callback_id"))
    shortcut = _by_id(handlers.shortcuts, lambda body: body.get("callback_id"))
    options = _by_id(handlers.options, lambda body: body.get("action_id"))
    event = _by_id(handlers.events, lambda body: body["event"].get("type"), otherwise=_ack)

    async def happened(interaction: Interaction) -> None:
        with tracing.span("event"):
            await answer(event, interaction)

    app.command(_ANYTHING)(listener("command", command))
    app.action(_ANYTHING)(listener("action", action))
    app.view_submission(_ANYTHING)(listener("view", view))
    app.view_closed(_ANYTHING)(listener("view", _ack))
    app.shortcut(_ANYTHING)(listener("shortcut", shortcut))
    app.options(_ANYTHING)(listener("options", options))
    Events(app, begin, happened)


def _by_id(
    table: Mapping[str, Handler], id_of: Callable[[Json], object], otherwise: Handler | None = None
) -> Handler:
    """Return what looks up a request's handler by its id, which becomes part of the span's name."""

    async def handle(interaction: Interaction) -> None:
        name = str(id_of(interaction.body))
        if name in table:
            tracing.current().extend_name(name)
        await table.get(name, otherwise or _unknown)(interaction)

    return handle


def _with_commands(handlers: Handlers) -> tuple[Handlers, Handler]:
    """Return them with all that runs a command besides typing it, and what handles a typed one."""

    async def run(interaction: Interaction, text: str) -> None:
        verb, rest = read_verb(text)
        tracing.current().extend_name(verb or "menu")
        await handlers.verbs[verb](interaction, rest)

    async def command(interaction: Interaction) -> None:
        await run(interaction, interaction.text)

    async def offered(interaction: Interaction) -> None:
        """Run the command that a button offers; the answer takes the place of what offered it."""
        interaction.replaces_message = interaction.is_in_ephemeral
        await run(interaction, interaction.value)
        await interaction.remove_offer()

    async def noted(interaction: Interaction) -> None:
        """Run the command that a modal offers, in the channel where it was opened."""
        form = read_form(NoteForm, interaction.private_metadata)
        await interaction.ack(response_action="clear")
        interaction.body |= {"channel": {"id": form.channel}, "thread_ts": form.thread_ts}
        await run(interaction, form.command)

    places = range(ids.MOST_COMMANDS + 1)
    more = Handlers(
        actions={ids.run_command(place): offered for place in places},
        views={ids.NOTE_MODAL: noted},
        events=dict.fromkeys(MESSAGES, command),
    )
    return handlers | more, command


async def answer(handler: Handler, interaction: Interaction) -> None:
    """Handle an interaction, and tell the person whatever the handler raises."""
    try:
        await handler(interaction)
    except NotRecorded as error:
        REFUSALS.labels(type(error).__name__).inc()
        log.warning("not_recorded", kind=error.what, person=interaction.person)
        tracing.current().fail(type(error).__name__)
        await _tell_not_recorded(interaction, error)
    except NeedsClick:
        await _offer(interaction)
    except BotError as error:
        note_refusal(error, interaction.person)
        tracing.current().set_attributes(backup_bot__refused=type(error).__name__)
        await _tell(interaction, messages.explain(error))
    except CantPost:
        await _tell(interaction, messages.cant_post())
    except SlackUnanswered as error:
        log.warning("slack_unanswered", error=str(error))
        await _tell(interaction, messages.slack_unreadable())
    except SlackApiError as error:
        name = error_name(error)
        log.warning("slack_refused", error=name)
        await _tell(interaction, messages.slack_refused(name) if name else messages.slack_unreadable())
    except Exception as error:
        REFUSALS.labels(UNEXPECTED).inc()
        reference = uuid4().hex[:8]
        tracing.current().fail(type(error).__name__)
        log.exception("listener_failed", handler=handler.__qualname__, reference=reference)
        await _tell(interaction, messages.unexpected(reference))


class RunningListeners:
    """Counts an app's listeners from their first line to their last, the part after the ack included."""

    def __init__(self, app: AsyncApp) -> None:
        self.count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        runner = app.listener_runner
        runner.listener_start_handler = AsyncCustomListenerStartHandler(app.logger, self._started)
        runner.listener_completion_handler = AsyncCustomListenerCompletionHandler(app.logger, self._ended)

    async def finished(self) -> None:
        """Return once no listener runs."""
        await self._idle.wait()

    async def _started(self) -> None:
        self.count += 1
        self._idle.clear()

    async def _ended(self) -> None:
        self.count -= 1
        if not self.count:
            self._idle.set()


async def _ack(interaction: Interaction) -> None:
    await interaction.ack()


async def _unknown(_: Interaction) -> None:
    raise UsageError(Misuse.UNKNOWN_BUTTON)


async def _tell_not_recorded(interaction: Interaction, error: NotRecorded) -> None:
    """Tell the person that it may not happen; Slack delivers an event again, which may go well."""
    if not (is_to_be_repeated(interaction) and interaction.leave_to_slack()):
        await _tell(interaction, messages.explain(error))
    elif not interaction.body["retry"]:
        await _say(interaction, views.sentence_alone(messages.NOT_RECORDED_YET))


async def _offer(interaction: Interaction) -> None:
    """Offer a button that goes on with what was written: a click opens a form, a message can't."""
    verb, _ = read_verb(interaction.text)
    label = USAGES[verb].button if verb else ""
    if repeat := interaction.repeat:
        await _say(interaction, views.offer(label, repeat))


async def _say(interaction: Interaction, message: Message) -> None:
    try:
        await interaction.reply_ephemeral(message)
    except (SlackApiError, *UNANSWERED) as failure:
        log.warning("nobody_told", person=interaction.person, error=type(failure).__name__)


async def _tell(interaction: Interaction, trouble: Explanation) -> None:
    try:
        await interaction.explain(trouble)
    except (SlackApiError, *UNANSWERED) as failure:
        # To raise now would undo an ack that is just going out: Bolt makes an error of it.
        log.warning("nobody_told", person=interaction.person, error=type(failure).__name__)


def _disjoint(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> dict[Any, Any]:
    if twice := one.keys() & other.keys():
        raise ValueError(f"handled twice: {sorted(map(str, twice))}")
    return {**one, **other}
