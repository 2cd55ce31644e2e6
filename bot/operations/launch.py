"""Starting and stopping the durable engine (DBOS.md, sections 1, 5 and 12)."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from bot.errors import BadSettings, DatabaseAway
from bot.operations.engine import QUEUE, process
from bot.operations.file_lock import FileLock
from bot.operations.process import APPLICATION_VERSION, Process
from bot.operations.session import watched
from bot.operations.slots import Slots, share_nothing, stop_at_once
from bot.operations.takeover import Recovery
from bot.operations.upkeep import Upkeep

STOP_SECONDS = 8
PING_SECONDS = 2.0


class Slot(Protocol):
    """This process's place among those that work on one database."""

    async def claim(self) -> str:
        """Take a place; return its name."""

    async def watch(self) -> None:
        """Look after the other places, until cancelled."""

    async def living(self) -> set[str]:
        """Return the places that are taken."""

    async def release(self) -> None:
        """Leave the place to others."""


async def nothing_else() -> None:
    """Prepare nothing."""


class Engine:
    """The engine on one database: alone on a SQLite file, or one of several on PostgreSQL.

    `pace` is how often the database is asked for what has become due, in seconds, `wait_seconds` how long it
    may be away at the start. Operations are kept for `keep_days` after their end. `die` ends the process at
    once where PostgreSQL was lost, since another process may take over. `share` is told again and again how
    many processes work on the database, where they may be several.
    """

    def __init__(
        self,
        database_url: str,
        *,
        pace: float = 0.2,
        wait_seconds: float = 60.0,
        keep_days: float = 90.0,
        die: Callable[[], object] = stop_at_once,
        share: Callable[[int], object] = share_nothing,
    ) -> None:
        self._url = sa.make_url(database_url)
        self._pace = pace
        self._keep_days = keep_days
        self._is_file = self._url.get_backend_name() == "sqlite"
        self._slot: Slot = (
            FileLock(Path(self._url.database or ""))
            if self._is_file
            else Slots(self._url, Recovery(), wait_seconds=wait_seconds, die=die, share=share)
        )
        self._database: sa.Engine | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def launch(self, prepare: Callable[[], Awaitable[None]] = nothing_else) -> None:
        """Open the database and take up every operation that was interrupted.

        `prepare` is what else the database needs before operations run.

        Call it inside the running loop, when all ports are plugged in and before Slack is connected.

        Raises:
            BadSettings: another process uses the file, or the database can't be opened.
            DatabaseAway: PostgreSQL could not be reached in time.
        """
        try:
            slot = await self._slot.claim()
            if self._is_file:
                self._write_ahead()
            await prepare()
            process.plug(Process(self._pace))
            DBOS(config=self._config(slot))
            DBOS.launch()
            self._database = sa.create_engine(watched(self._url), pool_pre_ping=True)
        except BaseException as error:
            await self._slot.release()
            if isinstance(error, (OSError, sqlite3.Error, sa.exc.SQLAlchemyError)):
                raise self._cant_open(error) from error
            raise
        # At once, as nothing may be worked on while nobody watches the slot.
        upkeep = Upkeep(slot, self._slot.living, self._keep_days)
        self._tasks = [asyncio.create_task(self._slot.watch()), asyncio.create_task(upkeep.run())]
        await DBOS.register_queue_async(
            QUEUE, partition_concurrency=1, worker_concurrency=50, polling_interval_sec=self._pace
        )

    async def stop(self) -> None:
        """Let running steps end, for at most 8 s. Must be the last thing the process does in its loop."""
        await process().stop(STOP_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)
        await asyncio.to_thread(DBOS.destroy)
        # It leaves its own executor to the loop, shut down; what is stopped later may need one.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor())
        if self._database is not None:
            self._database.dispose()
        await self._slot.release()

    async def is_reachable(self) -> bool:
        """True when the database answers within 2 s and takes what is recorded."""
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ping), PING_SECONDS)
        except TimeoutError:
            return False

    def _ping(self) -> bool:
        if self._database is None or process().dropped:
            return False
        try:
            with self._database.connect() as connection:
                connection.execute(sa.text("select 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _cant_open(self, error: Exception) -> BadSettings | DatabaseAway:
        what = f"DATABASE_URL: the database can't be opened ({_reason(error)})."
        passes = "disk" in str(error) if self._is_file else isinstance(error, sa.exc.OperationalError)
        return DatabaseAway(what) if passes else BadSettings(what)

    def _write_ahead(self) -> None:
        with sqlite3.connect(self._url.database or "") as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    def _config(self, slot: str) -> DBOSConfig:
        return {
            "name": "backup-bot",
            "system_database_url": watched(self._url).render_as_string(hide_password=False),
            "application_version": APPLICATION_VERSION,
            "executor_id": slot,
            "max_executor_threads": 32,
            "notification_listener_polling_interval_sec": self._pace,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
