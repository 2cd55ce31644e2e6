"""The pretend workspace: who and what is in it, and who is told when something changes."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.sandbox.faults import Faults
from bot.sandbox.slack.installed_app import InstalledApp
from bot.sandbox.slack.triggers import Triggers

Json = dict[str, Any]
Values = dict[str, dict[str, Json]]
ChannelKind = Literal["public", "private", "im"]
SLACKBOT = "slackbot"
HOME_TEAM = "T0SANDBOX"
FOUNDED = 1_700_000_000
"""When the workspace, its people and its channels came to be, in UTC seconds."""


@dataclass
class Person:
    """Somebody to act as. `role` is shown on the page only; Slack knows nothing of it.

    `workspaces` are all those of somebody on Enterprise Grid; `team_id` is where they are from.
    """

    id: str
    handle: str
    name: str
    role: str
    tz: str = "Europe/Berlin"
    is_guest: bool = False
    team_id: str = HOME_TEAM
    workspaces: tuple[str, ...] = ()
    deleted: bool = False

    @property
    def is_outsider(self) -> bool:
        """Whether they see only channels they are in: a guest, or somebody of another organisation."""
        return self.is_guest or HOME_TEAM not in (self.team_id, *self.workspaces)


@dataclass
class Channel:
    """A channel, or a person's direct messages with the bot (`im`, whose `name` is the person's id)."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str] = field(default_factory=set)
    is_archived: bool = False


@dataclass
class File:
    """A file the app uploads; `content` is None until it has come. `size` is in bytes."""

    id: str
    name: str
    size: int
    title: str = ""
    content: bytes | None = None


@dataclass
class Message:
    """A message as Slack keeps it. `ephemeral_to` is set where only that person sees it.

    `reactions` are the ids of those who reacted, by the emoji's name.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    edited: bool = False
    ephemeral_to: str | None = None
    by_bot: bool = False
    broadcast: bool = False
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)

    @property
    def is_reply(self) -> bool:
        """Whether it stands in a thread, under another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class OpenView:
    """A modal somebody has open. `payload` is the view the bot sent, `values` what was filled in so far.

    `errors` are shown under the inputs, by block id; `trouble` above everything.
    """

    id: str
    person: str
    payload: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: Values = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    busy: bool = False
    trouble: str | None = None


@dataclass(frozen=True)
class Change:
    """Something on the page is out of date: what, and whom it concerns (None: everybody)."""

    kind: Literal[
        "message", "message_gone", "modal", "home", "people", "channels", "faults", "bot", "options", "step"
    ]
    channel: str | None = None
    ts: str | None = None
    person: str | None = None


@dataclass
class StepRun:
    """One run of one of the bot's steps in Workflow Builder; `person` started the workflow it is in."""

    id: str
    callback_id: str
    inputs: Json
    token: str
    person: str = ""
    status: Literal["running", "completed", "failed"] = "running"
    outputs: Json = field(default_factory=dict)
    error: str | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class Workspace:
    """Everything the pretend Slack remembers, with a word to its listeners at each change.

    `base_url` ("http://127.0.0.1:8321", no path) must be set once the server listens: addresses
    handed to the bot begin with it. `complaints` collects what the bot sent that Slack would
    refuse without being able to tell it, such as a wrong answer inside an ack. `typed` is what stood
    behind each slash command that was acknowledged. `other_apps` are other apps' users, by id, as whom
    nobody can act. Without `app`, one is installed that has no rights and no features.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float] = time.time,
        faults: Faults | None = None,
        app: InstalledApp | None = None,
    ) -> None:
        self.now = now
        self.faults = faults or Faults()
        self.app = app or InstalledApp()
        self.base_url = ""
        self.ack_seconds = 3.0
        self.event_retry_seconds: tuple[float, ...] = (0.0, 60.0, 300.0)
        self.rates_enforced = False
        self.is_paid = True
        self.people: dict[str, Person] = {}
        self.other_apps: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, list[Message]] = {}
        self.posted_by_id: dict[tuple[str, str], str] = {}
        self.modals: dict[str, list[OpenView]] = {}
        self.homes: dict[str, Json] = {}
        self.files: dict[str, File] = {}
        self.usergroups: dict[str, list[str]] = {}
        self.usergroup_handles: dict[str, str] = {}
        self.step_runs: dict[str, StepRun] = {}
        self.chosen: dict[tuple[str, str], Values] = {}
        self.complaints: list[str] = []
        self.typed: list[str] = []
        self.triggers = Triggers(now)
        self._listeners: list[Callable[[Change], None]] = []
        self._last_ts = 0

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` at each change, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self, change: Change) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(change)

    def next_ts(self) -> str:
        """A new message's time stamp: UTC seconds with six digits after the point, never twice the same."""
        self._last_ts = max(self._last_ts + 1, int(self.now() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def im_of(self, person_id: str) -> Channel:
        """The direct messages between a person and the bot, opened if they weren't."""
        channel_id = f"D{person_id[1:]}"
        if channel_id not in self.channels:
            members = {person_id, self.app.bot_user}
            self.channels[channel_id] = Channel(channel_id, person_id, "im", members)
            self.changed(Change("channels"))
        return self.channels[channel_id]

    def add(self, message: Message) -> Message:
        """Show a new message."""
        self.messages.setdefault(message.channel, []).append(message)
        self._message_changed("message", message)
        return message

    def edited(self, message: Message) -> None:
        """Show that a message was edited."""
        message.edited = True
        self._message_changed("message", message)

    def reacted(self, message: Message) -> None:
        """Show that somebody reacted to a message, or does so no longer."""
        self._message_changed("message", message)

    def join(self, channel: Channel, person_id: str) -> None:
        """Let a person, or the bot, into a channel."""
        channel.members.add(person_id)
        self.changed(Change("channels"))

    def remove(self, message: Message) -> None:
        """Take a message away."""
        self.messages[message.channel].remove(message)
        self._message_changed("message_gone", message)

    def find(self, channel: str, ts: object) -> Message | None:
        """The message with that time stamp, if it is (still) there."""
        return next((found for found in self.messages.get(channel, []) if found.ts == ts), None)

    def can_see(self, person_id: str, channel: Channel) -> bool:
        """Whether a person can open a channel."""
        return channel.kind == "public" or person_id in channel.members

    def _message_changed(self, kind: Literal["message", "message_gone"], message: Message) -> None:
        self.changed(Change(kind, message.channel, message.ts, message.ephemeral_to))
