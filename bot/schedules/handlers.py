"""`/backup schedule`: the list with its buttons, the form, and the changes that are made there."""

from datetime import tzinfo
from hashlib import sha256

from bot.backups.requests import known_servers
from bot.errors import Misuse, UnknownServer, UsageError
from bot.schedules import change, messages, rights, run, store, views
from bot.schedules.commands import CreateSchedule, read_keep, read_schedule, read_servers
from bot.schedules.model import MOST, Change, Schedule, ScheduleChange, last_run
from bot.schedules.views import PAGE, ScheduleRow
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import ScheduleForm, SchedulesForm, read_form
from bot.slack.hints import says_it_is_asking, tell_if_closed
from bot.slack.interaction import Interaction
from bot.slack.messages import in_short
from bot.timing import read_timing
from bot.verbs import Verb


async def schedule(interaction: Interaction, typed: str = "") -> None:
    """Show the schedules, make the one that was typed, or show the form."""
    wanted = read_schedule(typed)
    if wanted is None:
        await show_list(interaction)
        return
    await services().authorizer.require(interaction, Verb.CREATE)
    if not wanted.servers or wanted.timing is None:
        await _open_form(interaction, wanted)
        return
    made = await _new(interaction, wanted, interaction.channel, interaction.channel)
    await _request(interaction, Change.CREATED, made)


@says_it_is_asking
async def show_list(interaction: Interaction) -> None:
    """Show the first page of the schedules."""
    await interaction.ack()
    await services().authorizer.require(interaction, Verb.LIST)
    await _show(interaction, 0)


@says_it_is_asking
async def turn_page(interaction: Interaction) -> None:
    """Show another page in the place of this one."""
    await interaction.ack()
    await services().authorizer.require(interaction, Verb.LIST)
    await _show(interaction, read_form(SchedulesForm, interaction.value).page, replace_message=True)


async def open_new(interaction: Interaction) -> None:
    """Show the form that makes a schedule."""
    await services().authorizer.require(interaction, Verb.CREATE)
    await _open_form(interaction, CreateSchedule())


async def open_edit(interaction: Interaction) -> None:
    """Show the form with a schedule as it is."""
    shown = await _chosen(interaction)
    form = ScheduleForm(schedule=shown.id, zone=shown.zone, channel=interaction.channel)
    wanted = CreateSchedule(
        shown.servers, shown.timing, shown.keep, makes_room=shown.makes_room, makes_up=shown.makes_up
    )
    await interaction.open_view(views.schedule_form(form, wanted, shown.channel))


async def check_words(interaction: Interaction) -> None:
    """Show how the form's words are understood while they are typed, and when that is next."""
    await interaction.ack()
    form = read_form(ScheduleForm, interaction.private_metadata)
    try:
        text = views.check_text(read_timing(interaction.typed(ids.SCHEDULED_WHEN)), form, services().now())
    except UsageError as error:
        text = in_short(error)
    # What was entered stays as it is: Slack knows each field by its ids.
    view = views.schedule_form(form, CreateSchedule(), "", text)
    await interaction.update_view(interaction.view_id, view)


async def submit_form(interaction: Interaction) -> None:
    """Make the schedule, or change it to what the form says; what is wrong is said at its field."""
    form = read_form(ScheduleForm, interaction.private_metadata)
    errors: dict[str, str] = {}
    wanted = _entered(interaction, errors)
    before = await _find(interaction, form.schedule) if form.schedule else None
    made = None
    if not errors:
        channel = interaction.chosen(ids.CHANNEL) or (before.channel if before else form.channel)
        try:
            made = await _new(interaction, wanted, channel, form.channel, before)
        except UnknownServer as error:
            errors[ids.SCHEDULED_SERVERS] = messages.plain_words(error)
    if made is None:
        await interaction.ack(response_action="errors", errors=errors)
        return
    await _request(interaction, Change.CHANGED if before else Change.CREATED, made)


def _entered(interaction: Interaction, errors: dict[str, str]) -> CreateSchedule:
    """Return what was entered; what is wrong with it goes into `errors`, by block."""
    servers: tuple[str, ...] = ()
    timing = keep = None
    try:
        servers = read_servers(interaction.typed(ids.SCHEDULED_SERVERS))
    except UsageError as error:
        errors[ids.SCHEDULED_SERVERS] = messages.plain_words(error)
    if not servers:
        errors.setdefault(ids.SCHEDULED_SERVERS, messages.NO_SERVERS)
    try:
        timing = read_timing(interaction.typed(ids.SCHEDULED_WHEN))
    except UsageError as error:
        errors[ids.SCHEDULED_WHEN] = messages.plain_words(error)
    try:
        keep = read_keep(interaction.typed(ids.KEEP))
    except UsageError as error:
        errors[ids.KEEP] = messages.plain_words(error)
    ticked = interaction.chosen_all(ids.SCHEDULE_OPTIONS)
    return CreateSchedule(
        servers, timing, keep, makes_room=ids.MAKE_ROOM in ticked, makes_up=ids.MAKE_UP in ticked
    )


async def pause(interaction: Interaction) -> None:
    """Let a schedule run no more for now."""
    await _change(interaction, Change.PAUSED, {"is_paused": True})


async def resume(interaction: Interaction) -> None:
    """Let a schedule run again, from now on with the rights of the person who resumes it."""
    await _change(interaction, Change.RESUMED, {"is_paused": False, **_owner(interaction)})


async def delete(interaction: Interaction) -> None:
    """Delete a schedule; its backups stay."""
    await _change(interaction, Change.DELETED, {})


async def run_now(interaction: Interaction) -> None:
    """Run a schedule once, now, with the rights of the person who runs it."""
    await _change(interaction, Change.RUN, {})


async def _change(interaction: Interaction, what: Change, fields: dict[str, object]) -> None:
    chosen = await _chosen(interaction)
    await _request(interaction, what, chosen.model_copy(update=fields))


async def _chosen(interaction: Interaction) -> Schedule:
    """Return the schedule of the button that was clicked, if the person can change it."""
    found = await _find(interaction, read_form(SchedulesForm, interaction.value).schedule)
    await rights.require(interaction, found, await known_servers(interaction), interaction.channel)
    return found


async def _find(interaction: Interaction, schedule_id: str) -> Schedule:
    """Return a schedule that the person sees.

    Raises:
        UsageError: there is none, or they can't see all of its servers.
    """
    async with interaction.database_deadline():
        found = await store.find(schedule_id)
    sees, servers = await services().authorizer.sight(interaction), await known_servers(interaction)
    if found is None or not rights.is_visible(found, interaction.person, sees, servers):
        raise UsageError(Misuse.NO_SUCH_SCHEDULE)
    return found


async def _new(
    interaction: Interaction,
    wanted: CreateSchedule,
    channel: str,
    place: str,
    before: Schedule | None = None,
) -> Schedule:
    """Return the schedule that is wanted, instead of the one before, if the person can make it there.

    Raises:
        UnknownServer: a word means no server that they can see.
        NotAllowed: they can't back up all of its servers, or delete if it does so, at once.
        UsageError: there are too many.
    """
    if wanted.timing is None:
        raise UsageError(Misuse.NO_TIMING)
    servers = await known_servers(interaction)
    made = Schedule(
        id=before.id if before else _new_id(interaction),
        servers=await rights.meant_servers(interaction, wanted.servers, servers),
        timing=wanted.timing,
        zone=before.zone if before else zone_name(services().authorizer.zone(interaction)),
        channel=channel,
        keep=wanted.keep,
        makes_room=wanted.makes_room,
        makes_up=wanted.makes_up,
        is_paused=before.is_paused if before else False,
        **_owner(interaction),
    )
    for each in (made, *([before] if before else [])):
        await rights.require(interaction, each, servers, place)
    async with interaction.database_deadline():
        if before is None and len(await store.every()) >= MOST:
            raise UsageError(Misuse.TOO_MANY_SCHEDULES, str(MOST), Verb.SCHEDULE)
    return made


def _new_id(interaction: Interaction) -> str:
    """Return an id that is the same if Slack delivers the same thing twice."""
    return sha256(interaction.idempotency_key.encode()).hexdigest()[:10]


def _owner(interaction: Interaction) -> dict[str, object]:
    """Return with whose rights a schedule runs from now on."""
    return {
        "owner": interaction.person,
        "owner_name": services().authorizer.name(interaction),
        "team": interaction.team,
        "active_since": services().now(),
    }


def zone_name(zone: tzinfo) -> str:
    """Return a zone's IANA name."""
    return str(getattr(zone, "key", "UTC"))


async def _open_form(interaction: Interaction, wanted: CreateSchedule) -> None:
    zone = zone_name(services().authorizer.zone(interaction))
    form = ScheduleForm(zone=zone, channel=interaction.channel)
    await interaction.open_view(views.schedule_form(form, wanted, interaction.channel))


async def _request(interaction: Interaction, what: Change, changed: Schedule) -> None:
    wanted = ScheduleChange(
        change=what,
        schedule=changed,
        by=interaction.person,
        by_name=services().authorizer.name(interaction),
        team=interaction.team,
        at=services().now(),
        key=_key(interaction, what),
    )
    await change.request(wanted)
    await interaction.ack()
    if what is Change.CREATED:
        await tell_if_closed(interaction, changed.channel)
    elif interaction.is_in_ephemeral:
        page = read_form(SchedulesForm, interaction.value).page
        await _show(interaction, page, wanted, replace_message=True)


def _key(interaction: Interaction, what: Change) -> str:
    """Return a key that is the same if Slack delivers it twice; of a run also if it is clicked twice."""
    if what is not Change.RUN:
        return interaction.delivery_id
    return f"{interaction.person}:{read_form(SchedulesForm, interaction.value).shown}"


async def _show(
    interaction: Interaction,
    page: int,
    made: ScheduleChange | None = None,
    *,
    replace_message: bool = False,
) -> None:
    """Show a page of the list; a change that was just recorded is in it already."""
    async with interaction.database_deadline():
        found = [each for each, _ in await store.every() if made is None or each.id != made.schedule.id]
    if made and made.change is not Change.DELETED:
        found.append(made.schedule)
    servers = await known_servers(interaction)
    sees = await services().authorizer.sight(interaction, interaction.channel)
    visible = (each for each in found if rights.is_visible(each, interaction.person, sees, servers))
    seen = sorted(visible, key=_in_order)
    there = min(page, max(0, (len(seen) - 1) // PAGE))
    shown = [
        ScheduleRow(
            each,
            last_run(await services().audit.last_run(each.id)),
            await rights.can_change(interaction, each, servers),
            is_starting=made is not None and made.change is Change.RUN and each.id == made.schedule.id,
        )
        for each in seen[there * PAGE : (there + 1) * PAGE]
    ]
    can_create = Verb.CREATE in await services().authorizer.able(interaction)
    listing = views.schedule_list(shown, len(seen), there, services().now(), can_create=can_create)
    await interaction.reply_ephemeral(listing, replace=replace_message)


def _in_order(each: Schedule) -> tuple[tuple[str, ...], str]:
    return each.servers, each.id


PROCEDURES = (run,)
"""Loaded here, as what is handled here requests them."""

HANDLERS = Handlers(
    verbs={Verb.SCHEDULE: schedule},
    actions={
        ids.ask_for(Verb.SCHEDULE): show_list,
        ids.SCHEDULE_SHOW: show_list,
        ids.SCHEDULE_NEW: open_new,
        ids.SCHEDULE_EDIT: open_edit,
        ids.SCHEDULE_PAUSE: pause,
        ids.SCHEDULE_RESUME: resume,
        ids.SCHEDULE_RUN: run_now,
        ids.SCHEDULE_DELETE: delete,
        ids.SCHEDULE_PREVIOUS: turn_page,
        ids.SCHEDULE_NEXT: turn_page,
        ids.SCHEDULED_WHEN: check_words,
    },
    views={ids.SCHEDULE_MODAL: submit_form},
)
