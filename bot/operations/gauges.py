"""How many operations are open, and for how long: read from the database at a scrape."""

import asyncio
import time

import sqlalchemy as sa

from bot.metrics.instruments import OPERATION_OLDEST_AGE, OPERATIONS_OPEN
from bot.metrics.scrape import read_or_clear
from bot.operations.records import EXECUTE, REQUEST, execute_id, report_id
from bot.verbs import Verb

STATES = ("approval", "queued", "running")

_OPEN = """
select state, count(*), min(since) from (
  select
    name,
    case when name = :request then stored.workflow_uuid
      else substr(stored.workflow_uuid, 1, length(stored.workflow_uuid) - length(:execute_suffix))
      end as operation,
    case when name = :execute and status = 'PENDING' then 'running'
      when name = :request and coalesce(input.inputs, stored.inputs) like :approval then 'approval'
      else 'queued' end as state,
    case when status = 'PENDING' then coalesce(started_at_epoch_ms, created_at) else created_at end as since
  from {schema}workflow_status stored
  left join {schema}workflow_input input on input.workflow_uuid = stored.workflow_uuid
  where status in ('ENQUEUED', 'PENDING') and name in (:request, :execute)
    and stored.workflow_uuid not like :watch
) unfinished
where not exists (
  select 1 from {schema}workflow_status later
  where later.workflow_uuid
    in (operation || :report_suffix, case unfinished.name when :request then operation || :execute_suffix end)
)
group by state
"""
"""Counts what `records.unfinished` returns, without reading all that is stored of each."""


async def look(database: sa.Engine) -> None:
    """Set the gauges; if the database can't be read, clear them and raise SQLAlchemyError."""
    found = await read_or_clear(asyncio.to_thread(_read, database), OPERATIONS_OPEN, OPERATION_OLDEST_AGE)
    now = time.time()
    for state in STATES:
        count, since = found.get(state, (0, now))
        OPERATIONS_OPEN.labels(state).set(count)
        OPERATION_OLDEST_AGE.labels(state).set(max(0.0, now - since))


def _read(database: sa.Engine) -> dict[str, tuple[int, float]]:
    """Return by state how many there are, and since when (Unix time) the oldest is in it."""
    question = sa.text(_OPEN.format(schema="" if database.dialect.name == "sqlite" else "dbos."))
    words = {
        "request": REQUEST,
        "execute": EXECUTE,
        "execute_suffix": execute_id(""),
        "report_suffix": report_id(""),
        "watch": f"%:{Verb.WATCH}:%",
        # As the engine stores it: without spaces. In what people typed, the quotation marks are escaped.
        "approval": '%"approval":{%',
    }
    with database.connect() as connection:
        rows = connection.execute(question, words).all()
    return {str(state): (int(count), since / 1000) for state, count, since in rows}
