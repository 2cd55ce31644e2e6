"""`/backup status`."""

from collections.abc import Awaitable, Callable, Iterable

from slack_bolt.async_app import AsyncApp

from bot.operations import records, views
from bot.slack import ids
from bot.slack.interaction import Interaction, asks_for, heard

Visible = Callable[[Interaction, Iterable[str], str | None], Awaitable[frozenset[str]]]
"""Returns which servers, by name, whoever did this may look at from a channel (None: from anywhere).

Raises NotAllowed where there can be none.
"""


def register(app: AsyncApp, visible: Visible) -> None:
    """Make the app hear the verb and its button."""

    async def status_asked(interaction: Interaction) -> None:
        await interaction.ack()
        unfinished = await records.unfinished()
        names = {each.operation.server_name for each in unfinished}
        seen = await visible(interaction, names, interaction.channel)
        await interaction.whisper(views.status([e for e in unfinished if e.operation.server_name in seen]))

    app.command(ids.COMMAND, matchers=[asks_for("status")])(heard(status_asked))
    app.action(ids.ASK_STATUS)(heard(status_asked))
