"""A person at their Slack client: who they are, where they look, and telling the bot what they do."""

from dataclasses import dataclass

from bot.sandbox.people.filling_in import NotPossible
from bot.sandbox.slack import payloads
from bot.sandbox.slack.delivery import Delivery, Dispatcher, Unanswered
from bot.sandbox.slack.modals import stack_of
from bot.sandbox.slack.response_urls import ResponseUrls
from bot.sandbox.slack.workspace import SLACKBOT, Channel, Json, Message, OpenView, Person, Workspace


@dataclass(frozen=True)
class Answer:
    """Whether Slack got its ack, and the failure it shows otherwise."""

    acked: bool
    error: str | None = None


ACKED = Answer(acked=True)


class Presence:
    """What every kind of action needs. Names of places may be channel ids, names, or "dm"."""

    def __init__(
        self, workspace: Workspace, dispatcher: Dispatcher, response_urls: ResponseUrls, person: Person
    ) -> None:
        self.workspace = workspace
        self.person = person
        self._dispatcher = dispatcher
        self._response_urls = response_urls
        self._at_home = False
        self._offers: dict[tuple[str, str], list[Json]] = {}

    @property
    def modal(self) -> OpenView | None:
        """The modal in front of the person."""
        stack = stack_of(self.workspace, self.person.id)
        return stack[-1] if stack else None

    async def sees(self, channel: str = "ops", thread_ts: str | None = None) -> list[Message]:
        """The messages of a channel, or of a thread with its parent, oldest first, ephemerals included.

        Raises:
            NotPossible: the person can't open that channel.
        """
        messages = self._visible(self._channel(channel))
        if thread_ts is None:
            return [found for found in messages if not found.is_reply or found.broadcast]
        return [found for found in messages if thread_ts in (found.ts, found.thread_ts)]

    def _channel(self, name: str) -> Channel:
        wanted = self.workspace.im_of(self.person.id).id if name == "dm" else name.removeprefix("#")
        for channel in self.workspace.channels.values():
            if wanted in (channel.id, channel.name) and self.workspace.can_see(self.person.id, channel):
                return channel
        raise NotPossible(f"{self.person.handle} can't see a channel {name!r}.")

    def _visible(self, channel: Channel) -> list[Message]:
        everything = self.workspace.messages.get(channel.id, [])
        return [found for found in everything if found.ephemeral_to in (None, self.person.id)]

    def _in_front(self) -> OpenView:
        if self.modal is None:
            raise NotPossible(f"{self.person.handle} has no modal open.")
        return self.modal

    async def _tell(self, kind: str, payload: Json, *, takes_payload: bool = False) -> tuple[Answer, Json]:
        delivery = Delivery(
            "slash_commands" if kind == "slash_commands" else "interactive", payload, takes_payload
        )
        try:
            return ACKED, await self._dispatcher.deliver(delivery)
        except Unanswered as failure:
            return Answer(acked=False, error=str(failure)), {}

    async def _happens(self, event: Json) -> Answer:
        if payloads.subscription(event) not in self.workspace.app.events:
            return ACKED
        try:
            await self._dispatcher.deliver_event(payloads.event(self.workspace, event))
        except Unanswered as failure:
            return Answer(acked=False, error=str(failure))
        return ACKED

    def _whisper(self, channel: Channel, text: str) -> None:
        stamp = self.workspace.next_ts()
        self.workspace.add(Message(channel.id, stamp, SLACKBOT, text, ephemeral_to=self.person.id))
