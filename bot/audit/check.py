"""Whether the trail is whole, asked once a day while the bot runs."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from bot.audit.model import Broken
from bot.audit.store import AuditTrail
from bot.errors import NotRecorded

log = structlog.get_logger()

FIRST_SECONDS = 300.0
EVERY_SECONDS = 86_400.0


class AuditCheck:
    """Verifies a trail five minutes after the start and then every day; `alarm` gets what is broken.

    The trail must have a database of its own: reading all of it takes a while.
    """

    def __init__(
        self,
        trail: AuditTrail,
        alarm: Callable[[Broken], None] | None = None,
        *,
        first_seconds: float = FIRST_SECONDS,
        every_seconds: float = EVERY_SECONDS,
    ) -> None:
        self.is_intact = True
        """False once a trail was found to be broken."""
        self._trail = trail
        self._alarm = alarm
        self._first_seconds = first_seconds
        self._every_seconds = every_seconds

    async def run(self) -> None:
        """Look again and again until cancelled."""
        await asyncio.sleep(self._first_seconds)
        while True:
            with suppress(NotRecorded):
                await self._look()
            await asyncio.sleep(self._every_seconds)

    async def _look(self) -> None:
        found = await self._trail.verify()
        self.is_intact = not isinstance(found, Broken)
        if isinstance(found, Broken):
            log_broken(found)
            if self._alarm:
                self._alarm(found)


def log_broken(found: Broken) -> None:
    """Log where a trail is broken, and how that shows."""
    log.error("audit_trail_broken", seq=found.seq, how=found.how, last_seq=found.until, hash=found.hash)
