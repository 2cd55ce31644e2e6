"""Posting what we announce: one message per operation, edited as it moves on, and one reply at its end."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import structlog
from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.notices import mail, views
from bot.notices.delivery import Delivered, deliver
from bot.notices.edits import Edits
from bot.notices.pace import Pace, Urgency
from bot.operations.engine import is_replayed, pause, step
from bot.operations.model import Began, Operation, Outcome
from bot.operations.ports import Port
from bot.operations.records import ahead_of
from bot.slack.auth import UNANSWERED
from bot.slack.message import Message

log = structlog.get_logger()

slack: Port[AsyncWebClient] = Port("the Slack client")
pace: Port[Pace] = Port("the pace")
edits: Port[Edits] = Port("the edits")

ANNOUNCE_SECONDS = 15.0
"""How long an operation waits for its announcement: an emergency does not wait for Slack."""
PROGRESS_SECONDS = 2.0
"""How long an operation waits until its progress is shown; it is then shown as soon as Slack takes it."""
LINK_SECONDS = 3.0


class Card(BaseModel):
    """Where an operation's message is; `ts` is empty where it could not be posted.

    `says_waiting` is true where it says that the operation waits for another; `link` is its address.
    """

    model_config = ConfigDict(frozen=True)

    channel: str = ""
    ts: str = ""
    says_waiting: bool = False
    link: str = ""


@step("announce")
async def announce(operation: Operation, began: Began) -> Card:
    """Post the operation's message, to whoever asked where the channel can't be written to."""
    ahead = await ahead_of(operation)
    card = await _post_card(operation, views.waiting(operation, ahead), began, patience=ANNOUNCE_SECONDS)
    return card.model_copy(update={"says_waiting": ahead is not None})


@step("ask", waits=True)
async def ask(operation: Operation, question: Message, began: Began, until: datetime) -> Card:
    """Post the operation's message as a question to those who must agree first.

    Outlasts an outage of Slack, but not the moment (UTC) until which an answer counts.
    """
    left = (until - datetime.now(UTC)).total_seconds()
    return await _post_card(operation, question, began, patience=max(left, ANNOUNCE_SECONDS))


@step("show_agreed")
async def show_agreed(operation: Operation, card: Card) -> Card:
    """Edit the question to say that the operation goes ahead, or for whom it waits first."""
    ahead = await ahead_of(operation)
    if card.ts:
        await _show_progress(card, views.waiting(operation, ahead))
    return card.model_copy(update={"says_waiting": ahead is not None})


@step("write_to", waits=True)
async def write_to(
    operation: Operation, people: list[str], message: Message, part: str, began: Began
) -> list[Card]:
    """Write to each of these people directly; return where the messages are, those left out that failed."""

    async def write(person: str) -> Card:
        key = f"{operation.id}:{part}:{person}"
        content = message.arguments()
        replayed = is_replayed(began)
        turn = _turn(Urgency.NOTICE)
        sent = await mail.send(
            slack(), [person], content, key, turn=turn, replayed=replayed, patience=ANNOUNCE_SECONDS
        )
        return Card(channel=sent.channel, ts=sent.ts)

    cards = await asyncio.gather(*(write(person) for person in people))
    return [card for card in cards if card.ts]


@step("tell_thread", waits=True)
async def tell_thread(operation: Operation, card: Card, text: str, part: str, began: Began) -> None:
    """Reply under the operation's message, within 15 s or not at all."""
    await _reply(operation, card, text, part, began, patience=ANNOUNCE_SECONDS)


@step("revise")
async def revise(card: Card, message: Message) -> None:
    """Edit the operation's message, unless it says something newer before Slack takes the edit."""
    if card.ts:
        await _show_progress(card, message)


@step("show_outcome", waits=True)
async def show_outcome(operation: Operation, card: Card, outcome: Outcome, began: Began) -> Card:
    """Edit the operation's message to its outcome, or post it anew where that can't be done.

    Outlasts any outage of Slack. Returns where the outcome is.
    """
    message = views.ended(operation, outcome)
    shown = card if card.ts else await _unnoticed_card(operation)
    if shown.ts and not (await edits().show_outcome(_at(shown), message)).error:
        return shown
    key = f"{operation.id}:outcome"
    sent = await _post(operation, message.arguments(), key, replayed=is_replayed(began), patience=None)
    return Card(channel=sent.channel, ts=sent.ts)


@step("tell_asker", waits=True)
async def tell_asker(operation: Operation, card: Card, outcome: Outcome, began: Began) -> None:
    """Reply under the outcome, mentioning whoever asked. Outlasts any outage of Slack."""
    await _reply(operation, card, views.reply(operation, outcome), "reply", began, patience=None)


@step("tell_late", waits=True)
async def tell_late(operation: Operation, card: Card, limit_seconds: float, began: Began) -> None:
    """Say, in the message and in its thread, that the backup takes longer than `limit_seconds`."""
    if card.ts:
        await _show_progress(card, views.late(operation, began.at, limit_seconds))
    text = views.late_reply(operation, limit_seconds)
    await _reply(operation, card, text, "late", began, patience=ANNOUNCE_SECONDS)


@step("whisper_outcome")
async def whisper_outcome(operation: Operation, outcome: Outcome) -> None:
    """Show an outcome to whoever asked alone: in the channel, or in a direct message where that fails."""
    content = views.ended(operation, outcome).arguments()
    turn = _turn(Urgency.OUTCOME)
    del content["unfurl_links"], content["unfurl_media"]

    async def whisper() -> Any:
        await turn(operation.channel)
        return await slack().chat_postEphemeral(channel=operation.channel, user=operation.asked_by, **content)

    async def write() -> Any:
        await turn(operation.asked_by)
        return await slack().chat_postMessage(channel=operation.asked_by, **content)

    if (await deliver(whisper, patience=ANNOUNCE_SECONDS)).error:
        await deliver(write)


async def _post_card(operation: Operation, message: Message, began: Began, *, patience: float) -> Card:
    key = f"{operation.id}:card"
    content = message.arguments()
    sent = await _post(operation, content, key, replayed=is_replayed(began), patience=patience)
    return Card(channel=sent.channel, ts=sent.ts, link=await _link(sent))


async def _link(sent: Delivered) -> str:
    if not sent.ts:
        return ""
    try:
        async with asyncio.timeout(LINK_SECONDS):
            answer = await slack().chat_getPermalink(channel=sent.channel, message_ts=sent.ts)
    except (SlackApiError, *UNANSWERED) as error:
        log.info("no_link", reason=type(error).__name__)
        return ""
    return str(answer.get("permalink", ""))


async def _reply(
    operation: Operation, card: Card, text: str, part: str, began: Began, *, patience: float | None
) -> None:
    content: dict[str, Any] = {"text": text, "unfurl_links": False, "unfurl_media": False}
    if card.ts:
        content |= {"channel": card.channel, "thread_ts": card.ts}
    key = f"{operation.id}:{part}"
    sent = await _post(operation, content, key, replayed=is_replayed(began), patience=patience)
    if sent.error:
        log.error("nobody_told", operation=operation.id, error=sent.error)


async def _unnoticed_card(operation: Operation) -> Card:
    """Return the operation's message where it was posted, but Slack's answer did not come in time."""
    found = await mail.find(slack(), _places(operation), f"{operation.id}:card")
    return Card(channel=found.channel, ts=found.ts) if found else Card()


async def _post(
    operation: Operation, content: dict[str, Any], key: str, *, replayed: bool, patience: float | None
) -> Delivered:
    places = _places(operation, content.pop("channel", ""))
    turn = _turn(Urgency.OUTCOME if patience is None else Urgency.NOTICE)
    return await mail.send(slack(), places, content, key, turn=turn, replayed=replayed, patience=patience)


def _places(operation: Operation, channel: str = "") -> list[str]:
    return list(dict.fromkeys((channel or operation.channel, operation.asked_by)))


def _turn(urgency: Urgency) -> mail.Turn:
    async def turn(place: str) -> None:
        await pause(pace().post(place, urgency))

    return turn


async def _show_progress(card: Card, message: Message) -> None:
    await edits().show_progress(_at(card), message, wait=PROGRESS_SECONDS)


def _at(card: Card) -> Delivered:
    return Delivered(channel=card.channel, ts=card.ts)
