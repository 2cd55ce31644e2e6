"""What people do with backups: the command, the list, the forms."""

from slack_bolt.async_app import AsyncApp

from bot.backups.handlers.again import Again
from bot.backups.handlers.command import Command
from bot.backups.handlers.creating import Creating
from bot.backups.handlers.destroying import Destroying
from bot.backups.handlers.listing import Listing
from bot.backups.handlers.tools import Tools


def register(app: AsyncApp, tools: Tools) -> None:
    """Make the app hear everything that concerns backups."""
    creating, destroying = Creating(tools), Destroying(tools)
    listing = Listing(tools, destroying)
    command = Command(tools, listing, creating, destroying)
    again = Again(tools, creating, destroying)
    for part in (creating, destroying, listing, again, command):
        part.register(app)
