"""Making a backup: from the command, the form, or once more after a failure."""

from slack_bolt.async_app import AsyncApp

from bot.backups.create import create_backup
from bot.backups.handlers.tools import Tools, needs
from bot.backups.views import forms as views
from bot.operations import engine
from bot.permissions import Risk
from bot.servers.model import Server
from bot.slack import ids
from bot.slack.forms import CreateForm, read
from bot.slack.interaction import Interaction, heard
from bot.slack.state import chosen, written


class Creating:
    """Starts the workflow that makes a backup."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def register(self, app: AsyncApp) -> None:
        """Hear the form and the button for one server."""
        app.view(ids.CREATE_MODAL)(heard(self.submitted))
        app.action(ids.SERVER_CREATE)(heard(self.clicked))

    async def asked(self, interaction: Interaction, wanted: str | None, reason: str) -> None:
        """Start at once where the server is known, else show the form."""
        await self._tools.decide(interaction, Risk.CREATE, None)
        if wanted is None:
            await interaction.open(views.create_form(CreateForm(channel=interaction.channel), None, reason))
            return
        server = await self._tools.server(interaction, wanted)
        await self.start(interaction, server, reason, interaction.channel)
        await interaction.ack()

    async def clicked(self, interaction: Interaction) -> None:
        """Show the form for the server whose button was clicked."""
        server = await self._tools.server(interaction, interaction.value)
        await self._tools.decide(interaction, Risk.CREATE, server.name)
        await interaction.open(views.create_form(CreateForm(channel=interaction.channel), server))

    async def submitted(self, interaction: Interaction) -> None:
        """Start what the form says."""
        form = read(CreateForm, interaction.kept)
        server = await self._tools.server(interaction, chosen(interaction.view, ids.SERVER))
        await self.start(interaction, server, written(interaction.view, ids.REASON), form.channel)
        await interaction.ack()

    async def start(self, interaction: Interaction, server: Server, reason: str, channel: str) -> None:
        """Record the operation; raises NotAllowed, NotRecorded."""
        decision = await self._tools.decide(interaction, Risk.CREATE, server.name, channel)
        operation = self._tools.operation(
            interaction, "create", server, channel, reason=reason[: views.REASON_LIMIT], **needs(decision)
        )
        await engine.start(create_backup, operation.id, operation)
