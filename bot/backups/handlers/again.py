"""*Try again* under an operation that did not succeed."""

from slack_bolt.async_app import AsyncApp

from bot.backups.handlers.creating import Creating
from bot.backups.handlers.destroying import Destroying
from bot.backups.handlers.tools import Tools
from bot.slack import ids
from bot.slack.forms import AgainForm, BackupChoice, read
from bot.slack.interaction import Interaction, heard


class Again:
    """A backup is simply made; what destroys data is shown and confirmed anew."""

    def __init__(self, tools: Tools, creating: Creating, destroying: Destroying) -> None:
        self._tools = tools
        self._creating = creating
        self._destroying = destroying

    def register(self, app: AsyncApp) -> None:
        """Hear the button."""
        app.action(ids.TRY_AGAIN)(heard(self.clicked))

    async def clicked(self, interaction: Interaction) -> None:
        """Try what the button remembers once more."""
        form = read(AgainForm, interaction.value)
        if form.verb == "create":
            server = await self._tools.server(interaction, str(form.server_id))
            await self._creating.start(interaction, server, form.reason, interaction.channel)
            await interaction.ack()
            return
        choice = BackupChoice(verb=form.verb, server_id=form.server_id, backup_id=form.backup_id or 0)
        await self._destroying.choose(interaction, choice)
