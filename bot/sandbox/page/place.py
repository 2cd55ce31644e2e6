"""Where in the workspace a browser window is, as its address says, so that a reload keeps the place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode

from bot.sandbox.slack.workspace import Channel, Person, Workspace

Tab = Literal["messages", "home"]


@dataclass(frozen=True)
class Place:
    """Who looks (`as`), at which channel (`in`), with which thread open, on which tab."""

    person: Person
    channel: Channel
    thread: str | None = None
    tab: Tab = "messages"

    def address(
        self,
        *,
        person: Person | None = None,
        channel: Channel | None = None,
        thread: str | None = None,
        tab: Tab = "messages",
    ) -> str:
        """Return the address of a place near this one."""
        query = {"as": (person or self.person).id, "in": (channel or self.channel).id}
        if thread:
            query["thread"] = thread
        if tab == "home":
            query["tab"] = tab
        return f"?{urlencode(query)}"


def find_place(workspace: Workspace, query: Mapping[str, str]) -> Place:
    """Read a place from an address; whatever is missing or out of the person's sight is replaced.

    A channel is replaced by the first one there was.

    Raises:
        LookupError: nobody is in the workspace.
    """
    people = workspace.people
    person = people.get(query.get("as", "")) or next(iter(people.values()), None)
    if person is None:
        raise LookupError("Nobody is in the workspace.")
    seen = visible_channels(workspace, person)
    first = next(item for item in workspace.channels.values() if item in seen)
    channel = next((item for item in seen if item.id == query.get("in")), first)
    if channel.kind == "im" and query.get("tab") == "home" and workspace.app.home_tab_enabled:
        return Place(person, channel, None, "home")
    return Place(person, channel, query.get("thread") or None)


def visible_channels(workspace: Workspace, person: Person) -> list[Channel]:
    """Return what is in the person's sidebar: channels by name, then the direct messages with the bot.

    Guests and people of other organisations see only channels they are in.
    """
    own_im = workspace.im_of(person.id)
    seen = [
        channel
        for channel in workspace.channels.values()
        if channel.kind != "im"
        and not channel.is_archived
        and workspace.can_see(person.id, channel)
        and (person.id in channel.members or not person.is_outsider)
    ]
    return [*sorted(seen, key=lambda channel: channel.name), own_im]
