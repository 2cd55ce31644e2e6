"""Modals, as native dialogs, and the App Home."""

from htpy import Node, button, dialog, div, form, h2, p, span

from bot.sandbox.page.blocks import draw_blocks
from bot.sandbox.page.posting import posts
from bot.sandbox.page.reader import Canvas, Reader, Surface
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import OpenView


def modals(reader: Reader) -> Node:
    """Draw the modal in front of the person, if any; those under it wait, as in Slack."""
    stack = reader.workspace.modals.get(reader.person.id) or []
    return div("#modals")[_modal(stack[-1], reader, depth=len(stack)) if stack else None]


def _modal(view: OpenView, reader: Reader, *, depth: int) -> Node:
    payload = view.payload
    key = f"modal-{view.id}"
    surface = Surface("modal", key, {"view": view.id}, view.values, view.errors)
    submit = words(payload.get("submit"))
    return dialog(
        id=key, class_=["modal", {"busy": view.busy}], data_modal=True, aria_labelledby=f"{key}-title"
    )[
        form(posts("/act/submits", {"view": view.id}), novalidate=True)[
            div(".modal-head")[
                h2(id=f"{key}-title")[draw_text(payload.get("title"), reader)],
                button(
                    ".tool.icon-close",
                    posts("/act/closes", {"view": view.id, "all": True}),
                    type="button",
                    aria_label="Close" if depth == 1 else "Close all",
                ),
            ],
            div(".modal-body", tabindex="-1")[
                view.trouble and p(".trouble", role="alert")[view.trouble],
                draw_blocks(payload.get("blocks", []), Canvas(reader, surface)),
            ],
            div(".modal-foot")[
                button(
                    ".btn",
                    posts("/act/closes", {"view": view.id}),
                    {"data-closes": True},
                    type="button",
                )[
                    words(payload.get("close"))
                    or ("Back" if depth > 1 else "Close" if not submit else "Cancel")
                ],
                submit
                and button(".btn.primary", type="submit", disabled=view.busy)[
                    view.busy and span(".spinner", aria_hidden="true"), submit
                ],
            ],
        ]
    ]


def home(reader: Reader) -> Node:
    """Draw the bot's App Home as it was published for the person."""
    view = reader.workspace.homes.get(reader.person.id)
    if not view:
        return div("#home.home")[p(".home-empty")["This app shows nothing here yet."]]
    values = reader.workspace.chosen.get((reader.person.id, str(view.get("id"))), {})
    surface = Surface("home", "home", {"view": view.get("id")}, values)
    return div("#home.home")[draw_blocks(view.get("blocks", []), Canvas(reader, surface))]
