"""An operation's messages: its card, edited as it moves on, and the reply that tells the requester."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from bot.metrics.instruments import NOTICE_SECONDS
from bot.notifications.model import MessageRef, Notify
from bot.notifications.rate_limit import Priority
from bot.operations import messages, outcome_messages, views
from bot.operations.engine import is_recovery, step
from bot.operations.model import AnyOperation, BaseRequest, Operation, Outcome, WatchOperation
from bot.operations.progress import Ahead, Late, Progress, Queued, Running, ServerLate
from bot.operations.records import ASK, ahead_of
from bot.operations.visibility import concerns_the_channel, is_news, is_shown, is_told_nobody
from bot.services import services
from bot.slack.message import Message, text_alone
from bot.verbs import Verb

log = structlog.get_logger()

ANNOUNCE_SECONDS = 15.0
"""How long an operation waits for its announcement: an emergency does not wait for Slack."""
ALARM_SECONDS = 86_400.0
"""How long it is tried to alarm somebody, until they count as not reached."""
PROGRESS_SECONDS = 2.0
"""How long an operation waits until its progress is shown; it is then shown as soon as Slack takes it."""


class PostedCard(MessageRef):
    """Where a card is, whether it says that the operation is queued, and direct messages to approvers."""

    says_queued: bool = False
    direct: tuple[MessageRef, ...] = ()

    @property
    def link_for_others(self) -> str:
        """Its address for people other than the requester, who can't open the requester's direct messages."""
        return "" if self.channel.startswith("D") else self.permalink


@dataclass(frozen=True)
class Card:
    """The card of an operation that is being carried out."""

    operation: Operation
    ref: MessageRef

    async def update(self, progress: Progress) -> None:
        """Show how far the operation has come, unless something newer is shown before Slack takes it."""
        if self.ref.ts:
            await update_card(self.operation, self.ref, progress)

    async def tell_late(self, late: Late | ServerLate) -> None:
        """Say, in the card and in its thread, that something takes longer than it should."""
        await self.update(late)
        part = "late" if isinstance(late, Late) else "server-late"
        await reply_in_thread(self.operation, self.ref, messages.late_reply(self.operation, late), part)


@step("announce")
async def announce(operation: AnyOperation) -> PostedCard:
    """Post the operation's card: to the requester if the channel can't be written to, or is to be quiet."""
    if is_told_nobody(operation, _level(operation)):
        return PostedCard()
    progress = await _first_progress(operation)
    message = views.in_progress(operation, progress)
    return await post_card(
        operation,
        _places(operation),
        message,
        give_up_after=ANNOUNCE_SECONDS,
        says_queued=isinstance(progress, Queued),
    )


@step(ASK, interruptible=True)
async def ask(operation: AnyOperation, question: Message, until: datetime) -> PostedCard:
    """Post the operation's card as a question to those who can approve it.

    Outlasts an outage of Slack, but not the moment (UTC) until which an answer counts.
    """
    left = (until - datetime.now(UTC)).total_seconds()
    return await post_card(operation, _places(operation), question, give_up_after=max(left, ANNOUNCE_SECONDS))


@step("show_approved")
async def show_approved(operation: AnyOperation, ref: PostedCard) -> PostedCard:
    """Edit the question to say that the operation runs, or for whom it waits first."""
    progress = await _first_progress(operation)
    if ref.ts:
        message = views.in_progress(operation, progress)
        await services().messages.edit_progress(ref, message, wait=PROGRESS_SECONDS)
    return ref.model_copy(update={"says_queued": isinstance(progress, Queued)})


@step("update_card")
async def update_card(operation: AnyOperation, ref: MessageRef, progress: Progress) -> None:
    """Edit the operation's card to say how far it has come."""
    message = views.in_progress(operation, progress)
    await services().messages.edit_progress(ref, message, wait=PROGRESS_SECONDS)


@step("reply_in_thread", interruptible=True)
async def reply_in_thread(operation: AnyOperation, ref: MessageRef, text: str, part: str) -> None:
    """Reply under the operation's card, within 15 s or not at all."""
    await reply(operation, _places(operation, ref.channel), ref, text, part, give_up_after=ANNOUNCE_SECONDS)


@step("write_to", interruptible=True)
async def write_to(
    operation: AnyOperation, people: list[str], message: Message, part: str
) -> list[MessageRef]:
    """Write to each of these people directly, within 15 s; return where, without a `ts` if that failed."""
    return await _write(operation, people, message, part, give_up_after=ANNOUNCE_SECONDS)


@step("remind", interruptible=True)
async def remind(
    operation: AnyOperation, ref: MessageRef, direct: list[MessageRef], reminder: Message, number: int
) -> list[MessageRef]:
    """Remind under the question: where approvers were asked directly, else in the channel; within 15 s."""
    asked = direct or [ref]
    posted = await asyncio.gather(
        *(
            services().messages.post_once(
                [each.channel],
                reminder.arguments(),
                f"{operation.id}:remind:{number}:{each.channel}",
                thread_ts=_thread_of(operation, each),
                is_recovery=is_recovery(),
                give_up_after=ANNOUNCE_SECONDS,
            )
            for each in asked
        )
    )
    return [each for each in posted if each.ts]


@step("replace_messages")
async def replace_messages(refs: list[MessageRef], message: Message) -> None:
    """Edit messages about an operation to say what came of it, unless something newer is shown before."""
    editing = (services().messages.edit_progress(ref, message, wait=PROGRESS_SECONDS) for ref in refs)
    await asyncio.gather(*editing)


@step("edit_messages", interruptible=True)
async def edit_messages(refs: list[MessageRef], message: Message) -> None:
    """Edit messages about an operation for good. Outlasts any outage of Slack."""
    await asyncio.gather(*(services().messages.edit_finally(ref, message) for ref in refs))


@step("post_alarms", interruptible=True)
async def post_alarms(operation: AnyOperation, people: list[str], alarm: Message) -> list[MessageRef]:
    """Write to each of these people, before all else, for a day if need be; return as `write_to` does."""
    return await _write(
        operation, people, alarm, "alarm", give_up_after=ALARM_SECONDS, priority=Priority.ALARM
    )


@step("reply_surely", interruptible=True)
async def reply_surely(operation: AnyOperation, ref: MessageRef, text: str, part: str) -> None:
    """Reply under the operation's card, shown in the channel too. Outlasts any outage of Slack."""
    places = _places(operation, ref.channel)
    await reply(operation, places, ref, text, part, give_up_after=None, broadcast=True)


@step("show_outcome", interruptible=True)
async def show_outcome(operation: AnyOperation, ref: MessageRef, outcome: Outcome) -> MessageRef:
    """Edit the operation's card to its outcome, or post it anew if that can't be done.

    Outlasts any outage of Slack. Returns where the outcome is.
    """
    if not ref.ts and is_told_nobody(operation, _level(operation), outcome):
        return MessageRef()
    shown = ref if ref.ts else await find_card(operation, _places(operation))
    places = _places(operation, outcome=outcome)
    ref = await show_finally(operation, places, shown, views.ended(operation, outcome))
    count_notice(operation.verb, outcome.ended_at, ref)
    return ref


@step("tell_channel", interruptible=True)
async def tell_channel(operation: AnyOperation, outcome: Outcome) -> None:
    """Post an outcome that the channel is to be shown, if its card is with the requester alone.

    Outlasts any outage of Slack.
    """
    if _is_shown(operation) or not _is_shown(operation, outcome):
        return
    await post_news(operation, views.ended(operation, outcome))


@step("tell_requester", interruptible=True)
async def tell_requester(operation: AnyOperation, ref: MessageRef, outcome: Outcome) -> None:
    """Reply under the outcome, mentioning the requester. Outlasts any outage of Slack.

    What concerns everybody is shown in the channel too.
    """
    text = outcome_messages.reply(operation, outcome)
    is_private = ref.channel.startswith("D")
    is_news_here = is_news(operation, _level(operation), outcome)
    broadcast = concerns_the_channel(operation, outcome) and is_news_here and not is_private
    places = _places(operation, ref.channel)
    told = await reply(operation, places, ref, text, "reply", give_up_after=None, broadcast=broadcast)
    if isinstance(operation, WatchOperation):
        # It has no card: this is what shows how it ended.
        count_notice(operation.verb, outcome.ended_at, told)


@step("tell_privately", interruptible=True)
async def tell_privately(operation: AnyOperation, outcome: Outcome) -> None:
    """Show an outcome to the requester alone: in the channel, or if that fails in a direct message.

    Outlasts any outage of Slack.
    """
    message, slack = views.ended(operation, outcome), services().messages
    if not await slack.show_privately(
        operation.channel,
        operation.requested_by,
        message,
        thread_ts=operation.thread_ts,
        give_up_after=ANNOUNCE_SECONDS,
    ):
        await slack.post_once(
            [operation.requested_by],
            message.arguments(),
            f"{operation.id}:private",
            is_recovery=is_recovery(),
            give_up_after=None,
        )


def count_notice(verb: Verb, ended_at: datetime, shown: MessageRef) -> None:
    """Measure how long after an end was seen (UTC) Slack took the message that shows it.

    If Slack refused that message for good, it has no `ts`, and nobody was given notice.
    """
    if not shown.ts:
        return
    seconds = (services().now() - ended_at).total_seconds()
    NOTICE_SECONDS.labels(verb).observe(max(0.0, seconds))


async def _first_progress(operation: Operation) -> Progress:
    ahead = await ahead_of(operation)
    if ahead is None:
        return Running()
    first = ahead.operation
    log.info("operation_queued", behind=first.id)
    return Queued(Ahead(first.verb, first.requested_by, first.requested_at))


async def _write(
    operation: Operation,
    people: list[str],
    message: Message,
    part: str,
    *,
    give_up_after: float,
    priority: Priority | None = None,
) -> list[MessageRef]:
    return await asyncio.gather(
        *(
            services().messages.post_once(
                [person],
                message.arguments(),
                f"{operation.id}:{part}:{person}",
                is_recovery=is_recovery(),
                give_up_after=give_up_after,
                priority=priority,
            )
            for person in people
        )
    )


async def post_card(
    request: BaseRequest,
    places: Sequence[str],
    message: Message,
    *,
    give_up_after: float,
    says_queued: bool = False,
) -> PostedCard:
    """Post the card of a request once, in the first of these places that takes it, within so many s."""
    ref = await services().messages.post_once(
        places,
        message.arguments(),
        f"{request.id}:card",
        thread_ts=request.thread_ts,
        is_recovery=is_recovery(),
        give_up_after=give_up_after,
    )
    link = await services().messages.permalink(ref)
    return PostedCard(channel=ref.channel, ts=ref.ts, permalink=link, says_queued=says_queued)


async def find_card(request: BaseRequest, places: Sequence[str]) -> MessageRef:
    """Return the card of a request if it was posted, but Slack's answer did not come in time."""
    found = await services().messages.find(places, f"{request.id}:card", thread_ts=request.thread_ts)
    return found or MessageRef()


async def show_finally(
    request: BaseRequest, places: Sequence[str], ref: MessageRef, message: Message
) -> MessageRef:
    """Edit the card of a request for good, or post it anew in one of these places; return where it is.

    Outlasts any outage of Slack.
    """
    if ref.ts and await services().messages.edit_finally(ref, message):
        return ref
    return await services().messages.post_once(
        places,
        message.arguments(),
        f"{request.id}:outcome",
        thread_ts=request.thread_ts,
        is_recovery=is_recovery(),
        give_up_after=None,
    )


async def post_news(request: BaseRequest, message: Message) -> None:
    """Post how a request ended in its channel, whose card is with the requester alone.

    Outlasts any outage of Slack.
    """
    await services().messages.post_once(
        [request.channel],
        message.arguments(),
        f"{request.id}:news",
        is_recovery=is_recovery(),
        give_up_after=None,
    )


async def reply(
    request: BaseRequest,
    places: Sequence[str],
    ref: MessageRef,
    text: str,
    part: str,
    *,
    give_up_after: float | None,
    broadcast: bool = False,
) -> MessageRef:
    """Reply once under a message about a request; as `post_once` does if that is in none of these places."""
    return await services().messages.post_once(
        places,
        text_alone(text),
        f"{request.id}:{part}",
        thread_ts=_thread_of(request, ref),
        broadcast=broadcast,
        is_recovery=is_recovery(),
        give_up_after=give_up_after,
    )


def _thread_of(request: BaseRequest, ref: MessageRef) -> str:
    """Return the thread in which replies to a message stand: threads have no threads of their own."""
    is_in_thread = bool(request.thread_ts) and ref.channel == request.channel
    return request.thread_ts if is_in_thread else ref.ts


def _is_shown(operation: Operation, outcome: Outcome | None = None) -> bool:
    return is_shown(operation, _level(operation), outcome)


def _level(operation: Operation) -> Notify:
    return services().notify.of(operation.channel)


def _places(operation: Operation, channel: str = "", outcome: Outcome | None = None) -> list[str]:
    """Return where something is said: in a channel, by default that of the operation if it is shown there."""
    own = operation.channel if _is_shown(operation, outcome) else ""
    return [channel or own, operation.requested_by]
