"""What would be done for each test anew, though once is enough."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite as Dialect
from sqlalchemy.util import LRUCache


def log_plainly() -> None:
    """Log without colours, and errors without the pictures that take longer to draw than the test takes."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )


@contextmanager
def one_compiled_cache() -> Iterator[None]:
    """Let all SQLite databases of this process share their compiled statements.

    A compiled statement is looked up by its dialect, of which each engine has one of its own.
    """
    cache: LRUCache[object, object] = LRUCache(1000)

    def share(connection: sa.Connection) -> None:
        if isinstance(connection.dialect, Dialect):
            connection.execution_options(compiled_cache=cache)

    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(Dialect, "__eq__", lambda one, other: type(one) is type(other))
        changed.setattr(Dialect, "__hash__", lambda one: hash(type(one)))
        sa.event.listen(sa.Engine, "engine_connect", share)
        yield
        sa.event.remove(sa.Engine, "engine_connect", share)
