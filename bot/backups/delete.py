"""The workflow that deletes a backup: announce, check once more, delete, report."""

from bot.backups import outcomes
from bot.backups.steps import check_target, remove_backup
from bot.backups.story import take_turn, tell_story
from bot.notices.post import Card
from bot.operations.engine import workflow
from bot.operations.model import Operation, Outcome


@workflow("delete_backup_turn")
async def delete_in_turn(operation: Operation, card: Card) -> Outcome:
    """Delete the backup, if it is still what the person was shown."""
    began, objection = await take_turn(operation, card)
    objection = objection or (await check_target(operation)).failure
    if objection:
        return outcomes.refused(objection, began.at)
    done = await remove_backup(operation, began)
    return outcomes.removed(operation.backup_id or 0, done, began.at)


@workflow("delete_backup")
async def delete_backup(operation: Operation) -> Outcome:
    """Delete one backup for ever."""
    return await tell_story(operation, delete_in_turn)
