"""How workflows write to the trail, and what an entry says of an operation."""

from datetime import UTC, datetime

import stamina

from bot.audit.model import Entry, Event
from bot.errors import Failure, NotRecorded
from bot.operations.engine import step
from bot.operations.model import (
    BackedUp,
    BackingUpOperation,
    ConfirmedOperation,
    Operation,
    Outcome,
    backup_id_of,
)
from bot.services import services

GIVE_UP_SECONDS = 15.0
_LONGEST_WAIT = 5.0


async def write(entry: Entry, give_up_after: float | None = GIVE_UP_SECONDS) -> Failure | None:
    """Write an entry from within a step; return why not, if it can't be written for so many seconds.

    What can't be written must not be done.
    """
    retries = stamina.retry_context(
        on=NotRecorded, attempts=None, timeout=give_up_after, wait_initial=0.2, wait_max=_LONGEST_WAIT
    )
    try:
        async for attempt in retries:
            with attempt:
                await services().audit.append(entry)
    except NotRecorded as error:
        return Failure.of(error)
    return None


@step("record_surely", interruptible=True)
async def record_surely(entry: Entry) -> None:
    """Write an entry about what has been done already. Outlasts any outage of the database."""
    await write(entry, give_up_after=None)


def entry_of(
    operation: Operation,
    event: Event,
    *,
    decided_by: str | None = None,
    outcome: Outcome | None = None,
    failure: Failure | None = None,
    comment: str = "",
    permalink: str = "",
    part: str = "",
) -> Entry:
    """Return the entry about something that happened to an operation, now.

    Its key is the operation, the event and `part`: two entries of one event need different parts.
    """
    made = outcome.backup_id if isinstance(outcome, BackedUp) else None
    first = operation.delete_first if isinstance(operation, BackingUpOperation) else None
    shown = operation.backup if isinstance(operation, ConfirmedOperation) else None
    return Entry(
        event=event,
        key=":".join(each for each in (operation.id, event, part) if each),
        at=datetime.now(UTC),
        person=operation.requested_by,
        decided_by=decided_by,
        operation=operation.id,
        tag=operation.tag,
        verb=operation.verb.value,
        server_id=operation.server_id,
        server_name=operation.server_name,
        backup_id=backup_id_of(operation) if made is None else made,
        channel=operation.channel,
        permalink=permalink,
        reason=operation.reason,
        comment=comment,
        state=outcome.state if outcome else "",
        failure=failure,
        outcome=outcome,
        delete_first=first and first.id,
        backup_at=shown and shown.created_at,
        batch_id=operation.batch_id,
        schedule_id=operation.schedule_id,
        function_execution_id=operation.function_execution_id,
    )
