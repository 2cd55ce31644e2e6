"""Handling what destroys data: pick a backup, see what will be lost, type the server's name, request it."""

import asyncio
from contextlib import suppress
from typing import assert_never

from slack_sdk.models.views import View

from bot import lifecycle
from bot.backups import checks, delete, form_views, restore
from bot.backups.commands import read_delete, read_restore
from bot.backups.form_views import Confirmation
from bot.backups.requests import common_fields, server_by_id, typed_server
from bot.errors import BotError, ProviderError, UnknownBackup, UnknownServer
from bot.names import is_same_name
from bot.operations import records
from bot.operations.messages import wrong_name
from bot.operations.model import (
    NEED_A_COMPLETE_BACKUP,
    BackupRef,
    ConfirmedOperation,
    DeleteOperation,
    RestoreOperation,
)
from bot.operations.progress import Ahead
from bot.operations.records import Stage
from bot.permissions import Decision, NeedsApproval
from bot.servers.model import Server
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import BackupChoice, ConfirmForm, PickForm, read_form, read_id
from bot.slack.interaction import Interaction
from bot.slack.views import note
from bot.verbs import ConfirmedVerb, Verb

RECHECK_SECONDS = 1.0
"""How long the look at what is still so may take before the ack: recording comes after it."""


async def delete_backup(interaction: Interaction, typed: str = "") -> None:
    """Show what would be lost by deleting a backup, or first the form that picks one."""
    wanted = read_delete(typed)
    await services().authorizer.require(interaction, Verb.DELETE)
    form = PickForm(verb=Verb.DELETE, channel=interaction.channel)
    if wanted.backup_id is None:
        await interaction.open_view(form_views.pick_form(form, None, None))
    else:
        await _open(interaction, form, wanted.backup_id)


async def restore_server(interaction: Interaction, typed: str = "") -> None:
    """Show what would be lost by restoring a backup, or first the form that picks one.

    A number is a backup's, or if there is no such backup a server's: the bot asks for either.
    """
    wanted = read_restore(typed)
    await services().authorizer.require(interaction, Verb.RESTORE)
    form = PickForm(verb=Verb.RESTORE, channel=interaction.channel)
    if wanted.number is not None:
        await _open(interaction, form, wanted.number)
    elif wanted.server is None:
        await interaction.open_view(form_views.pick_form(form, None, None))
    else:
        server = await typed_server(interaction, Verb.RESTORE, wanted.server)
        view_id = await interaction.open_view(form_views.loading(Verb.RESTORE))
        await _offer_backups(interaction, view_id, form, server)


async def open_confirmation(
    interaction: Interaction, verb: ConfirmedVerb, backup_id: int, server_id: int, reason: str = ""
) -> None:
    """Show what would be lost, for a backup that a list or a message offers."""
    await services().authorizer.require(interaction, verb)
    form = PickForm(verb=verb, channel=interaction.channel, server_id=server_id, reason=reason)
    await _open(interaction, form, backup_id)


async def delete_oldest(interaction: Interaction) -> None:
    """Show what would be lost by deleting the oldest backup of a full server."""
    choice = BackupChoice.chosen(interaction.value)
    await open_confirmation(interaction, Verb.DELETE, choice.backup_id, choice.server_id)


async def restore_offered(interaction: Interaction) -> None:
    """Show what would be lost by restoring a backup that was just made, or made before a restore."""
    choice = BackupChoice.chosen(interaction.value)
    await open_confirmation(interaction, Verb.RESTORE, choice.backup_id, choice.server_id)


async def offer_backups_of_chosen_server(interaction: Interaction) -> None:
    """Offer the backups of the server that was chosen in the form."""
    await interaction.ack()
    form = read_form(PickForm, interaction.private_metadata)
    if interaction.value:
        server = await server_by_id(interaction, form.verb, read_id(interaction.value))
        await _offer_backups(interaction, interaction.view_id, form, server)


async def submit_pick_form(interaction: Interaction) -> None:
    """Show what would be lost, in the place of the form that picked the backup."""
    form = read_form(PickForm, interaction.private_metadata)
    choice = BackupChoice.chosen(interaction.chosen(ids.BACKUP))
    form = form.model_copy(update={"server_id": choice.server_id})
    try:
        async with interaction.ack_deadline():
            view = await _confirmation_or_note(interaction, form, choice.backup_id)
    except TimeoutError:
        await interaction.ack_view(form_views.loading(form.verb))
        view = await _confirmation_or_note(interaction, form, choice.backup_id)
        await interaction.update_view(interaction.view_id, view)
    else:
        # In the ack itself, since an update that is sent after an ack may arrive before it.
        await interaction.ack_view(view)


async def submit_confirmation(interaction: Interaction) -> None:
    """Request it, if the name is right, the person can, and all is still as it was shown."""
    form = read_form(ConfirmForm, interaction.private_metadata)
    server = await server_by_id(interaction, form.verb, form.server_id)
    decision = await services().authorizer.require(interaction, form.verb, server.name, form.channel)
    if not is_same_name(interaction.typed(ids.TYPED_NAME), server.name):
        error = wrong_name(server.name)
        await interaction.ack(response_action="errors", errors={ids.TYPED_NAME: error})
        return
    operation = _operation(interaction, form, server, decision)
    await _check_still_valid(operation)
    await lifecycle.request(operation)
    await interaction.ack()


def _operation(
    interaction: Interaction, form: ConfirmForm, server: Server, decision: Decision
) -> ConfirmedOperation:
    reason = interaction.typed(ids.REASON)
    fields = common_fields(interaction, form.verb, server, form.channel, decision=decision, reason=reason)
    backup = BackupRef(id=form.backup_id, created_at=form.backup_moment)
    match form.verb:
        case Verb.DELETE:
            return DeleteOperation(**fields, backup=backup, shown_at=form.shown_at)
        case Verb.RESTORE:
            safety = interaction.is_ticked(ids.SAFETY)
            return RestoreOperation(**fields, backup=backup, shown_at=form.shown_at, safety_backup=safety)
    assert_never(form.verb)


async def _check_still_valid(operation: ConfirmedOperation) -> None:
    """Raise StaleConfirmation if it is no longer as it was shown, as far as can be told within 1 s."""
    with suppress(ProviderError, TimeoutError):
        async with asyncio.timeout(RECHECK_SECONDS):
            listing = await services().backups.list(operation.server_id)
        if not listing.is_incomplete_for(operation.backup.id):
            checks.check_target(operation, listing)
    with suppress(TimeoutError):
        async with asyncio.timeout(RECHECK_SECONDS):
            ended = await records.ended_since(operation.server_id, operation.shown_at)
        checks.check_nothing_newer(operation, ended)


async def _open(interaction: Interaction, form: PickForm, backup_id: int) -> None:
    view_id = await interaction.open_view(form_views.loading(form.verb))
    await interaction.update_view(view_id, await _confirmation_or_note(interaction, form, backup_id))


async def _offer_backups(interaction: Interaction, view_id: str, form: PickForm, server: Server) -> None:
    try:
        view = await _pick_form(interaction, form, server)
    except BotError as error:
        view = note(error, form.channel)
    await interaction.update_view(view_id, view)


async def _pick_form(interaction: Interaction, form: PickForm, server: Server) -> View:
    await services().authorizer.require(interaction, form.verb, server.name, form.channel)
    found = (await services().backups.list(server.id)).backups
    return form_views.pick_form(form.model_copy(update={"server_id": server.id}), server, found)


async def _confirmation_or_note(interaction: Interaction, form: PickForm, backup_id: int) -> View:
    try:
        return await _confirmation(interaction, form, backup_id)
    except UnknownBackup as error:
        return await _pick_form_of(interaction, form, backup_id, error)
    except BotError as error:
        return note(error, form.channel)


async def _confirmation(interaction: Interaction, form: PickForm, backup_id: int) -> View:
    listing = await services().backups.list(form.server_id)
    sees = await services().authorizer.sight(interaction)
    async with services().authorizer.audit_denials(interaction, form.verb):
        backup = checks.find_backup(backup_id, listing, sees)
    decision = await services().authorizer.require(interaction, form.verb, backup.server.name, form.channel)
    if form.verb in NEED_A_COMPLETE_BACKUP:
        checks.check_restorable(backup)
    shown = Confirmation(
        backup,
        now=services().now(),
        last_good=checks.is_last_good(backup, listing.backups),
        is_list_partial=listing.not_shown > 0,
        offers_safety_backup=form.verb is Verb.RESTORE,
        ahead=await _running_on(backup.server.id),
        approvers=sorted(decision.approvers) if isinstance(decision, NeedsApproval) else [],
        reason=form.reason,
    )
    return form_views.confirm_form(form.verb, form.channel, shown)


async def _pick_form_of(interaction: Interaction, form: PickForm, number: int, error: UnknownBackup) -> View:
    """Return the form for the server with that number, if what was typed is no backup's but a server's."""
    is_typed = form.server_id is None
    if form.verb is not Verb.RESTORE or not is_typed:
        return note(error, form.channel)
    try:
        server = await server_by_id(interaction, form.verb, number)
        return await _pick_form(interaction, form, server)
    except UnknownServer:
        return note(error, form.channel)
    except BotError as other:
        return note(other, form.channel)


async def _running_on(server_id: int) -> Ahead | None:
    for one in await records.unfinished(server_id):
        if one.stage is Stage.RUNNING:
            return Ahead(one.operation.verb, one.operation.requested_by, one.operation.requested_at)
    return None


PROCEDURES = (delete, restore)
"""Loaded here, as what is handled here requests them."""

HANDLERS = Handlers(
    verbs={Verb.DELETE: delete_backup, Verb.RESTORE: restore_server},
    actions={
        ids.ask_for(Verb.DELETE): delete_backup,
        ids.ask_for(Verb.RESTORE): restore_server,
        ids.SERVER: offer_backups_of_chosen_server,
        ids.DELETE_OLDEST: delete_oldest,
        ids.USE_BACKUP: restore_offered,
        ids.UNDO: restore_offered,
    },
    views={ids.PICK_MODAL: submit_pick_form, ids.CONFIRM_MODAL: submit_confirmation},
)
