"""The table of the audit trail, with triggers that refuse to change what is written."""

from typing import Any

import sqlalchemy as sa

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
