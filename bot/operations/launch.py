"""Starting and stopping the durable engine (DBOS.md, sections 1, 5 and 12)."""

import asyncio
import fcntl
import sqlite3
from io import TextIOWrapper
from pathlib import Path

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

from bot.errors import BadSettings
from bot.operations.engine import QUEUE, process
from bot.operations.process import Process

APPLICATION_VERSION = "1"
"""Pinned, so that a new release carries on what an older one began (DBOS.md, section 8)."""

STOP_SECONDS = 8
PING_SECONDS = 2.0


class Engine:
    """The engine on one database, of which this process is the only user."""

    def __init__(self, database_url: str, *, pace: float = 0.2) -> None:
        self._url = sa.make_url(database_url)
        self._pace = pace
        self._lock: _FileLock | None = None
        self._database: sa.Engine | None = None

    async def launch(self) -> None:
        """Open the database and take up every operation that was interrupted.

        Call it inside the running loop, when all ports are plugged in and before Slack is connected.

        Raises:
            BadSettings: another process uses the database, or it can't be opened.
        """
        try:
            if self._url.get_backend_name() == "sqlite":
                self._prepare_file(Path(self._url.database or ""))
            self._database = sa.create_engine(self._url)
            process.plug(Process(self._pace))
            DBOS(config=self._config())
            DBOS.launch()
        except (OSError, sqlite3.Error, sa.exc.SQLAlchemyError) as error:
            self._release()
            raise BadSettings(f"DATABASE_URL: the database can't be opened ({_reason(error)}).") from error
        await DBOS.register_queue_async(
            QUEUE, partition_concurrency=1, worker_concurrency=50, polling_interval_sec=self._pace
        )

    async def stop(self) -> None:
        """Let running steps end, for at most 8 s. Must be the last thing the process does in its loop."""
        await process().stop(STOP_SECONDS)
        await asyncio.to_thread(DBOS.destroy)
        self._release()

    async def is_reachable(self) -> bool:
        """True when the database answers within 2 s."""
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ping), PING_SECONDS)
        except TimeoutError:
            return False

    def _ping(self) -> bool:
        if self._database is None:
            return False
        try:
            with self._database.connect() as connection:
                connection.execute(sa.text("select 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def _prepare_file(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = _FileLock(path.with_name(f"{path.name}.lock"))
        with sqlite3.connect(path) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        connection.close()

    def _release(self) -> None:
        if self._database is not None:
            self._database.dispose()
        if self._lock is not None:
            self._lock.release()

    def _config(self) -> DBOSConfig:
        return {
            "name": "backup-bot",
            "system_database_url": self._url.render_as_string(hide_password=False),
            "application_version": APPLICATION_VERSION,
            "executor_id": "slot-0",
            "max_executor_threads": 32,
            "notification_listener_polling_interval_sec": self._pace,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "WARNING",
        }


class _FileLock:
    """Keeps a second process off the file; the system frees it when the process dies."""

    def __init__(self, path: Path) -> None:
        self._file: TextIOWrapper = path.open("w")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise BadSettings(
                f"DATABASE_URL: another backup-bot is using {path.with_suffix('')}.",
                "Stop it first, or use PostgreSQL to run several.",
            ) from error

    def release(self) -> None:
        self._file.close()


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
