"""The audit trail in the bot's database: one table that only ever grows, and refuses to be changed."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.audit import model
from bot.audit.model import Broken, ChainedEntry, Entry, Intact, OddRow, Row
from bot.errors import NotRecorded, Unrecorded
from bot.names import canonical_name
from bot.operations.database import is_missing

log = structlog.get_logger(__name__)

T = TypeVar("T")

APPEND_SECONDS = 2.0
"""How long writing may take: an entry may be written before Slack's ack, which is due after 3 s."""
READ_SECONDS = 10.0
_LOCK = 7_210_533_901
"""Names the lock on PostgreSQL under which entries are appended, one at a time."""
_ROWS_AT_ONCE = 1000
MAX_BATCH = 100
"""Entries written in one transaction: about 40 ms in which nobody else can use SQLite's one connection."""


entries = sa.Table(
    "audit_entries",
    sa.MetaData(),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.Text, nullable=False, unique=True),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sa.Column("server_id", sa.BigInteger, index=True),
    sa.Column("server", sa.Text, nullable=False, index=True),
    sa.Column("person", sa.Text, nullable=False, index=True),
    sa.Column("decided_by", sa.Text, index=True),
    sa.Column("written", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("subject", sa.Text, index=True),
)

_NEVER = "audit entries are never changed"
_PROTECTION = {
    "sqlite": [
        f"create trigger audit_entries_no_{change} before {change} on audit_entries "
        f"begin select raise(abort, '{_NEVER}'); end"
        for change in ("update", "delete")
    ],
    "postgresql": [
        "create or replace function audit_entries_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{_NEVER}'; end $$",
        "create trigger audit_entries_no_change before update or delete or truncate on audit_entries "
        "for each statement execute function audit_entries_refuse()",
    ],
}


@sa.event.listens_for(entries, "after_create")
def _protect(_table: sa.Table, connection: sa.Connection, **_: Any) -> None:
    for statement in _PROTECTION[connection.dialect.name]:
        connection.exec_driver_sql(statement)


class Filter(BaseModel):
    """Which entries are meant; all of them by default.

    `server` is a name or an id, `person` who requested or decided. `before` and `after` are numbers of
    entries; with `after`, those that follow next are read, else the newest.
    """

    model_config = ConfigDict(frozen=True)

    server: str = ""
    person: str = ""
    since: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None


class AuditTrail:
    """Appends to the trail and reads it, in the database that the engine uses too; times are UTC.

    `news` is set when this process has written a new entry.
    """

    def __init__(self, database: sa.Engine) -> None:
        self.database = database
        self.news = asyncio.Event()
        self._is_file = database.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(thread_name_prefix="audit")
        self._waiting: list[_Append] = []
        self._writer: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Create the table if there is none; raises SQLAlchemyError if that can't be done."""
        await asyncio.to_thread(self._create)

    async def append(self, entry: Entry) -> ChainedEntry:
        """Write an entry at the end and log it; one whose key is there already is left as it is.

        Entries that come while others are written go into the next transaction together.

        Raises:
            NotRecorded: it was not confirmed within 2 s. Appending it again is harmless.
        """
        wanted = _Append(entry, asyncio.get_running_loop().create_future())
        self._waiting.append(wanted)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_waiting())
        return await self._within(APPEND_SECONDS, _result(wanted))

    async def read(self, wanted: Filter | None = None, limit: int = 10) -> list[ChainedEntry]:
        """Return entries, newest first. Raises NotRecorded if the database does not answer."""
        return await self._within(
            READ_SECONDS, self._in_thread(lambda: self._read(wanted or Filter(), limit))
        )

    async def rows_after(self, seq: int, limit: int) -> list[Row | OddRow]:
        """Return the next rows as they are kept, oldest first. Raises NotRecorded as `read` does."""
        return await self._within(
            READ_SECONDS, self._in_thread(lambda: list(self.rows(Filter(after=seq), limit)))
        )

    async def verify(self, last: str = "") -> Intact | Broken:
        """Check every entry; see `model.verify`. Raises NotRecorded if the database does not answer."""
        return await self._within(None, self._in_thread(lambda: self._verify(last)))

    def rows(
        self, wanted: Filter | None = None, limit: int | None = None
    ) -> Generator[Row | OddRow, None, None]:
        """Read entries as they are kept, oldest first, without holding all of them in memory.

        Close it if it is not read to its end. Raises SQLAlchemyError.
        """
        query = _query(wanted or Filter()).order_by(entries.c.seq).limit(limit)
        with (
            self.database.connect() as connection,
            self._reading_any_text(connection),
            connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as found,
        ):
            for row in found.mappings():
                yield _as_row(row)

    def exists(self) -> bool:
        """Tell whether the database has a trail; raises SQLAlchemyError if it can't be asked."""
        return not is_missing(self.database) and sa.inspect(self.database).has_table(entries.name)

    async def aclose(self) -> None:
        """Return once what was begun has finished."""
        if self._writer is not None:
            await asyncio.wait({self._writer})
        await asyncio.to_thread(self._threads.shutdown)

    async def _write_waiting(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            for wanted, written in zip(batch, await self._write(batch), strict=True):
                self._announce(written)
                if not wanted.done.done():
                    wanted.done.set_result(written)

    async def _write(self, batch: "Sequence[_Append]") -> "list[_Written | Exception]":
        try:
            return await self._in_thread(partial(self._append_all, batch))
        except (sa.exc.IntegrityError, sa.exc.DataError) as error:
            if len(batch) == 1:
                return [error]
            # One that the database refuses takes none of the others with it.
            return [written for each in batch for written in await self._write([each])]
        except sa.exc.SQLAlchemyError as error:
            return [error] * len(batch)

    def _announce(self, written: "_Written | Exception") -> None:
        if isinstance(written, Exception):
            return
        chained = written.chained
        # Logged again if it was there already: the process may have died before it was logged.
        log.info("audit", seq=chained.seq, hash=chained.hash, entry=chained.entry.brief())
        if written.is_new:
            self.news.set()

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _within(self, seconds: float | None, work: Awaitable[T]) -> T:
        try:
            # Not `wait_for`, which before Python 3.12 may lose a cancellation.
            async with asyncio.timeout(seconds):
                return await work
        except (TimeoutError, sa.exc.SQLAlchemyError, ValidationError) as error:
            log.warning("audit_trail_failed", reason=reason(error))
            raise NotRecorded(Unrecorded.AUDIT) from error

    def _create(self) -> None:
        with self.database.connect() as connection:
            self._lock(connection)
            entries.metadata.create_all(connection)
            _add_what_is_newer(connection)
            connection.commit()

    def _append_all(self, batch: "Sequence[_Append]") -> "list[_Written | Exception]":
        with self.database.connect() as connection:
            self._lock(connection)
            written: list[_Written | Exception] = [_append(connection, each.entry) for each in batch]
            connection.commit()
        return written

    def _read(self, wanted: Filter, limit: int) -> list[ChainedEntry]:
        order = entries.c.seq if wanted.after is not None else entries.c.seq.desc()
        with self.database.connect() as connection:
            found = connection.execute(_query(wanted).order_by(order).limit(limit)).mappings().all()
        read = [Row.model_validate(dict(row)).chained_entry() for row in found]
        return sorted(read, key=lambda chained: chained.seq, reverse=True)

    def _verify(self, last: str) -> Intact | Broken:
        with closing(self.rows()) as rows:
            return model.verify(_unhurried(rows), last)

    @contextmanager
    def _reading_any_text(self, connection: sa.Connection) -> Iterator[None]:
        """Read what is no text as one: SQLite keeps it, and its driver would stop at it."""
        driver: Any = connection.connection.driver_connection
        if self._is_file:
            driver.text_factory = lambda text: text.decode(errors="replace")
        try:
            yield
        finally:
            if self._is_file:
                driver.text_factory = str

    def _lock(self, connection: sa.Connection) -> None:
        """Keep other writers out until this transaction ends, so that numbers have no gap."""
        if self._is_file:
            connection.exec_driver_sql("begin immediate")
        else:
            # PostgreSQL may hear late of our end, and would keep everybody out as long.
            for limit in ("lock_timeout", "idle_in_transaction_session_timeout"):
                connection.exec_driver_sql(f"set local {limit} = '{APPEND_SECONDS:.0f}s'")
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


@dataclass(frozen=True)
class _Append:
    """An entry that somebody waits for to be written; what came of it is a value, as they may have left."""

    entry: Entry
    done: "asyncio.Future[_Written | Exception]"


@dataclass(frozen=True)
class _Written:
    """An entry that is in the trail."""

    chained: ChainedEntry
    is_new: bool


async def _result(wanted: _Append) -> ChainedEntry:
    written = await wanted.done
    if isinstance(written, Exception):
        raise written
    return written.chained


def _add_what_is_newer(connection: sa.Connection) -> None:
    """Add the columns that an earlier release had not; what it has written stays without them."""
    there = {column["name"] for column in sa.inspect(connection).get_columns(entries.name)}
    for column in [column for column in entries.columns if column.name not in there]:
        connection.exec_driver_sql(f"alter table {entries.name} add column {column.name} text")
        for index in [index for index in entries.indexes if column in set(index.columns)]:
            index.create(connection)


def _append(connection: sa.Connection, entry: Entry) -> _Written | ValidationError:
    try:
        there = _there_already(connection, entry)
        row = there or _put_at_end(connection, entry)
        return _Written(row.chained_entry(), is_new=there is None)
    except ValidationError as error:
        # Somebody has changed the entry that is there; the others are none the worse for it.
        return error


def _unhurried(rows: Iterable[T]) -> Iterator[T]:
    """Yield the rows with pauses, so that people need not wait for whoever reads all of them."""
    for number, row in enumerate(rows):
        if number % 100 == 99:
            time.sleep(0.01)
        yield row


def _as_row(columns: sa.RowMapping) -> Row | OddRow:
    try:
        return Row.model_validate(dict(columns))
    except ValidationError:
        return OddRow(seq=repr(columns["seq"])[:50])


def _there_already(connection: sa.Connection, entry: Entry) -> Row | None:
    found = connection.execute(sa.select(entries).where(entries.c.key == entry.key)).mappings().first()
    return Row.model_validate(dict(found)) if found else None


def end_of_trail(connection: sa.Connection) -> tuple[int, str]:
    """Return the number and the hash of the newest entry; what stands for them before the first."""
    newest = sa.select(entries.c.seq, entries.c.hash).order_by(entries.c.seq.desc()).limit(1)
    if connection.dialect.name == "sqlite":
        # It keeps anything in any column, and sorts text after numbers.
        newest = newest.where(sa.func.typeof(entries.c.seq) == "integer")
    last = connection.execute(newest).first()
    return (last.seq, str(last.hash)) if last else (0, model.GENESIS)


def _put_at_end(connection: sa.Connection, entry: Entry) -> Row:
    seq, last_hash = end_of_trail(connection)
    row = model.next_row(entry, seq + 1, last_hash)
    connection.execute(entries.insert().values(row.model_dump()))
    return row


def _query(wanted: Filter) -> sa.Select[tuple[object, ...]]:
    columns, query = entries.c, sa.select(entries)
    if wanted.server:
        is_number = wanted.server.isascii() and wanted.server.isdecimal() and len(wanted.server) <= 18
        by_id = columns.server_id == int(wanted.server) if is_number else sa.false()
        query = query.where(sa.or_(columns.server == canonical_name(wanted.server), by_id))
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
