"""`backup-bot audit`: reads the trail while the bot runs, or without it."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.audit import integrity_messages as messages
from bot.audit import model
from bot.audit.commands import begins, parse_since
from bot.audit.export import Format, lines
from bot.audit.model import Intact
from bot.audit.search import Filter
from bot.audit.store import AuditTrail, reason
from bot.errors import ConfigurationError, DatabaseUnavailable, Misuse, UsageError
from bot.operations.database import open_database

OK = 0
BROKEN = 1

_HASH = re.compile(r"[0-9a-f]{64}")


def export(database_url: str, wanted: Format, *, since: str = "", server: str = "") -> int:
    """Write entries to stdout, oldest first; return the exit code.

    It is 1 if some can't be read, or if there is none of that server.

    Raises:
        ConfigurationError: the database has no trail.
        DatabaseUnavailable: it can't be read.
        UsageError: `since` is no time; nothing was written.
    """
    chosen = Filter(server=server, since=_moment(since) if since else None)
    unreadable: list[str] = []
    written = 0
    with _opened(database_url) as trail, closing(trail.rows(chosen)) as rows:
        try:
            # The first line of CSV names the columns.
            for written, line in enumerate(lines(rows, wanted, unreadable.append), wanted != "csv"):  # noqa: B007
                sys.stdout.write(line)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read has enough; Python would complain once more at its end (docs of `signal`).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if unreadable:
        sys.stderr.write(messages.unreadable_entries(unreadable))
        return BROKEN
    if not written:
        sys.stderr.write(messages.NOTHING_FITS)
    return BROKEN if server and not written else OK


def verify(database_url: str, *, last: str = "") -> int:
    """Write to stdout whether the trail is whole; return 1 if it is not.

    Raises as `export` does, UsageError if `last` can't be a hash.
    """
    last_hash = last.strip().lower()
    if last_hash and not _HASH.fullmatch(last_hash):
        raise UsageError(Misuse.NO_HASH, last.strip()[:100])
    with _opened(database_url) as trail, closing(trail.rows()) as rows:
        found = model.verify(rows, last_hash)
    if isinstance(found, Intact):
        sys.stdout.write(messages.intact(found))
        return OK
    sys.stdout.write(f"{messages.broken(found)}\n")
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
