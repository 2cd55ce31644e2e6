"""Handling what destroys data: show what will be lost, have the server's name typed, request it."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import assert_never

from slack_sdk.models.views import View

from bot import lifecycle
from bot.backups import checks, delete, form_views, messages, restore
from bot.backups.api import BackupList
from bot.backups.confirm_views import Confirmation, confirm_form
from bot.backups.make_room import find_need_of_room
from bot.backups.model import Backup
from bot.backups.requests import common_fields, server_by_id
from bot.errors import BotError, ProviderError, SlotsFull
from bot.names import is_same_name
from bot.operations import records
from bot.operations.hints import tell_where
from bot.operations.messages import wrong_name
from bot.operations.model import (
    NEED_A_COMPLETE_BACKUP,
    BackupRef,
    ConfirmedOperation,
    CreateOperation,
    DeleteOperation,
    RestoreOperation,
)
from bot.operations.progress import Ahead
from bot.operations.records import Stage
from bot.permissions import Decision, NeedsApproval, stricter
from bot.servers.model import MANUAL_SLOTS, Server
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import (
    NAME_KEPT,
    AgainForm,
    BackupChoice,
    ConfirmForm,
    CreateForm,
    PickForm,
    PlacedForm,
    read_form,
)
from bot.slack.interaction import Interaction, Json, note_refusal
from bot.slack.messages import explain
from bot.slack.views import kept, note
from bot.verbs import ChangingVerb, ConfirmedVerb, Verb

RECHECK_SECONDS = 1.0
"""How long the look at what is still so may take before the ack: recording comes after it."""

ConfirmableOperation = CreateOperation | ConfirmedOperation


async def open_confirmation(
    interaction: Interaction, verb: ConfirmedVerb, backup_id: int, server_id: int, reason: str = ""
) -> None:
    """Show what would be lost, for a backup that a list or a message offers."""
    await services().authorizer.require(interaction, verb)
    form = PickForm(
        verb=verb,
        channel=interaction.channel,
        thread_ts=interaction.thread_ts,
        server_id=server_id,
        reason=reason,
    )
    view_id = await interaction.open_view(form_views.loading(verb))
    await show_in_view(interaction, view_id, confirmation_of(interaction, form, backup_id))


async def show_in_view(
    interaction: Interaction, view_id: str, drawing: Awaitable[View], form: Json | None = None
) -> None:
    """Show in an open modal what is drawn for it, or why it can't be: alone, or above `form`."""
    view: View | Json
    try:
        view = await drawing
    except BotError as error:
        note_refusal(error, interaction.person)
        if form is None:
            view = note(error, interaction.channel, interaction.thread_ts)
        else:
            view = kept(form, explain(error))
    await interaction.update_view(view_id, view)


async def confirmation_of(interaction: Interaction, form: PickForm, backup_id: int) -> View:
    """Return the form that confirms, for a backup by its id.

    Raises:
        UnknownBackup: there is none that the person can see.
        BotError: they can't do it, it can't be done with this backup, or VPS.org can't be asked.
    """
    listing = await services().backups.list(form.server_id)
    sees = await services().authorizer.sight(interaction)
    async with services().authorizer.audit_denials(interaction, form.verb):
        backup = checks.find_backup(backup_id, listing, sees)
    return await confirmation(interaction, form, backup, listing)


async def confirmation(interaction: Interaction, form: PickForm, backup: Backup, listing: BackupList) -> View:
    """Return the form that confirms, for a backup as it is listed; raises as `confirmation_of` does."""
    if form.verb in NEED_A_COMPLETE_BACKUP:
        checks.check_restorable(backup)
    return await _confirmation(interaction, form.verb, form, form.reason, backup, listing)


async def delete_oldest(interaction: Interaction) -> None:
    """Show the form in which the oldest backup of a full server can be deleted, for what found no room."""
    form = read_form(AgainForm, interaction.value)
    if form.verb is not Verb.CREATE and form.backup_id is not None:
        await open_confirmation(interaction, form.verb, form.backup_id, form.server_id, form.reason)
        return
    await services().authorizer.require(interaction, Verb.CREATE)
    server = await server_by_id(interaction, Verb.CREATE, form.server_id)
    view_id = await interaction.open_view(form_views.loading(Verb.CREATE))
    await show_in_view(interaction, view_id, _make_room_form(interaction, server, form.reason))


async def restore_offered(interaction: Interaction) -> None:
    """Show what would be lost by restoring a backup that was just made, or made before a restore."""
    choice = BackupChoice.chosen(interaction.value)
    await open_confirmation(interaction, Verb.RESTORE, choice.backup_id, choice.server_id)


async def _make_room_form(interaction: Interaction, server: Server, reason: str) -> View:
    """Return the form that deletes a backup and then makes one; if there is room, the one that makes one."""
    here = CreateForm(channel=interaction.channel, thread_ts=interaction.thread_ts)
    listing = await services().backups.list(server.id)
    used = len(checks.manual_backups(server.id, listing.backups))
    if used < MANUAL_SLOTS:
        return form_views.create_form(here, [server], reason)
    spare = _spare(server.id, listing)
    if spare is None:
        raise SlotsFull(server_name=server.name, used=used, limit=MANUAL_SLOTS)
    return await _confirmation(interaction, Verb.CREATE, here, reason, spare, listing)


async def submit_confirmation(interaction: Interaction) -> None:
    """Request it, if the name is right, the person can, and all is still as it was shown."""
    form = read_form(ConfirmForm, interaction.private_metadata).told_in(interaction.chosen(ids.CHANNEL))
    server = await server_by_id(interaction, form.verb, form.server_id)
    checks.check_name(form.server_name, server.name[:NAME_KEPT])
    is_safe = interaction.is_ticked(ids.SAFETY, if_absent=True)
    deletes_first = form.verb is Verb.CREATE or (is_safe and interaction.is_ticked(ids.MAKE_ROOM))
    decision = await _decision(interaction, form.verb, server.name, form.channel, deletes_first=deletes_first)
    if errors := _errors(interaction, form, server.name, decision):
        await interaction.ack(response_action="errors", errors=errors)
        return
    operation = _operation(interaction, form, server, decision)
    try:
        await _check_still_valid(operation)
    except SlotsFull as full:
        await _offer_room(interaction, form, full)
        return
    await lifecycle.request(operation)
    await interaction.ack()
    await tell_where(interaction, operation)


def _errors(interaction: Interaction, form: ConfirmForm, name: str, decision: Decision) -> dict[str, str]:
    """Return what is wrong with what was entered, by block."""
    errors = {}
    if not is_same_name(interaction.typed(ids.TYPED_NAME), name):
        errors[ids.TYPED_NAME] = wrong_name(name)
    if isinstance(decision, NeedsApproval) and not interaction.typed(ids.REASON):
        errors[ids.REASON] = messages.REASON_NEEDED
    if form.is_full and interaction.is_ticked(ids.SAFETY):
        if form.spare_id is None:
            errors[ids.SAFETY] = messages.untick_safety(name)
        elif not interaction.is_ticked(ids.MAKE_ROOM):
            errors[ids.MAKE_ROOM] = messages.room_needed(name)
    return errors


def _operation(
    interaction: Interaction, form: ConfirmForm, server: Server, decision: Decision
) -> ConfirmableOperation:
    reason = interaction.typed(ids.REASON)
    fields = common_fields(
        interaction,
        form.verb,
        server,
        form.channel,
        thread_ts=form.thread_ts,
        decision=decision,
        reason=reason,
    )
    backup = BackupRef(id=form.backup_id, created_at=form.backup_moment)
    match form.verb:
        case Verb.CREATE:
            return CreateOperation(**fields, delete_first=backup)
        case Verb.DELETE:
            return DeleteOperation(**fields, backup=backup, shown_at=form.shown_at)
        case Verb.RESTORE:
            safety = interaction.is_ticked(ids.SAFETY, if_absent=True)
            first = None
            if safety and form.spare_id and form.spare_moment:
                first = BackupRef(id=form.spare_id, created_at=form.spare_moment)
            return RestoreOperation(
                **fields, backup=backup, shown_at=form.shown_at, safety_backup=safety, delete_first=first
            )
    assert_never(form.verb)


async def _check_still_valid(operation: ConfirmableOperation) -> None:
    """Raise what keeps it from being done as it was shown, as far as can be told within 1 s.

    Raises:
        StaleConfirmation: it is no longer as it was shown.
        SlotsFull: there is no free slot any more for a safety backup.
    """
    listing = None
    with suppress(ProviderError, TimeoutError):
        async with asyncio.timeout(RECHECK_SECONDS):
            listing = await services().backups.list(operation.server_id)
    if listing is not None:
        _check_listing(operation, listing)
    if isinstance(operation, CreateOperation):
        return
    with suppress(TimeoutError):
        async with asyncio.timeout(RECHECK_SECONDS):
            ended = await records.ended_since(operation.server_id, operation.shown_at)
        checks.check_nothing_newer(operation, ended)


def _check_listing(operation: ConfirmableOperation, listing: BackupList) -> None:
    if isinstance(operation, ConfirmedOperation) and not listing.is_incomplete_for(operation.backup.id):
        checks.check_target(operation, listing)
    if isinstance(operation, CreateOperation) or (
        isinstance(operation, RestoreOperation) and operation.safety_backup
    ):
        find_need_of_room(operation, listing)


async def _offer_room(interaction: Interaction, form: ConfirmForm, full: SlotsFull) -> None:
    """Show the form anew, as it was filled in, with the choice to make room that it did not have."""
    if form.verb is Verb.CREATE:
        raise full
    shown_before = PickForm(
        verb=form.verb, channel=form.channel, thread_ts=form.thread_ts, server_id=form.server_id
    )
    try:
        async with interaction.ack_deadline():
            view = await confirmation_of(interaction, shown_before, form.backup_id)
    except (ProviderError, TimeoutError):
        raise full from None
    await interaction.ack_view(kept(view.to_dict(), explain(full), interaction.view))


async def _decision(
    interaction: Interaction, verb: ChangingVerb, server_name: str, channel: str, *, deletes_first: bool
) -> Decision:
    """Return whether the person can do it at once; to delete a backup first takes the right to delete."""
    require = services().authorizer.require
    decision = await require(interaction, verb, server_name, channel)
    if deletes_first:
        return stricter(decision, await require(interaction, Verb.DELETE, server_name, channel))
    return decision


async def _confirmation(
    interaction: Interaction,
    verb: ChangingVerb,
    place: PlacedForm,
    reason: str,
    backup: Backup,
    listing: BackupList,
) -> View:
    server, has_namesake = _server_of(backup)
    deletes_first = verb is Verb.CREATE
    decision = await _decision(interaction, verb, server.name, place.channel, deletes_first=deletes_first)
    manual = len(checks.manual_backups(server.id, listing.backups))
    spare = _spare(server.id, listing, keep=backup.id) if manual >= MANUAL_SLOTS else None
    if spare and verb is Verb.RESTORE:
        to_make_room = await _decision(interaction, verb, server.name, place.channel, deletes_first=True)
    else:
        to_make_room = decision
    async with interaction.database_deadline():
        ahead, usual_seconds = await _running_on(server.id), await records.usual_seconds(server.id)
        restores = await services().audit.last_restores() if verb is Verb.RESTORE else {}
    shown = Confirmation(
        server,
        backup,
        now=services().now(),
        zone=services().authorizer.zone(interaction),
        has_namesake=has_namesake,
        last_good=checks.is_last_good(backup, listing.backups),
        is_list_partial=listing.not_shown > 0,
        offers_safety_backup=verb is Verb.RESTORE,
        manual=manual,
        spare=spare,
        usual_seconds=usual_seconds,
        last_restored=restores.get(server.id),
        ahead=ahead,
        approvers=_approvers(decision),
        room_approvers=_approvers(to_make_room),
        reason=reason,
    )
    return confirm_form(verb, place.channel, shown, place.thread_ts)


def _spare(server_id: int, listing: BackupList, keep: int | None = None) -> Backup | None:
    """Return the backup that can go to make room; none is known to be the oldest if not all are shown."""
    return None if listing.not_shown else checks.oldest_spare(server_id, listing.backups, keep)


def _approvers(decision: Decision) -> list[str]:
    return sorted(decision.approvers) if isinstance(decision, NeedsApproval) else []


def _server_of(backup: Backup) -> tuple[Server, bool]:
    """Return a backup's server, named as in the list just read, and whether another has the same name."""
    known = {server.id: server for server in services().directory.known()}
    server = known.pop(backup.server.id, Server(id=backup.server.id, name=backup.server.name))
    has_namesake = any(is_same_name(other.name, backup.server.name) for other in known.values())
    return server.model_copy(update={"name": backup.server.name}), has_namesake


async def _running_on(server_id: int) -> Ahead | None:
    for one in await records.unfinished(server_id):
        if one.stage is Stage.RUNNING:
            return Ahead(one.operation.verb, one.operation.requested_by, one.operation.requested_at)
    return None


PROCEDURES = (delete, restore)
"""Loaded here, as what is handled here requests them."""

HANDLERS = Handlers(
    actions={
        ids.DELETE_OLDEST: delete_oldest,
        ids.USE_BACKUP: restore_offered,
        ids.UNDO: restore_offered,
    },
    views={ids.CONFIRM_MODAL: submit_confirmation},
)
