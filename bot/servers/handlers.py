"""`/backup servers`, and the options of every server picker."""

from bot.servers import views
from bot.servers.model import MANUAL_SLOTS
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.interaction import Interaction
from bot.verbs import Verb

MOST_OPTIONS = 100


async def show_servers(interaction: Interaction, _: str = "") -> None:
    """Show the servers the person can see, and how well each is backed up."""
    await interaction.ack()
    sees = await services().authorizer.sight(interaction, interaction.channel)
    servers = [each for each in await services().directory.servers() if sees(each.name)]
    freshness, backups_not_shown = await services().backups.freshness()
    shown = views.server_list(
        servers,
        freshness,
        MANUAL_SLOTS,
        servers_not_shown=services().directory.not_shown,
        backups_not_shown=backups_not_shown,
    )
    await interaction.reply_ephemeral(shown)


async def suggest_servers(interaction: Interaction) -> None:
    """Answer a picker from what is known, since Slack takes only the first answer within 3 s."""
    # A form knows no channel of its own; whether it can be sent from there is decided when it is.
    sees = await services().authorizer.sight(interaction)
    found = views.options(services().directory.suggestions(str(interaction.body.get("value", "")), sees))
    if interaction.body.get("action_id") == ids.LIST_SERVER:
        found = [views.all_servers(), *found][:MOST_OPTIONS]
    await interaction.ack(options=[option.to_dict() for option in found])


HANDLERS = Handlers(
    verbs={Verb.SERVERS: show_servers},
    actions={ids.ask_for(Verb.SERVERS): show_servers},
    options={ids.SERVER: suggest_servers, ids.LIST_SERVER: suggest_servers},
)
