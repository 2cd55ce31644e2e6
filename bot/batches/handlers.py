"""The buttons of a batch: cancel what has not begun, try again what has no backup."""

from bot.batches import batch, messages
from bot.batches.card import find_batch, read_state
from bot.batches.model import BatchState, Group
from bot.batches.requests import batch_id, request_backups
from bot.errors import AlreadyTried, Misuse, Silence, UnknownServer, Unreachable, UsageError
from bot.operations.hints import tell_where
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import BatchForm, CreateForm, read_form
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone


async def cancel_rest(interaction: Interaction) -> None:
    """Have all of a batch cancelled that has not begun, as far as the person can: requester and approvers."""
    state = await _state(interaction)
    waiting = [
        batch.operation_of(state.batch, part.server) for part in state.parts if part.group is Group.QUEUED
    ]
    if not waiting:
        raise UsageError(Misuse.NOT_CANCELLABLE)
    allowed = await services().authorizer.cancellable(interaction, waiting)
    if not allowed:
        await services().authorizer.require_cancel(interaction, waiting[0])
    await batch.request_cancel(state.batch.id, interaction.delivery_id, sorted(allowed), interaction.person)
    await interaction.ack()
    await interaction.reply_ephemeral(sentence_alone(messages.cancelling(len(allowed), len(waiting))))


async def try_again(interaction: Interaction) -> None:
    """Back up once more the servers of a batch that have no backup, as a batch of their own."""
    state = await _state(interaction)
    async with interaction.database_deadline():
        earlier = await find_batch(batch_id(interaction))
    if earlier and earlier.delivery_id != interaction.delivery_id:
        raise AlreadyTried
    meant = [part.server for part in state.parts if part.may_be_tried_again]
    sees = await services().authorizer.sight(interaction)
    try:
        async with interaction.ack_deadline():
            found = await services().directory.all_by_id([each.id for each in meant], sees)
    except TimeoutError:
        raise Unreachable(silence=Silence.TIMED_OUT) from None
    if not found:
        raise UnknownServer(meant[0].name if meant else "")
    failed, gone = state.batch, tuple(each.name for each in meant if each.id not in found)
    place = CreateForm(channel=failed.channel, thread_ts=failed.thread_ts, about=failed.about)
    again = await request_backups(interaction, [*found.values()], failed.reason, place, gone)
    await interaction.ack()
    await tell_where(interaction, batch.operation_of(again, again.servers[0]))


async def _state(interaction: Interaction) -> BatchState:
    form = read_form(BatchForm, interaction.value)
    async with interaction.database_deadline():
        found = await find_batch(form.batch)
        if found is None:
            raise UsageError(Misuse.OLD_BUTTON)
        return await read_state(found)


HANDLERS = Handlers(
    actions={
        ids.CANCEL_BATCH: cancel_rest,
        ids.TRY_BATCH_AGAIN: try_again,
    }
)
