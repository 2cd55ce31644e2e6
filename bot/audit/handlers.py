"""`/backup audit`."""

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from slack_bolt.async_app import AsyncApp

from bot.audit import views
from bot.audit.commands import begins, parse
from bot.audit.store import AuditTrail, Filter
from bot.errors import ProviderError, UnknownServer
from bot.servers.directory import ServerDirectory
from bot.slack import ids
from bot.slack.forms import AuditForm, read
from bot.slack.interaction import Interaction, asks_for, heard

PAGE = 10

MayRead = Callable[[Interaction], Awaitable[None]]


def utc_now() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


class AuditHandlers:
    """Shows the trail. `may_read` raises NotAllowed for those who may not; it is asked at each page."""

    def __init__(
        self,
        trail: AuditTrail,
        directory: ServerDirectory,
        may_read: MayRead,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._trail = trail
        self._directory = directory
        self._may_read = may_read
        self._now = now

    def register(self, app: AsyncApp) -> None:
        """Hear the verb and the buttons that turn pages."""
        app.command(ids.COMMAND, matchers=[asks_for("audit")])(heard(self.asked))
        app.action(re.compile(f"^({ids.AUDIT_NEWER}|{ids.AUDIT_OLDER})$"))(heard(self.page_turned))

    async def asked(self, interaction: Interaction) -> None:
        """Show the newest entries of what was asked for."""
        await interaction.ack()
        await self._may_read(interaction)
        now = self._now()
        request = parse("".join(interaction.text.split(maxsplit=1)[1:]), now.date())
        form = AuditForm(
            server=await self._server(request.server or ""),
            person=request.person or "",
            since=None if request.since is None else begins(request.since, now),
        )
        await self._show(interaction, form, replace=False)

    async def page_turned(self, interaction: Interaction) -> None:
        """Show another page in the place of this one."""
        await interaction.ack()
        await self._may_read(interaction)
        await self._show(interaction, read(AuditForm, interaction.value), replace=True)

    async def _server(self, wanted: str) -> str:
        """Return the full name of the server that is meant; a server that is gone still has its entries.

        An id stays one: it finds entries from before a server was renamed, too.
        """
        if not wanted or wanted.isdecimal():
            return wanted
        try:
            return (await self._directory.find(wanted)).name
        except (UnknownServer, ProviderError):
            return wanted

    async def _show(self, interaction: Interaction, form: AuditForm, *, replace: bool) -> None:
        page = await self._page(form)
        if form.after is not None and not page.has_newer:
            # The newest page is a full one.
            form = form.model_copy(update={"after": None})
            page = await self._page(form)
        await interaction.whisper(views.trail(page, form), replace=replace)

    async def _page(self, form: AuditForm) -> views.Page:
        found = await self._trail.read(Filter.model_validate(form.model_dump()), PAGE + 1)
        is_full = len(found) > PAGE
        if form.after is not None:
            return views.Page(found[-PAGE:], has_newer=is_full, has_older=True)
        return views.Page(found[:PAGE], has_newer=form.before is not None, has_older=is_full)
