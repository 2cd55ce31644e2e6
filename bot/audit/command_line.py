"""`backup-bot audit`: reads the trail while the bot runs, or without it."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.audit import model
from bot.audit.commands import begins, parse_since
from bot.audit.export import Format, UnreadableEntry, lines
from bot.audit.model import Intact
from bot.audit.store import AuditTrail, Filter, reason
from bot.errors import ConfigurationError, DatabaseUnavailable, Misuse, UsageError
from bot.operations.database import open_database

OK = 0
BROKEN = 1


def export(database_url: str, wanted: Format, *, since: str = "", server: str = "") -> int:
    """Write entries to stdout, oldest first; return the exit code.

    Raises:
        ConfigurationError: the database has no trail.
        DatabaseUnavailable: it can't be read.
        UsageError: `since` is no time; nothing was written.
    """
    chosen = Filter(server=server, since=_moment(since) if since else None)
    with _opened(database_url) as trail, closing(trail.rows(chosen)) as rows:
        try:
            for line in lines(rows, wanted):
                sys.stdout.write(line)
            sys.stdout.flush()
        except UnreadableEntry as error:
            sys.stderr.write(f"Entry {error} can't be read. See why with `backup-bot audit verify`.\n")
            return BROKEN
        except BrokenPipeError:
            # Whoever read has enough; Python would complain once more at its end (docs of `signal`).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def verify(database_url: str, *, last: str = "") -> int:
    """Write to stdout whether the trail is whole; return 1 if it is not. Raises as `export` does."""
    with _opened(database_url) as trail, closing(trail.rows()) as rows:
        found = model.verify(rows, last.strip().lower())
    if isinstance(found, Intact):
        sys.stdout.write(f"{found.entries} entries, unbroken, last hash {found.last_hash}\n")
        return OK
    sys.stdout.write(f"The trail is broken at entry {found.seq}: {found.why}.\n")
    return BROKEN


@contextmanager
def _opened(database_url: str) -> Iterator[AuditTrail]:
    database = open_database(database_url)
    try:
        trail = AuditTrail(database)
        if not trail.exists():
            raise ConfigurationError(
                "DATABASE_URL: there is no audit trail in this database.",
                hint="The bot makes it when it starts.",
            )
        yield trail
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseUnavailable(reason(error)) from error
    finally:
        database.dispose()


def _moment(since: str) -> datetime:
    now = datetime.now(UTC)
    found = parse_since(since.strip().casefold(), now.date())
    if found is None:
        raise UsageError(Misuse.UNKNOWN_TIME, since)
    return begins(found, now)
