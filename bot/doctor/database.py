"""Whether the bot could write to its database."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import sqlalchemy as sa

from bot.audit.model import Broken, verify
from bot.audit.store import AuditTrail
from bot.doctor import messages
from bot.doctor.model import Finding, Level
from bot.doctor.schedules import examine_schedules

_CONNECT_SECONDS = 5
MOST_CHECKED = 50_000
"""Entries of the audit trail, which take a few seconds."""


def examine_database(database_url: str) -> list[Finding]:
    """Return whether it can be written to, and its audit trail is whole; nothing stays changed or is made."""
    try:
        url = sa.make_url(database_url)
        if url.get_backend_name() != "sqlite":
            return _examine(sa.create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS}))
    except (sa.exc.ArgumentError, TypeError, ImportError) as error:
        return [messages.database_unwritable(_reason(error))]
    if too_old := messages.sqlite(sys.version_info[:2], sqlite3.sqlite_version_info):
        return [too_old]
    file = Path(url.database or "")
    if not file.exists():
        return [_could_be_made(file.absolute())]
    return _examine(sa.create_engine(url, connect_args={"timeout": _CONNECT_SECONDS}))


def _examine(engine: sa.Engine) -> list[Finding]:
    tried = _try_out(engine)
    if tried.level is not Level.WELL:
        return [tried]
    return [tried, *_examine_trail(engine), *_examine_schedules(engine)]


def _could_be_made(file: Path) -> Finding:
    nearest = next(folder for folder in file.parents if folder.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return messages.database_will_be_made(str(file))
    return messages.database_unmakeable(str(file), str(nearest))


def _try_out(engine: sa.Engine) -> Finding:
    is_file = engine.dialect.name == "sqlite"
    try:
        with engine.connect() as connection:
            if is_file:
                # Python's driver would otherwise begin no transaction for what follows.
                connection.exec_driver_sql("begin immediate")
            kind = "table backup_bot_doctor (n integer)" if is_file else "schema backup_bot_doctor"
            connection.exec_driver_sql(f"create {kind}")
            connection.rollback()
    except sa.exc.SQLAlchemyError as error:
        return messages.database_unwritable(_reason(error))
    finally:
        engine.dispose()
    return messages.database_writable()


def _examine_trail(engine: sa.Engine) -> list[Finding]:
    trail = AuditTrail(engine)
    try:
        if not trail.exists():
            return []
        with closing(trail.rows(limit=MOST_CHECKED)) as rows:
            found = verify(rows)
    except sa.exc.SQLAlchemyError as error:
        return [messages.database_unreadable(_reason(error))]
    finally:
        engine.dispose()
    if isinstance(found, Broken):
        return [messages.audit_trail_broken(found)]
    return [messages.audit_trail(found.entries, is_all=found.entries < MOST_CHECKED)]


def _examine_schedules(engine: sa.Engine) -> list[Finding]:
    try:
        return examine_schedules(engine)
    except sa.exc.SQLAlchemyError as error:
        return [messages.database_unreadable(_reason(error))]
    finally:
        engine.dispose()


def _reason(error: Exception) -> str:
    """Return the driver's own words; ours would repeat the address, and with it a password."""
    original = getattr(error, "orig", None)
    return str(original).splitlines()[0] if original else type(error).__name__
