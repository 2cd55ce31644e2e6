"""What one of several replicas does for all: it leads while it holds a lock, and is followed when it is gone.

On PostgreSQL that is an advisory lock in a session of its own, by which it also writes. So a replica that
has lost that session, and with it the lock, can't write any more. On SQLite the one process is alone.
"""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import sqlalchemy as sa

T = TypeVar("T")


class Leader:
    """Leads, or waits to: `lock` is a number of its own for what is led, `name` is for people.

    What is run may not begin or end transactions. Everything raises SQLAlchemyError if the database can't be
    asked; then the lead is given up.
    """

    def __init__(self, database: sa.Engine, lock: int, name: str) -> None:
        self._database = database
        self._lock = lock
        self._is_file = database.dialect.name == "sqlite"
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._session: sa.Connection | None = None

    async def run(self, work: Callable[[sa.Connection], T]) -> T | None:
        """Return what the work returns, in a transaction of its own; None, undone, while another leads."""
        return await self.in_thread(lambda: self._run(work))

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Return what the work returns, after all that was asked for before."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def aclose(self) -> None:
        """Leave the lead to others."""
        await self.in_thread(self._let_go)
        await asyncio.to_thread(self._thread.shutdown)

    def _run(self, work: Callable[[sa.Connection], T]) -> T | None:
        with self._leading() as connection:
            return None if connection is None else work(connection)

    @contextmanager
    def _leading(self) -> Iterator[sa.Connection | None]:
        if self._is_file:
            with self._database.begin() as connection:
                yield connection
            return
        try:
            session = self._session or self._claim()
            if session is None:
                yield None
                return
            with session.begin():
                yield session
        except sa.exc.SQLAlchemyError:
            self._let_go()
            raise

    def _claim(self) -> sa.Connection | None:
        # From now on, so that it is let go whatever breaks: the lock may be held by then.
        session = self._session = self._database.connect()
        with session.begin():
            is_ours = session.scalar(sa.select(sa.func.pg_try_advisory_lock(self._lock)))
        if not is_ours:
            self._session = None
            session.close()
            return None
        with session.begin():
            # It may have nothing to do for long.
            session.exec_driver_sql("set idle_session_timeout = 0")
        return session

    def _let_go(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            # Not back into the pool: the lock lives as long as the session.
            session.invalidate()
            session.close()
