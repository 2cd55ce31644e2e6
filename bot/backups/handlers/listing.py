"""The list: shown to whoever asked alone, with filters, pages and a menu at each backup."""

import json
import re
from collections.abc import Set as AbstractSet
from dataclasses import replace

from slack_bolt.async_app import AsyncApp

from bot.backups.api import BackupList
from bot.backups.handlers.destroying import Destroying
from bot.backups.handlers.tools import Tools
from bot.backups.model import BackupType
from bot.backups.views import listing as views
from bot.backups.watch import watch_backup
from bot.operations import engine
from bot.permissions import Risk
from bot.servers.model import Server
from bot.slack import ids, replies
from bot.slack.forms import BackupChoice, ListForm, read
from bot.slack.interaction import Interaction, heard


class Listing:
    """Shows backups; the menu at each leads on."""

    def __init__(self, tools: Tools, destroying: Destroying) -> None:
        self._tools = tools
        self._destroying = destroying

    def register(self, app: AsyncApp) -> None:
        """Hear the list's buttons and menus."""
        app.action(re.compile(f"^({ids.LIST_PREVIOUS}|{ids.LIST_NEXT})$"))(heard(self.page_turned))
        app.action(re.compile(f"^({ids.LIST_SERVER}|{ids.LIST_TYPE})$"))(heard(self.filtered))
        app.action(ids.LIST_SHARE)(heard(self.shared))
        app.action(ids.LIST_ROW)(heard(self.chosen))
        app.action(ids.SERVER_BACKUPS)(heard(self.server_clicked))

    async def asked(self, interaction: Interaction, wanted: str | None, kind: BackupType | None) -> None:
        """Show the first page."""
        await interaction.ack()
        server = await self._tools.directory.find(wanted) if wanted else None
        form = ListForm(server_id=server.id if server else None, backup_type=kind)
        await self._show(interaction, form, server, replace=False)

    async def server_clicked(self, interaction: Interaction) -> None:
        """Show the backups of the server whose button was clicked."""
        await self.asked(interaction, interaction.value, None)

    async def page_turned(self, interaction: Interaction) -> None:
        """Show another page in the place of this one."""
        await interaction.ack()
        form = read(ListForm, interaction.value)
        await self._show(interaction, form, await self._server(form), replace=True)

    async def filtered(self, interaction: Interaction) -> None:
        """Show the first page of what was chosen, in the place of this one."""
        await interaction.ack()
        form = read(ListForm, interaction.action.get("block_id") or "").model_copy(update={"page": 0})
        value = interaction.value if interaction.value != views.ALL else None
        if interaction.action["action_id"] == ids.LIST_TYPE:
            kept = {**form.model_dump(), "backup_type": value or None}
        else:
            kept = {**form.model_dump(), "server_id": value or None}
        form = read(ListForm, json.dumps(kept))
        await self._show(interaction, form, await self._server(form), replace=True)

    async def shared(self, interaction: Interaction) -> None:
        """Post the page for everybody in the channel."""
        await interaction.ack()
        form = read(ListForm, interaction.value)
        server = await self._server(form)
        found = (await self._visible(interaction, form, server)).backups
        await interaction.publish(views.shared_list(found, form, server, interaction.person))

    async def chosen(self, interaction: Interaction) -> None:
        """Do what was chosen in the menu at a backup."""
        choice = BackupChoice.chosen(interaction.value)
        if choice.verb == "watch":
            await self._watch(interaction, choice)
        else:
            await self._destroying.choose(interaction, choice)

    async def _watch(self, interaction: Interaction, choice: BackupChoice) -> None:
        server = await self._tools.server(interaction, str(choice.server_id))
        await self._tools.decide(interaction, Risk.LOOK, server.name)
        operation = self._tools.operation(
            interaction, "watch", server, interaction.person, backup_id=choice.backup_id
        )
        watch_id = f"watch:{choice.backup_id}:{interaction.person}"
        await engine.start(watch_backup, watch_id, operation.model_copy(update={"id": watch_id}))
        said = f"I will write to you when backup {choice.backup_id} of {server.name} ends."
        await interaction.whisper(replies.said(said))

    async def _server(self, form: ListForm) -> Server | None:
        return await self._tools.directory.find(str(form.server_id)) if form.server_id else None

    async def _show(
        self, interaction: Interaction, form: ListForm, server: Server | None, *, replace: bool
    ) -> None:
        listing = await self._visible(interaction, form, server)
        message = views.backup_list(listing.backups, form, server, listing.missing)
        await interaction.whisper(message, replace=replace)

    async def _visible(self, interaction: Interaction, form: ListForm, server: Server | None) -> BackupList:
        """Return the backups the person may see from where they are."""
        await self._tools.decide(interaction, Risk.LOOK, server.name if server else None)
        listing = await self._tools.api.list(form.server_id, form.backup_type)
        names = {backup.server.name for backup in listing.backups}
        seen = names if server else await self._names_seen(interaction, names)
        return replace(listing, backups=[each for each in listing.backups if each.server.name in seen])

    async def _names_seen(self, interaction: Interaction, names: AbstractSet[str]) -> AbstractSet[str]:
        person, team, channel = interaction.person, interaction.team, interaction.channel
        return await self._tools.authority.visible(person, team, names, channel)
