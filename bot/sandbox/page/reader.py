"""For whom something is drawn, and on what it stands."""

from dataclasses import dataclass, field
from typing import Literal

from bot.sandbox.page.place import Place
from bot.sandbox.slack.workspace import SLACKBOT, Json, Person, Values, Workspace


@dataclass(frozen=True)
class Reader:
    """Somebody at a place in the workspace; `manifest` is the bot's."""

    workspace: Workspace
    place: Place
    manifest: Json

    @property
    def person(self) -> Person:
        """The person a page is drawn for."""
        return self.place.person

    def user_name(self, user: str) -> str:
        """Return a user's shown name, or the id itself where nobody has it."""
        if known := self.workspace.people.get(user):
            return known.name
        return self._app_name(user)

    def handle(self, user: str) -> str:
        """Return what stands behind the @ of a mention."""
        if known := self.workspace.people.get(user):
            return known.handle
        return self._app_name(user)

    def group_handle(self, group: str) -> str:
        """Return what stands behind the @ of a user group's mention, or its id where it has no handle."""
        return self.workspace.usergroup_handles.get(group, group)

    def channel_name(self, channel: str) -> str:
        """Return a channel's name, or "unknown-channel" as Slack calls what one can't see."""
        known = self.workspace.channels.get(channel)
        if known is None or not self.workspace.can_see(self.person.id, known):
            return "unknown-channel"
        return known.name

    def _app_name(self, user: str) -> str:
        app, others = self.workspace.app, self.workspace.other_apps
        known = {app.bot_user: app.name, SLACKBOT: "Slackbot"}
        return others[user].name if user in others else known.get(user, user)


@dataclass(frozen=True)
class Surface:
    """What a block stands on: a message, somebody's App Home or a modal."""

    kind: Literal["message", "home", "modal"]
    key: str
    """Unique on the page, used to build element ids."""
    address: Json = field(default_factory=dict)
    """What the acting endpoints need to find the place again."""
    values: Values = field(default_factory=dict)
    """What was filled in so far, as Slack's `state.values`."""
    errors: dict[str, str] = field(default_factory=dict)
    """Complaints by `block_id`, drawn under the inputs."""


@dataclass(frozen=True)
class Canvas:
    """A reader and a surface: all that a block needs to be drawn."""

    reader: Reader
    surface: Surface
