"""The servers, and how fresh their backups are; and the options of every server picker."""

from collections import Counter
from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, ContextBlock, Option, SectionBlock

from bot.servers import messages
from bot.servers.model import Freshness, Server
from bot.slack import ids
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import plain_label

MOST_SHOWN = 15
ALL = "all"


def server_list(
    servers: Sequence[Server],
    freshness: Mapping[int, Freshness],
    slots: int,
    *,
    servers_not_shown: int = 0,
    backups_not_shown: int = 0,
) -> Message:
    """Return the servers by name; `slots` is how many manual backups each can have.

    Nothing is concluded from what is not there, if VPS.org did not show all backups.
    """
    blocks: list[Block] = [SectionBlock(text=mrkdwn(messages.title(len(servers))))]
    for server in servers[:MOST_SHOWN]:
        fresh = freshness.get(server.id, Freshness())
        blocks += [
            SectionBlock(text=mrkdwn(messages.line(server, fresh, slots, is_partial=backups_not_shown > 0))),
            _buttons(server),
        ]
    if len(servers) > MOST_SHOWN:
        blocks.append(ContextBlock(elements=[mrkdwn(messages.more(servers[MOST_SHOWN:]))]))
    if servers_not_shown or backups_not_shown:
        words = messages.not_shown(servers_not_shown, backups_not_shown)
        blocks.append(ContextBlock(elements=[mrkdwn(words)]))
    return Message(blocks)


def options(servers: Sequence[Server]) -> list[Option]:
    """Return servers as options to choose from; equal names come with their host name, or id."""
    names = Counter(server.name for server in servers)
    hosts = Counter((server.name, server.hostname) for server in servers)

    def mark(server: Server) -> str:
        if names[server.name] == 1:
            return ""
        is_known_by_host = server.hostname and hosts[server.name, server.hostname] == 1
        return server.hostname if is_known_by_host else str(server.id)

    return [option(server, mark(server)) for server in servers]


def option(server: Server, mark: str = "") -> Option:
    """Return a server as an option; `mark` tells it from others with its name."""
    beside = f" ({mark[:40]})" if mark else ""
    label = plain_label(f"{server.name[: 75 - len(beside)]}{beside}", 75)
    return Option(text=plain(label), value=str(server.id))


def all_servers() -> Option:
    """Return the option that stands for no server in particular."""
    return Option(text=plain(messages.ALL_SERVERS), value=ALL)


def _buttons(server: Server) -> ActionsBlock:
    return ActionsBlock(
        elements=[
            ButtonElement(text=plain("Backups"), action_id=ids.SERVER_BACKUPS, value=str(server.id)),
            ButtonElement(text=plain("Back up…"), action_id=ids.SERVER_CREATE, value=str(server.id)),
        ]
    )
