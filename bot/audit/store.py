"""The audit trail in the bot's database: one table that only ever grows, and refuses to be changed."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Collection, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import Context
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from pydantic import ValidationError

from bot.audit import model, search
from bot.audit.model import (
    AuditedOperation,
    Broken,
    ChainedEntry,
    Entry,
    Intact,
    OddRow,
    RestoreProof,
    Row,
)
from bot.audit.search import Filter
from bot.audit.table import add_what_is_newer, as_row, end_of_trail, entries
from bot.errors import NotRecorded, Unrecorded
from bot.metrics.instruments import DATABASE_ERRORS, UNCONFIRMED
from bot.operations.database import is_missing

log = structlog.get_logger(__name__)

T = TypeVar("T")

APPEND_SECONDS = 2.0
"""How long writing may take: an entry may be written before Slack's ack, which is due after 3 s."""
READ_SECONDS = 10.0
_LOCK = 7_210_533_901
"""Names the lock on PostgreSQL under which entries are appended, one at a time."""
_TAKE_LOCK = sa.text(
    "select pg_advisory_xact_lock(:lock) from set_config('lock_timeout', :limit, true) as waiting, "
    "set_config('idle_in_transaction_session_timeout', :limit, true) as holding"
)
"""It sets limits first: PostgreSQL may learn late that we are gone, and others would wait as long."""
_ROWS_AT_ONCE = 1000
MAX_BATCH = 100
"""Entries written in one transaction: about 40 ms in which nobody else can use SQLite's one connection."""


class AuditTrail:
    """Appends to the trail and reads it, in the database that the engine uses too; times are UTC.

    `news` is set when this process has written a new entry, and `listeners` are told of it.
    """

    def __init__(self, database: sa.Engine) -> None:
        self.database = database
        self.news = asyncio.Event()
        self.listeners: list[Callable[[Entry], None]] = []
        self._is_file = database.dialect.name == "sqlite"
        self._threads = ThreadPoolExecutor(thread_name_prefix="audit")
        self._is_closing = threading.Event()
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
            # In a context of its own, as it writes the entries of many: its log lines are about none of them.
            self._writer = asyncio.create_task(self._write_waiting(), context=Context())
        return await self._within(APPEND_SECONDS, _result(wanted))

    async def operations(self, wanted: Filter, limit: int) -> list[AuditedOperation]:
        """Return operations with an entry that is wanted, newest first. Raises NotRecorded if it can't."""
        return await self._found(lambda connection: search.operations(connection, wanted, limit))

    async def operation(self, subject: str, servers: frozenset[str] | None) -> AuditedOperation:
        """Return one of them; without entries if there is none of these servers. Raises NotRecorded."""
        return await self._found(lambda connection: search.operation(connection, subject, servers))

    async def servers(self) -> frozenset[str]:
        """Return the names of all servers there are entries of, in canonical form. Raises NotRecorded."""
        return await self._found(search.servers)

    async def made_by_schedule(
        self, schedule_id: str, server_id: int, tags: Collection[str]
    ) -> dict[str, int | None]:
        """Return, by those of these tags that are of a schedule's backups of a server, their ids if known.

        Raises NotRecorded.
        """
        return await self._found(
            lambda connection: search.made_by_schedule(connection, schedule_id, server_id, tags)
        )

    async def last_run(self, schedule_id: str) -> list[Entry]:
        """Return the entries of the last run of a schedule, oldest first. Raises NotRecorded."""
        return await self._found(lambda connection: search.last_run(connection, schedule_id))

    async def last_restores(self) -> dict[int, RestoreProof]:
        """Return, by server id, the last restore that was seen to be one. Raises NotRecorded."""
        return await self._found(search.last_restores)

    async def rows_after(self, seq: int, limit: int) -> list[Row | OddRow]:
        """Return the next rows as they are kept, oldest first. Raises NotRecorded."""
        return await self._within(
            READ_SECONDS, self._in_thread(lambda: list(self.rows(Filter(after=seq), limit)))
        )

    async def newest_rows(self, wanted: Filter, limit: int) -> list[Row | OddRow]:
        """Return the newest rows that are wanted, as they are kept, oldest first. Raises NotRecorded."""

        def read(connection: sa.Connection) -> list[Row | OddRow]:
            query = search.query(wanted).order_by(entries.c.seq.desc()).limit(limit)
            return [as_row(row) for row in connection.execute(query).mappings()][::-1]

        return await self._found(read)

    async def verify(self, last: str = "") -> Intact | Broken:
        """Check every entry; see `model.verify`. Raises NotRecorded if the database does not answer."""
        return await self._within(None, self._in_thread(lambda: self._verify(last)))

    def rows(
        self, wanted: Filter | None = None, limit: int | None = None
    ) -> Generator[Row | OddRow, None, None]:
        """Read entries as they are kept, oldest first, without holding all of them in memory.

        Close it if it is not read to its end. Raises SQLAlchemyError.
        """
        query = search.query(wanted or Filter()).order_by(entries.c.seq).limit(limit)
        with (
            self.database.connect() as connection,
            self._reading_any_text(connection),
            connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as found,
        ):
            for row in found.mappings():
                yield as_row(row)

    def exists(self) -> bool:
        """Tell whether the database has a trail; raises SQLAlchemyError if it can't be asked."""
        return not is_missing(self.database) and sa.inspect(self.database).has_table(entries.name)

    async def aclose(self) -> None:
        """Return once what was begun has finished; a check of all entries is given up."""
        self._is_closing.set()
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
            for listen in self.listeners:
                listen(chained.entry)

    async def _found(self, look: Callable[[sa.Connection], T]) -> T:
        def read() -> T:
            with self.database.connect() as connection:
                return look(connection)

        return await self._within(READ_SECONDS, self._in_thread(read))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _within(self, seconds: float | None, work: Awaitable[T]) -> T:
        try:
            # Not `wait_for`, which before Python 3.12 may lose a cancellation.
            async with asyncio.timeout(seconds):
                return await work
        except (TimeoutError, sa.exc.SQLAlchemyError, ValidationError) as error:
            log.warning("audit_trail_failed", reason=reason(error))
            # An entry that somebody has changed is no fault of the database.
            if not isinstance(error, ValidationError):
                DATABASE_ERRORS.labels(UNCONFIRMED).inc()
            raise NotRecorded(Unrecorded.AUDIT) from error

    def _create(self) -> None:
        with self.database.connect() as connection:
            self._lock(connection)
            entries.metadata.create_all(connection)
            add_what_is_newer(connection)
            connection.commit()

    def _append_all(self, batch: "Sequence[_Append]") -> "list[_Written | Exception]":
        with self.database.connect() as connection:
            self._lock(connection)
            written = _append(connection, [each.entry for each in batch])
            connection.commit()
        return written

    def _unhurried(self, rows: Iterable[T]) -> Iterator[T]:
        """Yield the rows, with pauses in which others are served, until the trail is closed."""
        for number, row in enumerate(rows):
            if number % 100 == 99 and self._is_closing.wait(0.01):
                return
            yield row

    def _verify(self, last: str) -> Intact | Broken:
        with closing(self.rows()) as rows:
            return model.verify(self._unhurried(rows), last)

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
            connection.execute(_TAKE_LOCK, {"lock": _LOCK, "limit": f"{APPEND_SECONDS:.0f}s"})


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


def _append(connection: sa.Connection, batch: Sequence[Entry]) -> "list[_Written | Exception]":
    """Write what is not there yet, in three statements at most, as all replicas wait meanwhile."""
    keys = {entry.key for entry in batch}
    found = connection.execute(sa.select(entries).where(entries.c.key.in_(keys))).mappings()
    there = {row["key"]: dict(row) for row in found}
    seq, last_hash = end_of_trail(connection)
    new: list[dict[str, Any]] = []
    written: list[_Written | Exception] = []
    for entry in batch:
        is_new = entry.key not in there
        try:
            row = (
                model.next_row(entry, seq + 1, last_hash) if is_new else Row.model_validate(there[entry.key])
            )
            written.append(_Written(row.chained_entry(), is_new=is_new))
        except ValidationError as error:
            # Somebody has changed the entry that is there; the others are none the worse for it.
            written.append(error)
            continue
        if is_new:
            seq, last_hash = row.seq, row.hash
            there[entry.key] = row.model_dump()
            new.append(there[entry.key])
    if new:
        connection.execute(entries.insert(), new)
    return written


def reason(error: Exception) -> str:
    """Return the database's own words, on one line."""
    return str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
