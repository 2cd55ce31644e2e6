"""The sidebar: the workspace, its channels, the bot, and who one is."""

from htpy import Node, a, div, h1, h2, li, span, ul

from bot.sandbox.page.faces import app_badge, avatar
from bot.sandbox.page.place import visible_channels
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.workspace import Channel


def sidebar(reader: Reader) -> Node:
    """Draw the sidebar for the person who looks."""
    seen = visible_channels(reader.workspace, reader.person)
    return div("#sidebar.sidebar")[
        h1(".workspace-name")["Pretend Workspace"],
        div(".sidebar-group")[
            h2["Channels"], ul[(_channel(channel, reader) for channel in seen if channel.kind != "im")]
        ],
        div(".sidebar-group")[
            h2["Apps"], ul[(_bot(channel, reader) for channel in seen if channel.kind == "im")]
        ],
        _account_switcher(reader),
    ]


def _latest(channel: Channel, reader: Reader) -> str:
    """Return the newest message's time stamp that should make the channel stand out for the person."""
    messages = reader.workspace.messages.get(channel.id, [])
    seen = (found.ts for found in messages if found.ephemeral_to is None and found.user != reader.person.id)
    return max(seen, default="0", key=float)


def _channel(channel: Channel, reader: Reader) -> Node:
    current = channel == reader.place.channel
    icon = "icon-lock" if channel.kind == "private" else "icon-hash"
    key = f"{reader.person.id}/{channel.id}"
    return li[
        a(
            ".sidebar-item",
            href=reader.place.address(channel=channel),
            aria_current="page" if current else None,
            data_latest=_latest(channel, reader),
            data_key=key,
        )[span(class_=["icon", icon]), span(".sidebar-name")[channel.name]]
    ]


def _bot(channel: Channel, reader: Reader) -> Node:
    place = reader.place
    here = channel == place.channel
    app = reader.workspace.app
    return [
        li[
            a(
                ".sidebar-item",
                href=place.address(channel=channel),
                aria_current="page" if here and place.tab == "messages" else None,
                data_latest=_latest(channel, reader),
                data_key=f"{reader.person.id}/{channel.id}",
            )[avatar(app.bot_user, reader, "small"), span(".sidebar-name")[app.name], app_badge()]
        ],
        app.home_tab_enabled
        and li[
            a(
                ".sidebar-item",
                href=place.address(channel=channel, tab="home"),
                aria_current="page" if here and place.tab == "home" else None,
            )[span(".icon.icon-home"), span(".sidebar-name")["Home"]]
        ],
    ]


def _account_switcher(reader: Reader) -> Node:
    return div(".sidebar-group.accounts")[
        h2["You are"],
        ul[
            (
                li[
                    a(
                        ".sidebar-item",
                        href=f"?as={person.id}&in={_same_place(reader, person.id)}",
                        aria_current="true" if person.id == reader.person.id else None,
                    )[
                        avatar(person.id, reader, "small"),
                        span(".sidebar-name")[person.name],
                        span(".role")[person.role],
                    ]
                ]
                for person in reader.workspace.people.values()
                if not person.deleted
            )
        ],
    ]


def _same_place(reader: Reader, person_id: str) -> str:
    channel = reader.place.channel
    return f"D{person_id[1:]}" if channel.kind == "im" else channel.id
