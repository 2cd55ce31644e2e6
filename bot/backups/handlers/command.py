"""`/backup`, its menu and its help."""

import re

from slack_bolt.async_app import AsyncApp

from bot.backups import commands
from bot.backups.handlers.creating import Creating
from bot.backups.handlers.destroying import Destroying
from bot.backups.handlers.listing import Listing
from bot.backups.handlers.tools import Tools
from bot.backups.model import CreateBackup, DeleteBackup, ListBackups, RestoreBackup, ShowHelp, ShowMenu
from bot.backups.views import menu
from bot.slack import ids
from bot.slack.interaction import Interaction, heard


class Command:
    """Reads what was typed or clicked, and hands it on."""

    def __init__(self, tools: Tools, listing: Listing, creating: Creating, destroying: Destroying) -> None:
        self._tools = tools
        self._listing = listing
        self._creating = creating
        self._destroying = destroying

    def register(self, app: AsyncApp) -> None:
        """Hear the command, the shortcut and the menu's buttons. Comes after all other verbs."""
        app.command(ids.COMMAND)(heard(self.typed))
        app.shortcut(ids.MENU_SHORTCUT)(heard(self.shortcut_used))
        verbs = "|".join((ids.ASK_LIST, ids.ASK_CREATE, ids.ASK_RESTORE, ids.ASK_DELETE, ids.ASK_HELP))
        app.action(re.compile(f"^({verbs})$"))(heard(self.clicked))

    async def typed(self, interaction: Interaction) -> None:
        """Do what was typed; raises NotUnderstood with a suggestion."""
        match commands.parse(interaction.text):
            case ListBackups(server, backup_type):
                await self._listing.asked(interaction, server, backup_type)
            case CreateBackup(server, reason):
                await self._creating.asked(interaction, server, reason)
            case DeleteBackup(backup_id):
                await self._destroying.asked(interaction, "delete", backup_id, None)
            case RestoreBackup(backup_id, server):
                await self._destroying.asked(interaction, "restore", backup_id, server)
            case ShowHelp(verb):
                await interaction.whisper(menu.explained(verb) if verb else menu.overview())
            case ShowMenu() | None:
                await interaction.whisper(menu.menu())

    async def clicked(self, interaction: Interaction) -> None:
        """Do what a button of the menu stands for."""
        match interaction.action["action_id"]:
            case ids.ASK_LIST:
                await self._listing.asked(interaction, None, None)
            case ids.ASK_CREATE:
                await self._creating.asked(interaction, None, "")
            case ids.ASK_DELETE:
                await self._destroying.asked(interaction, "delete", None, None)
            case ids.ASK_RESTORE:
                await self._destroying.asked(interaction, "restore", None, None)
            case _:
                await interaction.whisper(menu.overview())

    async def shortcut_used(self, interaction: Interaction) -> None:
        """Offer the verbs to somebody who used the shortcut, which belongs to no channel."""
        await interaction.whisper(menu.menu())
