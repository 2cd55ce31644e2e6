"""Servers, and finding the one a person means."""

from collections.abc import Sequence
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field

from bot.errors import UnknownServer


class Server(BaseModel):
    """One server as VPS.org lists it. Unknown fields are ignored (VPS-API.md)."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    hostname: str = Field(default="")
    status: str = Field(default="")
    ip_address: str | None = None
    location: str | None = None


def find_server(wanted: str, servers: Sequence[Server]) -> Server:
    """Return the server a person means by its name, id, hostname or unique beginning.

    Raises:
        UnknownServer: none or several fit; the hint names the nearest.
    """
    wanted = wanted.strip()
    folded = wanted.casefold()
    for key in (_name, _hostname, _id):
        exact = [server for server in servers if key(server) == folded]
        if len(exact) == 1:
            return exact[0]
    starting = [server for server in servers if _name(server).startswith(folded)]
    if folded and len(starting) == 1:
        return starting[0]
    raise UnknownServer(f"There is no server “{wanted}”.", _suggestion(folded, starting, servers))


def near_names(wanted: str, servers: Sequence[Server], most: int = 3) -> list[str]:
    """Return the names that look most like `wanted`, best first."""
    names = {_name(server): server.name for server in servers}
    near = get_close_matches(wanted.casefold(), names, n=most, cutoff=0.5)
    return [names[name] for name in near]


def _suggestion(folded: str, starting: Sequence[Server], servers: Sequence[Server]) -> str:
    if starting and folded:
        return f"Several begin like that: {_listed([server.name for server in starting[:5]])}."
    near = near_names(folded, servers)
    if near:
        return f"Did you mean {_listed(near)}?"
    return "See all of them with `/backup servers`."


def _listed(names: Sequence[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last


def _name(server: Server) -> str:
    return server.name.casefold()


def _hostname(server: Server) -> str:
    return server.hostname.casefold()


def _id(server: Server) -> str:
    return str(server.id)
