"""How workflows write to the trail: recorded steps."""

from datetime import UTC, datetime

import stamina
from pydantic import BaseModel, ConfigDict

from bot.audit.model import Entry, Event
from bot.audit.store import AuditTrail
from bot.errors import NotRecorded
from bot.operations.engine import step
from bot.operations.model import Failure, Operation, Outcome
from bot.operations.ports import Port

trail: Port[AuditTrail] = Port("the audit trail")

PATIENCE_SECONDS = 15.0
_LONGEST_WAIT = 5.0


class Recorded(BaseModel):
    """An entry was written, unless there is a failure."""

    model_config = ConfigDict(frozen=True)

    failure: Failure | None = None


@step("record")
async def record(entry: Entry) -> Recorded:
    """Write an entry before what it is about is done; give up after 15 s.

    What can't be written must not be done.
    """
    try:
        await _written(entry, PATIENCE_SECONDS)
    except NotRecorded as error:
        return Recorded(failure=Failure.of(error))
    return Recorded()


@step("record_surely", waits=True)
async def record_surely(entry: Entry) -> None:
    """Write an entry about what has been done already. Outlasts any outage of the database."""
    await _written(entry, None)


def entry_of(
    operation: Operation,
    event: Event,
    *,
    decided_by: str | None = None,
    outcome: Outcome | None = None,
    what: str = "",
    permalink: str = "",
    part: str = "",
    at: datetime | None = None,
) -> Entry:
    """Return the entry about something that happened to an operation.

    Its key is the operation, the event and `part`: two entries of one event need different parts. An
    outcome's words take the place of `what`. `at` is now where it is not given: a replay writes nothing new.
    """
    return Entry(
        event=event,
        key=":".join(each for each in (operation.id, event, part) if each),
        at=at or datetime.now(UTC),
        person=operation.asked_by,
        decided_by=decided_by,
        operation=operation.id,
        tag=operation.tag,
        verb=operation.verb,
        server_id=operation.server_id,
        server_name=operation.server_name,
        backup_id=outcome.backup_id if outcome and operation.backup_id is None else operation.backup_id,
        channel=operation.channel,
        permalink=permalink,
        reason=operation.reason,
        state=outcome.state if outcome else "",
        what=outcome.what if outcome else what,
    )


async def _written(entry: Entry, patience: float | None) -> None:
    async for attempt in stamina.retry_context(
        on=NotRecorded, attempts=None, timeout=patience, wait_initial=0.2, wait_max=_LONGEST_WAIT
    ):
        with attempt:
            await trail().append(entry)
