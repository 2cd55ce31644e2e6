"""The bot's one database, which the engine and the audit trail share."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.metrics.instruments import DATABASE_ERRORS

KEEPALIVE_SECONDS = 8
"""How long PostgreSQL keeps a session from whose machine it hears nothing."""
POOL_SIZE = 20
POOL_SECONDS = 30
BUSY_MILLISECONDS = 30_000

_IN_A_SESSION = {
    "tcp_keepalives_idle": KEEPALIVE_SECONDS // 2,
    "tcp_keepalives_interval": KEEPALIVE_SECONDS // 4,
    "tcp_keepalives_count": 2,
    "tcp_user_timeout": KEEPALIVE_SECONDS * 1000,
    # A process may be paused while its machine answers; what it was writing would stay locked.
    "idle_in_transaction_session_timeout": KEEPALIVE_SECONDS * 1000,
}


def open_database(database_url: str) -> sa.Engine:
    """Return the database; nothing connects yet. Raises ArgumentError for an address that makes no sense.

    SQLite gets one connection, so that writers queue in order instead of sleeping in SQLite's busy handler
    (DBOS.md, section 13).
    """
    database = _engine(sa.make_url(database_url))
    sa.event.listen(database, "handle_error", _count)
    return database


def in_use(database: sa.Engine) -> int:
    """Return how many of our connections to the database are in use at this moment."""
    pool = database.pool
    return pool.checkedout() if isinstance(pool, sa.QueuePool) else 0


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            with_keepalives(url),
            pool_size=POOL_SIZE,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10},
        )
    database = sa.create_engine(
        url,
        poolclass=sa.QueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=60,
        connect_args={"check_same_thread": False},
    )
    sa.event.listen(database, "connect", _prepare_connection)
    return database


@contextmanager
def making_tables(database: sa.Engine, lock: int) -> Iterator[sa.Connection]:
    """Yield a transaction in which to make tables; of several replicas, one at a time, by that lock."""
    with database.begin() as connection:
        if connection.dialect.name != "sqlite":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
        yield connection


def with_keepalives(url: sa.URL) -> sa.URL:
    """Return an address with which PostgreSQL soon notices that we are gone; its own options win."""
    ours = [f"-c {name}={value}" for name, value in _IN_A_SESSION.items()]
    # Of two that set the same, PostgreSQL takes the last.
    return url.update_query_dict({"options": " ".join([*ours, *url.normalized_query.get("options", ())])})


def is_missing(database: sa.Engine) -> bool:
    """Tell whether a SQLite file is not there; connecting would make it."""
    return database.dialect.name == "sqlite" and not Path(database.url.database or "").exists()


def _count(context: sa.ExceptionContext) -> None:
    DATABASE_ERRORS.labels(type(context.original_exception).__name__).inc()


def _prepare_connection(connection: Any, _record: object) -> None:
    # As the engine sets up a SQLite connection of its own, and a journal that lets readers read meanwhile.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.isolation_level = "IMMEDIATE"
