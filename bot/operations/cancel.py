"""Cancelling an operation that has not acted yet.

The wish is recorded first, as a workflow of its own, and whatever acts looks for it just before. So if the
operation is still in its server's queue, and no step of it was ever recorded, it will not act any more, and
the end can be told at once. Otherwise the operation itself tells how it ended.
"""

from dbos import DBOS
from pydantic import BaseModel, ConfigDict, Field

from bot.operations import engine
from bot.operations.card import PostedCard
from bot.operations.engine import step, workflow
from bot.operations.model import AnyOperation, Cancelled
from bot.operations.records import CANCEL, REPORT, cancel_id, execute_id, read_arguments, report_id
from bot.services import services


class Cancellable(BaseModel):
    """An operation that will not act any more, and its card; empty if it may have acted."""

    model_config = ConfigDict(frozen=True)

    operation: AnyOperation | None = Field(default=None)
    card: PostedCard = PostedCard()


@workflow(CANCEL, about=lambda operation_id, *_: {"operation": operation_id})
async def cancel_operation(operation_id: str, by: str) -> None:
    """Tell of an operation that it is cancelled, if it is queued; one that acts looks for this by itself."""
    await tell_if_queued(operation_id, by)


async def tell_if_queued(operation_id: str, by: str) -> None:
    """Tell at once that an operation is cancelled, if it has not left its server's queue."""
    queued = await look_in_queue(operation_id)
    if queued.operation:
        outcome = Cancelled(ended_at=services().now(), by=by)
        report = engine.named(REPORT)
        await engine.start_next(report, report_id(operation_id), queued.operation, queued.card, outcome)


@step("look_in_queue")
async def look_in_queue(operation_id: str) -> Cancellable:
    """Return the operation if it is queued and no step of it was recorded yet."""
    rows = await DBOS.list_workflows_async(workflow_ids=[execute_id(operation_id)], load_output=False)
    if not rows or rows[0].status != "ENQUEUED":
        return Cancellable()
    if await DBOS.list_workflow_steps_async(execute_id(operation_id)):
        return Cancellable()
    operation, card = read_arguments(rows[0])[:2]
    return Cancellable.model_validate({"operation": operation, "card": card})


async def request_cancel(operation_id: str, by: str) -> None:
    """Record the wish to cancel; raises NotRecorded if the database did not confirm."""
    await engine.start(cancel_operation, cancel_id(operation_id), operation_id, by)


@step("find_cancel")
async def find_cancel(operation_id: str) -> str:
    """Return who has cancelled an operation; empty if nobody has."""
    return await cancelled_by(operation_id)


async def cancelled_by(operation_id: str) -> str:
    """Return who has cancelled an operation; empty if nobody has."""
    rows = await DBOS.list_workflows_async(workflow_ids=[cancel_id(operation_id)], load_output=False)
    return str(read_arguments(rows[0])[1]) if rows else ""
