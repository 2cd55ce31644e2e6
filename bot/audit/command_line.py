"""`backup-bot audit`: reads the trail while the bot runs, or without it."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa

from bot.audit import model
from bot.audit.commands import begins, parse_since
from bot.audit.export import Format, lines
from bot.audit.model import Intact
from bot.audit.store import AuditTrail, Filter, reason
from bot.errors import BadSettings, DatabaseAway, NotUnderstood

OK = 0
BROKEN = 1


def export(database_url: str, wanted: Format, *, since: str = "", server: str = "") -> int:
    """Write entries to stdout, oldest first; return the exit code.

    Raises:
        BadSettings: the database has no trail.
        DatabaseAway: it can't be read.
        NotUnderstood: `since` is no time; nothing was written.
    """
    chosen = Filter(server=server, since=_moment(since) if since else None)
    with _opened(database_url) as trail, closing(trail.rows(chosen)) as rows:
        try:
            for line in lines(rows, wanted):
                sys.stdout.write(line)
            sys.stdout.flush()
        except NotUnderstood as error:
            sys.stderr.write(f"{error.what} {error.hint}\n")
            return BROKEN
        except BrokenPipeError:
            # Whoever read has enough; Python would complain once more at its end (docs of `signal`).
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return OK


def verify(database_url: str, *, last: str = "") -> int:
    """Write to stdout whether the trail is whole; return 1 where it is not. Raises as `export` does."""
    with _opened(database_url) as trail, closing(trail.rows()) as rows:
        found = model.verify(rows, last.strip().lower())
    if isinstance(found, Intact):
        sys.stdout.write(f"{found.entries} entries, unbroken, last hash {found.last_hash}\n")
        return OK
    sys.stdout.write(f"The trail is broken at entry {found.seq}: {found.why}.\n")
    return BROKEN


@contextmanager
def _opened(database_url: str) -> Iterator[AuditTrail]:
    trail = AuditTrail(database_url)
    try:
        if not trail.exists():
            raise BadSettings(
                "DATABASE_URL: there is no audit trail in this database.", "The bot makes it when it starts."
            )
        yield trail
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseAway(f"DATABASE_URL: the audit trail can't be read ({reason(error)}).") from error
    finally:
        trail.close()


def _moment(since: str) -> datetime:
    now = datetime.now(UTC)
    found = parse_since(since.strip().casefold(), now.date())
    if found is None:
        raise NotUnderstood(f"“{since}” is no time.", "Write 24h, 7d, yesterday or 2026-11-01 (UTC).")
    return begins(found, now)
