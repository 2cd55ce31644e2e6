"""The box to write in, with the commands and mentions it completes and the shortcuts attached to it."""

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
    body = {"channel": place.channel.id, "thread_ts": thread}
    return form(f"#{name}.composer", posts("/act/types", body))[
        _completion(name, reader, with_commands=thread is None),
        label(".visually-hidden", for_=f"{name}-text")[prompt],
        textarea(
            f"#{name}-text",
            name="text",
            rows="1",
            placeholder=prompt,
            autocomplete="off",
            data_draft=f"{place.person.id}/{place.channel.id}/{thread or ''}",
            data_completion=f"{name}-offers",
            aria_controls=f"{name}-offers",
        ),
        div(".composer-bar")[
            thread is None and _shortcut_menu(reader),
            span(".composer-hint", aria_hidden="true")["Enter sends · Shift+Enter adds a line"],
            button(".send", type="submit", aria_label="Send", title="Send")[span(".icon.icon-send")],
        ],
    ]


def _completion(name: str, reader: Reader, *, with_commands: bool) -> Node:
    """Offer the commands, and whoever can be mentioned: the bot first."""
    app, everybody = reader.workspace.app, reader.workspace.people.values()
    people = [(person.handle, person.name) for person in everybody if not person.deleted]
    listed = [_command(command) for command in commands(reader.manifest)] if with_commands else []
    listed += [_mention(handle, shown) for handle, shown in [(app.name, "App"), *people]]
    return ul(f"#{name}-offers.listbox.completion", role="listbox", aria_label="Completions", hidden=True)[
        (
            li(f"#{name}-offer-{number}", role="option", aria_selected="false", data_value=value)[shown]
            for number, (value, shown) in enumerate(listed)
        )
    ]


def _command(command: dict[str, str]) -> tuple[str, Node]:
    name, usage = command["command"], command.get("usage_hint", "")
    shown = [
        span(".completion-name")[name, " ", span(".usage")[usage]],
        span(".hint")[command.get("description", "")],
    ]
    return name, shown


def _mention(handle: str, shown: str) -> tuple[str, Node]:
    return f"@{handle}", span(".completion-name")[f"@{handle}", " ", span(".usage")[shown]]


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
