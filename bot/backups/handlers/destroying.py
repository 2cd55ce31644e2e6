"""Deleting and restoring: pick a backup, see what will be lost, confirm by name, start."""

from slack_bolt.async_app import AsyncApp
from slack_sdk.models.views import View

from bot.backups import checks
from bot.backups.delete import delete_backup
from bot.backups.handlers.tools import Tools, needs
from bot.backups.restore import restore_backup
from bot.backups.views import forms as views
from bot.errors import BotError, UnknownBackup
from bot.notices.views import for_whom
from bot.operations import engine, records
from bot.permissions import AskFirst, Risk
from bot.servers.model import Server
from bot.slack import ids, replies
from bot.slack.forms import BackupChoice, ConfirmForm, DestructiveVerb, PickForm, read
from bot.slack.interaction import Interaction, heard
from bot.slack.state import chosen, is_ticked, written

_WORKFLOWS = {"delete": delete_backup, "restore": restore_backup}


class Destroying:
    """Starts the workflows that destroy data, after a modal that says what exactly."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(self, app: AsyncApp) -> None:
        """Hear both modals and the buttons that lead to them."""
        app.action({"type": "block_actions", "action_id": ids.SERVER})(heard(self.server_chosen))
        app.action(ids.DELETE_OLDEST)(heard(self.oldest_clicked))
        app.view(ids.PICK_MODAL)(heard(self.picked))
        app.view(ids.CONFIRM_MODAL)(heard(self.confirmed))

    async def asked(
        self, interaction: Interaction, verb: DestructiveVerb, backup_id: int | None, wanted: str | None
    ) -> None:
        """Show what would be lost, or first the form that picks a backup."""
        await self._tools.decide(interaction, Risk(verb), None)
        form = PickForm(verb=verb, channel=interaction.channel)
        if backup_id is not None:
            await self._open_confirmation(interaction, form, backup_id)
        elif wanted is None:
            await interaction.open(views.pick_form(form, None, None))
        else:
            server = await self._tools.server(interaction, wanted)
            view_id = await interaction.open(views.loading(verb))
            await self._offer_backups(interaction, view_id, form, server)

    async def choose(self, interaction: Interaction, choice: BackupChoice) -> None:
        """Show what would be lost, for a backup chosen in a list."""
        verb: DestructiveVerb = "delete" if choice.verb == "delete" else "restore"
        await self._tools.decide(interaction, Risk(verb), None)
        form = PickForm(verb=verb, channel=interaction.channel, server_id=choice.server_id)
        await self._open_confirmation(interaction, form, choice.backup_id)

    async def oldest_clicked(self, interaction: Interaction) -> None:
        """Show what would be lost by deleting the oldest backup of a full server."""
        await self.choose(interaction, BackupChoice.chosen(interaction.value))

    async def server_chosen(self, interaction: Interaction) -> None:
        """Offer the backups of the server that was chosen in the form."""
        await interaction.ack()
        form = read(PickForm, interaction.kept)
        if interaction.value:
            server = await self._tools.server(interaction, interaction.value)
            await self._tools.decide(interaction, Risk(form.verb), server.name, form.channel)
            await self._offer_backups(interaction, interaction.view_id, form, server)

    async def picked(self, interaction: Interaction) -> None:
        """Show what would be lost, in the place of the form that picked the backup."""
        form = read(PickForm, interaction.kept)
        choice = BackupChoice.chosen(chosen(interaction.view, ids.BACKUP))
        form = form.model_copy(update={"server_id": choice.server_id})
        try:
            async with interaction.looking_up():
                view = await self._drawn(interaction, form, choice.backup_id)
        except TimeoutError:
            await interaction.ack(response_action="update", view=views.loading(form.verb).to_dict())
            await self._show_confirmation(interaction, interaction.view_id, form, choice.backup_id)
        else:
            # In the ack itself, since an update that is sent after an ack may arrive before it.
            await interaction.ack(response_action="update", view=view.to_dict())

    async def confirmed(self, interaction: Interaction) -> None:
        """Start, if the name is right, the person may, and all is still as it was shown."""
        form = read(ConfirmForm, interaction.kept)
        server = await self._tools.server(interaction, str(form.server_id))
        decision = await self._tools.decide(interaction, Risk(form.verb), server.name, form.channel)
        if written(interaction.view, ids.TYPED_NAME).casefold() != server.name.strip().casefold():
            error = f"That is not the server's name. Type {server.name} to confirm."
            await interaction.ack(response_action="errors", errors={ids.TYPED_NAME: error})
            return
        operation = self._tools.operation(
            interaction,
            form.verb,
            server,
            form.channel,
            shown_at=form.shown_at,
            reason=written(interaction.view, ids.REASON)[: views.REASON_LIMIT],
            backup_id=form.backup_id,
            backup_moment=form.backup_moment,
            safety_backup=form.verb == "restore" and is_ticked(interaction.view, ids.SAFETY),
            **needs(decision),
        )
        await self._tools.check_still_so(interaction, operation)
        await engine.start(_WORKFLOWS[form.verb], operation.id, operation)
        await interaction.ack()

    async def _open_confirmation(self, interaction: Interaction, form: PickForm, backup_id: int) -> None:
        view_id = await interaction.open(views.loading(form.verb))
        await self._show_confirmation(interaction, view_id, form, backup_id)

    async def _offer_backups(
        self, interaction: Interaction, view_id: str, form: PickForm, server: Server
    ) -> None:
        form = form.model_copy(update={"server_id": server.id})
        try:
            found = (await self._tools.api.list(server.id)).backups
        except BotError as error:
            await interaction.show(view_id, replies.note(error))
        else:
            await interaction.show(view_id, views.pick_form(form, server, found))

    async def _show_confirmation(
        self, interaction: Interaction, view_id: str, form: PickForm, backup_id: int
    ) -> None:
        await interaction.show(view_id, await self._drawn(interaction, form, backup_id))

    async def _drawn(self, interaction: Interaction, form: PickForm, backup_id: int) -> View:
        try:
            return await self._confirmation(interaction, form, backup_id)
        except BotError as error:
            return replies.note(error)

    async def _confirmation(self, interaction: Interaction, form: PickForm, backup_id: int) -> View:
        listing = await self._tools.api.list(form.server_id)
        backup = next((each for each in listing.backups if each.id == backup_id), None)
        if backup is None and listing.missing:
            raise UnknownBackup(
                f"VPS.org did not show all backups, and backup {backup_id} is not among those it showed.",
                "Try again in a minute.",
            )
        if backup is None:
            raise UnknownBackup(
                f"VPS.org lists no backup {backup_id}.", "See what there is with `/backup list`."
            )
        decision = await self._tools.decide(interaction, Risk(form.verb), backup.server.name, form.channel)
        if form.verb == "restore":
            checks.check_restorable(backup)
        running = [one for one in await records.unfinished(backup.server.id) if one.is_running]
        return views.confirm_form(
            views.confirming(form.verb, form.channel, backup, self._tools.now()),
            backup,
            last_good=checks.is_last_good(backup, listing.backups),
            busy=for_whom(running[0]) if running else "",
            approvers=sorted(decision.approvers) if isinstance(decision, AskFirst) else [],
        )
