"""`/backup servers`, and the options of every server picker."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from slack_bolt.async_app import AsyncApp
from slack_sdk.models.blocks import Option

from bot.servers import views
from bot.servers.directory import ServerDirectory
from bot.servers.model import Freshness
from bot.slack import ids
from bot.slack.interaction import Interaction, asks_for, heard
from bot.slack.message import plain

ReadFreshness = Callable[[], Awaitable[Mapping[int, Freshness]]]


Visible = Callable[[Interaction, Iterable[str], str | None], Awaitable[frozenset[str]]]
"""Returns which servers, by name, whoever did this may look at from a channel (None: from anywhere).

Raises NotAllowed where there can be none.
"""


class ServerHandlers:
    """Shows servers. `read_freshness` tells how well each is backed up; `slots` how many it may have."""

    def __init__(
        self, directory: ServerDirectory, visible: Visible, read_freshness: ReadFreshness, slots: int
    ) -> None:
        self._directory = directory
        self._visible = visible
        self._read_freshness = read_freshness
        self._slots = slots

    def register(self, app: AsyncApp) -> None:
        """Hear the verb, its button and the pickers' questions."""
        app.command(ids.COMMAND, matchers=[asks_for("servers")])(heard(self.asked))
        app.action(ids.ASK_SERVERS)(heard(self.asked))
        app.options(ids.SERVER)(heard(self.suggested))
        app.options(ids.LIST_SERVER)(heard(self.suggested))

    async def asked(self, interaction: Interaction) -> None:
        """Show the servers to whoever asked."""
        await interaction.ack()
        known = await self._directory.servers()
        seen = await self._visible(interaction, (each.name for each in known), interaction.channel)
        servers = [each for each in known if each.name in seen]
        await interaction.whisper(views.server_list(servers, await self._read_freshness(), self._slots))

    async def suggested(self, interaction: Interaction) -> None:
        """Answer a picker from what is known, since Slack takes only the first answer within 3 s."""
        fitting = self._directory.suggestions(str(interaction.body.get("value", "")))
        # A form knows no channel of its own; where it may be sent from is decided when it is.
        seen = await self._visible(interaction, (each.name for each in fitting), None)
        found = views.options([each for each in fitting if each.name in seen])
        if interaction.body.get("action_id") == ids.LIST_SERVER:
            found = [Option(text=plain("All servers"), value="all"), *found][:100]
        await interaction.ack(options=[option.to_dict() for option in found])
