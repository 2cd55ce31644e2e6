"""Messages as a person sees them in a channel or a thread."""

from collections.abc import Iterator

from htpy import Node, a, article, button, div, h2, span, strong

from bot.sandbox.page.attached import attached
from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.dates import clock, day, moment
from bot.sandbox.page.faces import app_badge, avatar
from bot.sandbox.page.mrkdwn import mrkdwn
from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Canvas, Reader, Surface
from bot.sandbox.page.shortcuts import shortcuts
from bot.sandbox.slack.workspace import Message

_TOGETHER_SECONDS = 300
MOST_SHOWN = 300
"""Only so many of a channel's newest messages are drawn."""


def channel_messages(reader: Reader) -> dict[str, Node]:
    """Draw the channel's messages by element id, oldest first, with a line where a new day begins."""
    messages = [found for found in _visible(reader) if not found.is_reply or found.broadcast]
    return dict(_drawn(reader, messages[-MOST_SHOWN:], "m"))


def thread_messages(reader: Reader) -> dict[str, Node]:
    """Draw the open thread by element id: its parent, how many replies there are, and these."""
    found = [item for item in _visible(reader) if reader.place.thread in (item.ts, item.thread_ts)]
    parents = [item for item in found if not item.is_reply]
    replies = [item for item in found if item.is_reply][-MOST_SHOWN:]
    drawn = dict(_drawn(reader, parents, "t", days=False))
    count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}" if replies else "No replies yet"
    drawn["t-count"] = div("#t-count.thread-count")[span[count]]
    return drawn | dict(_drawn(reader, replies, "t", days=False))


def _visible(reader: Reader) -> list[Message]:
    everything = reader.workspace.messages.get(reader.place.channel.id, [])
    return [found for found in everything if found.ephemeral_to in (None, reader.place.person.id)]


def _drawn(
    reader: Reader, messages: list[Message], prefix: str, *, days: bool = True
) -> Iterator[tuple[str, Node]]:
    zone = reader.person.tz
    if days and messages:
        yield _day_line(messages[0], prefix, zone)
    before: Message | None = None
    for message in messages:
        if days and before and day(float(before.ts), zone) != day(float(message.ts), zone):
            yield _day_line(message, prefix, zone)
            before = None
        element = f"{prefix}-{message.ts.replace('.', '-')}"
        yield element, _message(reader, message, element, follows=_belongs(before, message))
        before = message


def _belongs(before: Message | None, message: Message) -> bool:
    return (
        before is not None
        and before.user == message.user
        and before.ephemeral_to == message.ephemeral_to
        and float(message.ts) - float(before.ts) < _TOGETHER_SECONDS
        and not message.broadcast
    )


def _day_line(message: Message, prefix: str, zone: str) -> tuple[str, Node]:
    unix = float(message.ts)
    date = day(unix, zone)
    element = f"{prefix}-day-{date}"
    return element, h2(f"#{element}.day-line")[span[moment(unix, "{date_long_pretty}", date)]]


def _message(reader: Reader, message: Message, element: str, *, follows: bool) -> Node:
    name = reader.user_name(message.user)
    workspace = reader.workspace
    is_app = message.by_bot or message.user in (workspace.app.bot_user, *workspace.other_apps)
    classes = {"follows": follows, "ephemeral": message.ephemeral_to is not None}
    return article(id=element, class_=["message", classes], aria_label=f"{name} says")[
        div(".gutter")[clock(float(message.ts)) if follows else avatar(message.user, reader)],
        div(".message-body")[
            not follows
            and div(".message-head")[
                strong(".name")[name], is_app and app_badge(), span(".at")[clock(float(message.ts))]
            ],
            message.ephemeral_to and div(".only-you")["Only visible to you"],
            message.broadcast and _broadcast_from(reader, message, element),
            _content(reader, message, element),
            attached(message, reader),
            element.startswith("m-") and _replies(reader, message),
        ],
        message.ephemeral_to is None and _tools(reader, message, element),
    ]


def _broadcast_from(reader: Reader, message: Message, element: str) -> Node:
    """Say where a reply comes from that is shown in the channel, too; in its thread, that it is."""
    if element.startswith("t-"):
        return div(".only-you")[f"also sent to #{reader.place.channel.name}"]
    root = reader.workspace.find(message.channel, message.thread_ts)
    first = root.text.strip().split("\n")[0] if root else ""
    thread = a(".link", href=reader.place.address(thread=message.thread_ts))["a thread"]
    return div(".only-you.from-thread")[
        span["replied to ", thread, ": " if first else "", mrkdwn(first, reader)]
    ]


def _content(reader: Reader, message: Message, element: str) -> Node:
    if not message.blocks:
        edited = message.edited and message.ephemeral_to is None and span(".edited")["(edited)"]
        return div(".text")[mrkdwn(message.text, reader), edited]
    address = {"channel": message.channel, "message": message.ts}
    values = reader.workspace.chosen.get((reader.place.person.id, message.ts), {})
    surface = Surface("message", element, address, values)
    return div(".blocks")[draw_blocks(message.blocks, Canvas(reader, surface))]


def _replies(reader: Reader, message: Message) -> Node:
    replies = [found for found in _visible(reader) if found.is_reply and found.thread_ts == message.ts]
    if not replies:
        return None
    authors = list(dict.fromkeys(reply.user for reply in replies))[:4]
    count = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
    return a(".replies", href=reader.place.address(thread=message.ts))[
        (avatar(user, reader, "small") for user in authors),
        span(".replies-count")[count],
        span(".replies-last")["last ", moment(float(replies[-1].ts), "{ago}", day(float(replies[-1].ts)))],
    ]


def _tools(reader: Reader, message: Message, element: str) -> Node:
    """Draw what one can do with a message. Where nothing hovers, all of it is in the menu alone."""
    root = message.thread_ts or message.ts
    to_thread = reader.place.address(thread=root) if element.startswith("m-") else None
    offered = shortcuts(reader.manifest, "message")
    menu = f"{element}-shortcuts"
    target = {"channel": message.channel, "message": message.ts}
    if not to_thread and not offered:
        return None
    return div(".tools", role="group", aria_label="Message actions")[
        to_thread
        and a(".tool.icon-reply", href=to_thread, aria_label="Reply in thread", title="Reply in thread"),
        button(
            ".tool.icon-more",
            type="button",
            popovertarget=menu,
            aria_haspopup="menu",
            aria_label="More message actions",
        ),
        div(f"#{menu}.menu", popover=True, role="menu")[
            to_thread and a(".menu-item", href=to_thread, role="menuitem")["Reply in thread"],
            (
                button(
                    ".menu-item",
                    posts("/act/shortcut", target | {"callback_id": shortcut["callback_id"]}),
                    type="button",
                    role="menuitem",
                )[shortcut["name"], span(".hint")[reader.workspace.app.name]]
                for shortcut in offered
            ),
        ],
    ]
