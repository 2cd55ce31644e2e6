"""The pretend workspace: who and what is in it, and who is told when something changes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]
ChannelKind = Literal["public", "private", "im"]


@dataclass
class Person:
    """Somebody to act as. `role` is shown on the page only; Slack knows nothing of it."""

    id: str
    handle: str
    name: str
    role: str
    tz: str = "Europe/Berlin"
    is_guest: bool = False
    team_id: str = "T0SANDBOX"


@dataclass
class Channel:
    """A channel, or a person's direct messages with the bot (`im`, whose `name` is the person's id)."""

    id: str
    name: str
    kind: ChannelKind
    members: set[str] = field(default_factory=set)
    is_archived: bool = False


@dataclass
class Message:
    """A message as Slack keeps it. `ephemeral_to` is set where only that person sees it."""

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


@dataclass
class OpenView:
    """A modal somebody has open. `payload` is the view the bot sent, `values` what was filled in so far."""

    id: str
    person: str
    payload: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    busy: bool = False


@dataclass(frozen=True)
class Change:
    """Something on the page is out of date: what, and whom it concerns (None: everybody)."""

    kind: Literal[
        "message", "message_gone", "modal", "home", "people", "channels", "faults", "bot", "options"
    ]
    channel: str | None = None
    ts: str | None = None
    person: str | None = None


class Workspace:
    """Everything the pretend Slack remembers, with a word to its listeners at each change."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: dict[str, list[Message]] = {}
        self.modals: dict[str, list[OpenView]] = {}
        self.homes: dict[str, Json] = {}
        self._listeners: list[Callable[[Change], None]] = []

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call `listener` at each change, until the returned function is called."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def changed(self, change: Change) -> None:
        """Tell every listener."""
        for listener in list(self._listeners):
            listener(change)
