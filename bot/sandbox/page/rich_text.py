"""The rich_text block: sections, lists, quotes and preformatted text, built of styled elements."""

from collections.abc import Callable
from typing import Any

from htpy import Node, blockquote, code, div, em, li, ol, pre, s, span, strong, ul

from bot.sandbox.page.dates import moment
from bot.sandbox.page.emoji import BY_NAME
from bot.sandbox.page.links import link
from bot.sandbox.page.mrkdwn import mention_all, mention_channel, mention_group, mention_user
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.workspace import Json

_STYLES: dict[str, Any] = {"bold": strong, "italic": em, "strike": s, "code": code}


def draw_rich_text(block: Json, reader: Reader) -> Node:
    """Draw a rich_text block. Its text is literal: nothing in it is parsed."""
    return div(".rich-text")[(_draw_part(part, reader) for part in block.get("elements", []))]


def _draw_part(part: Json, reader: Reader) -> Node:
    kind = part.get("type")
    if kind == "rich_text_list":
        holder = ol if part.get("style") == "ordered" else ul
        indent = min(int(part.get("indent") or 0), 5)
        start = int(part.get("offset") or 0) + 1 if holder is ol else None
        items = (li[_draw_part(item, reader)] for item in part.get("elements", []))
        return holder(class_=f"indent-{indent}", start=start)[items]
    content = [_draw_inline(element, reader) for element in part.get("elements", [])]
    if kind == "rich_text_quote":
        return blockquote[content]
    if kind == "rich_text_preformatted":
        return pre[content]
    return div(".rich-line")[content]


def _draw_inline(element: Json, reader: Reader) -> Node:
    drawer = _INLINE.get(str(element.get("type")))
    drawn: Node = (
        drawer(element, reader) if drawer else span(".unsupported")[f"unsupported: {element.get('type')}"]
    )
    for style in element.get("style") or {}:
        if element["style"][style] and style in _STYLES:
            drawn = _STYLES[style][drawn]
    return drawn


def _emoji(element: Json, _reader: Reader) -> Node:
    name = str(element.get("name"))
    return BY_NAME.get(name, f":{name}:")


def _date(element: Json, _reader: Reader) -> Node:
    unix = float(element.get("timestamp") or -1)
    fallback = str(element.get("fallback") or "")
    return moment(unix, str(element.get("format", "")), fallback, str(element.get("url") or ""))


_INLINE: dict[str, Callable[[Json, Reader], Node]] = {
    "text": lambda element, _: str(element.get("text", "")),
    "link": lambda element, _: link(str(element.get("url", "")), element.get("text")),
    "user": lambda element, reader: mention_user(str(element.get("user_id")), reader),
    "channel": lambda element, reader: mention_channel(str(element.get("channel_id")), reader),
    "usergroup": lambda element, reader: mention_group(str(element.get("usergroup_id")), reader),
    "broadcast": lambda element, _: mention_all(str(element.get("range"))),
    "emoji": _emoji,
    "date": _date,
}
