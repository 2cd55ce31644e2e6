"""Limits of `rich_text`, which stands as a block of its own and inside others.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from bot.sandbox.slack.block_kit_rules import Rule, anything, by_type, integer, items, one_of, shape, string

_INLINE_KINDS = ("text", "link", "user", "usergroup", "channel", "emoji", "date", "broadcast", "color")
_INLINE = by_type(dict.fromkeys(_INLINE_KINDS, anything))
_PARTS: dict[str, Rule] = {"elements": items(_INLINE, 1000, 0)}
_SECTION = shape(_PARTS)
_RICH = {
    "rich_text_section": _SECTION,
    "rich_text_preformatted": shape(_PARTS, {"border": integer(0, 1), "language": string(50)}),
    "rich_text_quote": shape(_PARTS, {"border": integer(0, 1)}),
    "rich_text_list": shape(
        {"elements": items(_SECTION, 1000), "style": one_of("bullet", "ordered")},
        {"indent": integer(0, 8), "offset": integer(0, 10_000), "border": integer(0, 1)},
    ),
}
RICH_TEXT = shape({"elements": items(by_type(_RICH), 1000)}, {"block_id": string(255)})
