"""What the engine knows of operations: which wait or run, and which have ended.

An operation is three workflows in a row, named after it: ID, ID:execute and ID:report. Two more may go beside
them: a person's wish to cancel it, ID:cancel, and the alarm if it runs without approval, ID:alarm. ID begins
with the server's id, so that a server's operations are found.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto

import structlog
from dbos import DBOS, WorkflowStatus
from pydantic import TypeAdapter, ValidationError

from bot.operations.model import AnyOperation, AnyOutcome, BackedUp, Operation, Outcome
from bot.verbs import Verb

log = structlog.get_logger()

REQUEST = "request_operation"
EXECUTE = "execute_operation"
REPORT = "report_operation"
CANCEL = "cancel_operation"
ALARM = "raise_alarm"
"""The stored names of the workflows: never change them."""

ASK = "ask"
"""The stored name of the step that asks a second person."""
LAST_BACKUPS = 5
"""How many of the last backups are looked at for one whose duration is known."""

DECIDED = "decided"
"""The event of a request for which a second person was asked and that has its answer."""

LATELY = timedelta(hours=24)
MOST_ENDED = 300
"""How many of those that ended lately are read."""

_SUFFIXES = (":execute", ":report", ":cancel", ":alarm")
_OPERATION = TypeAdapter[Operation](AnyOperation)
_OUTCOME = TypeAdapter[Outcome](AnyOutcome)


class Stage(Enum):
    """How far an operation has come."""

    RUNNING = auto()
    QUEUED = auto()
    STARTING = auto()
    AWAITING_APPROVAL = auto()


@dataclass(frozen=True)
class Unfinished:
    """An operation that has not ended. `since` (UTC) is when it began to run, else when it was requested.

    `permalink` is its card's address, if that is known already.
    """

    operation: Operation
    stage: Stage
    since: datetime
    permalink: str = ""


@dataclass(frozen=True)
class Ended:
    """An operation that has ended, and how; `permalink` is its card's address."""

    operation: Operation
    outcome: Outcome
    permalink: str = ""


@dataclass(frozen=True)
class Overview:
    """What has not ended, those that run first, and what has ended lately, the newest first."""

    unfinished: list[Unfinished]
    ended: list[Ended]


def new_id(server_id: int, verb: Verb, key: str) -> str:
    """Return an operation's id; the same for the same idempotency key."""
    return f"{server_id}:{verb}:{key}"


def execute_id(operation_id: str) -> str:
    """Return the id of the workflow that carries an operation out."""
    return f"{operation_id}:execute"


def report_id(operation_id: str) -> str:
    """Return the id of the workflow that tells how an operation ended."""
    return f"{operation_id}:report"


def cancel_id(operation_id: str) -> str:
    """Return the id of the workflow that stands for a person's wish to cancel an operation."""
    return f"{operation_id}:cancel"


def alarm_id(operation_id: str) -> str:
    """Return the id of the workflow that alarms the approvers of an operation."""
    return f"{operation_id}:alarm"


def about_operation(operation: Operation, *_: object) -> dict[str, str]:
    """Return the fields of every line that a workflow of an operation logs."""
    return {"operation": operation.id}


def parts_of(operation_id: str) -> list[str]:
    """Return the ids of all workflows of an operation."""
    return [operation_id, *(f"{operation_id}{suffix}" for suffix in _SUFFIXES)]


def operation_id(workflow_id: str) -> str:
    """Return the id of the operation a workflow belongs to."""
    for suffix in _SUFFIXES:
        workflow_id = workflow_id.removesuffix(suffix)
    return workflow_id


async def unfinished(server_id: int | None = None) -> list[Unfinished]:
    """Return the operations that run or wait, on one server or on all: those that run first, oldest first.

    What has been done, but not told yet, is not among them; neither are watches, which change nothing.
    """
    rows = await DBOS.list_workflows_async(
        name=[REQUEST, EXECUTE],
        status=["PENDING", "ENQUEUED"],
        workflow_id_prefix=None if server_id is None else f"{server_id}:",
        load_output=False,
    )
    # Of a request that has just handed over, the later part tells how far it has come.
    latest = {operation_id(row.workflow_id): row for row in sorted(rows, key=lambda row: row.name == EXECUTE)}
    cancelled = await _cancelled([key for key, row in latest.items() if row.status == "ENQUEUED"])
    found = [
        _unfinished(row, operation)
        for key, row in latest.items()
        if key not in cancelled
        and (operation := read_operation(row)) is not None
        and operation.verb is not Verb.WATCH
    ]
    return sorted(
        found,
        key=lambda one: (one.stage is not Stage.RUNNING, one.operation.requested_at, one.operation.id),
    )


async def overview(lately: timedelta | None = LATELY) -> Overview:
    """Return what runs, what waits, and what has ended lately (None: ever), 300 at most, no watches."""
    since = (datetime.now(UTC) - lately).isoformat() if lately else None
    rows = await DBOS.list_workflows_async(
        name=REPORT, start_time=since, limit=MOST_ENDED, sort_desc=True, load_output=False
    )
    done = [one for one in _ended(rows) if one.operation.verb is not Verb.WATCH]
    found = [await _with_question(one) for one in await unfinished()]
    return Overview(found, sorted(done, key=lambda one: one.outcome.ended_at, reverse=True))


async def _with_question(one: Unfinished) -> Unfinished:
    """Return it with the address of its question, which only the step that asked has recorded."""
    if one.stage is not Stage.AWAITING_APPROVAL:
        return one
    steps = await DBOS.list_workflow_steps_async(one.operation.id)
    asked = next((each["output"] for each in steps if each["function_name"] == ASK), None)
    return replace(one, permalink=_permalink(asked))


def _permalink(card: object) -> str:
    return str(card.get("permalink") or "") if isinstance(card, dict) else ""


async def ahead_of(operation: Operation) -> Unfinished | None:
    """Return the operation that an operation about to queue waits for at its server, if any."""
    others = [
        one
        for one in await unfinished(operation.server_id)
        if one.operation.id != operation.id and one.stage is not Stage.AWAITING_APPROVAL
    ]
    # The queue goes by who comes first to it, not by who requested first: an approval may take long.
    before = (
        one
        for one in others
        if one.stage is not Stage.STARTING or one.operation.requested_at < operation.confirmed_at
    )
    return next(before, None)


async def find(wanted: str) -> Unfinished | None:
    """Return an operation that has not ended, by its id."""
    rows = await DBOS.list_workflows_async(
        workflow_ids=[execute_id(wanted), wanted], status=["PENDING", "ENQUEUED"], load_output=False
    )
    row = max(rows, key=lambda row: row.name == EXECUTE, default=None)
    if row and row.status == "ENQUEUED" and await _cancelled([wanted]):
        return None
    operation = row and read_operation(row)
    return _unfinished(row, operation) if row and operation else None


async def requested(wanted: str) -> Operation | None:
    """Return an operation as it was requested, whether it has ended or not; None if there was none."""
    rows = await DBOS.list_workflows_async(workflow_ids=[wanted], load_output=False)
    return read_operation(rows[0]) if rows else None


async def ended(wanted: str) -> Ended | None:
    """Return an operation that has ended, by its id."""
    rows = await DBOS.list_workflows_async(workflow_ids=[report_id(wanted)], load_output=False)
    return next(_ended(rows), None)


async def so_far(wanted: Sequence[str]) -> dict[str, Unfinished | Ended]:
    """Return by id how far operations have come; those that have not come to a queue yet are left out."""
    reports = await DBOS.list_workflows_async(
        workflow_ids=[report_id(each) for each in wanted], load_output=False
    )
    found: dict[str, Unfinished | Ended] = {one.operation.id: one for one in _ended(reports)}
    others = [execute_id(each) for each in wanted if each not in found]
    for row in await DBOS.list_workflows_async(workflow_ids=others, load_output=False) if others else []:
        if operation := read_operation(row):
            found[operation.id] = _unfinished(row, operation)
    return found


async def have_all_ended(wanted: Sequence[str]) -> bool:
    """Tell whether all of these operations have ended, as far as their reports have begun."""
    reports = await DBOS.list_workflows_async(
        workflow_ids=[report_id(each) for each in wanted], load_input=False, load_output=False
    )
    return len(reports) == len(set(wanted))


async def arguments_of(workflow_id: str) -> Sequence[object] | None:
    """Return what a workflow was started with, as stored; None if there is none of that id."""
    rows = await DBOS.list_workflows_async(workflow_ids=[workflow_id], load_output=False)
    return read_arguments(rows[0]) if rows else None


async def ended_since(server_id: int, moment: datetime) -> list[Ended]:
    """Return what has ended on a server after `moment`, oldest first, as far as its report has begun."""
    # An older SQLite makes the engine cut its times to whole seconds (DBOS.md, section 5).
    since = moment.astimezone(UTC).replace(microsecond=0)
    rows = await DBOS.list_workflows_async(
        name=REPORT, workflow_id_prefix=f"{server_id}:", start_time=since.isoformat(), load_output=False
    )
    found = [one for one in _ended(rows) if one.outcome.ended_at > moment]
    return sorted(found, key=lambda one: one.outcome.ended_at)


async def usual_seconds(server_id: int) -> float | None:
    """Return how long the last backup of a server took, in seconds; None if that is not known."""
    rows = await DBOS.list_workflows_async(
        name=REPORT,
        workflow_id_prefix=f"{server_id}:{Verb.CREATE}:",
        sort_desc=True,
        limit=LAST_BACKUPS,
        load_output=False,
    )
    outcomes = (one.outcome for one in _ended(rows))
    return next((each.seconds for each in outcomes if isinstance(each, BackedUp) and each.seconds), None)


async def _cancelled(queued: Sequence[str]) -> set[str]:
    """Return which queued operations have ended all the same: when their turn comes, they do nothing."""
    if not queued:
        return set()
    reports = [report_id(each) for each in queued]
    rows = await DBOS.list_workflows_async(workflow_ids=reports, load_input=False, load_output=False)
    return {operation_id(row.workflow_id) for row in rows}


def read_operation(row: WorkflowStatus) -> Operation | None:
    """Return the operation that a workflow is about; None for a row that can't be read, which is logged."""
    try:
        return _OPERATION.validate_python(read_arguments(row)[0])
    except (ValidationError, LookupError, TypeError) as error:
        _log_unreadable(row, error)
        return None


def _ended(rows: Sequence[WorkflowStatus]) -> Iterator[Ended]:
    for row in rows:
        operation = read_operation(row)
        if operation is None:
            continue
        try:
            _, card, outcome = read_arguments(row)[:3]
            yield Ended(operation, _OUTCOME.validate_python(outcome), _permalink(card))
        except (ValueError, LookupError, TypeError) as error:
            _log_unreadable(row, error)


def read_arguments(row: WorkflowStatus) -> Sequence[object]:
    """Return what a workflow was started with, as stored; raises TypeError for a row that has nothing."""
    if not isinstance(row.input, dict):
        raise TypeError(type(row.input).__name__)
    return row.input["args"]


def _log_unreadable(row: WorkflowStatus, error: Exception) -> None:
    log.error("row_unreadable", workflow=row.workflow_id, name=row.name, error=type(error).__name__)


def _unfinished(row: WorkflowStatus, operation: Operation) -> Unfinished:
    card = [*read_arguments(row), None][1]
    return Unfinished(operation, _stage(row, operation), _since(row, operation), _permalink(card))


def _stage(row: WorkflowStatus, operation: Operation) -> Stage:
    if row.name == EXECUTE:
        return Stage.RUNNING if row.status == "PENDING" else Stage.QUEUED
    return Stage.AWAITING_APPROVAL if operation.approval else Stage.STARTING


def _since(row: WorkflowStatus, operation: Operation) -> datetime:
    if row.name == EXECUTE and row.dequeued_at and row.status == "PENDING":
        return datetime.fromtimestamp(row.dequeued_at / 1000, UTC)
    return operation.requested_at
