"""Finding entries in the trail, and what belongs together."""

from collections.abc import Collection, Iterator
from typing import Any

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from bot.audit import model
from bot.audit.model import AuditedOperation, ChainedEntry, Entry, RestoreProof, Row
from bot.audit.table import HAS_NUMBER, IS_RESTORED, IS_SCHEDULED, as_row, entries
from bot.names import canonical_name
from bot.verbs import Verb


class Filter(BaseModel):
    """Which entries are meant; all of them by default.

    A server by name, which may be an id as well, and by `server_id`: what fits either. `person` is who
    requested or decided. `before` and `after` are numbers of entries; with `after`, those that follow next
    are read, else the newest. `servers`: nothing but entries of these, by their names in canonical form.
    `with_refusals`: also what people were denied, which changed nothing.
    """

    model_config = ConfigDict(frozen=True)

    server: str = ""
    server_id: int | None = None
    person: str = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None
    servers: frozenset[str] | None = None
    with_refusals: bool = True


def operations(connection: sa.Connection, wanted: Filter, limit: int) -> list[AuditedOperation]:
    """Return operations with an entry that is wanted, newest first.

    Each is found by its newest entry that is wanted, so that not all of a long trail is read for a page.
    """
    all_of = wanted.model_copy(update={"before": None, "after": None})
    later = entries.alias("later")
    is_newest = ~sa.exists().where(
        later.c.subject == entries.c.subject, later.c.seq > entries.c.seq, *_conditions(later.c, all_of)
    )
    subject = sa.func.coalesce(entries.c.subject, entries.c.key)
    newest = sa.select(subject, entries.c.seq).where(is_newest, *_conditions(entries.c, wanted))
    if connection.dialect.name == "sqlite":
        newest = newest.where(HAS_NUMBER)
    order = entries.c.seq if wanted.after is not None else entries.c.seq.desc()
    rows = connection.execute(newest.order_by(order).limit(limit)).all()
    of_them = Filter(servers=wanted.servers, with_refusals=wanted.with_refusals)
    found = _with_entries(connection, {str(subject): int(seq) for subject, seq in rows}, of_them)
    return sorted(found, key=lambda operation: operation.seq, reverse=True)


def operation(connection: sa.Connection, subject: str, servers: frozenset[str] | None) -> AuditedOperation:
    """Return one of them; without entries if there is none of these servers."""
    return _with_entries(connection, {subject: 0}, Filter(servers=servers))[0]


def servers(connection: sa.Connection) -> frozenset[str]:
    """Return the names of all servers there are entries of, in canonical form."""
    names = connection.scalars(sa.select(entries.c.server).distinct())
    return frozenset(name for name in names if isinstance(name, str))


def made_by_schedule(
    connection: sa.Connection, schedule_id: str, server_id: int, tags: Collection[str]
) -> dict[str, int | None]:
    """Return, by the tags of a schedule's backups of a server, their ids; None if one is not on record.

    Of these tags alone: all that a schedule has made in years would take too long to read. What was tampered
    with proves nothing.
    """
    is_scheduled = IS_SCHEDULED[connection.dialect.name]
    place = sa.func.instr if connection.dialect.name == "sqlite" else sa.func.strpos
    has_tag = sa.or_(sa.false(), *(place(entries.c.written, f'"tag":"{tag}"') > 0 for tag in sorted(tags)))
    mine = sa.select(entries).where(is_scheduled, entries.c.server_id == server_id, has_tag)
    mine = mine.order_by(entries.c.seq)
    made: dict[str, int | None] = {}
    for row in map(as_row, connection.execute(mine).mappings()):
        if not isinstance(row, Row) or model.fault(row, row.seq, row.previous):
            continue
        entry = row.chained_entry().entry
        if entry.schedule_id == schedule_id and entry.verb == Verb.CREATE:
            made[entry.tag] = made.get(entry.tag) or entry.made
    return made


def last_run(connection: sa.Connection, schedule_id: str) -> list[Entry]:
    """Return the entries of the last run of a schedule, oldest first; what can't be read is left out."""
    is_its = entries.c.written.contains(f'"schedule_id":"{schedule_id}"', autoescape=True)
    newest = sa.select(entries).where(IS_SCHEDULED[connection.dialect.name], is_its)
    rows = connection.execute(newest.order_by(entries.c.seq.desc()).limit(MOST_READ)).mappings()
    readable = (row.readable() for row in map(as_row, rows) if isinstance(row, Row))
    found = [each.entry for each in readable if each and each.entry.verb == Verb.CREATE]
    # A run of several servers is one batch, or more if they are very many.
    runs = [entry.operation.partition(f":{Verb.CREATE}:")[2].partition("#")[0] for entry in found]
    return [entry for entry, run in zip(found, runs, strict=True) if run == runs[0]][::-1]


def last_restores(connection: sa.Connection) -> dict[int, RestoreProof]:
    """Return, by server id, the last restore that was seen to be one."""
    is_sqlite = connection.dialect.name == "sqlite"
    newest = sa.select(sa.func.max(entries.c.seq)).where(IS_RESTORED[connection.dialect.name])
    newest = newest.where(HAS_NUMBER) if is_sqlite else newest
    rows = connection.execute(
        sa.select(entries).where(entries.c.seq.in_(newest.group_by(entries.c.server_id)))
    )
    found: dict[int, RestoreProof] = {}
    for row in map(as_row, rows.mappings()):
        chained = row.readable() if isinstance(row, Row) else None
        proof = chained.entry.proof() if chained else None
        if chained and proof and chained.entry.server_id is not None:
            found[chained.entry.server_id] = proof
    return found


def query(wanted: Filter) -> sa.Select[Any]:
    """Return the query for the entries that are wanted."""
    return sa.select(entries).where(*_conditions(entries.c, wanted))


MOST_READ = 2000
"""Entries that are read for a page: a person may have been refused any number of times."""

Columns = ReadOnlyColumnCollection[str, Any]


def _conditions(columns: Columns, wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    # Not by their indexes, which do not know which entries are the newest.
    if wanted.servers is not None:
        yield sa.func.coalesce(columns.server, "").in_(wanted.servers)
    if wanted.server or wanted.server_id is not None:
        yield sa.or_(*_is_of_server(columns, wanted))
    if wanted.person:
        yield sa.or_(
            sa.func.coalesce(columns.person, "") == wanted.person,
            sa.func.coalesce(columns.decided_by, "") == wanted.person,
        )
    if wanted.since:
        yield columns.at >= model.moment(wanted.since)
    if wanted.until:
        yield columns.at <= model.moment(wanted.until)
    if not wanted.with_refusals:
        # In what people wrote, quotes are escaped.
        yield columns.written.not_like('%"event":"refused"%')
    if wanted.before is not None:
        yield columns.seq < wanted.before
    if wanted.after is not None:
        yield columns.seq > wanted.after


def _is_of_server(columns: Columns, wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.server_id is not None:
        yield columns.server_id == wanted.server_id
    if wanted.server:
        yield columns.server == canonical_name(wanted.server)
        if wanted.server.isascii() and wanted.server.isdecimal() and len(wanted.server) <= 18:
            yield columns.server_id == int(wanted.server)


def _with_entries(
    connection: sa.Connection, subjects: dict[str, int], of_them: Filter
) -> list[AuditedOperation]:
    is_about = sa.or_(
        entries.c.subject.in_(subjects), sa.and_(entries.c.subject.is_(None), entries.c.key.in_(subjects))
    )
    found = query(of_them).where(is_about).order_by(entries.c.seq.desc()).limit(MOST_READ)
    read: dict[str, list[ChainedEntry | None]] = {subject: [] for subject in subjects}
    for columns in reversed(connection.execute(found).mappings().all()):
        row = as_row(columns)
        read[columns["subject"] or columns["key"]].append(row.readable() if isinstance(row, Row) else None)
    return [
        AuditedOperation(
            subject=subject,
            seq=seq,
            entries=tuple(each for each in read[subject] if each),
            unreadable=read[subject].count(None),
        )
        for subject, seq in subjects.items()
    ]
