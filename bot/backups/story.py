"""What all operations share: put on record, agreed on, announced, done in the server's turn, told."""

import structlog

from bot.approvals.clearance import clear
from bot.approvals.wait import agreement
from bot.audit.record import entry_of, record, record_surely
from bot.backups import outcomes
from bot.backups.ports import patience
from bot.backups.steps import Seen, await_backup, check_target, deadline
from bot.errors import Outdated
from bot.notices import views
from bot.notices.post import Card, announce, revise, show_agreed, show_outcome, tell_asker, tell_late
from bot.operations.engine import Workflow, begin, in_turn
from bot.operations.model import Began, Failure, Operation, Outcome
from bot.slack.text import duration

log = structlog.get_logger()

Turn = Workflow[[Operation, Card], Outcome]

LATEST_SECONDS = 600.0
"""What begins later than this after it was asked for, with nobody told meanwhile, would surprise people."""


async def tell_story(operation: Operation, turn: Turn) -> Outcome:
    """Carry an operation out when it is its turn, and show and tell how it ended."""
    began = await begin(operation.asked_at)
    card, outcome, operation = await _prepare(operation, began)
    if outcome is None:
        outcome = await _in_turn(operation, turn, card, began)
    ended = entry_of(operation, "ended", permalink=card.link, outcome=outcome)
    recorded = await record(ended)
    shown = await show_outcome(operation, card, outcome, began)
    await tell_asker(operation, shown, outcome, began)
    if recorded.failure:
        # Nobody waits for the answer any more, so that this may outlast an outage of the database.
        await record_surely(ended)
    return outcome


async def _in_turn(operation: Operation, turn: Turn, card: Card, began: Began) -> Outcome:
    try:
        return await in_turn(operation.server_id, turn, operation, card)
    except Exception:  # A bug must not leave whoever asked without an answer.
        log.exception("turn_broke", operation=operation.id)
        return outcomes.broken(operation, began.at)


async def take_turn(operation: Operation, card: Card) -> tuple[Began, Failure | None]:
    """Begin a turn: when it began, and why the operation must not go ahead after all."""
    began = await begin()
    if card.says_waiting:
        await revise(card, views.running(operation, ""))
    return began, await clear(operation, card.link)


async def watch(operation: Operation, card: Card, backup_id: int, began: Began) -> Seen:
    """Watch a backup until it ends. It is said to be late when it is, and watched on."""
    seen = await await_backup(operation.server_id, backup_id, deadline(began, patience().late))
    if seen.backup is None and not seen.vanished:
        await tell_late(operation, card, patience().late, began)
        seen = await await_backup(operation.server_id, backup_id, deadline(began, patience().give_up))
    return seen


async def _prepare(operation: Operation, began: Began) -> tuple[Card, Outcome | None, Operation]:
    """Return the operation's message, the operation as agreed on, and an outcome where it ends here."""
    requested = await record(entry_of(operation, "requested"))
    objection = requested.failure or _too_late(began)
    if objection:
        return Card(), outcomes.refused(objection, began.at), operation
    if operation.approval_minutes is None:
        return await announce(operation, began), None, operation
    card, verdict = await agreement(operation, _still_so, began)
    entry = entry_of(
        operation, verdict.ending, permalink=card.link, decided_by=verdict.person or None, what=verdict.what
    )
    recorded = await record(entry)
    if recorded.failure or not verdict.goes_ahead:
        failure = recorded.failure or Failure(kind="Undecided", what=verdict.what, hint=verdict.hint)
        outcome = outcomes.refused(failure, verdict.at)
        return card, outcome.model_copy(update={"decided_by": verdict.person}), operation
    broke_glass = verdict.ending == "break_glass"
    agreed = operation.model_copy(update={"approved_by": verdict.person, "broke_glass": broke_glass})
    return await show_agreed(agreed, card), None, agreed


def _too_late(began: Began) -> Failure | None:
    if began.waited <= LATEST_SECONDS:
        return None
    what = f"I could begin only {duration(began.waited)} after it was asked for, so I left it."
    return Failure(kind=Outdated.__name__, what=what, hint="Ask again if it is still wanted.")


async def _still_so(operation: Operation) -> Failure | None:
    failure = (await check_target(operation)).failure
    # Where VPS.org can't be asked nothing is out of date; the turn asks it again.
    return failure if failure and failure.kind == Outdated.__name__ else None
