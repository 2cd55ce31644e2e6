"""An answer for what nothing else hears: an unhandled request gets no ack (SLACK.md, section 2)."""

import re

from slack_bolt.async_app import AsyncApp

from bot.errors import NotUnderstood
from bot.slack.interaction import Interaction, heard

_ANYTHING = re.compile(".*")


def register(app: AsyncApp) -> None:
    """Hear everything that is left. Comes after all other listeners."""
    app.view_closed(_ANYTHING)(heard(_closed))
    for hear in (app.command, app.action, app.view_submission, app.shortcut, app.options):
        hear(_ANYTHING)(heard(_unheard))
    app.event(_ANYTHING)(heard(_closed))


async def _closed(interaction: Interaction) -> None:
    await interaction.ack()


async def _unheard(_: Interaction) -> None:
    raise NotUnderstood(
        "I don't know this command, button or form; it may be from another version of me.",
        "Start again with `/backup`.",
    )
