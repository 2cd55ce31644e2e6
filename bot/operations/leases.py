"""Which process carries out which operations (DBOS.md, section 7): a lease each, held while it lives.

On SQLite the one lease is a lock on its file (`file_lock.py`). On PostgreSQL each of several replicas holds
an advisory lock of its session, which PostgreSQL frees the moment that session ends, however it ends; what
its holder had begun, another replica then carries on (failover). So that no two ever work on the same
operation, a process whose session is lost stops before PostgreSQL, at the other end, gives up the session:
no later than `TRUST_SECONDS` after it last asked something that was answered, while PostgreSQL waits for
`KEEPALIVE_SECONDS` from then on at least. Most often the process notices by itself, after `LOOK_SECONDS` +
`ANSWER_SECONDS`; if its event loop hangs, a watchdog ends it.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any, NoReturn, Protocol, Self

import psycopg
import structlog
from sqlalchemy import URL

from bot.errors import ConfigurationError, DatabaseUnavailable
from bot.operations.database import KEEPALIVE_SECONDS, with_keepalives

log = structlog.get_logger()

MAX_LEASES = 32
"""How many replicas one database serves at most."""
LOCKS = 0x6261_636B
"""The first half of our advisory locks' keys; the lease's number is the second."""
LOOK_SECONDS = 1.0
ANSWER_SECONDS = 4.0
ANSWER_PARTS = 4
TRUST_SECONDS = 6.5
WATCHDOG_TICKS = 13
LOST = 70
"""The exit code of a process that lost its session."""

_SESSION = {
    "application_name": "backup-bot lease",
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


class Failover(Protocol):
    """What is done with the operations of replicas that are gone."""

    async def orphaned(self, leases: Sequence[str]) -> set[str]:
        """Return those of the leases of which an operation is still recorded as running."""

    async def recover(self, lease: str) -> int:
        """Have a lease's operations carried on by replicas that live; return how many. Safe to repeat."""


def terminate_process() -> NoReturn:
    """End the process without another word to the database; a supervisor starts it again."""
    os._exit(LOST)


def lease_name(number: int | str) -> str:
    """Return the name under which a lease's holder records its operations."""
    return f"lease-{number}"


class ReplicaLease:
    """This replica's lease, and the watch over the others'.

    `wait_seconds` is how long the database may be away at the start. `terminate` ends the process.
    `on_replicas` is called again and again with the number of replicas, this one among them.
    """

    def __init__(
        self,
        url: URL,
        failover: Failover,
        *,
        wait_seconds: float = 60.0,
        terminate: Callable[[], object] = terminate_process,
        on_replicas: Callable[[int], object] | None = None,
    ) -> None:
        self._url = with_keepalives(url)
        self._failover = failover
        self._wait = wait_seconds
        self._terminate = terminate
        self._on_replicas = on_replicas
        self._number = -1
        self._session: psycopg.AsyncConnection[Any] | None = None

    async def claim(self) -> str:
        """Return the name of a free lease, which is now ours; wait while there is none.

        Raises:
            DatabaseUnavailable: the database could not be reached for `wait_seconds`.
            ConfigurationError: its address has an option with a value that makes no sense.
        """
        self._session = await self._connect()
        while True:
            for number in range(MAX_LEASES):
                if await self._try(number):
                    self._number = number
                    log.info("lease_claimed", lease=lease_name(number))
                    return lease_name(number)
            log.warning("all_leases_taken", count=MAX_LEASES)
            await asyncio.sleep(LOOK_SECONDS)

    async def hold(self) -> None:
        """Recover what dead replicas left, and end when our own session is lost; until cancelled."""
        recovering = asyncio.create_task(self._recover_others())
        try:
            with Watchdog(TRUST_SECONDS, self._terminate) as watchdog:
                await self._until_lost(watchdog)
                log.critical("lease_lost", lease=lease_name(self._number))
                self._terminate()
        finally:
            recovering.cancel()

    async def live_leases(self) -> set[str]:
        """Return the leases that are held; raises psycopg.Error."""
        cursor = await self._connection.execute(_HELD, (LOCKS,))
        return {lease_name(number) for (number,) in await cursor.fetchall()}

    async def release(self) -> None:
        """Leave the lease to others; what was begun under it is recovered at once."""
        if self._session is not None:
            await self._session.close()

    @property
    def _connection(self) -> psycopg.AsyncConnection[Any]:
        if self._session is None:
            raise RuntimeError("no lease was claimed")
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
                reason = str(error).strip().splitlines()[0]
                left = last - clock()
                if left <= 0:
                    raise DatabaseUnavailable(reason) from error
                log.warning("database_awaited", reason=reason, left_seconds=round(left))
                await asyncio.sleep(min(pause, left))
            except (psycopg.Error, ValueError) as error:
                raise ConfigurationError(f"DATABASE_URL is not right: {error}.") from error
            else:
                return session
        raise AssertionError

    async def _until_lost(self, watchdog: "Watchdog") -> None:
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

    async def _recover_others(self) -> None:
        while True:
            try:
                await self._look_after_others()
            except Exception:  # The next look may succeed; whether our own lease is lost is found elsewhere.
                log.exception("failover_put_off")
            await asyncio.sleep(LOOK_SECONDS)

    async def _look_after_others(self) -> None:
        live = await self.live_leases()
        if self._on_replicas:
            self._on_replicas(len(live))
        dead = [lease_name(number) for number in range(MAX_LEASES) if lease_name(number) not in live]
        for lease in sorted(await self._failover.orphaned(dead)):
            number = int(lease.removeprefix(lease_name("")))
            if await self._try(number):
                try:
                    # If another was quicker there is nothing left.
                    if recovered := await self._failover.recover(lease):
                        log.warning("took_over", lease=lease, count=recovered)
                finally:
                    with suppress(psycopg.Error):
                        await self._connection.execute("select pg_advisory_unlock(%s, %s)", (LOCKS, number))

    async def _try(self, number: int) -> bool:
        cursor = await self._connection.execute("select pg_try_advisory_lock(%s, %s)", (LOCKS, number))
        row = await cursor.fetchone()
        return bool(row and row[0])


class Watchdog:
    """Ends a process whose event loop hangs, from a thread of its own.

    Calls `terminate` when nobody has said for so many seconds that all is well. It counts ticks, not the
    time: a process that was paused as a whole is given its time when it goes on.
    """

    def __init__(self, seconds: float, terminate: Callable[[], object]) -> None:
        self.ticks = 0
        self._tick_seconds = seconds / WATCHDOG_TICKS
        self._last = WATCHDOG_TICKS
        self._terminate = terminate
        self._called_off = threading.Event()

    def all_was_well(self, tick: int) -> None:
        """Say that all was well at that tick."""
        self._last = tick + WATCHDOG_TICKS

    def __enter__(self) -> Self:
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._called_off.set()

    def _watch(self) -> None:
        while not self._called_off.wait(self._tick_seconds):
            self.ticks += 1
            if self.ticks > self._last:
                # Nothing is logged before: whatever hangs may be what the log is written to.
                self._terminate()
                return
