"""Starting and stopping the durable engine (DBOS.md, sections 1, 5 and 12)."""

import asyncio
import errno
import sqlite3
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn, Protocol

import psycopg
import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

# Reading goes by each row's own mark, and a pickle runs the code of whoever wrote it (DBOS.md, section 13).
from dbos._serialization import DefaultSerializer

from bot import tracing
from bot.errors import ConfigurationError, DatabaseUnavailable
from bot.operations import engine
from bot.operations.database import making_tables
from bot.operations.file_lock import FileLock
from bot.operations.leases import ReplicaLease, terminate_process
from bot.operations.maintenance import Failover, Maintenance
from bot.operations.nudge import QueueNudge
from bot.operations.runner import Runner

STOP_SECONDS = 8
PING_SECONDS = 2.0
QUEUE_SECONDS = 2.0
"""How often the queue is polled; what this process enqueues is fetched at once."""
_PREPARING = 7_210_533_907
_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EIO}
_PASSING = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_OPEN_INDEX = "backup_bot_open"
"""The engine's own indexes are partial, and SQLite does not use those for values that are bound.

Without this one each look for what is open reads all that has ended: 0.2 s among 100,000 operations.
"""
WORKERS = 5_000
"""As good as no limit: one at a time per server comes from the queue's partitions alone."""


def _refuse_pickle(_self: object, _stored: str) -> NoReturn:
    raise ValueError("a row of the database is marked as a pickle, and pickles are not read")


DefaultSerializer.deserialize = _refuse_pickle  # type: ignore[method-assign, assignment]


class Lease(Protocol):
    """This process's place among those that work on one database."""

    async def claim(self) -> str:
        """Take a place; return its name."""

    async def hold(self) -> None:
        """Look after the other places, until cancelled."""

    async def live_leases(self) -> set[str]:
        """Return the places that are taken."""

    async def release(self) -> None:
        """Leave the place to others."""


def add_index(database: sa.Engine) -> None:
    """Make sure that there is an index for what is open."""
    schema = None if database.dialect.name == "sqlite" else "dbos"
    with making_tables(database, _PREPARING) as connection:
        # Even if it is there, PostgreSQL would wait for all who write, and keep all others waiting.
        there = sa.inspect(connection).get_indexes("workflow_status", schema)
        if _OPEN_INDEX not in {each["name"] for each in there}:
            table = f"{schema}.workflow_status" if schema else "workflow_status"
            connection.execute(sa.text(f"create index {_OPEN_INDEX} on {table} (status, name)"))


class Engine:
    """The engine on one database: alone on a SQLite file, or one of several on PostgreSQL.

    `polling` is how often the database is asked for what has become due, in seconds, `wait_seconds` how long
    it may be away at the start. Operations are kept for `keep_days` after their end. `terminate` ends the
    process at once if the database was lost, as another process may take over. `on_replicas` is called with
    the number of processes that work on the database, again and again, if they may be several. `give_way` is
    awaited before each step, to let what is more urgent go first.
    """

    def __init__(
        self,
        database: sa.Engine,
        *,
        polling: float = 0.3,
        wait_seconds: float = 60.0,
        keep_days: float = 90.0,
        terminate: Callable[[], object] = terminate_process,
        on_replicas: Callable[[int], object] | None = None,
        give_way: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._database = database
        self._polling = polling
        self._keep_days = keep_days
        self._is_file = database.dialect.name == "sqlite"
        self._lease: Lease = (
            FileLock(Path(database.url.database or ""), terminate=terminate)
            if self._is_file
            else ReplicaLease(
                database.url,
                Failover(),
                wait_seconds=wait_seconds,
                terminate=terminate,
                on_replicas=on_replicas,
            )
        )
        self._nudge = QueueNudge(engine.QUEUE, WORKERS)
        self._runner = Runner(give_way)
        self._is_launched = False
        self._tasks: set[asyncio.Task[Any] | None] = set()
        self.background: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = ()
        """What must run as long as the engine does: at once, as nothing may be worked on without a lease."""

    async def launch(self, prepare: Callable[[], Awaitable[None]] | None = None) -> None:
        """Open the database and take up every operation that was interrupted.

        `prepare` is what else the database needs before operations run. Call it inside the running loop, when
        all services are set and before Slack is connected.

        Raises:
            ConfigurationError: the database can't be opened.
            DatabaseInUse: another process uses the file.
            DatabaseUnavailable: the database could not be reached in time, or the disk is full.
        """
        try:
            lease = await self._lease.claim()
            if prepare:
                await prepare()
            engine.set_runner(self._runner, self._nudge)
            dbos = DBOS(config=self._config(lease))
            # Not by `enable_otlp` among the settings, which has it look for where to send logs as well.
            dbos.tracer.disable_otlp = not tracing.is_on()
            DBOS.launch()
            await asyncio.to_thread(add_index, self._database)
            self._is_launched = True
        except BaseException as error:
            await self._lease.release()
            if isinstance(error, (OSError, sqlite3.Error, sa.exc.SQLAlchemyError)):
                raise self._cant_open(error) from error
            raise
        maintenance = Maintenance(lease, self._lease.live_leases, self._keep_days)
        self.background = (self._until_stop(self._lease.hold), self._until_stop(maintenance.run))
        await DBOS.register_queue_async(
            engine.QUEUE,
            partition_concurrency=1,
            worker_concurrency=WORKERS,
            polling_interval_sec=max(self._polling, QUEUE_SECONDS),
        )

    async def stop(self) -> None:
        """Let steps that act finish, for at most 8 s, and let go of the lease."""
        await engine.runner().stop(STOP_SECONDS)
        await self._nudge.aclose()
        self._is_launched = False
        # What was started only just now is not among them before it has begun.
        await asyncio.sleep(0)
        # First, as what holds the lease would take its release for a lost session, and end the process.
        tasks = [task for task in self._tasks if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(DBOS.destroy)
        # It leaves its own executor to the loop, shut down; what is stopped later may need one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        await self._lease.release()

    def _until_stop(
        self, work: Callable[[], Coroutine[Any, Any, None]]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        async def run() -> None:
            self._tasks.add(asyncio.current_task())
            await work()

        return run

    async def is_reachable(self) -> bool:
        """True if the database answers within 2 s and takes what is recorded."""
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ping), PING_SECONDS)
        except TimeoutError:
            return False

    def _ping(self) -> bool:
        if not self._is_launched or engine.runner().suspended:
            return False
        try:
            with self._database.connect() as connection:
                connection.execute(sa.text("select 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _cant_open(self, error: Exception) -> ConfigurationError | DatabaseUnavailable:
        cause = getattr(error, "orig", None) or error
        reason = str(cause).splitlines()[0][:200] if str(cause) else type(cause).__name__
        if isinstance(cause, OSError):
            reason, passes = f"{cause.filename}: {cause.strerror}", cause.errno in _DISK_FULL
        elif self._is_file:
            passes = getattr(cause, "sqlite_errorcode", 0) & 0xFF in _PASSING
        else:
            # It is read-only while another server takes over.
            passes = isinstance(cause, psycopg.OperationalError | psycopg.errors.ReadOnlySqlTransaction)
        if passes:
            return DatabaseUnavailable(reason)
        return ConfigurationError(f"DATABASE_URL: the database can't be opened ({reason}).")

    def _config(self, lease: str) -> DBOSConfig:
        return {
            "name": "backup-bot",
            "system_database_url": self._database.url.render_as_string(hide_password=False),
            "system_database_engine": self._database,
            "application_version": engine.APPLICATION_VERSION,
            "executor_id": lease,
            "max_executor_threads": 32,
            "notification_listener_polling_interval_sec": self._polling,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
            "otel_attribute_format": "semconv",
        }
