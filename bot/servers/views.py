"""The servers: those that need attention, then the others in a table; and the options of every picker."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ExternalDataSelectElement,
    HeaderBlock,
    Option,
    SectionBlock,
)

from bot.servers import messages
from bot.servers.model import OLD_AFTER, Concern, Freshness, Server
from bot.slack import ids
from bot.slack.forms import ListForm, ServersForm
from bot.slack.message import Message, button, context, plain, section
from bot.slack.messages import NEXT, PREVIOUS
from bot.slack.newer_blocks import DataTableBlock
from bot.slack.text import plain_label

PAGE = 30
ALL = "all"


@dataclass(frozen=True)
class Overview:
    """The servers that a person looks at, by name, and how well each is backed up, by its id.

    `servers_not_shown` and `backups_not_shown` are how many more VPS.org has. `zone` is the person's.
    `can_create`: they can back up servers. `old_after` is from which age on the last complete backup of a
    server, by its id, is a concern.
    """

    servers: Sequence[Server]
    freshness: Mapping[int, Freshness]
    now: datetime
    servers_not_shown: int = 0
    backups_not_shown: int = 0
    zone: tzinfo = UTC
    can_create: bool = False
    old_after: Mapping[int, timedelta] = field(default_factory=dict)
    form: ServersForm = field(default_factory=ServersForm)

    def fresh(self, server: Server) -> Freshness:
        """Return how well a server is backed up."""
        return self.freshness.get(server.id, Freshness())

    def concerns(self, server: Server) -> list[Concern]:
        """Return why a server needs attention, as far as its backups are known."""
        old_after = self.old_after.get(server.id, OLD_AFTER)
        is_partial = self.backups_not_shown > 0
        return self.fresh(server).concerns(self.now, is_partial=is_partial, old_after=old_after)


def server_list(overview: Overview) -> Message:
    """Return a page of the servers: those that need attention first, each with its reason and what to do."""
    ordered = sorted(overview.servers, key=lambda server: not overview.concerns(server))
    # Servers may have gone since the page was asked for.
    number = min(overview.form.page, max(0, (len(ordered) - 1) // PAGE))
    page = ordered[number * PAGE : (number + 1) * PAGE]
    needy = [server for server in page if overview.concerns(server)]
    blocks: list[Block] = [HeaderBlock(text=plain(_title(overview)))]
    blocks += [_needy(server, overview) for server in needy]
    if others := page[len(needy) :]:
        blocks.append(_table(others, overview, messages.caption(are_others=len(others) < len(ordered))))
    if said := messages.not_shown(overview.servers_not_shown, overview.backups_not_shown):
        blocks.append(context(said))
    if page:
        blocks += [_picker(), *_page_buttons(overview, number)]
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


def _title(overview: Overview) -> str:
    needy = sum(bool(overview.concerns(server)) for server in overview.servers)
    return plain_label(messages.title(len(overview.servers), needy, overview.form.part), 150)


def _needy(server: Server, overview: Overview) -> SectionBlock:
    concerns, fresh = overview.concerns(server), overview.fresh(server)
    is_partial = overview.backups_not_shown > 0
    helps = {Concern.NO_BACKUP, Concern.OLD} & {*concerns} and Concern.NO_FREE_SLOT not in concerns
    if helps and overview.can_create:
        way = button(messages.BACK_UP, ids.SERVER_CREATE, str(server.id))
    else:
        way = button(messages.BACKUPS, ids.SERVER_BACKUPS, str(server.id))
    line = messages.needy(server, concerns, fresh, is_partial=is_partial)
    return section(line, way)


def _table(servers: Sequence[Server], overview: Overview, caption: str) -> DataTableBlock:
    is_partial = overview.backups_not_shown > 0
    rows = [
        messages.cells(server, overview.fresh(server), overview.zone, is_partial=is_partial)
        for server in servers
    ]
    return DataTableBlock(caption=caption, rows=[messages.columns(overview.zone), *rows], page_size=10)


def _picker() -> ActionsBlock:
    select = ExternalDataSelectElement(
        action_id=ids.LIST_SERVER, placeholder=plain(messages.SEE_BACKUPS), min_query_length=0
    )
    return ActionsBlock(block_id=ListForm().as_json(), elements=[select])


def _page_buttons(overview: Overview, number: int) -> list[Block]:
    def turn(text: str, action_id: str, to: int) -> ButtonElement:
        return button(text, action_id, overview.form.model_copy(update={"page": to}).as_json())

    buttons = []
    if number > 0:
        buttons.append(turn(PREVIOUS, ids.SERVERS_PREVIOUS, number - 1))
    if (number + 1) * PAGE < len(overview.servers):
        buttons.append(turn(NEXT, ids.SERVERS_NEXT, number + 1))
    return [ActionsBlock(elements=buttons)] if buttons else []
