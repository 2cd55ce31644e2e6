"""The table of the trail, which refuses to be changed, and its rows."""

from typing import Any

import sqlalchemy as sa
from pydantic import ValidationError

from bot.audit.model import GENESIS, OddRow, Row

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

_RESTORED = """ '"kind":"restored"') > 0"""
"""How the end of a restore is written that was seen to be one: in what people wrote, quotes are escaped."""
IS_RESTORED = {
    "sqlite": sa.text(f"instr(written,{_RESTORED}"),
    "postgresql": sa.text(f"strpos(written,{_RESTORED}"),
}
sa.Index(
    "audit_entries_restored",
    entries.c.server_id,
    entries.c.seq,
    sqlite_where=IS_RESTORED["sqlite"],
    postgresql_where=IS_RESTORED["postgresql"],
)

_SCHEDULED = """ '"schedule_id":"') > 0"""
IS_SCHEDULED = {
    "sqlite": sa.text(f"instr(written,{_SCHEDULED}"),
    "postgresql": sa.text(f"strpos(written,{_SCHEDULED}"),
}
sa.Index(
    "audit_entries_scheduled",
    entries.c.server_id,
    entries.c.seq,
    sqlite_where=IS_SCHEDULED["sqlite"],
    postgresql_where=IS_SCHEDULED["postgresql"],
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


# SQLite keeps anything in any column, and sorts text after numbers.
HAS_NUMBER = sa.func.typeof(entries.c.seq) == "integer"


def end_of_trail(connection: sa.Connection) -> tuple[int, str]:
    """Return the number and the hash of the newest entry; what stands for them before the first."""
    newest = sa.select(entries.c.seq, entries.c.hash).order_by(entries.c.seq.desc()).limit(1)
    if connection.dialect.name == "sqlite":
        newest = newest.where(HAS_NUMBER)
    last = connection.execute(newest).first()
    return (last.seq, str(last.hash)) if last else (0, GENESIS)


def add_what_is_newer(connection: sa.Connection) -> None:
    """Add the columns and indexes that an earlier release had not; what it has written stays without them."""
    found = sa.inspect(connection)
    columns = {column["name"] for column in found.get_columns(entries.name)}
    indexes = {index["name"] for index in found.get_indexes(entries.name)}
    for column in [column for column in entries.columns if column.name not in columns]:
        connection.exec_driver_sql(f"alter table {entries.name} add column {column.name} text")
    for index in [index for index in entries.indexes if index.name not in indexes]:
        index.create(connection)


def as_row(columns: sa.RowMapping) -> Row | OddRow:
    """Return a row, which may have been tampered with."""
    try:
        return Row.model_validate(dict(columns))
    except ValidationError:
        return OddRow(seq=repr(columns["seq"])[:50])
