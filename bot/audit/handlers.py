"""`/backup audit`."""

import asyncio
from datetime import timedelta

from bot.audit import views
from bot.audit.commands import begins, parse
from bot.audit.export import lines
from bot.audit.search import Filter
from bot.errors import Misuse, ProviderError, UnknownServer, UsageError
from bot.names import canonical_name
from bot.permissions import AuditSight
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import AuditForm, checked_form, read_form, read_id
from bot.slack.interaction import Interaction
from bot.verbs import Verb

PAGE = 10
MOST_DAYS = 3650
MOST_EXPORTED = 20_000


async def show_audit(interaction: Interaction, typed: str) -> None:
    """Show the newest operations of what was asked for, to those who can read about them here."""
    await interaction.ack()
    sight = await services().authorizer.audit_sight(interaction)
    now = services().now()
    wanted = parse(typed, now.date())
    form = AuditForm(
        person=wanted.person or "", since=None if wanted.since is None else begins(wanted.since, now)
    )
    if wanted.server:
        form = await _of_server(interaction, wanted.server, sight, form)
    await _show(interaction, form, sight, replace=False)


async def turn_page(interaction: Interaction) -> None:
    """Show another page in the place of this one."""
    await interaction.ack()
    sight = await services().authorizer.audit_sight(interaction)
    await _show(interaction, read_form(AuditForm, interaction.value), sight, replace=True)


async def choose_filter(interaction: Interaction) -> None:
    """Show what fits another server, person or time."""
    await interaction.ack()
    sight = await services().authorizer.audit_sight(interaction)
    shown = read_form(AuditForm, str(interaction.action.get("block_id") or ""))
    form = shown.model_copy(update={"before": None, "after": None})
    match interaction.action["action_id"]:
        case ids.AUDIT_PERSON:
            person = interaction.action.get("selected_user") or ""
            form = checked_form(AuditForm, {**form.model_dump(), "person": person})
        case ids.AUDIT_SINCE:
            days = min(read_id(interaction.value), MOST_DAYS)
            since = services().now() - timedelta(days=days) if days else None
            form = form.model_copy(update={"since": since})
        case _:
            server = await services().directory.by_id(read_id(interaction.value), sight.includes)
            form = form.model_copy(update={"server": views.shown_name(server.name), "server_id": server.id})
    await _show(interaction, form, sight, replace=True)


async def suggest_servers(interaction: Interaction) -> None:
    """Answer the picker with the servers about which the person can read."""
    sight = await services().authorizer.audit_sight(interaction)
    typed = str(interaction.body.get("value", ""))
    found = services().directory.suggestions(typed, sight.includes)
    await interaction.ack(options=[views.server_option(each).to_dict() for each in found])


async def show_details(interaction: Interaction) -> None:
    """Show all entries of one operation."""
    await interaction.ack()
    sight = await services().authorizer.audit_sight(interaction)
    operation = await services().audit.operation(interaction.value, await _readable_servers(sight))
    await interaction.open_view(views.details(operation))


async def export_csv(interaction: Interaction) -> None:
    """Send the person all entries that fit the filters, as a file."""
    await interaction.ack()
    sight = await services().authorizer.audit_sight(interaction)
    wanted = await _filter(read_form(AuditForm, interaction.value), sight)
    rows = await services().audit.newest_rows(wanted, MOST_EXPORTED)
    unreadable: list[str] = []
    content = await asyncio.to_thread(lambda: "".join(lines(rows, "csv", unreadable.append)))
    await interaction.send_file("audit-trail.csv", content)
    sent = views.sent(len(rows) - len(unreadable), len(unreadable), is_all=len(rows) < MOST_EXPORTED)
    await interaction.reply_ephemeral(sent)


async def _of_server(interaction: Interaction, typed: str, sight: AuditSight, form: AuditForm) -> AuditForm:
    """Return the form with the server that is meant, which may be gone; raises UsageError for none."""
    unknown: UnknownServer | None = None
    try:
        async with services().authorizer.audit_denials(interaction, Verb.AUDIT):
            server = await services().directory.find(typed, sight.includes)
        return form.model_copy(update={"server": views.shown_name(server.name), "server_id": server.id})
    except UnknownServer as error:
        unknown = error
    except ProviderError:
        pass
    form = form.model_copy(update={"server": typed})
    if canonical_name(typed) in await _names_on_record(sight) or (await _page(form, sight)).operations:
        return form
    if unknown and (unknown.ids or unknown.names or unknown.near):
        raise unknown
    raise UsageError(Misuse.UNKNOWN_FILTER, typed, Verb.AUDIT)


async def _names_on_record(sight: AuditSight) -> frozenset[str]:
    return frozenset(name for name in await services().audit.servers() if sight.includes(name))


async def _readable_servers(sight: AuditSight) -> frozenset[str] | None:
    return None if sight.is_whole else await _names_on_record(sight)


async def _show(interaction: Interaction, form: AuditForm, sight: AuditSight, *, replace: bool) -> None:
    page = await _page(form, sight)
    if form.after is not None and not page.has_newer:
        # The newest page is a full one.
        form = form.model_copy(update={"after": None})
        page = await _page(form, sight)
    await interaction.reply_ephemeral(views.trail(page, form), replace=replace)


async def _filter(form: AuditForm, sight: AuditSight) -> Filter:
    return Filter.model_validate({**form.model_dump(), "servers": await _readable_servers(sight)})


async def _page(form: AuditForm, sight: AuditSight) -> views.Page:
    found = await services().audit.operations(await _filter(form, sight), PAGE + 1)
    is_full = len(found) > PAGE
    if form.after is not None:
        return views.Page(found[-PAGE:], has_newer=is_full, has_older=True, is_whole=sight.is_whole)
    is_later = form.before is not None
    return views.Page(found[:PAGE], has_newer=is_later, has_older=is_full, is_whole=sight.is_whole)


HANDLERS = Handlers(
    verbs={Verb.AUDIT: show_audit},
    actions={
        ids.AUDIT_NEWER: turn_page,
        ids.AUDIT_OLDER: turn_page,
        ids.AUDIT_ALL: turn_page,
        ids.AUDIT_SERVER: choose_filter,
        ids.AUDIT_PERSON: choose_filter,
        ids.AUDIT_SINCE: choose_filter,
        ids.AUDIT_DETAILS: show_details,
        ids.AUDIT_EXPORT: export_csv,
    },
    options={ids.AUDIT_SERVER: suggest_servers},
)
