"""`/backup servers`, and the options of every server picker."""

from bot.errors import UnknownServer
from bot.servers import views
from bot.servers.commands import read_servers
from bot.servers.model import matching, near_names
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import ServersForm, read_form
from bot.slack.hints import says_it_is_asking
from bot.slack.interaction import Interaction
from bot.verbs import Verb

MOST_OPTIONS = 100


@says_it_is_asking
async def show_servers(interaction: Interaction, typed: str = "") -> None:
    """Show the servers the person can see, or those that fit what is typed, and their backups' state."""
    part = read_servers(typed)
    await interaction.ack()
    await interaction.reply_ephemeral(views.server_list(await _overview(interaction, ServersForm(part=part))))


@says_it_is_asking
async def turn_page(interaction: Interaction) -> None:
    """Show another page in the place of this one."""
    await interaction.ack()
    form = read_form(ServersForm, interaction.value)
    await interaction.reply_ephemeral(views.server_list(await _overview(interaction, form)), replace=True)


async def suggest_servers(interaction: Interaction) -> None:
    """Answer a picker from what is known, since Slack takes only the first answer within 3 s."""
    # A form knows no channel of its own; whether it can be sent from there is decided when it is.
    sees = await services().authorizer.sight(interaction)
    found = views.options(services().directory.suggestions(str(interaction.body.get("value", "")), sees))
    if interaction.body.get("action_id") == ids.LIST_SERVER:
        found = [views.all_servers(), *found][:MOST_OPTIONS]
    await interaction.ack(options=[option.to_dict() for option in found])


async def _overview(interaction: Interaction, form: ServersForm) -> views.Overview:
    sees = await services().authorizer.sight(interaction, interaction.channel)
    seen = [each for each in await services().directory.servers() if sees(each.name)]
    servers = matching(form.part, seen)
    not_shown = services().directory.not_shown
    if form.part and not servers:
        near = tuple(near_names(form.part, seen))
        raise UnknownServer(form.part, near=near, is_list_partial=not_shown > 0, verb=Verb.SERVERS)
    able = await services().authorizer.able(interaction)
    services().looks.spend(interaction.person)
    freshness, backups_not_shown = await services().backups.freshness()
    return views.Overview(
        servers,
        freshness,
        services().now(),
        servers_not_shown=not_shown,
        backups_not_shown=backups_not_shown,
        zone=services().authorizer.zone(interaction),
        can_create=Verb.CREATE in able,
        old_after={each.id: services().alert_policy.limits(each.name).good_backup for each in servers},
        form=form,
    )


HANDLERS = Handlers(
    verbs={Verb.SERVERS: show_servers},
    actions={
        ids.ask_for(Verb.SERVERS): show_servers,
        ids.SERVERS_PREVIOUS: turn_page,
        ids.SERVERS_NEXT: turn_page,
    },
    options={ids.SERVER: suggest_servers, ids.LIST_SERVER: suggest_servers},
)
