"""One call of a Web API method: its arguments, whichever way they were sent, and its refusal."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from aiohttp import web

from bot.sandbox.slack.workspace import Channel, Json, Person, Workspace

_STRUCTURED = ("blocks", "attachments", "files", "message", "view", "metadata", "outputs")
READ_SCOPES = {"public": "channels", "private": "groups", "im": "im"}
"""What the scopes for reading each kind of channel begin with."""

T = TypeVar("T")


class ApiError(Exception):
    """Slack says no. `str()` is its error name, `fields` go beside it in the answer."""

    def __init__(self, error: str, **fields: object) -> None:
        super().__init__(error)
        self.fields = fields


@dataclass(frozen=True)
class Call:
    """A method called with arguments by the holder of a token."""

    workspace: Workspace
    method: str
    args: Json
    token: str

    def text(self, name: str) -> str:
        """A required argument.

        Raises:
            ApiError: `invalid_arguments`, when it is missing.
        """
        value = self.args.get(name)
        if value in (None, ""):
            messages = [f"[ERROR] missing required field: {name}"]
            raise ApiError("invalid_arguments", response_metadata={"messages": messages})
        return str(value)

    def flag(self, name: str) -> bool:
        """A yes or no that may have come as text."""
        return str(self.args.get(name, "")).lower() in ("true", "1")

    def number(self, name: str, otherwise: int) -> int:
        """A whole number that may have come as text.

        Raises:
            ApiError: `invalid_cursor`, `invalid_limit` and so on.
        """
        value = str(self.args.get(name) or otherwise)
        if not re.fullmatch("[0-9]{1,18}", value):
            raise ApiError(f"invalid_{name}")
        return int(value)

    def stamp(self, name: str, otherwise: float) -> float:
        """A message's time stamp, or one near it.

        Raises:
            ApiError: `invalid_ts_oldest` or `invalid_ts_latest`.
        """
        value = str(self.args.get(name) or otherwise)
        if value != "inf" and not re.fullmatch(r"[0-9]{1,12}(\.[0-9]*)?", value):
            raise ApiError(f"invalid_ts_{name}")
        return float(value)

    def needs(self, scope: str) -> None:
        """Require a scope.

        Raises:
            ApiError: `missing_scope`.
        """
        scopes = self.workspace.app.scopes
        if scope not in scopes:
            raise ApiError("missing_scope", needed=scope, provided=",".join(scopes))

    def person(self, name: str = "user", error: str = "user_not_found") -> Person:
        """The person an argument names by id, or the `ApiError` given."""
        found = self.workspace.people.get(self.text(name))
        if found is None:
            raise ApiError(error)
        return found

    def page_of(self, everything: Sequence[T], *, most: int = 1000) -> tuple[list[T], str]:
        """The part that `cursor` and `limit` ask for, and the cursor of the next one ("" after the last).

        Raises:
            ApiError: `invalid_cursor` or `invalid_limit`.
        """
        start, limit = self.number("cursor", 0), min(self.number("limit", 100), most)
        end = start + limit
        return list(everything[start:end]), str(end) if end < len(everything) else ""

    def channel(self, argument: str = "channel") -> Channel:
        """The channel named by id (or name), as far as the bot may know of it.

        Raises:
            ApiError: `channel_not_found`, also for private channels the bot is not in.
        """
        wanted = self.text(argument).removeprefix("#")
        bot = self.workspace.app.bot_user
        for channel in self.workspace.channels.values():
            named = channel.id == wanted or (channel.kind != "im" and channel.name == wanted)
            if named and self.workspace.can_see(bot, channel):
                return channel
        raise ApiError("channel_not_found")

    def may_write_in(self, place: Channel) -> None:
        """Require that anything can be posted there.

        Raises:
            ApiError: `is_archived` or `messages_tab_disabled`.
        """
        if place.is_archived:
            raise ApiError("is_archived")
        if place.kind == "im" and not self.workspace.app.messages_tab_enabled:
            raise ApiError("messages_tab_disabled")

    def readable_channel(self, right: str) -> Channel:
        """A channel whose kind the scopes let the bot read; `right` is "read" or "history".

        Raises:
            ApiError: `channel_not_found` or `missing_scope`.
        """
        channel = self.channel()
        self.needs(f"{READ_SCOPES[channel.kind]}:{right}")
        return channel


@dataclass(frozen=True)
class Method:
    """What answers a method, the scope it needs, and how often a minute Slack allows it.

    One that doesn't need a token answers anybody.
    """

    answer: Callable[[Call], Json]
    scope: str | None = None
    per_minute: int = 50
    needs_token: bool = True


async def read_call(request: web.Request, workspace: Workspace) -> Call:
    """Merge query, form and JSON arguments, since clients use all three."""
    args: Json = dict(request.query)
    if request.content_type == "application/json":
        body = _decoded(await request.text())
        args |= body if isinstance(body, dict) else {}
    elif request.can_read_body:
        args |= dict(await request.post())
    for name in _STRUCTURED:
        if isinstance(args.get(name), str):
            args[name] = _decoded(args[name])
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return Call(workspace, request.match_info["method"], args, bearer or str(args.get("token", "")))


def _decoded(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
