"""`/backup status`, and the button that cancels an operation."""

from bot.errors import Misuse, UsageError
from bot.operations import engine, messages, records, views
from bot.operations.cancel import request_cancel
from bot.operations.records import DECIDED, Stage
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import OperationForm, read_form
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone
from bot.verbs import Verb


async def show_status(interaction: Interaction, _: str = "") -> None:
    """Show what runs and waits on the servers the person can see."""
    await interaction.ack()
    async with interaction.database_deadline():
        unfinished = await services().unfinished()
    sees = await services().authorizer.sight(interaction, interaction.channel)
    shown = [each for each in unfinished if sees(each.operation.server_name)]
    await interaction.reply_ephemeral(views.status(shown))


async def cancel(interaction: Interaction) -> None:
    """Have an operation cancelled that has not acted yet, for its requester or an approver."""
    form = read_form(OperationForm, interaction.value)
    async with interaction.database_deadline():
        found = await records.find(form.operation)
        awaits = found is not None and found.stage is Stage.AWAITING_APPROVAL
        if found is None or (awaits and not await engine.event(form.operation, DECIDED)):
            raise UsageError(Misuse.NOT_CANCELLABLE)
    await services().authorizer.require_cancel(interaction, found.operation)
    await request_cancel(found.operation.id, interaction.person)
    await interaction.ack()
    await interaction.reply_ephemeral(sentence_alone(messages.cancelling(found.operation)))


HANDLERS = Handlers(
    verbs={Verb.STATUS: show_status},
    actions={ids.ask_for(Verb.STATUS): show_status, ids.CANCEL: cancel},
)
