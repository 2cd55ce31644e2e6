"""What all operations have in common: announced, done in the server's turn, watched, told."""

from bot.backups.ports import patience
from bot.backups.steps import Seen, await_backup, deadline
from bot.notices import views
from bot.notices.post import Card, announce, revise, show_outcome, tell_asker, tell_late
from bot.operations.engine import Workflow, begin, in_turn
from bot.operations.model import Began, Operation, Outcome

Turn = Workflow[[Operation, Card], Outcome]


async def tell_story(operation: Operation, turn: Turn) -> Outcome:
    """Announce an operation, carry it out when it is its turn, show and tell how it ended."""
    began = await begin()
    card = await announce(operation, began)
    outcome = await in_turn(operation.server_id, turn, operation, card)
    shown = await show_outcome(operation, card, outcome, began)
    await tell_asker(operation, shown, outcome, began)
    return outcome


async def take_turn(operation: Operation, card: Card) -> Began:
    """Begin a turn; the message no longer says that the operation waits."""
    began = await begin()
    if card.says_waiting:
        await revise(card, views.running(operation, ""))
    return began


async def watch(operation: Operation, card: Card, backup_id: int, began: Began) -> Seen:
    """Watch a backup until it ends. It is said to be late when it is, and watched on."""
    seen = await await_backup(operation.server_id, backup_id, deadline(began, patience().late))
    if seen.backup is None and not seen.vanished:
        await tell_late(operation, card, patience().late, began)
        seen = await await_backup(operation.server_id, backup_id, deadline(began, patience().give_up))
    return seen
