"""The servers' names, kept at hand so that an answer never has to wait for VPS.org."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

import structlog

from bot.errors import Busy, HiddenServer, ProviderError, UnknownServer
from bot.event_loop import look_at_error
from bot.names import canonical_name
from bot.permissions import Sight
from bot.servers.model import Server, ServerList, find_server, near_names, server_with_id

_log = structlog.get_logger()

LONGEST_PAUSE = 300.0
"""Seconds between two tries, however long VPS.org asks us to stay away."""

REFRESH_SECONDS = 1.0
"""How long anybody waits for newer servers while older ones are known: less than all look-ups may take."""


class _Servers(Protocol):
    async def list(self) -> ServerList: ...


class ServerDirectory:
    """A cache of the servers. However many ask at once, VPS.org is asked once."""

    def __init__(
        self,
        api: _Servers,
        refresh_seconds: float = 60.0,
        *,
        timeout: float = REFRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._refresh_seconds = refresh_seconds
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._known: list[Server] = []
        self.not_shown = 0
        """How many servers more there are than those known, which VPS.org did not show."""
        self._answers = 0
        self._asked_at = 0.0
        self._asking: asyncio.Task[None] | None = None

    def known(self) -> list[Server]:
        """Return the servers last heard of, by name, without asking; empty before the first answer."""
        return list(self._known)

    async def servers(self) -> list[Server]:
        """Return the servers, asking anew when those known are too old.

        When that fails or takes long, those known are returned.

        Raises:
            ProviderError: VPS.org can't be asked, and never could since the start.
        """
        if not self._is_fresh():
            if not self._answers:
                await self._refresh()
            else:
                await self._refresh_if_quick()
        return self.known()

    async def find(self, text: str, sees: Sight) -> Server:
        """Return the server a person means by what they typed, of those they can see.

        One not known is asked for once more.

        Raises:
            UnknownServer: none or several fit; names the nearest.
            HiddenServer: one fits that they can't see; looked for as long as one that is not there.
            ProviderError: VPS.org can't be asked, and never could since the start.
        """
        return await self._look_up(lambda servers: find_server(text, servers), sees)

    async def by_id(self, server_id: int, sees: Sight) -> Server:
        """Return the server with that id, however it is called; does as `find` does."""
        return await self._look_up(lambda servers: server_with_id(server_id, servers), sees)

    async def all_by_id(self, ids: Iterable[int], sees: Sight) -> dict[int, Server]:
        """Return by id those of the servers that are known and that they can see; asks once at most.

        Raises:
            ProviderError: VPS.org can't be asked, and never could since the start.
        """
        known = {server.id: server for server in await self.servers() if sees(server.name)}
        return {an_id: known[an_id] for an_id in ids if an_id in known}

    def suggestions(self, query: str, sees: Sight, most: int = 100) -> list[Server]:
        """Return what fits of what is typed so far, of the known servers a person can see, best first.

        Never asks VPS.org.
        """
        wanted = canonical_name(query)
        found: dict[int, Server] = {}
        for server in _fitting(wanted, self.seen(sees)):
            found[server.id] = server
            if len(found) >= most:
                break
        return [*found.values()]

    async def run(self) -> None:
        """Keep the servers fresh until cancelled."""
        try:
            while True:
                await self._sleep(await self._pause_after_refresh())
        finally:
            if self._asking is not None:
                self._asking.cancel()

    async def _look_up(self, pick: Callable[[list[Server]], Server], sees: Sight) -> Server:
        answers, was_fresh = self._answers, self._is_fresh()
        await self.servers()
        with suppress(UnknownServer):
            return pick(self.seen(sees))
        if was_fresh:
            await self._refresh_if_quick()
        try:
            return pick(self.seen(sees))
        except UnknownServer as error:
            is_stale, is_list_partial = self._answers == answers, self.not_shown > 0
            unknown = replace(error, is_stale=is_stale, is_list_partial=is_list_partial)
        try:
            hidden = pick(self._known)
        except UnknownServer:
            raise unknown from None
        raise HiddenServer(**vars(unknown), server_name=hidden.name)

    def seen(self, sees: Sight) -> list[Server]:
        """Return the known servers that a person can see; never asks VPS.org."""
        return [server for server in self._known if sees(server.name)]

    def _is_fresh(self) -> bool:
        return self._answers > 0 and self._clock() - self._asked_at < self._refresh_seconds

    async def _refresh_if_quick(self) -> None:
        try:
            async with asyncio.timeout(self._timeout):
                await self._refresh()
        except (ProviderError, TimeoutError) as error:
            _log.warning("servers_not_refreshed", error=type(error).__name__)

    async def _refresh(self) -> None:
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(look_at_error)
        # Whoever gives up waiting does not take the answer from the others.
        await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        servers, self.not_shown = await self._api.list()
        self._known = sorted(servers, key=lambda server: (canonical_name(server.name), server.id))
        self._answers += 1
        self._asked_at = self._clock()

    async def _pause_after_refresh(self) -> float:
        try:
            await self._refresh()
        except Busy as busy:
            _log.warning("servers_not_refreshed", error="Busy", retry_after_seconds=busy.retry_after)
            return min(max(self._refresh_seconds, busy.retry_after or 0.0), LONGEST_PAUSE)
        except ProviderError as error:
            _log.warning("servers_not_refreshed", error=type(error).__name__)
        return self._refresh_seconds


def _fitting(wanted: str, servers: Sequence[Server]) -> Iterator[Server]:
    yield from (server for server in servers if canonical_name(server.name).startswith(wanted))
    yield from (server for server in servers if canonical_name(server.hostname).startswith(wanted))
    yield from (server for server in servers if wanted in canonical_name(server.name))
    yield from (server for server in servers if wanted in f"{canonical_name(server.hostname)} {server.id}")
    for name in near_names(wanted, servers, most=10):
        yield from (server for server in servers if server.name == name)
