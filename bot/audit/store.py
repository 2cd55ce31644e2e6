"""The audit trail in the bot's database: one table that only ever grows."""

import asyncio
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.audit import model
from bot.audit.model import Broken, Entry, Intact, Row, Sealed
from bot.audit.table import entries
from bot.errors import NotRecorded
from bot.operations.session import watched

log = structlog.get_logger(__name__)

T = TypeVar("T")

APPEND_SECONDS = 2.0
"""How long writing may take: an entry may be written before Slack's ack, which is due after 3 s."""
_LOCK = 7_210_533_901
"""Names the lock on PostgreSQL under which entries are appended, one at a time."""
_ROWS_AT_ONCE = 1000


class Filter(BaseModel):
    """Which entries are meant; all of them by default.

    `server` is a name or an id, `person` whoever asked or decided. `before` and `after` are numbers of
    entries; with `after`, those that follow next are read, else the newest.
    """

    model_config = ConfigDict(frozen=True)

    server: str = ""
    person: str = ""
    since: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None


class AuditTrail:
    """Appends to the trail and reads it. The database is the bot's own; times are UTC.

    `on_new` is called with each entry that is new; it must be quick.
    """

    def __init__(self, database_url: str, on_new: Callable[[Sealed], None] | None = None) -> None:
        url = sa.make_url(database_url)
        self._is_file = url.get_backend_name() == "sqlite"
        timeout = {"timeout" if self._is_file else "connect_timeout": APPEND_SECONDS}
        self._database = sa.create_engine(watched(url), connect_args=timeout, pool_pre_ping=not self._is_file)
        self._threads = ThreadPoolExecutor(thread_name_prefix="audit")
        self._one_by_one = asyncio.Lock()
        self._on_new = on_new

    async def prepare(self) -> None:
        """Create the table where there is none; raises SQLAlchemyError where that can't be done."""
        await asyncio.to_thread(self._create)

    async def append(self, entry: Entry) -> Sealed:
        """Write an entry at the end and log it; one whose key is there already is left as it is.

        Raises:
            NotRecorded: it was not confirmed within 2 s. Appending it again is harmless.
        """
        async with self._one_by_one:
            sealed, is_new = await self._within(APPEND_SECONDS, lambda: self._append(entry))
        # Logged again where it was there already: the process may have died before it was logged.
        log.info("audit", seq=sealed.seq, hash=sealed.hash, entry=sealed.entry.brief())
        if is_new and self._on_new:
            self._on_new(sealed)
        return sealed

    async def read(self, wanted: Filter | None = None, limit: int = 10) -> list[Sealed]:
        """Return entries, newest first. Raises NotRecorded where the database does not answer."""
        return await self._within(None, lambda: self._read(wanted or Filter(), limit))

    async def verify(self, last: str = "") -> Intact | Broken:
        """Check every entry; see `model.verify`. Raises NotRecorded where the database does not answer."""
        return await self._within(None, lambda: self._verify(last))

    def rows(self, wanted: Filter | None = None) -> Generator[Row, None, None]:
        """Read entries as they are kept, oldest first, without holding all of them in memory.

        Close it where it is not read to its end. Raises SQLAlchemyError.
        """
        query = _query(wanted or Filter()).order_by(entries.c.seq)
        with (
            self._database.connect() as connection,
            connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as found,
        ):
            for row in found.mappings():
                yield Row.model_validate(dict(row))

    def exists(self) -> bool:
        """Tell whether the database has a trail; raises SQLAlchemyError where it can't be asked."""
        if self._is_file and not Path(self._database.url.database or "").exists():
            return False
        return sa.inspect(self._database).has_table(entries.name)

    async def aclose(self) -> None:
        """Let go of the database, once what was begun has come to its end."""
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Do what `aclose` does, outside an event loop."""
        self._threads.shutdown()
        self._database.dispose()

    async def _within(self, seconds: float | None, work: Callable[[], T]) -> T:
        try:
            working = asyncio.get_running_loop().run_in_executor(self._threads, work)
            return await asyncio.wait_for(working, seconds)
        except (TimeoutError, sa.exc.SQLAlchemyError, ValidationError) as error:
            log.warning("audit_trail_failed", reason=reason(error))
            raise NotRecorded(
                "The audit trail can't be written or read right now, and without it I do nothing.",
                "Whoever runs me finds the reason in my log. Then try again.",
            ) from error

    def _create(self) -> None:
        with self._database.connect() as connection:
            self._lock(connection)
            entries.metadata.create_all(connection)
            connection.commit()

    def _append(self, entry: Entry) -> tuple[Sealed, bool]:
        with self._database.connect() as connection:
            self._lock(connection)
            there = _there_already(connection, entry)
            row = there or _put_at_end(connection, entry)
            connection.commit()
        return row.sealed(), there is None

    def _read(self, wanted: Filter, limit: int) -> list[Sealed]:
        order = entries.c.seq if wanted.after is not None else entries.c.seq.desc()
        with self._database.connect() as connection:
            found = connection.execute(_query(wanted).order_by(order).limit(limit)).mappings().all()
        read = [Row.model_validate(dict(row)).sealed() for row in found]
        return sorted(read, key=lambda sealed: sealed.seq, reverse=True)

    def _verify(self, last: str) -> Intact | Broken:
        with closing(self.rows()) as rows:
            return model.verify(rows, last)

    def _lock(self, connection: sa.Connection) -> None:
        """Keep other writers out until this transaction ends, so that numbers have no gap."""
        if self._is_file:
            connection.exec_driver_sql("begin immediate")
        else:
            # PostgreSQL may hear late of our end, and would keep everybody out as long.
            for limit in ("lock_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"set local {limit} = '{APPEND_SECONDS:.0f}s'")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def _there_already(connection: sa.Connection, entry: Entry) -> Row | None:
    found = connection.execute(sa.select(entries).where(entries.c.key == entry.key)).mappings().first()
    return Row.model_validate(dict(found)) if found else None


def _put_at_end(connection: sa.Connection, entry: Entry) -> Row:
    newest = sa.select(entries.c.seq, entries.c.hash).order_by(entries.c.seq.desc()).limit(1)
    last = connection.execute(newest).first()
    row = (
        model.sealed_row(entry, last.seq + 1, last.hash)
        if last
        else model.sealed_row(entry, 1, model.GENESIS)
    )
    connection.execute(entries.insert().values(row.model_dump()))
    return row


def _query(wanted: Filter) -> sa.Select[tuple[object, ...]]:
    columns, query = entries.c, sa.select(entries)
    if wanted.server:
        is_number = wanted.server.isascii() and wanted.server.isdecimal() and len(wanted.server) <= 18
        by_id = columns.server_id == int(wanted.server) if is_number else sa.false()
        query = query.where(sa.or_(columns.server == model.folded(wanted.server), by_id))
    if wanted.person:
        query = query.where(sa.or_(columns.person == wanted.person, columns.decided_by == wanted.person))
    if wanted.since:
        query = query.where(columns.at >= model.moment(wanted.since))
    if wanted.before is not None:
        query = query.where(columns.seq < wanted.before)
    if wanted.after is not None:
        query = query.where(columns.seq > wanted.after)
    return query


def reason(error: Exception) -> str:
    """Return the database's own words, on one line."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
