"""Alarming all who could have approved, if somebody runs an operation without approval.

A workflow of its own: the operation does not wait for it, and it outlasts any outage of Slack.
"""

from pydantic import BaseModel, ConfigDict, TypeAdapter

from bot.approvals import messages, views
from bot.audit.record import entry_of, record_surely
from bot.notifications.model import MessageRef
from bot.operations import engine, records
from bot.operations.card import PostedCard, edit_messages, post_alarms, reply_surely
from bot.operations.engine import Execution, step, workflow
from bot.operations.model import AnyOperation, AnyOutcome, Operation, Outcome
from bot.operations.records import ALARM, about_operation, alarm_id

POSTED = "posted"
"""The event that says where the alarms are."""
_REFS = TypeAdapter(list[MessageRef])


async def start_alarm(operation: Operation, card: PostedCard, approvers: list[str]) -> None:
    """Record that the approvers have to be alarmed, and have it done."""
    await engine.start_next(raise_alarm, alarm_id(operation.id), operation, card, approvers)


@workflow(ALARM, about=about_operation)
async def raise_alarm(operation: AnyOperation, card: PostedCard, approvers: list[str]) -> None:
    """Write to each approver until Slack takes it, put on record who was reached, and tell the channel."""
    engine.adopt(await begin_alarm())
    alarm = views.alarm(operation, card.link_for_others)
    posted = await post_alarms(operation, approvers, alarm)
    reached = [person for person, ref in zip(approvers, posted, strict=True) if ref.ts]
    missed = [person for person in approvers if person not in reached]
    entry = entry_of(operation, "alarmed", decided_by=operation.requested_by, permalink=card.permalink)
    await record_surely(entry.model_copy(update={"reached": tuple(reached), "not_reached": tuple(missed)}))
    refs = [ref for ref in posted if ref.ts]
    await engine.set_event(POSTED, _REFS.dump_json(refs).decode())
    # It may have ended while Slack was away; else its report finds the alarms.
    ended = await find_outcome(operation.id)
    if ended.outcome:
        await show_outcome_to_approvers(
            ended.operation or operation, refs, ended.outcome, card.link_for_others
        )
    await reply_surely(operation, card, messages.alarm(operation), "alarm")


async def find_alarms(operation: Operation) -> list[MessageRef]:
    """Return where the alarms about an operation are."""
    return await read_alarms(operation.id) if operation.broke_glass else []


async def show_outcome_to_approvers(
    operation: Operation, refs: list[MessageRef], outcome: Outcome, permalink: str
) -> None:
    """Edit what approvers were told directly to say how it ended."""
    if refs:
        await edit_messages(refs, views.direct_outcome(operation, outcome, permalink))


class EndedOperation(BaseModel):
    """An operation and its outcome; empty if it has not ended."""

    model_config = ConfigDict(frozen=True)

    operation: AnyOperation | None = None
    outcome: AnyOutcome | None = None


@step("begin_alarm")
async def begin_alarm() -> Execution:
    """Return which run began the alarm."""
    return engine.new_execution()


@step("read_alarms")
async def read_alarms(operation_id: str) -> list[MessageRef]:
    """Return where the alarms are, as far as they were posted."""
    posted = await engine.event(alarm_id(operation_id), POSTED)
    return _REFS.validate_json(posted) if posted else []


@step("find_outcome")
async def find_outcome(operation_id: str) -> EndedOperation:
    """Return how an operation ended, if it has."""
    ended = await records.ended(operation_id)
    return EndedOperation(operation=ended.operation, outcome=ended.outcome) if ended else EndedOperation()
