"""The whole page."""

from htpy import (
    Node,
    a,
    aside,
    body,
    button,
    div,
    h2,
    head,
    header,
    html,
    link,
    main,
    meta,
    nav,
    p,
    script,
    span,
    strong,
    title,
)

from bot.sandbox.page.composer import composer
from bot.sandbox.page.faces import app_badge, avatar
from bot.sandbox.page.guide import guide_head
from bot.sandbox.page.picture import Picture
from bot.sandbox.page.reader import Reader

_DRAWER = ("bot", "steps", "runs", "faults", "provider", "complaints")


def draw_page(reader: Reader, picture: Picture) -> Node:
    """Draw the page for a reader at their place."""
    place = reader.place
    name = reader.workspace.app.name if place.channel.kind == "im" else f"#{place.channel.name}"
    address = place.address(thread=place.thread, tab=place.tab)
    return html(lang="en")[
        head[
            meta(charset="utf-8"),
            meta(name="viewport", content="width=device-width, initial-scale=1"),
            meta(name="color-scheme", content="light dark"),
            title[f"{name} · {reader.person.name} · sandbox"],
            link(rel="icon", href="/static/bot.svg", type="image/svg+xml"),
            link(rel="stylesheet", href="/static/style.css"),
            link(rel="stylesheet", href="/static/blocks.css"),
            script(type="module", src="/static/page.mjs"),
        ],
        body(
            data_as=place.person.id,
            data_zone=place.person.tz,
            data_live=f"/live{address}",
            data_seen=f"{place.person.id}/{place.channel.id}",
        )[
            a(".skip", href="#main")["Skip to the conversation"],
            a(".skip", href="#guide")["Skip to what to try"],
            _strip(picture),
            div(class_=["workspace", {"with-thread": place.thread is not None}])[
                nav("#sidebar-frame", aria_label="Channels and people", tabindex="-1")[
                    picture.part("sidebar")
                ],
                _main(reader, picture),
                place.thread and _thread(reader, picture),
                aside("#guide.drawer.guide", aria_label="Guide", tabindex="-1")[
                    header(".guide-head")[guide_head()], picture.part("guide-steps")
                ],
                aside("#drawer.drawer", aria_label="Sandbox controls", tabindex="-1")[
                    (picture.part(f"drawer-{part}") for part in _DRAWER)
                ],
            ],
            picture.part("modals"),
            p("#toast.toast", role="status", popover="manual"),
        ],
    ]


def _strip(picture: Picture) -> Node:
    return header(".strip")[
        button(
            ".strip-button.only-narrow",
            type="button",
            aria_label="Channels and people",
            aria_controls="sidebar-frame",
            aria_expanded="false",
            data_toggle="sidebar-frame",
        )[span(".icon.icon-menu")],
        strong(".strip-name")["Sandbox"],
        span(".strip-note")["not Slack, not VPS.org: nothing here is real"],
        picture.part("status"),
        button(
            ".strip-button",
            type="button",
            data_toggle="guide",
            aria_controls="guide",
            aria_expanded="false",
        )[span["Try it"], picture.part("guide-count")],
        button(
            ".strip-button",
            type="button",
            aria_label="Controls",
            data_toggle="drawer",
            aria_controls="drawer",
            aria_expanded="false",
        )[span(".icon.icon-sliders"), span["Controls"]],
    ]


def _main(reader: Reader, picture: Picture) -> Node:
    place = reader.place
    is_home = place.tab == "home"
    content = (
        div(".scroll")[picture.part("home")]
        if is_home
        else div(".scroll", role="log", aria_label="Messages", tabindex="0", data_follows=True)[
            _beginning(reader), picture.list("messages")
        ]
    )
    return main("#main.pane", tabindex="-1", data_visit=place.channel.kind == "im" and place.tab)[
        _head(reader), content, not is_home and composer(reader)
    ]


def _head(reader: Reader) -> Node:
    place = reader.place
    channel = place.channel
    if channel.kind != "im":
        icon = "icon-lock" if channel.kind == "private" else "icon-hash"
        members = len(channel.members)
        return header(".pane-head")[
            h2[span(class_=["icon", icon]), channel.name],
            span(".members")[f"{members} member{'' if members == 1 else 's'}"],
        ]
    app = reader.workspace.app
    home = {"Home": place.address(tab="home")} if app.home_tab_enabled else {}
    tabs = home | ({"Messages": place.address()} if app.messages_tab_enabled else {})
    current = "Home" if place.tab == "home" else "Messages"
    return header(".pane-head.with-tabs")[
        h2[avatar(app.bot_user, reader, "small"), app.name, app_badge()],
        nav(".tabs", aria_label=f"{app.name}'s pages")[
            (
                a(href=href, aria_current="page" if name == current else None)[name]
                for name, href in tabs.items()
            )
        ],
    ]


def _beginning(reader: Reader) -> Node:
    channel = reader.place.channel
    if channel.kind == "im":
        name = reader.workspace.app.name
        return p(".beginning")[f"This is the beginning of your conversation with {name}."]
    return p(".beginning")[f"This is the very beginning of the #{channel.name} channel."]


def _thread(reader: Reader, picture: Picture) -> Node:
    place = reader.place
    return aside(".pane.thread", aria_label="Thread")[
        header(".pane-head")[
            h2["Thread"],
            place.channel.kind != "im" and span(".members")[f"#{place.channel.name}"],
            a(".tool.icon-close", href=place.address(), aria_label="Close thread", data_escape=True),
        ],
        div(".scroll", role="log", aria_label="Replies", tabindex="0", data_follows=True)[
            picture.list("thread-messages")
        ],
        composer(reader, place.thread),
    ]
