"""The workflow behind *Tell me when it ends*: watch a backup, then write to whoever asked."""

from bot.backups import outcomes
from bot.backups.ports import patience
from bot.backups.steps import await_backup, deadline
from bot.notices.post import Card, tell_asker
from bot.operations.engine import begin, workflow
from bot.operations.model import Operation, Outcome


@workflow("watch_backup")
async def watch_backup(operation: Operation) -> Outcome:
    """Tell a person how a backup that somebody else made has ended."""
    began = await begin()
    backup_id = operation.backup_id or 0
    seen = await await_backup(operation.server_id, backup_id, deadline(began, patience().give_up))
    outcome = outcomes.watched(backup_id, seen, began, patience().give_up)
    await tell_asker(operation, Card(), outcome.model_copy(update={"seconds": None}), began)
    return outcome
