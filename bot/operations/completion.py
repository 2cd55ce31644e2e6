"""Telling the workflow whose step an operation is how it ended."""

from bot.notifications.functions import Outputs, complete
from bot.operations import outcome_messages
from bot.operations.engine import step
from bot.operations.model import AnyOperation, AnyOutcome, BackedUp
from bot.services import services


@step("complete_function", interruptible=True)
async def complete_function(operation: AnyOperation, outcome: AnyOutcome) -> None:
    """Tell Slack how the operation ended that a step waits for. Outlasts any outage of Slack."""
    execution_id = operation.function_execution_id
    if isinstance(outcome, BackedUp):
        await complete(services().slack, execution_id, outputs=_outputs(outcome))
    else:
        words = outcome_messages.in_plain_text(operation, outcome)
        await complete(services().slack, execution_id, error=words)


def _outputs(outcome: BackedUp) -> Outputs:
    known = {
        "size_mb": outcome.size_mb,
        "seconds": None if outcome.seconds is None else round(outcome.seconds),
    }
    numbers = {name: value for name, value in known.items() if value is not None}
    return {"backup_id": str(outcome.backup_id), "status": outcome.state.value, **numbers}
