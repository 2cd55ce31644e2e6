"""`/backup`: its menu and help, the list, making a backup, being told when one is done, trying again."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from bot import lifecycle
from bot.backups import confirm, create, form_views, messages, pick, views, watch
from bot.backups.api import BackupList
from bot.backups.commands import ListBackups, read_create, read_help, read_list
from bot.backups.requests import common_fields, server_by_id, servers_by_id, typed_server, typed_servers
from bot.batches.batch import operation_of
from bot.batches.requests import check_size, request_backups
from bot.errors import AlreadyTried, Misuse, UsageError
from bot.operations import engine, records
from bot.operations.hints import tell_where
from bot.operations.messages import will_tell
from bot.operations.model import CreateOperation, WatchOperation
from bot.permissions import NeedsApproval
from bot.servers.model import Server
from bot.servers.views import ALL
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import (
    AgainForm,
    BackupChoice,
    CreateForm,
    ListForm,
    ServerChoice,
    checked_form,
    read_form,
    read_id,
)
from bot.slack.hints import says_it_is_asking
from bot.slack.interaction import Interaction
from bot.slack.views import sentence_alone
from bot.verbs import Verb


async def show_menu(interaction: Interaction, _: str = "") -> None:
    """Offer what the person can do as buttons."""
    await interaction.ack()
    able = await _able_to_look(interaction)
    await interaction.reply_ephemeral(views.menu(able, services().authorizer.operators))


async def show_help(interaction: Interaction, typed: str = "") -> None:
    """Explain the command, or one verb of it."""
    verb = read_help(typed)
    await interaction.ack()
    able = await _able_to_look(interaction)
    operators = services().authorizer.operators
    await interaction.reply_ephemeral(
        views.explained(verb, able) if verb else views.overview(able, operators)
    )


@says_it_is_asking
async def list_backups(interaction: Interaction, typed: str = "") -> None:
    """Show the first page of the list that was asked for."""
    wanted = read_list(typed)
    await interaction.ack()
    await services().authorizer.require(interaction, Verb.LIST)
    rest = f"--type {wanted.backup_type}" if wanted.backup_type else ""
    server = await typed_server(interaction, Verb.LIST, wanted.server, rest) if wanted.server else None
    await _show_list(interaction, _form(wanted, server), server, replace_message=False)


async def list_server(interaction: Interaction) -> None:
    """Show the backups of the server whose button was clicked."""
    await _list_server(interaction, read_id(interaction.value))


@says_it_is_asking
async def _list_server(interaction: Interaction, server_id: int) -> None:
    await interaction.ack()
    server = await server_by_id(interaction, Verb.LIST, server_id)
    await _show_list(interaction, ListForm(server_id=server.id), server, replace_message=False)


@says_it_is_asking
async def turn_page(interaction: Interaction) -> None:
    """Show another page in the place of this one."""
    await interaction.ack()
    form = read_form(ListForm, interaction.value)
    await _show_list(interaction, form, await _server_of(interaction, form), replace_message=True)


@says_it_is_asking
async def filter_list(interaction: Interaction) -> None:
    """Show the first page of what was chosen, in the place of this one."""
    await interaction.ack()
    shown = read_form(ListForm, str(interaction.action.get("block_id") or ""))
    value = interaction.value if interaction.value != ALL else None
    changed = "backup_type" if interaction.action["action_id"] == ids.LIST_TYPE else "server_id"
    form = checked_form(ListForm, {**shown.model_dump(), "page": 0, changed: value or None})
    await _show_list(interaction, form, await _server_of(interaction, form), replace_message=True)


@says_it_is_asking
async def share_list(interaction: Interaction) -> None:
    """Post the page for everybody in the channel."""
    await interaction.ack()
    form = read_form(ListForm, interaction.value)
    server = await _server_of(interaction, form)
    listing = await _visible_backups(interaction, form, server)
    await interaction.publish(views.shared_list(listing, form, server, interaction.person))


async def choose_in_list(interaction: Interaction) -> None:
    """Do what was chosen in the menu at a backup."""
    choice = BackupChoice.chosen(interaction.value)
    if choice.verb is Verb.WATCH:
        await _watch(interaction, choice)
    else:
        await confirm.open_confirmation(interaction, choice.verb, choice.backup_id, choice.server_id)


async def choose_for_server(interaction: Interaction) -> None:
    """Do what was chosen in the menu at a server."""
    choice = ServerChoice.chosen(interaction.value)
    if choice.verb is Verb.LIST:
        await _list_server(interaction, choice.server_id)
    elif choice.verb is Verb.CREATE:
        await _open_create_form(interaction, choice.server_id)
    else:
        await pick.begin_for(interaction, choice.verb, choice.server_id)


async def create_backup(interaction: Interaction, typed: str = "") -> None:
    """Make a backup at once of each server that is named, else show the form.

    What fits a pattern or a group, if that is more than one server, is shown in the form.
    """
    wanted = read_create(typed)
    await services().authorizer.require(interaction, Verb.CREATE)
    if wanted.server is None:
        await interaction.open_view(form_views.create_form(_here(interaction), (), wanted.reason))
        return
    meant = await typed_servers(interaction, Verb.CREATE, wanted.text)
    if meant.wide and len(meant.servers) > 1:
        # Nobody knows by heart what fits a pattern: they are shown before a hundred backups begin.
        check_size(meant.servers)
        form = form_views.create_form(_here(interaction), meant.servers, meant.reason, meant.wide)
        await interaction.open_view(form)
    else:
        await _request_backups(interaction, meant.servers, meant.reason, _here(interaction))


async def open_create_form(interaction: Interaction) -> None:
    """Show the form for the server whose button was clicked."""
    await _open_create_form(interaction, read_id(interaction.value))


async def _open_create_form(interaction: Interaction, server_id: int) -> None:
    server = await server_by_id(interaction, Verb.CREATE, server_id)
    await services().authorizer.require(interaction, Verb.CREATE, server.name)
    await interaction.open_view(form_views.create_form(_here(interaction), [server]))


async def submit_create_form(interaction: Interaction) -> None:
    """Make the backups that the form says."""
    form = read_form(CreateForm, interaction.private_metadata).told_in(interaction.chosen(ids.CHANNEL))
    chosen = [read_id(each) for each in interaction.chosen_all(ids.SERVER)]
    servers = await servers_by_id(interaction, Verb.CREATE, chosen)
    if not servers:
        raise UsageError(Misuse.INCOMPLETE_PAYLOAD)
    await _request_backups(interaction, servers, interaction.typed(ids.REASON), form)


async def try_again(interaction: Interaction) -> None:
    """Make a backup once more; what destroys data is shown and confirmed anew."""
    form = read_form(AgainForm, interaction.value)
    if form.verb is not Verb.CREATE:
        if form.backup_id is None:
            raise UsageError(Misuse.OLD_BUTTON)
        await confirm.open_confirmation(interaction, form.verb, form.backup_id, form.server_id, form.reason)
        return
    earlier_id = records.new_id(form.server_id, Verb.CREATE, interaction.idempotency_key)
    async with interaction.database_deadline():
        earlier = await records.requested(earlier_id)
    if earlier and earlier.delivery_id != interaction.delivery_id:
        raise AlreadyTried
    server = await server_by_id(interaction, Verb.CREATE, form.server_id)
    await _request_backup(interaction, server, form.reason, _here(interaction))


def _here(interaction: Interaction) -> CreateForm:
    return CreateForm(channel=interaction.channel, thread_ts=interaction.thread_ts)


async def _request_backups(
    interaction: Interaction, servers: Sequence[Server], reason: str, form: CreateForm
) -> None:
    if len(servers) == 1:
        await _request_backup(interaction, servers[0], reason, form)
        return
    batch = await request_backups(interaction, servers, reason, form)
    await interaction.ack()
    await tell_where(interaction, operation_of(batch, batch.servers[0]))


async def _request_backup(interaction: Interaction, server: Server, reason: str, form: CreateForm) -> None:
    decision = await services().authorizer.require(interaction, Verb.CREATE, server.name, form.channel)
    if isinstance(decision, NeedsApproval) and not reason:
        await _ask_for_reason(interaction, server, form)
        return
    fields = common_fields(
        interaction,
        Verb.CREATE,
        server,
        form.channel,
        thread_ts=form.thread_ts,
        about=form.about,
        decision=decision,
        reason=reason,
    )
    operation = CreateOperation(**fields)
    await lifecycle.request(operation)
    await interaction.ack()
    await tell_where(interaction, operation)


async def _ask_for_reason(interaction: Interaction, server: Server, form: CreateForm) -> None:
    """Ask why, in the form: whoever has to approve it must be able to judge it."""
    if interaction.body.get("type") == "view_submission":
        await interaction.ack(response_action="errors", errors={ids.REASON: messages.REASON_NEEDED})
        return
    await interaction.open_view(form_views.create_form(form, [server], needs_reason=True))


async def _watch(interaction: Interaction, choice: BackupChoice) -> None:
    server = await server_by_id(interaction, Verb.WATCH, choice.server_id)
    await services().authorizer.require(interaction, Verb.LIST, server.name)
    async with interaction.database_deadline():
        watch_id = await _watch_id(interaction, server.id, choice.backup_id)
    fields = common_fields(interaction, Verb.WATCH, server, interaction.person) | {"id": watch_id}
    await lifecycle.request_watch(WatchOperation(**fields, backup_id=choice.backup_id))
    await interaction.reply_ephemeral(sentence_alone(will_tell(choice.backup_id, server.name)))


async def _watch_id(interaction: Interaction, server_id: int, backup_id: int) -> str:
    """Return the id of the watch that this click is about: one that has not ended, else another one."""
    for number in count(1):
        key = f"{backup_id}:{interaction.person}:{number}"
        watch_id = records.new_id(server_id, Verb.WATCH, key)
        earlier = await records.requested(records.execute_id(watch_id))
        is_same_click = earlier is not None and earlier.delivery_id == interaction.delivery_id
        if earlier is None or is_same_click or not await engine.exists(records.report_id(watch_id)):
            return watch_id
    raise AssertionError


async def _able_to_look(interaction: Interaction) -> frozenset[Verb]:
    """Return what the person can do where they are; raises NotAllowed if they can't even look."""
    await services().authorizer.require(interaction, Verb.LIST)
    return await services().authorizer.able(interaction)


def _form(wanted: ListBackups, server: Server | None) -> ListForm:
    return ListForm(server_id=server.id if server else None, backup_type=wanted.backup_type)


async def _server_of(interaction: Interaction, form: ListForm) -> Server | None:
    if form.server_id is None:
        return None
    return await server_by_id(interaction, Verb.LIST, form.server_id)


async def _show_list(
    interaction: Interaction, form: ListForm, server: Server | None, *, replace_message: bool
) -> None:
    listing = await _visible_backups(interaction, form, server)
    able = await services().authorizer.able(interaction, server.name if server else None)
    shown = views.backup_list(
        listing,
        form,
        server,
        services().now(),
        services().authorizer.zone(interaction),
        can_create=Verb.CREATE in able,
        can_share=interaction.channel != interaction.person,
    )
    await interaction.reply_ephemeral(shown, replace=replace_message)


async def _visible_backups(interaction: Interaction, form: ListForm, server: Server | None) -> BackupList:
    """Return the backups the person can see from where they are."""
    authorizer = services().authorizer
    await authorizer.require(interaction, Verb.LIST, server.name if server else None)
    services().looks.spend(interaction.person)
    listing = await services().backups.list_to_show(form.server_id, form.backup_type)
    if server:
        return listing
    sees = await authorizer.sight(interaction, interaction.channel)
    return replace(listing, backups=[each for each in listing.backups if sees(each.server.name)])


PROCEDURES = (create, watch)
"""Loaded here, as what is handled here requests them."""

HANDLERS = Handlers(
    verbs={
        None: show_menu,
        Verb.HELP: show_help,
        Verb.LIST: list_backups,
        Verb.CREATE: create_backup,
    },
    actions={
        ids.ask_for(Verb.HELP): show_help,
        ids.ask_for(Verb.LIST): list_backups,
        ids.ask_for(Verb.CREATE): create_backup,
        ids.LIST_PREVIOUS: turn_page,
        ids.LIST_NEXT: turn_page,
        ids.LIST_OPEN: turn_page,
        ids.LIST_SERVER: filter_list,
        ids.LIST_TYPE: filter_list,
        ids.LIST_SHARE: share_list,
        ids.LIST_ROW: choose_in_list,
        ids.SERVER_BACKUPS: list_server,
        ids.SERVER_CREATE: open_create_form,
        ids.SERVER_MENU: choose_for_server,
        ids.TRY_AGAIN: try_again,
    },
    views={
        ids.CREATE_MODAL: submit_create_form,
    },
    shortcuts={ids.MENU_SHORTCUT: show_menu},
)
