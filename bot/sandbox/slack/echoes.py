"""Events about the bot's own messages: Slack tells an app of what it posted, edited and deleted.

https://docs.slack.dev/reference/events/message
"""

import asyncio

from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Dispatcher, Unanswered
from bot.sandbox.slack.payloads import message_json
from bot.sandbox.slack.workspace import Change, Channel, Json, Workspace


class Echoes:
    """Delivers them in the background, where the app subscribed to messages of that kind of channel."""

    def __init__(self, workspace: Workspace, dispatcher: Dispatcher) -> None:
        self._workspace = workspace
        self._dispatcher = dispatcher
        self._known: dict[str, Json] = {}
        self._delivering: set[asyncio.Task[None]] = set()
        workspace.listen(self._heard)

    async def stop(self) -> None:
        """Give up what is being delivered."""
        for task in list(self._delivering):
            task.cancel()
        await asyncio.gather(*self._delivering, return_exceptions=True)

    def _heard(self, change: Change) -> None:
        channel = self._workspace.channels.get(change.channel or "")
        if channel is None or change.person is not None or change.ts is None or not self._is_told_of(channel):
            return
        event = self._event(change.kind, channel, change.ts)
        if event is None:
            return
        task = asyncio.create_task(self._deliver(payloads.event(self._workspace, event)))
        self._delivering.add(task)
        task.add_done_callback(self._delivering.discard)

    def _is_told_of(self, channel: Channel) -> bool:
        app = self._workspace.app
        kind = payloads.subscription({"type": "message", "channel_type": payloads.channel_type(channel)})
        return kind in app.events and app.bot_user in channel.members

    def _event(self, kind: str, channel: Channel, ts: str) -> Json | None:
        where: Json = {"channel": channel.id, "channel_type": payloads.channel_type(channel)}
        before = self._known.pop(ts, None)
        if kind == "message_gone":
            return before and where | self._about("message_deleted", deleted_ts=ts, previous=before)
        message = self._workspace.find(channel.id, ts)
        if message is None or not message.by_bot:
            return None
        now = self._known[ts] = message_json(self._workspace, message)
        if before is None:
            return now | where | {"event_ts": message.ts}
        return where | self._about("message_changed", message=now, previous=before)

    def _about(self, subtype: str, *, previous: Json, **more: object) -> Json:
        stamp = self._workspace.next_ts()
        hidden: Json = {"type": "message", "subtype": subtype, "hidden": True, "ts": stamp, "event_ts": stamp}
        return hidden | more | {"previous_message": previous}

    async def _deliver(self, event: Json) -> None:
        try:
            await self._dispatcher.deliver_event(event)
        except Unanswered:
            return
