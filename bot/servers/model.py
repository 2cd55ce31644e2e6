"""Servers, and finding the one a person means."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from bot.errors import UnknownServer


def _text(value: object) -> object:
    return "" if value is None else value


Text = Annotated[str, BeforeValidator(_text)]
"""A text; null is taken as empty."""

Id = Annotated[int, Field(ge=0, le=2**63 - 1)]
"""A number that menus can carry and databases store."""


class Server(BaseModel):
    """One server as VPS.org lists it. Unknown fields are ignored (VPS-API.md)."""

    model_config = ConfigDict(frozen=True)

    id: Id
    name: str
    hostname: Text = ""
    status: Text = ""
    ip_address: str | None = None
    location: str | None = None


_LONGEST_COMPARED = 255
"""Characters; to compare a text of many thousands would hold up everybody else."""

_SEE_ALL = "See all of them with `/backup servers`."


def find_server(wanted: str, servers: Sequence[Server]) -> Server:
    """Return the server a person means by its name, id, hostname or unique beginning.

    Raises:
        UnknownServer: none or several fit; the hint names the nearest.
    """
    wanted = wanted.strip()
    folded = wanted.casefold()
    if not folded:
        raise UnknownServer("No server was named.", _SEE_ALL)
    for key in (_name, _hostname, _id):
        exact = [server for server in servers if key(server) == folded]
        if len(exact) == 1:
            return exact[0]
        if exact:
            ids = [str(server.id) for server in exact[:5]]
            raise UnknownServer(f"Several servers are called “{wanted}”.", f"Give the id: {_listed(ids)}.")
    starting = [server for server in servers if _name(server).startswith(folded)]
    if len(starting) == 1:
        return starting[0]
    raise UnknownServer(f"There is no server “{wanted}”.", _suggestion(folded, starting, servers))


def near_names(wanted: str, servers: Sequence[Server], most: int = 3) -> list[str]:
    """Return the names that look most like `wanted`, best first."""
    names = {_name(server): server.name for server in servers}
    near = get_close_matches(wanted.casefold()[:_LONGEST_COMPARED], names, n=most, cutoff=0.5)
    return [names[name] for name in near]


def _suggestion(folded: str, starting: Sequence[Server], servers: Sequence[Server]) -> str:
    if starting:
        return f"Several begin like that: {_listed([server.name for server in starting[:5]])}."
    near = near_names(folded, servers)
    if near:
        return f"Did you mean {_listed(near)}?"
    return _SEE_ALL


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _name(server: Server) -> str:
    return server.name.casefold()


def _hostname(server: Server) -> str:
    return server.hostname.casefold()


def _id(server: Server) -> str:
    return str(server.id)


class Freshness(BaseModel):
    """How well a server is backed up: its last complete backup (UTC) and its manual backups."""

    model_config = ConfigDict(frozen=True)

    last_complete: AwareDatetime | None = None
    newest_failed: bool = False
    manual: int = 0
