"""The workflow that makes a backup: announce, make, watch, report."""

from bot.audit.record import entry_of, record_surely
from bot.backups import outcomes
from bot.backups.ports import patience
from bot.backups.steps import check_room, make_backup
from bot.backups.story import take_turn, tell_story, watch
from bot.notices.post import Card, whisper_outcome
from bot.operations.engine import begin, workflow
from bot.operations.model import Operation, Outcome


@workflow("create_backup_turn")
async def create_in_turn(operation: Operation, card: Card) -> Outcome:
    """Make the backup and watch it to its end."""
    began, objection = await take_turn(operation, card)
    if objection:
        return outcomes.refused(objection, began.at)
    made = await make_backup(operation, began, "")
    if made.backup is None:
        return outcomes.not_made(made, began.at)
    seen = await watch(operation, card, made.backup.id, began)
    return outcomes.watched(made.backup.id, seen, began, patience().give_up)


@workflow("create_backup")
async def create_backup(operation: Operation) -> Outcome:
    """Make a backup of a server. Where it has no room, only whoever asked is told, and what to delete."""
    began = await begin()
    room = await check_room(operation)
    if room.failure:
        outcome = outcomes.not_made(room, began.at)
        await whisper_outcome(operation, outcome)
        await record_surely(entry_of(operation, "requested"))
        await record_surely(entry_of(operation, "ended", outcome=outcome))
        return outcome
    return await tell_story(operation, create_in_turn)
