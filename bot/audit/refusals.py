"""Putting on record who was refused what."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import structlog

from bot.audit.model import Entry
from bot.audit.record import trail
from bot.errors import NotAllowed, NotRecorded
from bot.slack.interaction import Interaction

log = structlog.get_logger()


@asynccontextmanager
async def noting_refusals(
    interaction: Interaction, verb: str, server: str, *, operation: str = "", channel: str = ""
) -> AsyncIterator[None]:
    """Put a NotAllowed that is raised inside on record, and let it pass.

    Where it can't be written it is logged: nothing goes ahead that would need it.
    """
    try:
        yield
    except NotAllowed as refusal:
        entry = Entry(
            event="refused",
            key=f"refused:{verb}:{interaction.trigger}",
            at=datetime.now(UTC),
            person=interaction.person,
            operation=operation,
            verb=verb,
            server_name=server,
            channel=channel or interaction.channel,
            what=refusal.what,
        )
        try:
            await trail().append(entry)
        except NotRecorded:
            log.exception("refusal_not_recorded", entry=entry.brief())
        raise
