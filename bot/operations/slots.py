"""Which of several processes carries out which operations, on one PostgreSQL (DBOS.md, section 7).

Each process holds a slot for as long as it lives: an advisory lock of its session, which PostgreSQL frees the
moment that session ends, however it ends. What the holder of a freed slot had begun, another takes over.
So that no two ever work on the same operation, a process whose session is lost stops before PostgreSQL, at
the other end, gives up the session: no later than `TRUST_SECONDS` after it last asked something that was
answered, while PostgreSQL waits for `KEEPALIVE_SECONDS` from then on at least. Most often the process notices
by itself, after `LOOK_SECONDS` + `ANSWER_SECONDS`; where its event loop hangs, a watchdog ends it.
"""

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, NoReturn, Protocol

import psycopg
import structlog
from sqlalchemy import URL

from bot.errors import DatabaseAway
from bot.operations.session import KEEPALIVE_SECONDS, watched
from bot.operations.watchdog import Watchdog

log = structlog.get_logger()

SLOTS = 32
"""How many processes one database serves at most."""
LOCKS = 0x6261_636B
"""The first half of our advisory locks' keys; the slot's number is the second."""
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 4.0
ANSWER_PARTS = 4
TRUST_SECONDS = 6.5
LOST = 70
"""The exit code of a process that lost its session."""

_SESSION = {
    "application_name": "backup-bot slot",
    "connect_timeout": 5,
    "keepalives_idle": KEEPALIVE_SECONDS // 2,
    "keepalives_interval": KEEPALIVE_SECONDS // 4,
    "keepalives_count": 2,
    "tcp_user_timeout": KEEPALIVE_SECONDS * 1000,
}
_SETTINGS = "set statement_timeout = '3s'; set idle_session_timeout = 0"
_HELD = """
select objid::int from pg_locks
where locktype = 'advisory' and classid = %s and objsubid = 2 and granted
and database = (select oid from pg_database where datname = current_database())
"""


class Heir(Protocol):
    """What is done with the operations of processes that are gone."""

    async def has_left(self, slots: Sequence[str]) -> set[str]:
        """Return those of the slots of which an operation is still recorded as running."""

    async def take_over(self, slot: str) -> int:
        """Have a slot's operations carried on by whoever is alive; return how many. Safe to repeat."""


def stop_at_once() -> NoReturn:
    """End the process without another word to the database; a supervisor starts it again."""
    os._exit(LOST)


def share_nothing(processes: int) -> None:
    """Do as if no other process were there."""


class Slots:
    """This process's slot, and the watch over the others'.

    `wait_seconds` is how long the database may be away at the start. `die` ends the process. `share` is told
    again and again how many processes there are, this one among them.
    """

    def __init__(
        self,
        url: URL,
        heir: Heir,
        *,
        wait_seconds: float = 60.0,
        die: Callable[[], object] = stop_at_once,
        share: Callable[[int], object] = share_nothing,
    ) -> None:
        self._url = watched(url)
        self._heir = heir
        self._wait = wait_seconds
        self._die = die
        self._share = share
        self._mine = -1
        self._session: psycopg.AsyncConnection[Any] | None = None

    async def claim(self) -> str:
        """Return the name of a free slot, which is now ours; wait while there is none.

        Raises:
            DatabaseAway: the database could not be reached for `wait_seconds`.
        """
        self._session = await self._connect()
        while True:
            for number in range(SLOTS):
                if await self._try(number):
                    self._mine = number
                    log.info("slot_claimed", slot=_name(number))
                    return _name(number)
            log.warning("all_slots_taken", slots=SLOTS)
            await asyncio.sleep(LOOK_SECONDS)

    async def watch(self) -> None:
        """Take over what dead slots left, and die when our own session is lost; until cancelled."""
        inheriting = asyncio.create_task(self._inherit())
        try:
            with Watchdog(TRUST_SECONDS, self._die) as watchdog:
                await self._until_lost(watchdog)
                log.critical(
                    "slot_lost", slot=_name(self._mine), meaning="others may take over; I stop at once"
                )
                self._die()
        finally:
            inheriting.cancel()

    async def living(self) -> set[str]:
        """Return the slots that are held; raises psycopg.Error."""
        cursor = await self._connection.execute(_HELD, (LOCKS,))
        return {_name(number) for (number,) in await cursor.fetchall()}

    async def release(self) -> None:
        """Leave the slot to others; what was begun in it is taken over at once."""
        if self._session is not None:
            await self._session.close()

    @property
    def _connection(self) -> psycopg.AsyncConnection[Any]:
        if self._session is None:
            raise RuntimeError("no slot was claimed")
        return self._session

    async def _connect(self) -> psycopg.AsyncConnection[Any]:
        _, where = self._url.get_dialect()().create_connect_args(self._url)
        clock = asyncio.get_running_loop().time
        last = clock() + self._wait
        for pause in chain((0.5, 1.0, 2.0), repeat(4.0)):
            try:
                session = await psycopg.AsyncConnection.connect(**{**where, **_SESSION}, autocommit=True)
                await session.execute(_SETTINGS)
            except psycopg.OperationalError as error:
                reason = str(error).strip().splitlines()[-1]
                left = last - clock()
                if left <= 0:
                    raise DatabaseAway(
                        f"DATABASE_URL: the database can't be reached: {reason}",
                        "Once it can, start again.",
                    ) from error
                log.warning("database_awaited", reason=reason, seconds_left=round(left))
                await asyncio.sleep(min(pause, left))
            else:
                return session
        raise AssertionError

    async def _until_lost(self, watchdog: Watchdog) -> None:
        asked_at = watchdog.ticks
        while await self._is_ours():
            watchdog.all_was_well(asked_at)
            await asyncio.sleep(LOOK_SECONDS)
            asked_at = watchdog.ticks

    async def _is_ours(self) -> bool:
        asked = asyncio.ensure_future(self._connection.execute("select 1"))
        try:
            # Not cancelled when it is late: the driver would ask the server to cancel, and wait for that.
            # In parts, since after a pause of the process the time is up before the answer can be read.
            for _ in range(ANSWER_PARTS):
                await asyncio.wait({asked}, timeout=ANSWER_SECONDS / ANSWER_PARTS)
        except asyncio.CancelledError:
            asked.cancel()
            raise
        return asked.done() and asked.exception() is None

    async def _inherit(self) -> None:
        while True:
            try:
                await self._look_after_others()
            except Exception:  # Whatever it was, the next look may succeed; ours to lose is told by the slot.
                log.exception("takeover_put_off")
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_after_others(self) -> None:
        living = await self.living()
        self._share(len(living))
        dead = [_name(number) for number in range(SLOTS) if _name(number) not in living]
        for slot in sorted(await self._heir.has_left(dead)):
            number = int(slot.removeprefix(_name("")))
            if await self._try(number):
                try:
                    # Where another was quicker there is nothing left.
                    if taken := await self._heir.take_over(slot):
                        log.warning("took_over", slot=slot, operations=taken)
                finally:
                    with suppress(psycopg.Error):
                        await self._connection.execute("select pg_advisory_unlock(%s, %s)", (LOCKS, number))

    async def _try(self, number: int) -> bool:
        cursor = await self._connection.execute("select pg_try_advisory_lock(%s, %s)", (LOCKS, number))
        row = await cursor.fetchone()
        return bool(row and row[0])


def _name(number: int | str) -> str:
    return f"slot-{number}"
