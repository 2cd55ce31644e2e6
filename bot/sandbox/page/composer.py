"""The box to write in, with the commands it completes and the shortcuts attached to it."""

from htpy import Node, button, div, form, fragment, label, li, span, textarea, ul

from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Reader
from bot.sandbox.page.shortcuts import commands, shortcuts


def composer(reader: Reader, thread: str | None = None) -> Node:
    """Draw the composer of the channel, or of a thread in it. Slack takes no commands in threads."""
    place = reader.place
    name = "thread-composer" if thread else "composer"
    where = "backup-bot" if place.channel.kind == "im" else f"#{place.channel.name}"
    prompt = "Reply…" if thread else f"Message {where}"
    app = reader.workspace.app
    if place.channel.kind == "im" and (app.messages_tab_read_only or not app.messages_tab_enabled):
        return div(".composer-none")["Sending messages to this app has been turned off."]
    if reader.person.id not in place.channel.members:
        return div(".composer-none")[f"You are not in {where}, so you can read but not write here."]
    offered = [] if thread else commands(reader.manifest)
    body = {"channel": place.channel.id, "thread_ts": thread}
    return form(f"#{name}.composer", posts("/act/types", body))[
        offered and _completion(name, offered),
        label(".visually-hidden", for_=f"{name}-text")[prompt],
        textarea(
            f"#{name}-text",
            name="text",
            rows="1",
            placeholder=prompt,
            autocomplete="off",
            data_draft=f"{place.person.id}/{place.channel.id}/{thread or ''}",
            data_completion=f"{name}-commands" if offered else None,
            aria_controls=f"{name}-commands" if offered else None,
        ),
        div(".composer-bar")[
            thread is None and _shortcut_menu(reader),
            span(".composer-hint", aria_hidden="true")["Enter sends · Shift+Enter adds a line"],
            button(".send", type="submit", aria_label="Send", title="Send")[span(".icon.icon-send")],
        ],
    ]


def _completion(name: str, offered: list[dict[str, str]]) -> Node:
    return ul(f"#{name}-commands.listbox.completion", role="listbox", aria_label="Commands", hidden=True)[
        (
            li(
                f"#{name}-command-{number}",
                role="option",
                aria_selected="false",
                data_value=command["command"],
            )[
                span(".completion-name")[
                    command["command"], " ", span(".usage")[command.get("usage_hint", "")]
                ],
                span(".hint")[command.get("description", "")],
            ]
            for number, command in enumerate(offered)
        )
    ]


def _shortcut_menu(reader: Reader) -> Node:
    offered = shortcuts(reader.manifest, "global")
    if not offered:
        return None
    return fragment[
        button(
            ".tool.icon-plus",
            type="button",
            popovertarget="shortcut-menu",
            aria_haspopup="menu",
            aria_label="Shortcuts",
            title="Shortcuts",
        ),
        div("#shortcut-menu.menu", popover=True, role="menu")[
            (
                button(
                    ".menu-item",
                    posts("/act/shortcut", {"callback_id": shortcut["callback_id"]}),
                    type="button",
                    role="menuitem",
                )[shortcut["name"], span(".hint")[shortcut.get("description", "")]]
                for shortcut in offered
            )
        ],
    ]
