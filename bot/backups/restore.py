"""The workflow that restores a server: announce, safety backup, check once more, restore, watch, report.

VPS.org documents neither a restore's answer nor its progress (VPS-API.md), and a restore leaves no mark to
look for. So the call is never repeated, and the outcome says what was seen and no more.
"""

from bot.approvals.clearance import check_rights
from bot.backups import outcomes
from bot.backups.ports import patience
from bot.backups.restoring import call_restore, restored, see_restore, server_status
from bot.backups.steps import check_target, deadline, make_backup
from bot.backups.story import take_turn, tell_story, watch
from bot.notices import views
from bot.notices.post import Card, revise
from bot.operations.engine import begin, workflow
from bot.operations.model import Began, Operation, Outcome, State


@workflow("restore_backup_turn")
async def restore_in_turn(operation: Operation, card: Card) -> Outcome:
    """Restore the server, after a safety backup where one was asked for."""
    began, objection = await take_turn(operation, card)
    objection = objection or (await check_target(operation)).failure
    if objection:
        return outcomes.refused(objection, began.at)
    safety = await _make_safe(operation, card, began)
    if safety and safety.state is not State.DONE:
        return outcomes.without_safety(safety, safety.ended_at)
    outcome = await _restore(operation, card)
    return outcome.model_copy(update={"safety_backup_id": safety.backup_id if safety else None})


@workflow("restore_backup")
async def restore_backup(operation: Operation) -> Outcome:
    """Put a server back to a backup."""
    return await tell_story(operation, restore_in_turn)


async def _make_safe(operation: Operation, card: Card, began: Began) -> Outcome | None:
    if not operation.safety_backup:
        return None
    await revise(card, views.running(operation, "First a safety backup of how it is now."))
    made = await make_backup(
        operation, began, f"Safety backup before restoring backup {operation.backup_id}."
    )
    if made.backup is None:
        return outcomes.not_made(made, began.at)
    seen = await watch(operation, card, made.backup.id, began)
    return outcomes.watched(made.backup.id, seen, began, patience().give_up)


async def _restore(operation: Operation, card: Card) -> Outcome:
    # Once more, since a safety backup may have taken hours.
    objection = (await check_rights(operation)).failure or (await check_target(operation)).failure
    before = await server_status(operation.server_id)
    began = await begin()
    if objection:
        return outcomes.refused(objection, began.at)
    called = await call_restore(operation, before, began)
    if called.failure:
        return restored(called, None, began)
    await revise(card, views.running(operation, "VPS.org accepted the restore. I watch the server."))
    seen = await see_restore(operation.server_id, before, deadline(began, patience().restore_watch))
    return restored(called, seen, began)
