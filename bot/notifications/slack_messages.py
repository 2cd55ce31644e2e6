"""Messages of ours: posted once, found again if they may have been posted already, edited in order.

chat.postMessage documents no idempotency key. So each message carries a key in its metadata, and is looked
for before it is posted a second time. That needs the optional history scopes, and membership in the channel;
without them, and where `client_msg_ids` don't help either, a message may come twice if we die between Slack's
answer and our record of it.

What a message says last must be the last that happened, though edits may have to wait for the rate limit. So
an edit that shows progress and has not gone out yet is dropped as soon as there is something newer to say;
the edit that shows an outcome never is.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.notifications.client_msg_ids import FORGOTTEN, ClientMsgIds
from bot.notifications.model import MessageRef
from bot.notifications.rate_limit import Priority, SlackRateLimits
from bot.notifications.retry import GONE, NOWHERE, UNDRAWABLE, SlackResult, call_slack, will_pass
from bot.slack.auth import UNANSWERED, error_name
from bot.slack.message import Message
from bot.slack.newer_blocks import newer_types, older
from bot.slack.text import truncate_mrkdwn

log = structlog.get_logger()

EVENT_TYPE = "backup_operation"
PAGE = 200
MOST_PAGES = 5
"""How much of a channel's history is looked through, newest first."""
FEW_WORDS = 300
"""Characters, if Slack takes no more."""
PERMALINK_SECONDS = 3.0
STOP_SECONDS = 1.0

T = TypeVar("T")
Content = dict[str, Any]


@dataclass(eq=False)
class _Progress:
    """An edit that may be dropped, except in the middle of a call."""

    task: asyncio.Task[SlackResult] | None = None
    is_overtaken: bool = False
    is_calling: bool = False

    def overtake(self) -> None:
        self.is_overtaken = True
        self.drop_if_overtaken()

    def drop_if_overtaken(self) -> None:
        if self.task and self.is_overtaken and not self.is_calling:
            self.task.cancel()


@dataclass(eq=False)
class _Edits:
    """The edits of one message, one after the other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    progress: _Progress | None = None

    def overtake(self) -> None:
        if self.progress is not None:
            self.progress.overtake()
            self.progress = None


class SlackMessages:
    """What the bot says by itself. Nothing here raises what Slack answers.

    `while_waiting` runs what only waits, so that a stop need not wait for it. `ids` give each message an
    id by which Slack may know it.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        limits: SlackRateLimits,
        while_waiting: Callable[[Coroutine[Any, Any, None]], Awaitable[None]] | None = None,
        ids: ClientMsgIds | None = None,
    ) -> None:
        self._client = client
        self._limits = limits
        self._while_waiting = while_waiting
        self._ids = ids
        self._edits: WeakValueDictionary[tuple[str, str], _Edits] = WeakValueDictionary()
        self._tasks: set[asyncio.Task[SlackResult]] = set()

    async def post_once(
        self,
        places: Sequence[str],
        content: Content,
        key: str,
        *,
        thread_ts: str = "",
        broadcast: bool = False,
        is_recovery: bool,
        give_up_after: float | None,
        priority: Priority | None = None,
    ) -> MessageRef:
        """Post a message in the first of these places that takes it; the thread is one of the first place.

        Places that are empty, or named twice, are left out.

        `broadcast` shows what is posted in a thread in the channel as well.

        If another run may have posted it (`is_recovery`) and it is there, that is the answer. Gives up after
        so many seconds, never if that is None: then it outlasts any outage of Slack, and is more urgent,
        unless `priority` says how urgent it is.
        """
        places = _each_once(places)
        if is_recovery and (
            found := await self.find(places, key, thread_ts=thread_ts, give_up_after=give_up_after)
        ):
            log.info("message_found", key=key, channel=found.channel, ts=found.ts)
            return found
        if priority is None:
            priority = Priority.OUTCOME if give_up_after is None else Priority.NOTICE
        sent = SlackResult(error="channel_not_found")
        for place in places:
            thread = _thread(thread_ts, broadcast=broadcast) if place == places[0] else {}
            sent = await self._post(place, content, key, thread, priority, give_up_after)
            if sent.error not in NOWHERE | GONE:
                break
        if sent.error:
            log.error("message_not_posted", key=key, error=sent.error)
        elif priority is Priority.RECORD:
            # The log has the entry itself.
            log.debug("entry_mirrored", key=key, channel=sent.channel, ts=sent.ts)
        else:
            log.info("message_posted", key=key, channel=sent.channel, ts=sent.ts)
        return MessageRef(channel=sent.channel, ts=sent.ts)

    async def find(
        self, places: Sequence[str], key: str, *, thread_ts: str = "", give_up_after: float | None = None
    ) -> MessageRef | None:
        """Return where the message with that key is; None if it is not there or can't be looked for."""
        places = _each_once(places)
        for place in places:
            thread = thread_ts if place == places[0] else ""
            found = await self._find_in(place, key, thread, give_up_after)
            if found.ts:
                return MessageRef(channel=found.channel, ts=found.ts)
            if found.error:
                log.info("history_not_read", key=key, error=found.error)
        return None

    async def permalink(self, ref: MessageRef) -> str:
        """Return a message's address; "" if Slack does not tell it within 3 s."""
        if not ref.ts:
            return ""
        try:
            async with asyncio.timeout(PERMALINK_SECONDS):
                answer = await self._client.chat_getPermalink(channel=ref.channel, message_ts=ref.ts)
        except (SlackApiError, *UNANSWERED) as error:
            log.info("no_permalink", error=type(error).__name__)
            return ""
        return str(answer.get("permalink") or "")

    async def show_privately(
        self, channel: str, person: str, message: Message, *, thread_ts: str = "", give_up_after: float
    ) -> bool:
        """Show a message in a channel to one person alone; return False if Slack does not take it."""
        where: Content = {"channel": channel, **_thread(thread_ts, broadcast=False)}

        async def ephemeral(content: Content) -> SlackResult:
            async def post() -> Any:
                await self._limits.post(channel, Priority.OUTCOME)
                return await self._client.chat_postEphemeral(**where, user=person, **content)

            return await call_slack(post, give_up_after=give_up_after)

        return not (await _drawable(ephemeral, {"text": message.text, "blocks": message.drawn()})).error

    async def edit_finally(self, ref: MessageRef, message: Message) -> bool:
        """Edit a message for good; outlasts any outage of Slack. Returns False if it can't be edited."""
        edits = self._edits_of(ref)
        edits.overtake()

        @asynccontextmanager
        async def calling() -> AsyncIterator[None]:
            await self._limits.edit(Priority.OUTCOME)
            yield

        async with edits.lock:
            edited = await self._edit(ref, message, calling)
        if edited.error:
            log.warning("message_not_edited", channel=ref.channel, ts=ref.ts, error=edited.error)
        else:
            log.info("message_edited", channel=ref.channel, ts=ref.ts)
        return not edited.error

    async def edit_progress(self, ref: MessageRef, message: Message, *, wait: float | None) -> bool:
        """Edit a message unless it is overtaken; returns after `wait` seconds, while that goes on.

        Returns True if it was edited by then.
        """
        edits, progress = self._edits_of(ref), _Progress()
        edits.overtake()
        edits.progress = progress

        @asynccontextmanager
        async def calling() -> AsyncIterator[None]:
            await self._limits.edit(Priority.PROGRESS)
            progress.is_calling = True
            try:
                yield
            finally:
                progress.is_calling = False
                progress.drop_if_overtaken()

        async def edit() -> SlackResult:
            async with edits.lock:
                return await self._edit(ref, message, calling)

        progress.task = task = asyncio.create_task(edit())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait({task}, timeout=wait)
        return task.done() and not task.cancelled() and not task.result().error

    async def aclose(self) -> None:
        """Drop the progress edits that have not gone out."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _edits_of(self, ref: MessageRef) -> _Edits:
        return self._edits.setdefault((ref.channel, ref.ts), _Edits())

    async def _may_post(self, place: str, priority: Priority) -> None:
        async def wait() -> None:
            await self._limits.post(place, priority)
            if self._ids:
                await self._ids.prepare()

        await (self._while_waiting(wait()) if self._while_waiting else wait())

    async def _edit(
        self, ref: MessageRef, message: Message, calling: Callable[[], AbstractAsyncContextManager[None]]
    ) -> SlackResult:
        async def edit(content: Content) -> SlackResult:
            async def update() -> Any:
                async with calling():
                    return await self._client.chat_update(
                        channel=ref.channel, ts=ref.ts, parse="none", **content
                    )

            return await call_slack(update)

        return await _drawable(edit, {"text": message.text, "blocks": message.drawn()})

    async def _post(
        self,
        place: str,
        content: Content,
        key: str,
        thread: Content,
        priority: Priority,
        give_up_after: float | None,
    ) -> SlackResult:
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"key": key}}

        async def look() -> SlackResult | None:
            found = await self.find([place], key, thread_ts=thread.get("thread_ts", ""))
            return SlackResult(channel=found.channel, ts=found.ts) if found else None

        async def send(content: Content) -> SlackResult:
            async def post() -> Any:
                await self._may_post(place, priority)
                message: Content = {"channel": place, "metadata": metadata, **thread, **content}
                return await self._post_by_id(message, key)

            return await call_slack(post, give_up_after=give_up_after, before_repeat=look)

        return await _drawable(send, content)

    async def _post_by_id(self, message: Content, key: str) -> Any:
        by_id = self._ids.argument(message["channel"], key) if self._ids else {}
        try:
            return await self._client.chat_postMessage(**message, **by_id)
        except SlackApiError as error:
            if not by_id or error_name(error) not in FORGOTTEN:
                raise
        # Somebody has deleted it, or it never came: to say it again is better than not at all.
        return await self._client.chat_postMessage(**message)

    async def _find_in(
        self, place: str, key: str, thread_ts: str, give_up_after: float | None
    ) -> SlackResult:
        async def look() -> dict[str, str]:
            channel = await self._channel(place)
            client = self._client
            read = client.conversations_replies if thread_ts else client.conversations_history
            where: Content = {"channel": channel} | ({"ts": thread_ts} if thread_ts else {})
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

        return await call_slack(
            look, give_up_after=give_up_after, is_final=lambda error: not will_pass(error)
        )

    async def _channel(self, place: str) -> str:
        """Return a channel's id; for a person that of their direct messages, by which history is read."""
        if not place.startswith(("U", "W")):
            return place
        answer = await self._client.conversations_open(users=place)
        return str(answer["channel"]["id"])


async def finishing(posting: Coroutine[Any, Any, T]) -> T:
    """Return what a posting returns; a stop gives it a second to end, so that it is not posted once more."""
    task = asyncio.create_task(posting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=STOP_SECONDS)
        task.cancel()
        raise


async def _drawable(send: Callable[[Content], Awaitable[SlackResult]], content: Content) -> SlackResult:
    """Send a message, in plainer forms if Slack can't draw it."""
    sent = await send(content)
    for plainer in _plainer(content):
        if sent.error not in UNDRAWABLE:
            return sent
        log.error("message_undrawable", error=sent.error)
        sent = await send(plainer)
    return sent


def _each_once(places: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, places)))


def _thread(thread_ts: str, *, broadcast: bool) -> Content:
    return {"thread_ts": thread_ts} | ({"reply_broadcast": True} if broadcast else {}) if thread_ts else {}


def _plainer(content: Content) -> Iterator[Content]:
    """Yield what to say if Slack can't draw a message: with older blocks, its words alone, few of them."""
    words = {name: value for name, value in content.items() if name != "blocks"}
    if newer_types(content):
        yield older(content)
    if "blocks" in content:
        yield words | {"blocks": []}
    yield words | {"text": truncate_mrkdwn(words["text"], FEW_WORDS)}


def _key(message: Content) -> str:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("key", ""))
