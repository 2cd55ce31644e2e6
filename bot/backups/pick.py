"""Handling the choice of a backup that something is to be done with: by what was typed, or by a form."""

from functools import partial
from typing import get_args

from slack_sdk.models.views import View

from bot.backups import confirm, form_views
from bot.backups.commands import PickBackup, read_pick
from bot.backups.model import newest
from bot.backups.requests import server_by_id, typed_server
from bot.errors import Misuse, Silence, UnknownBackup, UnknownServer, Unreachable, UsageError
from bot.servers.model import Server
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import BackupChoice, PickForm, read_form, read_id
from bot.slack.interaction import Interaction
from bot.verbs import ConfirmedVerb


async def begin(verb: ConfirmedVerb, interaction: Interaction, typed: str = "") -> None:
    """Show what would be lost with the backup that was typed, or first the form that picks one."""
    wanted = read_pick(typed, verb)
    await services().authorizer.require(interaction, verb)
    form = PickForm(verb=verb, channel=interaction.channel, thread_ts=interaction.thread_ts)
    if wanted.server is None and wanted.number is None:
        await interaction.open_view(form_views.pick_form(form, None, None))
        return
    server = await typed_server(interaction, verb, wanted.server) if wanted.server is not None else None
    view_id = await interaction.open_view(form_views.loading(verb))
    await confirm.show_in_view(interaction, view_id, _wanted_view(interaction, form, wanted, server))


async def begin_for(interaction: Interaction, verb: ConfirmedVerb, server_id: int) -> None:
    """Show the form that picks a backup of a server that was chosen."""
    await services().authorizer.require(interaction, verb)
    form = PickForm(verb=verb, channel=interaction.channel, thread_ts=interaction.thread_ts)
    view_id = await interaction.open_view(form_views.loading(verb))
    await confirm.show_in_view(interaction, view_id, _of_server_by_id(interaction, form, server_id))


async def _wanted_view(
    interaction: Interaction, form: PickForm, wanted: PickBackup, server: Server | None
) -> View:
    """Return the form for what was typed; a number alone is a backup's, or if there is none a server's."""
    if server is not None:
        form = form.model_copy(update={"server_id": server.id})
        if wanted.number is not None:
            return await confirm.confirmation_of(interaction, form, wanted.number)
        return await _of_server(interaction, form, server, wanted)
    if wanted.number is None:
        raise ValueError("nothing was typed")
    try:
        return await confirm.confirmation_of(interaction, form, wanted.number)
    except UnknownBackup as unknown:
        try:
            server = await server_by_id(interaction, form.verb, wanted.number)
        except UnknownServer:
            raise unknown from None
    return await _of_server(interaction, form, server, wanted)


async def _of_server_by_id(interaction: Interaction, form: PickForm, server_id: int) -> View:
    """Return the form that picks a backup of a server that was chosen."""
    server = await server_by_id(interaction, form.verb, server_id)
    return await _of_server(interaction, form, server, PickBackup())


async def _of_server(interaction: Interaction, form: PickForm, server: Server, wanted: PickBackup) -> View:
    """Return the form that confirms for the newest backup, if that is wanted, else the one that picks one."""
    await services().authorizer.require(interaction, form.verb, server.name, form.channel)
    listing = await services().backups.list(server.id)
    form = form.model_copy(update={"server_id": server.id})
    if not wanted.is_newest:
        return form_views.pick_form(form, server, listing.backups)
    zone = services().authorizer.zone(interaction)
    until = wanted.before.at(services().now().astimezone(zone)) if wanted.before else None
    usable = form_views.usable_backups(form.verb, listing.backups)
    found = newest([each for each in usable if until is None or each.created_at < until], 1)
    if found and not listing.not_shown:
        return await confirm.confirmation(interaction, form, found[0], listing)
    return form_views.pick_form(form, server, listing.backups, missed=until)


async def offer_backups_of_chosen_server(interaction: Interaction) -> None:
    """Offer the backups of the server that was chosen in the form."""
    await interaction.ack()
    form = read_form(PickForm, interaction.private_metadata)
    if not interaction.value:
        return

    async def draw() -> View:
        return await _of_server_by_id(interaction, form, read_id(interaction.value))

    await confirm.show_in_view(interaction, interaction.view_id, draw(), interaction.view)


async def suggest_backups(interaction: Interaction) -> None:
    """Answer the menu of backups: those in which what was typed is found, of a server the person can see."""
    form = read_form(PickForm, interaction.private_metadata)
    if form.server_id is None:
        raise UsageError(Misuse.OLD_BUTTON)
    server = await server_by_id(interaction, form.verb, form.server_id)
    try:
        async with interaction.ack_deadline():
            listing = await services().backups.list_to_show(server.id)
    except TimeoutError:
        raise Unreachable(silence=Silence.TIMED_OUT) from None
    zone = services().authorizer.zone(interaction)
    query = str(interaction.body.get("value") or "")
    groups = form_views.backup_options(form.verb, listing.backups, query, services().now(), zone)
    if groups:
        await interaction.ack(option_groups=[group.to_dict() for group in groups])
    else:
        await interaction.ack(options=[])


async def submit_pick_form(interaction: Interaction) -> None:
    """Show what would be lost, in the place of the form that picked the backup."""
    form = read_form(PickForm, interaction.private_metadata)
    choice = BackupChoice.chosen(interaction.chosen(ids.BACKUP))
    form = form.model_copy(update={"server_id": choice.server_id})
    try:
        async with interaction.ack_deadline():
            view = await confirm.confirmation_of(interaction, form, choice.backup_id)
    except TimeoutError:
        await interaction.ack_view(form_views.loading(form.verb))
    else:
        # In the ack itself, since an update that is sent after an ack may arrive before it.
        await interaction.ack_view(view)
        return
    drawing = confirm.confirmation_of(interaction, form, choice.backup_id)
    await confirm.show_in_view(interaction, interaction.view_id, drawing, interaction.view)


_VERBS: tuple[ConfirmedVerb, ...] = get_args(ConfirmedVerb)
HANDLERS = Handlers(
    verbs={verb: partial(begin, verb) for verb in _VERBS},
    actions={
        **{ids.ask_for(verb): partial(begin, verb) for verb in _VERBS},
        ids.SERVER: offer_backups_of_chosen_server,
    },
    views={ids.PICK_MODAL: submit_pick_form},
    options={ids.BACKUP: suggest_backups},
)
