"""A copy of the trail in a Slack channel, which nobody can change who can only write to the database.

It is read from the table by number, so that what was written late, or while Slack was away, is copied as
well. People who are refused again and again can't push anything else out: refusals come after all others, and
those of a person within ten minutes come as one message.
"""

import asyncio
from contextlib import suppress

import sqlalchemy as sa
import structlog

from bot.audit import views
from bot.audit.check import log_broken
from bot.audit.model import Broken, ChainedEntry, Row, Tampering, fault
from bot.audit.position import MirrorPosition, Position
from bot.audit.store import AuditTrail, reason
from bot.errors import NotRecorded
from bot.notifications.rate_limit import Priority
from bot.notifications.slack_messages import SlackMessages, finishing
from bot.slack.message import Message

log = structlog.get_logger()

LOOK_SECONDS = 5.0
"""How often to look for entries of other replicas."""
LONGEST_PAUSE_SECONDS = 300.0
"""How long to wait, after ever longer pauses, before the next try."""
GIVE_UP_SECONDS = 15.0
QUIET_SECONDS = 600.0
"""How long refusals of a person are gathered after one was copied."""
BATCH = 500
MOST_MERGED = 1000


class _NotPosted(Exception):
    """Slack did not take a message, for now."""


class AuditMirror:
    """Posts entries in order, and alarms if somebody has changed the trail; nothing waits for it.

    While Slack can't be told, what is new waits in the table. Without the history scopes one message may come
    twice after a crash.
    """

    def __init__(
        self,
        messages: SlackMessages,
        channel: str,
        trail: AuditTrail,
        position: MirrorPosition,
        *,
        look_seconds: float = LOOK_SECONDS,
        give_up_after: float = GIVE_UP_SECONDS,
        quiet_seconds: float = QUIET_SECONDS,
    ) -> None:
        self._messages = messages
        self._channel = channel
        self._trail = trail
        self._position = position
        self._look_seconds = look_seconds
        self._give_up_after = give_up_after
        self._quiet_seconds = quiet_seconds
        # What is posted next may be there already.
        self._is_unsure = True
        self._quiet_until: dict[str, float] = {}
        self._alarms: dict[Broken, bool] = {}

    async def run(self) -> None:
        """Copy what is new until cancelled."""
        pause = self._look_seconds
        while True:
            self._trail.news.clear()
            try:
                await self._copy()
            except (_NotPosted, NotRecorded, sa.exc.SQLAlchemyError) as error:
                self._is_unsure = True
                log.warning("audit_not_mirrored", reason=reason(error))
                pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
                await asyncio.sleep(pause)
                continue
            pause = self._look_seconds
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._trail.news.wait()

    def alarm(self, found: Broken) -> None:
        """Have it said in the channel that the trail was tampered with, once."""
        self._alarms.setdefault(found, False)
        self._trail.news.set()

    async def _copy(self) -> None:
        position = await self._position.claim()
        if position is None:
            # Another replica copies. When it stops, this one must look what is there.
            self._is_unsure = True
            return
        await self._raise_alarms()
        position = await self._checked(position)
        while rows := await self._numbered_after(position.seq, BATCH):
            for row in rows:
                position = await self._copy_one(row, position)
            await self._position.move(position)
        while position.refusals < position.seq and (later := await self._copy_refusals(position)):
            position = later

    async def _checked(self, position: Position) -> Position:
        """Return the position, or the end of the trail if that was cut off before it."""
        if position.seq == 0:
            return position
        rows = await self._numbered_after(position.seq - 1, 1)
        if rows and rows[0].seq == position.seq and position.hash in {"", rows[0].hash}:
            return position
        # Read before it is said: what is written meanwhile is to be copied.
        end = await self._position.end_of_trail()
        await self._found(Broken(seq=position.seq, how=Tampering.CUT_OFF, hash=position.hash))
        if rows:
            return position.model_copy(update={"hash": ""})
        await self._position.move(end)
        return end

    async def _found(self, broken: Broken) -> None:
        log_broken(broken)
        self.alarm(broken)
        await self._raise_alarms()

    async def _raise_alarms(self) -> None:
        for found in [found for found, is_said in self._alarms.items() if not is_said]:
            # It may have been said before a restart.
            self._is_unsure = True
            await self._post(f"broken:{found.seq}:{found.how}", views.broken(found))
            self._alarms[found] = True

    async def _copy_one(self, row: Row, position: Position) -> Position:
        if broken := fault(row, position.seq + 1, position.hash or row.previous):
            await self._found(broken)
        chained = row.readable()
        is_refusal = chained is not None and chained.entry.event == "refused"
        position = position.past(row.seq, row.hash, is_refusal=is_refusal)
        if chained and not is_refusal:
            await self._post(chained.seq, views.mirrored(chained), then=position)
        return position

    async def _copy_refusals(self, position: Position) -> Position | None:
        """Copy the next of them, as one message; return None if they are gathered for longer."""
        rows = await self._numbered_after(position.refusals, MOST_MERGED)
        last = position.merging if position.is_merging else position.seq
        rows = [row for row in rows if row.seq <= last]
        if len(rows) == MOST_MERGED:
            last = rows[-1].seq
        refused = [each for row in rows if (each := row.readable()) and each.entry.event == "refused"]
        if refused:
            if not (position.is_merging or len(rows) == MOST_MERGED or self._is_due(refused)):
                return None
            # Recorded first, so that after a crash the same are merged, and found if they were posted.
            await self._position.move(position.model_copy(update={"merging": last}))
            position = position.model_copy(update={"refusals": last, "merging": last})
            await self._post(refused[0].seq, views.mirrored_refusals(refused), then=position)
            self._keep_quiet(refused)
            return position
        return position.model_copy(update={"refusals": last, "merging": last})

    def _is_due(self, refused: list[ChainedEntry]) -> bool:
        now = asyncio.get_running_loop().time()
        return any(self._quiet_until.get(each.entry.person, 0.0) <= now for each in refused)

    def _keep_quiet(self, refused: list[ChainedEntry]) -> None:
        now = asyncio.get_running_loop().time()
        still = {person: until for person, until in self._quiet_until.items() if until > now}
        self._quiet_until = still | {each.entry.person: now + self._quiet_seconds for each in refused}

    async def _numbered_after(self, seq: int, limit: int) -> list[Row]:
        return [row for row in await self._trail.rows_after(seq, limit) if isinstance(row, Row)]

    async def _post(self, key: int | str, message: Message, then: Position | None = None) -> None:
        """Post a message and move on."""
        await finishing(self._post_once(f"audit:{key}", message, then))

    async def _post_once(self, key: str, message: Message, then: Position | None) -> None:
        posted = await self._messages.post_once(
            [self._channel],
            message.arguments(),
            key,
            is_recovery=self._is_unsure,
            give_up_after=self._give_up_after,
            priority=Priority.RECORD,
        )
        if not posted.ts:
            raise _NotPosted
        if then:
            await self._position.move(then)
        self._is_unsure = False
