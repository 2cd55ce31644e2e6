"""What goes wrong with a database in the middle of things."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

Parameters = Any
FULL = "database or disk is full"


@contextmanager
def full_disk(beginning: str, *values: str) -> Iterator[Callable[[], int]]:
    """Refuse statements of that beginning that store all these values, as SQLite does on a full disk.

    Yields how many were refused.
    """
    refused: list[str] = []

    def refuse(statement: str, parameters: Parameters) -> bool:
        is_refused = statement.startswith(beginning) and all(each in parameters for each in values)
        refused.extend([statement] * is_refused)
        return is_refused

    with _refusing(refuse):
        yield lambda: len(refused)


@contextmanager
def unreadable() -> Iterator[None]:
    """Refuse whatever reads."""
    with _refusing(lambda statement, _: statement.lstrip().upper().startswith("SELECT")):
        yield


@contextmanager
def dying(at: Callable[[str, Parameters], bool]) -> Iterator[Callable[[], bool]]:
    """Refuse a statement and all that follow it, so that nothing more is recorded, as if the process died.

    `at` tells which statement it is. Yields whether it has come.
    """
    dead = False

    def refuse(statement: str, parameters: Parameters) -> bool:
        nonlocal dead
        dead = dead or at(statement, parameters)
        return dead

    with _refusing(refuse):
        yield lambda: dead


@contextmanager
def _refusing(is_refused: Callable[[str, Parameters], bool]) -> Iterator[None]:
    def refuse(*call: Any) -> None:
        statement, parameters = call[2:4]
        if is_refused(statement, parameters):
            raise sa.exc.OperationalError(statement, parameters, sqlite3.OperationalError(FULL))

    sa.event.listen(sa.Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", refuse)
