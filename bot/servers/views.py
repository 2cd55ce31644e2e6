"""The servers, and how fresh their backups are."""

from collections.abc import Mapping, Sequence

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    Option,
    SectionBlock,
)

from bot.servers.model import Freshness, Server
from bot.slack import ids
from bot.slack.message import Message, mrkdwn, plain
from bot.slack.text import ago, called, counted, cut, label, quote

MOST_SHOWN = 15


def server_list(servers: Sequence[Server], freshness: Mapping[int, Freshness], slots: int) -> Message:
    """Return the servers by name; `slots` is how many manual backups each may have."""
    blocks: list[Block] = [SectionBlock(text=mrkdwn(f"*{counted(len(servers), 'server')}*"))]
    for server in servers[:MOST_SHOWN]:
        fresh = freshness.get(server.id, Freshness())
        blocks += [SectionBlock(text=mrkdwn(_line(server, fresh, slots))), _buttons(server)]
    if len(servers) > MOST_SHOWN:
        blocks.append(ContextBlock(elements=[mrkdwn(_more(servers[MOST_SHOWN:]))]))
    return Message(blocks)


def options(servers: Sequence[Server]) -> list[Option]:
    """Return servers as options to choose from."""
    return [Option(text=plain(label(server.name, 75)), value=str(server.id)) for server in servers]


def _line(server: Server, fresh: Freshness, slots: int) -> str:
    address = f" · {quote(server.ip_address, 50)}" if server.ip_address else ""
    where = f" · {quote(server.location, 50)}" if server.location else ""
    if fresh.last_complete is None:
        last = ":warning: no complete backup"
    else:
        last = f":floppy_disk: last backup {ago(fresh.last_complete)}"
    failed = " · :x: the newest one failed" if fresh.newest_failed else ""
    full = f" · {fresh.manual} of {slots} manual slots used"
    name, status = called(server.name), quote(server.status or "status unknown", 30)
    return f"*{name}* · {status}{address}{where}\n{last}{failed}{full}"


def _buttons(server: Server) -> ActionsBlock:
    return ActionsBlock(
        elements=[
            ButtonElement(text=plain("Backups"), action_id=ids.SERVER_BACKUPS, value=str(server.id)),
            ButtonElement(text=plain("Back up…"), action_id=ids.SERVER_CREATE, value=str(server.id)),
        ]
    )


def _more(servers: Sequence[Server]) -> str:
    names = ", ".join(called(server.name) for server in servers)
    return cut(f"and {len(servers)} more: {names}", 2000)
