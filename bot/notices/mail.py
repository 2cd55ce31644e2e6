"""A message of ours: posted once, found again where it may have been posted already, edited.

Slack knows no idempotency key for chat.postMessage. So each message carries a key in its metadata, and is
looked for before it is posted a second time. That needs the optional history scopes, and membership in the
channel; without them a message may come twice when we die between Slack's answer and our record of it.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from bot.notices.delivery import GONE, NOWHERE, UNDRAWABLE, Delivered, deliver, will_pass
from bot.slack.message import Message
from bot.slack.text import cut

log = structlog.get_logger()

EVENT_TYPE = "backup_operation"
PAGE = 200
FEW_WORDS = 300
"""Characters, where Slack takes no more."""
MOST_PAGES = 5
"""How much of a channel's history is looked through, newest first."""

Turn = Callable[[str], Awaitable[None]]
"""Returns when something may be posted at that place."""
Calling = Callable[[], AbstractAsyncContextManager[None]]
"""Waits for the turn to call, and knows how long the call lasts."""


async def send(
    client: AsyncWebClient,
    places: Sequence[str],
    content: dict[str, Any],
    key: str,
    *,
    turn: Turn,
    replayed: bool,
    patience: float | None,
) -> Delivered:
    """Post a message in the first of these places that takes it; the thread is one of the first place.

    Where it is `replayed` and there already, that is the answer. `patience` is in seconds, None for ever;
    `turn` is awaited with the place before each call.
    """
    thread_ts = content.pop("thread_ts", None)
    if replayed and (found := await find(client, places, key, thread_ts=thread_ts, patience=patience)):
        return found
    sent = Delivered(error="channel_not_found")
    for place in places:
        in_thread = {"thread_ts": thread_ts} if thread_ts and place == places[0] else {}
        sent = await _post(client, place, content | in_thread, key, turn, patience)
        if sent.error not in NOWHERE | GONE:
            return sent
    return sent


async def find(
    client: AsyncWebClient,
    places: Sequence[str],
    key: str,
    *,
    thread_ts: str | None = None,
    patience: float | None = None,
) -> Delivered | None:
    """Return where the message with that key is; None where it is not there or can't be looked for."""
    for place in places:
        found = await _find_in(client, place, key, thread_ts if place == places[0] else None, patience)
        if found.ts:
            return found
        if found.error:
            log.info("history_not_read", error=found.error, key=key)
    return None


async def edit(client: AsyncWebClient, at: Delivered, message: Message, calling: Calling) -> Delivered:
    """Edit a message; only its words where Slack can't draw it. Outlasts any outage of Slack.

    Each call is made within `calling()`.
    """
    content = {name: value for name, value in message.arguments().items() if name in {"text", "blocks"}}

    async def update() -> Any:
        async with calling():
            return await client.chat_update(channel=at.channel, ts=at.ts, parse="none", **content)

    edited = await deliver(update)
    if edited.error in UNDRAWABLE and content["blocks"]:
        log.error("message_undrawable", error=edited.error, ts=at.ts)
        content["blocks"] = []
        return await deliver(update)
    return edited


async def _post(
    client: AsyncWebClient,
    place: str,
    content: dict[str, Any],
    key: str,
    turn: Turn,
    patience: float | None,
) -> Delivered:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}

    async def post() -> Any:
        await turn(place)
        return await client.chat_postMessage(channel=place, metadata=metadata, **content)

    async def look() -> Delivered | None:
        return await find(client, [place], key, thread_ts=content.get("thread_ts"))

    sent = await deliver(post, patience=patience, before_repeat=look)
    for plainer in _plainer(content):
        if sent.error not in UNDRAWABLE:
            return sent
        log.error("message_undrawable", error=sent.error, key=key)
        content = plainer
        sent = await deliver(post, patience=patience, before_repeat=look)
    return sent


def _plainer(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what to say where Slack can't draw a message: its words alone, then only the first of them."""
    words = {name: value for name, value in content.items() if name != "blocks"}
    if "blocks" in content:
        yield words
    yield words | {"text": cut(words["text"], FEW_WORDS)}


async def _find_in(
    client: AsyncWebClient, place: str, key: str, thread_ts: str | None, patience: float | None
) -> Delivered:
    async def look() -> dict[str, str]:
        channel = await _channel(client, place)
        read = client.conversations_replies if thread_ts else client.conversations_history
        where: dict[str, Any] = {"channel": channel} | ({"ts": thread_ts} if thread_ts else {})
        cursor = ""
        for _ in range(MOST_PAGES):
            answer = await read(**where, limit=PAGE, include_all_metadata=True, cursor=cursor)
            for message in answer.get("messages") or []:
                if _key(message) == key:
                    return {"channel": channel, "ts": str(message["ts"])}
            cursor = str((answer.get("response_metadata") or {}).get("next_cursor") or "")
            if not cursor:
                break
        return {}

    return await deliver(look, patience=patience, is_final=lambda error: not will_pass(error))


async def _channel(client: AsyncWebClient, place: str) -> str:
    """Return a channel's id; for a person that of their direct messages, as history is read by no other."""
    if not place.startswith(("U", "W")):
        return place
    answer = await client.conversations_open(users=place)
    return str(answer["channel"]["id"])


def _key(message: dict[str, Any]) -> str:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("key", ""))
