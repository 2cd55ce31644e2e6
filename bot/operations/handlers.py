"""`/backup status`."""

from slack_bolt.async_app import AsyncApp

from bot.operations import records, views
from bot.slack import ids
from bot.slack.interaction import Interaction, asks_for, heard


def register(app: AsyncApp) -> None:
    """Make the app hear the verb and its button."""
    app.command(ids.COMMAND, matchers=[asks_for("status")])(heard(status_asked))
    app.action(ids.ASK_STATUS)(heard(status_asked))


async def status_asked(interaction: Interaction) -> None:
    """Show what runs and waits to whoever asked."""
    await interaction.ack()
    await interaction.whisper(views.status(await records.unfinished()))
