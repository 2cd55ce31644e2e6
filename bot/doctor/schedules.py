"""Whether what is to be backed up by the clock is."""

import json

import sqlalchemy as sa
from pydantic import ValidationError

from bot.doctor import schedule_messages
from bot.doctor.model import Finding
from bot.schedules.model import Schedule

_TABLE = {"sqlite": "workflow_schedules", "postgresql": "dbos.workflow_schedules"}


def examine_schedules(engine: sa.Engine) -> list[Finding]:
    """Return how many schedules there are, and which are paused or can't be read; nothing if there are none.

    Raises:
        SQLAlchemyError: the database can't be asked.
    """
    schema, _, table = _TABLE[engine.dialect.name].rpartition(".")
    if not sa.inspect(engine).has_table(table, schema=schema or None):
        return []
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text(f"select context, status from {_TABLE[engine.dialect.name]}")  # noqa: S608
        ).all()
    read = [_read(context, is_paused=status != "ACTIVE") for context, status in rows]
    return schedule_messages.schedules([each for each in read if each], unreadable=read.count(None))


def _read(context: str, *, is_paused: bool) -> Schedule | None:
    try:
        return Schedule.model_validate({**json.loads(context), "is_paused": is_paused})
    except (ValidationError, ValueError, TypeError):
        return None
