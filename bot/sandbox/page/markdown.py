"""The markdown block, in the plain part of Markdown that bots write."""

import re

from htpy import Node, blockquote, code, div, em, h3, h4, hr, li, ol, p, pre, s, strong, ul

from bot.sandbox.page.emoji import with_emoji
from bot.sandbox.page.links import link

_INLINE = re.compile(
    r"""(?P<code>`[^`\n]+`)
    | \[(?P<label>[^\[\]\n]+)\]\((?P<address>[^()\s]+)\)
    | \*\*(?P<bold>[^*\n]+)\*\*
    | ~~(?P<strike>[^~\n]+)~~
    | (?<![\w*])\*(?P<star>[^\s*][^*\n]*)\*
    | (?<!\w)_(?P<italic>[^\s_][^_\n]*)_(?!\w)""",
    re.VERBOSE,
)
_STYLES = {"bold": strong, "strike": s, "star": em, "italic": em}
_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```[ \t]*$", re.DOTALL | re.MULTILINE)
_LINE = re.compile(r"(?P<heading>#{1,6}) +|(?P<bullet>[-*+]) +|(?P<number>\d{1,9})[.)] +|(?P<quote>>) ?")


def draw_markdown(text: str) -> Node:
    """Draw Markdown: headings, lists, quotes, fences, rules, links and styles; the rest stays as text."""
    pieces = _FENCE.split(text)
    return div(".markdown")[
        (
            pre[piece.rstrip("\n")] if number % 2 else [_draw_line(line) for line in piece.split("\n")]
            for number, piece in enumerate(pieces)
        )
    ]


def _draw_line(line: str) -> Node:
    text = line.strip()
    if not text:
        return None
    if re.fullmatch(r"(-{3,}|\*{3,})", text):
        return hr
    match = _LINE.match(text)
    content = _inline(text[match.end() :] if match else text)
    if match is None:
        return p[content]
    if match["heading"]:
        return (h3 if len(match["heading"]) < 3 else h4)[content]
    if match["bullet"]:
        return ul[li[content]]
    return ol(start=match["number"])[li[content]] if match["number"] else blockquote[content]


def _inline(text: str) -> list[Node]:
    drawn: list[Node] = []
    end = 0
    for match in _INLINE.finditer(text):
        drawn += [with_emoji(text[end : match.start()]), _styled(match)]
        end = match.end()
    return [*drawn, with_emoji(text[end:])]


def _styled(match: re.Match[str]) -> Node:
    kind = str(match.lastgroup)
    if kind == "code":
        return code[match["code"][1:-1]]
    if kind == "address":
        return link(match["address"], match["label"])
    return _STYLES[kind][_inline(match[kind])]
