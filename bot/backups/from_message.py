"""Handling *Back up a server…* on a message: the form, filled in with what the message says."""

from contextlib import suppress

from bot.backups import form_views
from bot.backups.requests import known_servers
from bot.batches.model import MOST_SERVERS
from bot.errors import Misuse, ProviderError, UsageError
from bot.notifications.model import MessageRef
from bot.servers.model import Server, mentioned_in
from bot.services import services
from bot.slack import ids
from bot.slack.dispatch import Handlers
from bot.slack.forms import CreateForm
from bot.slack.interaction import Interaction
from bot.slack.payload import words_of
from bot.verbs import Verb


async def open_form(interaction: Interaction) -> None:
    """Show the form for the servers that the message mentions; what comes of it is told in its thread."""
    message = interaction.message
    if not message.get("ts"):
        raise UsageError(Misuse.INCOMPLETE_PAYLOAD)
    await services().authorizer.require(interaction, Verb.CREATE)
    link = ""
    servers: list[Server] = []
    # What can't be found out in time, the form asks for.
    with suppress(ProviderError, TimeoutError):
        async with interaction.ack_deadline():
            servers = await _mentioned(interaction)
            ref = MessageRef(channel=interaction.channel, ts=str(message["ts"]))
            link = await services().messages.permalink(ref)
    thread = str(message.get("thread_ts") or message["ts"])
    form = CreateForm(channel=interaction.channel, thread_ts=thread, about=link)
    await interaction.open_view(form_views.create_form(form, servers[:MOST_SERVERS], link))


async def _mentioned(interaction: Interaction) -> list[Server]:
    sees = await services().authorizer.sight(interaction)
    await known_servers(interaction)
    return mentioned_in(words_of(interaction.message), services().directory.seen(sees))


HANDLERS = Handlers(shortcuts={ids.MESSAGE_SHORTCUT: open_form})
