"""`/backup timeline`, and the buttons that show one, post it and send it as a file."""

import re
from collections.abc import Awaitable
from dataclasses import replace

from bot.audit.commands import begins
from bot.audit.search import Filter
from bot.errors import ProviderError, UnknownServer
from bot.names import canonical_name
from bot.permissions import Sight
from bot.servers.model import Server
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import NAME_KEPT, TimelineForm, read_form
from bot.slack.interaction import Interaction
from bot.timeline import messages, views
from bot.timeline.commands import parse
from bot.timeline.model import Timeline
from bot.verbs import Verb

MOST_READ = 200
_NOT_IN_A_FILE_NAME = re.compile(r"[^\w.-]+")


async def show_timeline(interaction: Interaction, typed: str = "") -> None:
    """Show what was done since then, on one server or on all that the person can see."""
    now = services().now()
    wanted = parse(typed, now.date())
    await interaction.ack()
    sees = await _sight(interaction)
    form = TimelineForm(since=begins(wanted.since, now))
    if wanted.server:
        looking = services().directory.find(wanted.server, sees)
        form = await _of_server(interaction, form, looking, wanted.server, sees)
    await _show(interaction, form, sees)


async def show_around(interaction: Interaction) -> None:
    """Show what was done on the server of an operation whose message has the button, until it had ended."""
    await interaction.ack()
    sees = await _sight(interaction)
    form = read_form(TimelineForm, interaction.value)
    looking = services().directory.by_id(form.server_id or 0, sees)
    await _show(interaction, await _of_server(interaction, form, looking, form.server, sees), sees)


async def post_timeline(interaction: Interaction) -> None:
    """Post what is shown for everybody in the channel, as it is by now."""
    await interaction.ack()
    form, sees = read_form(TimelineForm, interaction.value), await _sight(interaction)
    found = await _timeline(form, sees)
    if not found.operations:
        await _show(interaction, form, sees)
        return
    names = await _names(found, interaction.person)
    await interaction.publish(views.posted(found, interaction.person, names))


async def send_file(interaction: Interaction) -> None:
    """Send the person what is shown, as it is by now, as a file."""
    await interaction.ack()
    form = read_form(TimelineForm, interaction.value)
    found = await _timeline(form, await _sight(interaction))
    names = await _names(found, interaction.person)
    zone = services().authorizer.zone(interaction)
    content = messages.file_text(found, names, interaction.person, zone, services().now())
    server = f"-{_NOT_IN_A_FILE_NAME.sub('-', form.server)[:60]}" if form.server else ""
    await interaction.send_file(f"timeline{server}-{found.until:%Y-%m-%d}.md", content)
    await interaction.reply_ephemeral(views.sent())


async def _names(found: Timeline, reader: str) -> dict[str, str]:
    """Return the names of the people in a timeline and of its reader, by id."""
    return await services().authorizer.names({reader, *messages.mentioned(found)})


async def _sight(interaction: Interaction) -> Sight:
    return await services().authorizer.sight(interaction, interaction.channel)


async def _of_server(
    interaction: Interaction, form: TimelineForm, looking: Awaitable[Server], name: str, sees: Sight
) -> TimelineForm:
    """Return the form with the server that is meant, which may be gone from VPS.org, but not hidden."""
    try:
        async with services().authorizer.audit_denials(interaction, Verb.TIMELINE):
            server = await looking
    except (UnknownServer, ProviderError) as error:
        if canonical_name(name) in await _seen_on_record(sees):
            return form.model_copy(update={"server": name[:NAME_KEPT]})
        raise replace(error, verb=Verb.TIMELINE) if isinstance(error, UnknownServer) else error from None
    return form.model_copy(update={"server": server.name[:NAME_KEPT], "server_id": server.id})


async def _seen_on_record(sees: Sight) -> frozenset[str]:
    """Return the names of servers there are entries of that the person can look at; not that of none."""
    return frozenset(name for name in await services().audit.servers() if name and sees(name))


async def _show(interaction: Interaction, form: TimelineForm, sees: Sight) -> None:
    is_alone = interaction.channel.startswith("D") or interaction.channel == interaction.person
    shown = views.timeline(await _timeline(form, sees), form, can_post=not is_alone)
    await interaction.reply_ephemeral(shown)


async def _timeline(form: TimelineForm, sees: Sight) -> Timeline:
    wanted = Filter(
        server=form.server,
        server_id=form.server_id,
        since=form.since,
        until=form.until,
        servers=await _seen_on_record(sees),
        with_refusals=False,
    )
    found = await services().audit.operations(wanted, MOST_READ + 1)
    return Timeline(
        since=form.since,
        until=form.until or services().now(),
        operations=found[:MOST_READ][::-1],
        server_name=form.server,
        has_earlier=len(found) > MOST_READ,
    )


HANDLERS = Handlers(
    verbs={Verb.TIMELINE: show_timeline},
    actions={
        ids.TIMELINE: show_around,
        ids.TIMELINE_POST: post_timeline,
        ids.TIMELINE_FILE: send_file,
    },
)
