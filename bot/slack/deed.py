"""One thing a person did in Slack, as it is told: who, where, what with. Parts may be missing."""

from dataclasses import dataclass
from typing import Any

from bot.errors import NotUnderstood
from bot.slack.text import typed

Json = dict[str, Any]


@dataclass
class Deed:
    """A command, a click, a submitted modal or a question for options, with who did it and where."""

    body: Json

    @property
    def person(self) -> str:
        """The id of whoever did it."""
        return str(self.body.get("user_id") or self._part("user").get("id") or "")

    @property
    def team(self) -> str:
        """The id of the workspace the person belongs to, as Slack gives it."""
        of_person = self._part("user").get("team_id")
        return str(of_person or self.body.get("team_id") or self._part("team").get("id") or "")

    @property
    def person_name(self) -> str:
        """Their name as Slack gives it; for people to read, never to decide by."""
        user = self._part("user")
        return str(self.body.get("user_name") or user.get("username") or user.get("name") or "")

    @property
    def channel(self) -> str:
        """The channel it was done in, else the person, so that it can be written to."""
        return str(self.body.get("channel_id") or self._part("channel").get("id") or self.person)

    @property
    def text(self) -> str:
        """What was typed after the command."""
        return typed(str(self.body.get("text") or ""))

    @property
    def action(self) -> Json:
        """The button or menu that was used."""
        actions: list[Json] = self.body.get("actions") or [{}]
        return actions[0]

    @property
    def value(self) -> str:
        """What the button or the chosen option stands for; empty where a choice was cleared."""
        chosen = self.action.get("selected_option") or {}
        return str(self.action.get("value") or chosen.get("value") or "")

    @property
    def view(self) -> Json:
        """The modal it was done in; empty outside one."""
        return self._part("view")

    @property
    def view_id(self) -> str:
        """The id of the modal it was done in; raises NotUnderstood outside one."""
        return told(self.view.get("id"))

    @property
    def kept(self) -> str:
        """What the modal remembers."""
        return str(self.view.get("private_metadata") or "")

    @property
    def once(self) -> str:
        """An id that is the same when Slack delivers the same thing twice, and another for anything else.

        Raises:
            NotUnderstood: Slack gave nothing to make it of.
        """
        if self.view:
            return f"view:{self.view_id}"
        if ts := self._part("message").get("ts") or self._part("container").get("message_ts"):
            return f"click:{self.channel}:{ts}:{self.action.get('action_id')}"
        return f"trigger:{told(self.body.get('trigger_id'))}"

    @property
    def trigger(self) -> str:
        """An id of this very click, the same when Slack delivers it twice."""
        return str(self.body.get("trigger_id") or self.once)

    def _part(self, name: str) -> Json:
        part = self.body.get(name)
        return part if isinstance(part, dict) else {}


def told(an_id: str | None) -> str:
    """Return the id; raises NotUnderstood where Slack left it out."""
    if not an_id:
        raise NotUnderstood("Slack left out a part of what you did.", "Start again with `/backup`.")
    return an_id
