"""`/backup audit`."""

from bot.audit import views
from bot.audit.commands import begins, parse
from bot.audit.store import Filter
from bot.errors import ProviderError, UnknownServer
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import AuditForm, read_form
from bot.slack.interaction import Interaction
from bot.verbs import Verb

PAGE = 10


async def show_audit(interaction: Interaction, typed: str) -> None:
    """Show the newest entries of what was asked for, to those who can read the trail."""
    await interaction.ack()
    await services().authorizer.require_audit(interaction)
    now = services().now()
    wanted = parse(typed, now.date())
    form = AuditForm(
        server=await _server_name(interaction, wanted.server or ""),
        person=wanted.person or "",
        since=None if wanted.since is None else begins(wanted.since, now),
    )
    await _show(interaction, form, replace=False)


async def turn_page(interaction: Interaction) -> None:
    """Show another page in the place of this one."""
    await interaction.ack()
    await services().authorizer.require_audit(interaction)
    await _show(interaction, read_form(AuditForm, interaction.value), replace=True)


async def _server_name(interaction: Interaction, typed: str) -> str:
    """Return the full name of the server that is meant; a server that is gone still has its entries.

    An id stays one: it finds entries from before a server was renamed, too.
    """
    if not typed or typed.isdecimal():
        return typed
    sees = await services().authorizer.sight(interaction)
    try:
        return (await services().directory.find(typed, sees)).name
    except (UnknownServer, ProviderError):
        return typed


async def _show(interaction: Interaction, form: AuditForm, *, replace: bool) -> None:
    page = await _page(form)
    if form.after is not None and not page.has_newer:
        # The newest page is a full one.
        form = form.model_copy(update={"after": None})
        page = await _page(form)
    await interaction.reply_ephemeral(views.trail(page, form), replace=replace)


async def _page(form: AuditForm) -> views.Page:
    found = await services().audit.read(Filter.model_validate(form.model_dump()), PAGE + 1)
    is_full = len(found) > PAGE
    if form.after is not None:
        return views.Page(found[-PAGE:], has_newer=is_full, has_older=True)
    return views.Page(found[:PAGE], has_newer=form.before is not None, has_older=is_full)


HANDLERS = Handlers(
    verbs={Verb.AUDIT: show_audit},
    actions={ids.AUDIT_NEWER: turn_page, ids.AUDIT_OLDER: turn_page},
)
