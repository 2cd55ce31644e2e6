"""Blocks that hold others, or look like a thing of their own: cards, tasks, files and videos."""

from collections.abc import Iterable

from htpy import Node, details, div, li, ol, p, span, strong, summary, ul

from bot.sandbox.page.elements import draw_element, image
from bot.sandbox.page.links import link
from bot.sandbox.page.reader import Canvas
from bot.sandbox.page.rich_text import draw_rich_text
from bot.sandbox.page.text import draw_text, words
from bot.sandbox.slack.workspace import Json

_STATES = {"pending": "pending", "in_progress": "in progress", "complete": "complete", "error": "failed"}


def draw_card(block: Json, canvas: Canvas) -> Node:
    """Draw a card: a picture, a head, a text and up to three buttons."""
    hero, body, buttons = block.get("hero_image"), block.get("body"), block.get("actions")
    return div(".card")[
        hero and div(".card-hero")[image(hero, canvas)],
        _head(block, canvas),
        body and div(".text")[draw_text(body, canvas.reader)],
        buttons
        and div(".card-buttons")[(draw_element(button, block["block_id"], canvas) for button in buttons)],
    ]


def _head(block: Json, canvas: Canvas) -> Node:
    icon, subtitle = block.get("icon"), block.get("subtitle")
    return div(".card-head")[
        icon and image(icon, canvas),
        div[
            strong(".card-title")[_title(block, canvas)],
            subtitle and div(".hint")[draw_text(subtitle, canvas.reader)],
        ],
    ]


def _title(block: Json, canvas: Canvas) -> Node:
    if rich := block.get("rich_text_title"):
        return draw_rich_text(rich, canvas.reader)
    return draw_text(block.get("title"), canvas.reader)


def draw_carousel(block: Json, canvas: Canvas) -> Node:
    """Draw cards in a row that is scrolled sideways."""
    cards = ({"block_id": f"{block['block_id']}-{n}", **card} for n, card in enumerate(block["elements"]))
    return ul(".carousel", tabindex="0", aria_label="Cards")[(li[draw_card(card, canvas)] for card in cards)]


def draw_container(block: Json, children: Iterable[Node], canvas: Canvas) -> Node:
    """Draw a frame around other blocks, which can be folded up where the bot says so."""
    head = _head(block, canvas)
    width = f"container-{block.get('width', 'standard')}"
    if block.get("is_collapsible"):
        return details(class_=["container", width], open=not block.get("default_collapsed"))[
            summary[head], div(".container-body")[children]
        ]
    ruled = {"ruled": bool(block.get("has_header_divider"))}
    return div(class_=["container", width, ruled])[head, div(".container-body")[children]]


def draw_plan(block: Json, canvas: Canvas) -> Node:
    """Draw a list of tasks, which can be folded up."""
    tasks = block.get("tasks") or []
    return details(".container.plan", open=True)[
        summary[strong(".card-title")[words(block.get("title"))]],
        ol(".container-body")[(li[draw_task(task, canvas)] for task in tasks)],
    ]


def draw_task(block: Json, canvas: Canvas) -> Node:
    """Draw a task with its state, and what is known of it so far."""
    state = str(block.get("status"))
    shown = _STATES.get(state, state)
    parts = [block[name] for name in ("details", "output") if block.get(name)]
    sources = block.get("sources") or []
    return div(class_=["task", {f"task-{state}": state in _STATES}])[
        p[strong(".card-title")[words(block.get("title"))], " ", span(".task-state")[shown]],
        (draw_rich_text(part, canvas.reader) for part in parts),
        sources
        and ul(".sources", aria_label="Sources")[
            (li[link(str(source.get("url", "")), source.get("text"))] for source in sources)
        ],
    ]


def draw_file(block: Json, _canvas: Canvas) -> Node:
    """Draw a file that is kept elsewhere, by its id: the sandbox has no more of it."""
    return div(".card.file")[
        "📄 ", strong["Remote file"], " ", span(".hint")[str(block.get("external_id", ""))]
    ]


def draw_video(block: Json, canvas: Canvas) -> Node:
    """Draw a video as a link to it: the page plays nothing from elsewhere."""
    provider = " · ".join(str(block[name]) for name in ("author_name", "provider_name") if block.get(name))
    thumbnail = {"image_url": block.get("thumbnail_url"), "alt_text": block.get("alt_text")}
    description = block.get("description")
    return div(".card.video")[
        strong(".card-title")[
            link(str(block.get("title_url", "")), draw_text(block.get("title"), canvas.reader))
        ],
        provider and div(".hint")[provider],
        description and div(".text")[draw_text(description, canvas.reader)],
        image(thumbnail, canvas),
        div[link(str(block.get("video_url", "")), "▶ Watch it where it is")],
    ]
