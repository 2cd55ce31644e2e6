"""Whether the bot could write to its database."""

import os
import sqlite3
import sys
from pathlib import Path

import sqlalchemy as sa

from bot.doctor import messages
from bot.doctor.model import Finding

_CONNECT_SECONDS = 5


def examine_database(database_url: str) -> list[Finding]:
    """Return whether it can be written to; nothing stays changed, and nothing is made."""
    try:
        url = sa.make_url(database_url)
        if url.get_backend_name() != "sqlite":
            return [_try_out(sa.create_engine(url, connect_args={"connect_timeout": _CONNECT_SECONDS}))]
    except (sa.exc.ArgumentError, TypeError, ImportError) as error:
        return [messages.database_unwritable(_reason(error))]
    if too_old := messages.sqlite(sys.version_info[:2], sqlite3.sqlite_version_info):
        return [too_old]
    file = Path(url.database or "")
    if not file.exists():
        return [_could_be_made(file.absolute())]
    return [_try_out(sa.create_engine(url, connect_args={"timeout": _CONNECT_SECONDS}))]


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


def _reason(error: Exception) -> str:
    """Return the driver's own words; ours would repeat the address, and with it a password."""
    original = getattr(error, "orig", None)
    return str(original).splitlines()[0] if original else type(error).__name__
