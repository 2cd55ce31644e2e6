"""The part of VPS.org's API that is about servers (VPS-API.md)."""

import structlog
from pydantic import ValidationError

from bot.errors import ProviderError
from bot.metrics.instruments import LISTINGS
from bot.servers.model import Server, ServerList
from bot.vps.client import VpsClient

_log = structlog.get_logger()


class ServersApi:
    """Servers at VPS.org. Every method raises nothing but subclasses of `ProviderError`."""

    def __init__(self, client: VpsClient) -> None:
        self._client = client

    async def list(self) -> ServerList:
        """Return all servers, each id once; one that can't be read is left out and logged."""
        try:
            listing = await self._client.list_all("/servers/")
        except ProviderError:
            LISTINGS.labels("servers", "failed").inc()
            raise
        servers: dict[int, Server] = {}
        unreadable = 0
        for result in listing.results:
            try:
                server = Server.model_validate(result)
            except ValidationError:
                unreadable += 1
            else:
                servers[server.id] = server
        if unreadable:
            _log.warning("servers_unreadable", count=unreadable)
        # As with backups, one row may come twice and hide another.
        not_shown = max(unreadable, listing.announced - len(servers))
        LISTINGS.labels("servers", "partial" if not_shown else "ok").inc()
        return ServerList([*servers.values()], not_shown)
