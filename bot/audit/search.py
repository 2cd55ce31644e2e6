"""Finding entries in the trail, and what belongs together."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.audit import model
from bot.audit.model import AuditedOperation, ChainedEntry, Row
from bot.audit.table import HAS_NUMBER, as_row, entries
from bot.names import canonical_name


class Filter(BaseModel):
    """Which entries are meant; all of them by default.

    A server by name, which may be an id as well, and by `server_id`: what fits either. `person` is who
    requested or decided. `before` and `after` are numbers of entries; with `after`, those that follow next
    are read, else the newest. `servers`: nothing but entries of these, by their names in canonical form.
    """

    model_config = ConfigDict(frozen=True)

    server: str = ""
    server_id: int | None = None
    person: str = ""
    since: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None
    servers: frozenset[str] | None = None


def operations(connection: sa.Connection, wanted: Filter, limit: int) -> list[AuditedOperation]:
    """Return operations with an entry that is wanted, newest first."""
    newest = sa.func.max(entries.c.seq)
    found = query(wanted.model_copy(update={"before": None, "after": None}))
    by_subject: sa.Select[Any] = found.with_only_columns(_SUBJECT, newest.label("newest")).group_by(_SUBJECT)
    if connection.dialect.name == "sqlite":
        by_subject = by_subject.where(HAS_NUMBER)
    if wanted.before is not None:
        by_subject = by_subject.having(newest < wanted.before)
    if wanted.after is not None:
        by_subject = by_subject.having(newest > wanted.after)
    order = newest if wanted.after is not None else newest.desc()
    rows = connection.execute(by_subject.order_by(order).limit(limit)).all()
    operations = _with_entries(connection, {str(subject): int(seq) for subject, seq in rows}, wanted.servers)
    return sorted(operations, key=lambda operation: operation.seq, reverse=True)


def operation(connection: sa.Connection, subject: str, servers: frozenset[str] | None) -> AuditedOperation:
    """Return one of them; without entries if there is none of these servers."""
    return _with_entries(connection, {subject: 0}, servers)[0]


def servers(connection: sa.Connection) -> frozenset[str]:
    """Return the names of all servers there are entries of, in canonical form."""
    names = connection.scalars(sa.select(entries.c.server).distinct())
    return frozenset(name for name in names if isinstance(name, str))


def query(wanted: Filter) -> sa.Select[Any]:
    """Return the query for the entries that are wanted."""
    columns, found = entries.c, sa.select(entries)
    if wanted.servers is not None:
        found = found.where(columns.server.in_(wanted.servers))
    if wanted.server or wanted.server_id is not None:
        found = found.where(sa.or_(*_is_of_server(wanted)))
    if wanted.person:
        found = found.where(sa.or_(columns.person == wanted.person, columns.decided_by == wanted.person))
    if wanted.since:
        found = found.where(columns.at >= model.moment(wanted.since))
    if wanted.before is not None:
        found = found.where(columns.seq < wanted.before)
    if wanted.after is not None:
        found = found.where(columns.seq > wanted.after)
    return found


def _is_of_server(wanted: Filter) -> Iterator[sa.ColumnElement[bool]]:
    if wanted.server_id is not None:
        yield entries.c.server_id == wanted.server_id
    if wanted.server:
        yield entries.c.server == canonical_name(wanted.server)
        if wanted.server.isascii() and wanted.server.isdecimal() and len(wanted.server) <= 18:
            yield entries.c.server_id == int(wanted.server)


_SUBJECT = sa.func.coalesce(entries.c.subject, entries.c.key).label("about")


def _with_entries(
    connection: sa.Connection, subjects: dict[str, int], servers: frozenset[str] | None
) -> list[AuditedOperation]:
    is_about = sa.or_(
        entries.c.subject.in_(subjects), sa.and_(entries.c.subject.is_(None), entries.c.key.in_(subjects))
    )
    found = query(Filter(servers=servers)).where(is_about).order_by(entries.c.seq)
    read: dict[str, list[ChainedEntry | None]] = {subject: [] for subject in subjects}
    for columns in connection.execute(found).mappings():
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
