"""`/backup status`, and the button that cancels an operation."""

from dataclasses import replace

from bot.errors import Misuse, UnknownServer, UsageError
from bot.operations import engine, messages, records, views
from bot.operations.cancel import request_cancel
from bot.operations.commands import read_status
from bot.operations.model import Operation
from bot.operations.records import DECIDED, Overview, Stage
from bot.servers.model import Server
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import OperationForm, StatusForm, read_form
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone
from bot.verbs import Verb


async def show_status(interaction: Interaction, typed: str = "") -> None:
    """Show what runs, waits and has ended lately, on one server or on all that the person can see."""
    wanted = read_status(typed)
    await interaction.ack()
    if not wanted:
        await _show(interaction, StatusForm(), None)
        return
    sees = await services().authorizer.sight(interaction, interaction.channel)
    async with services().authorizer.audit_denials(interaction, Verb.STATUS):
        try:
            server = await services().directory.find(wanted, sees)
        except UnknownServer as error:
            raise replace(error, verb=Verb.STATUS) from None
    await _show(interaction, StatusForm(server_id=server.id), server)


async def refresh_status(interaction: Interaction) -> None:
    """Show it anew, in the place of what is shown."""
    await interaction.ack()
    form = read_form(StatusForm, interaction.value)
    server = None
    if form.server_id is not None:
        sees = await services().authorizer.sight(interaction, interaction.channel)
        async with services().authorizer.audit_denials(interaction, Verb.STATUS):
            server = await services().directory.by_id(form.server_id, sees)
    await _show(interaction, form, server, replace_message=True)


async def _show(
    interaction: Interaction, form: StatusForm, server: Server | None, *, replace_message: bool = False
) -> None:
    async with interaction.database_deadline():
        everything = await services().overview()
    sees = await services().authorizer.sight(interaction, interaction.channel)

    def is_shown(operation: Operation) -> bool:
        is_meant = form.server_id is None or operation.server_id == form.server_id
        return is_meant and sees(operation.server_name)

    shown = Overview(
        [one for one in everything.unfinished if is_shown(one.operation)],
        [one for one in everything.ended if is_shown(one.operation)],
    )
    operations = (one.operation for one in shown.unfinished)
    can_cancel = await services().authorizer.cancellable(interaction, operations)
    name = server.name if server else ""
    await interaction.reply_ephemeral(views.status(shown, form, name, can_cancel), replace=replace_message)


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
    actions={
        ids.ask_for(Verb.STATUS): show_status,
        ids.REFRESH_STATUS: refresh_status,
        ids.CANCEL: cancel,
    },
)
