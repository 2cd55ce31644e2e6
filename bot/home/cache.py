"""The servers and backups as VPS.org listed them last: sorted out once, and kept for all who look."""

import asyncio
from datetime import datetime

from bot.errors import ProviderError
from bot.event_loop import look_at_error
from bot.home.model import Inventory, inventory
from bot.services import services


class InventoryCache:
    """Lists everything when it is asked for and what is known is too old; once, however many ask.

    `known` is what VPS.org listed last.
    """

    def __init__(self) -> None:
        self.known: Inventory | None = None
        self._is_outdated = False
        self._asking: asyncio.Task[Inventory] | None = None

    def outdate(self) -> None:
        """Have it listed anew when it is asked for next: a backup was made or deleted."""
        self._is_outdated = True

    def is_fresh(self, now: datetime, seconds: float) -> bool:
        """Tell whether what is known is no older than so many seconds, and nothing is known to be newer."""
        return (
            self.known is not None
            and not self._is_outdated
            and (now - self.known.at).total_seconds() <= seconds
        )

    async def fresh(self, seconds: float) -> Inventory:
        """Return what is known if it is fresh, else what VPS.org lists now.

        Raises:
            ProviderError: VPS.org can't be asked.
        """
        if self.known is not None and self.is_fresh(services().now(), seconds):
            return self.known
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
            self._asking.add_done_callback(look_at_error)
        # A person who gives up waiting does not take the answer from the others.
        return await asyncio.shield(self._asking)

    async def _ask(self) -> Inventory:
        self._is_outdated = False
        at, directory = services().now(), services().directory
        try:
            servers, listed = await asyncio.gather(directory.servers(), services().backups.list_to_show())
        except ProviderError:
            self._is_outdated = True
            raise
        self.known = await asyncio.to_thread(
            inventory,
            at,
            servers,
            listed.backups,
            services().alert_policy.limits,
            servers_not_shown=directory.not_shown,
            backups_not_shown=listed.not_shown,
        )
        return self.known
