"""What a step of the guide is made of."""

from collections.abc import Callable
from dataclasses import dataclass

from htpy import Node, a, button

from bot.sandbox.page.place import Place, Tab
from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.stage import Stage
from bot.sandbox.slack.workspace import Json


@dataclass(frozen=True, eq=False)
class Step:
    """Something to try. `is_done` looks at what really happened; `begin` draws what one clicks.

    One whose `what` is None is a single line.
    """

    title: str
    what: Node
    is_done: Callable[[Stage], bool]
    begin: Callable[[Stage, Reader], Node]


def types(reader: Reader, words: str, text: str) -> Node:
    """Draw a button that types a command as Ana in #ops, and goes there."""
    body = {"as": "UANA", "channel": "COPS", "text": text}
    return does(reader, words, "/act/types", body)


def does(reader: Reader, words: str, address: str, body: Json, *, go: str = "") -> Node:
    """Draw a button that posts `body`, then goes to an address (#ops unless named)."""
    attributes = posts(address, body) | {"data-go": go or place(reader, "UANA")}
    return button(attributes, type="button", class_="btn")[words]


def shows(words: str, address: str, body: Json, panel: str) -> Node:
    """Draw a button that posts `body`, then opens that part of the sandbox's controls."""
    attributes = posts(address, body) | {"data-opens": panel}
    return button(attributes, type="button", class_="btn")[words]


def leads(words: str, address: str) -> Node:
    """Draw a link to an address."""
    return a(".btn", href=address, data_go=True)[words]


def place(
    reader: Reader, person: str, channel: str = "COPS", *, thread: str | None = None, tab: Tab = "messages"
) -> str:
    """Return the address of a channel, as that person sees it; "dm" is theirs with the bot."""
    workspace = reader.workspace
    where = workspace.im_of(person) if channel == "dm" else workspace.channels[channel]
    return Place(workspace.people[person], where).address(thread=thread, tab=tab)


def typed(stage: Stage, *words: str) -> bool:
    """Tell whether somebody typed a command that begins so, and the bot took it."""
    return any(tuple(command.split()[: len(words)]) == words for command in stage.workspace.typed)
