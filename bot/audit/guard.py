"""What makes a change of the trail show while the bot runs: its copy in a channel, and a check once a day."""

from collections.abc import Callable, Coroutine
from typing import Any

from bot.audit.check import AuditCheck
from bot.audit.mirror import AuditMirror
from bot.audit.position import MirrorPosition
from bot.audit.store import AuditTrail
from bot.notifications.slack_messages import SlackMessages
from bot.operations.database import open_database


class AuditGuard:
    """Guards a trail, which it also prepares and closes; `channel` gets a copy, None has none made."""

    def __init__(
        self, trail: AuditTrail, database_url: str, messages: SlackMessages, channel: str | None
    ) -> None:
        self._trail = trail
        self._position: MirrorPosition | None = None
        self._database = open_database(database_url)
        self._own_trail = AuditTrail(self._database)
        self._check = AuditCheck(self._own_trail)
        self.background: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (self._check.run,)
        if channel:
            self._position = MirrorPosition(trail.database, channel)
            mirror = AuditMirror(messages, channel, trail, self._position)
            self._check = AuditCheck(self._own_trail, mirror.alarm)
            self.background = (self._check.run, mirror.run)

    @property
    def is_intact(self) -> bool:
        """False once the trail was found to be broken."""
        return self._check.is_intact

    async def prepare(self) -> None:
        """Make the tables there are none of yet; raises SQLAlchemyError if that can't be done."""
        await self._trail.prepare()
        if self._position:
            await self._position.prepare()

    async def aclose(self) -> None:
        """Return once what was begun has finished."""
        if self._position:
            await self._position.aclose()
        await self._own_trail.aclose()
        await self._trail.aclose()
        self._database.dispose()
