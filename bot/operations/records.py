"""What the engine knows of operations: which run or wait, and which have ended."""

from dataclasses import dataclass
from datetime import UTC, datetime

from dbos import DBOS

from bot.operations.engine import has_reached
from bot.operations.model import Operation, Outcome, Verb

STORIES: dict[Verb, str] = {
    "create": "create_backup",
    "delete": "delete_backup",
    "restore": "restore_backup",
}
"""The stored name of each verb's workflow; its turn at the server is called the same with `_turn`."""

DECIDED = "decided"
"""The milestone of an operation for which a second person was asked and that has its answer."""

TURNS: dict[Verb, str] = {verb: f"{story}_turn" for verb, story in STORIES.items()}


@dataclass(frozen=True)
class Unfinished:
    """An operation that has not ended. `since` (UTC) is when its turn came, or when it was asked for.

    One that is `undecided` waits for a second person, and holds nobody up.
    """

    operation: Operation
    is_running: bool
    since: datetime
    is_undecided: bool = False


@dataclass(frozen=True)
class Ended:
    """An operation whose turn at the server is over."""

    operation: Operation
    outcome: Outcome


async def unfinished(server_id: int | None = None) -> list[Unfinished]:
    """Return the operations that run or wait, those that run first, oldest first.

    One whose turn is over is not among them, also while its end has not been told yet.
    """
    rows = await DBOS.list_workflows_async(
        name=[*STORIES.values(), *TURNS.values()], status=["PENDING", "ENQUEUED"], load_output=False
    )
    begun = {
        row.workflow_id.removesuffix(":turn"): _moment(row.dequeued_at or row.created_at)
        for row in rows
        if row.name in TURNS.values() and row.status == "PENDING"
    }
    operations = [_operation(row.input) for row in rows if row.name in STORIES.values()]
    over = await _turns_over([one.id for one in operations if one.id not in begun])
    decided = {row.workflow_id.removesuffix(":turn") for row in rows if row.name in TURNS.values()}
    found = [
        Unfinished(
            operation,
            is_running=operation.id in begun,
            since=begun.get(operation.id, operation.asked_at),
            is_undecided=operation.approval_minutes is not None and operation.id not in decided,
        )
        for operation in operations
        if server_id in (None, operation.server_id) and operation.id not in over
    ]
    return sorted(found, key=lambda one: (not one.is_running, one.operation.asked_at, one.operation.id))


async def ahead_of(operation: Operation) -> Unfinished | None:
    """Return the operation that has this one's turn at the server, if any."""
    others = [
        one
        for one in await unfinished(operation.server_id)
        if one.operation.id != operation.id and not one.is_undecided
    ]
    before = [one for one in others if one.is_running or one.operation.asked_at < operation.asked_at]
    return before[0] if before else None


async def undecided(operation_id: str) -> Operation | None:
    """Return an operation that waits for a second person; None where it was decided or has ended."""
    turn_id = f"{operation_id}:turn"
    rows = await DBOS.list_workflows_async(workflow_ids=[operation_id, turn_id], load_output=False)
    # After a restart the engine queues what it takes up again.
    is_unfinished = {row.workflow_id: row.status in {"PENDING", "ENQUEUED"} for row in rows}
    if is_unfinished != {operation_id: True} or await has_reached(operation_id, DECIDED):
        return None
    operation = _operation(rows[0].input)
    return operation if operation.approval_minutes is not None else None


async def ended_since(server_id: int, moment: datetime) -> list[Ended]:
    """Return what has ended on a server after `moment`, oldest first."""
    # An older SQLite makes the engine cut its times to whole seconds (DBOS.md, section 5).
    since = moment.astimezone(UTC).replace(microsecond=0)
    rows = await DBOS.list_workflows_async(
        name=list(TURNS.values()), status="SUCCESS", completed_after=since.isoformat()
    )
    found = [
        (Ended(_operation(row.input), Outcome.model_validate(row.output)), _moment(row.completed_at))
        for row in rows
    ]
    ours = [
        one
        for one, completed in found
        if one.operation.server_id == server_id and max(one.outcome.ended_at, completed) > moment
    ]
    return sorted(ours, key=lambda one: one.outcome.ended_at)


async def _turns_over(operation_ids: list[str]) -> set[str]:
    if not operation_ids:
        return set()
    turns = [f"{operation_id}:turn" for operation_id in operation_ids]
    rows = await DBOS.list_workflows_async(
        workflow_ids=turns, status="SUCCESS", load_input=False, load_output=False
    )
    return {row.workflow_id.removesuffix(":turn") for row in rows}


def _operation(stored: object) -> Operation:
    if not isinstance(stored, dict):
        raise TypeError(f"a workflow's input is {type(stored).__name__}")
    return Operation.model_validate(stored["args"][0])


def _moment(milliseconds: int | None) -> datetime:
    return datetime.fromtimestamp((milliseconds or 0) / 1000, UTC)
