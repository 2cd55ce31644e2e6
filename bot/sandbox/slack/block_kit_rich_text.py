"""Limits of `rich_text`, which stands as a block of its own and inside others.

https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from bot.sandbox.slack.block_kit_rules import (
    Rule,
    boolean,
    by_type,
    integer,
    items,
    one_of,
    shape,
    string,
    url,
)

_STYLES = ("bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink")
_STYLE: dict[str, Rule] = {"style": shape({}, dict.fromkeys(_STYLES, boolean))}
_ID = string(255)
_INLINE = by_type(
    {
        "text": shape({"text": string(12_000)}, _STYLE),
        "link": shape({"url": url}, _STYLE | {"text": string(3000), "unsafe": boolean}),
        "user": shape({"user_id": _ID}, _STYLE),
        "usergroup": shape({"usergroup_id": _ID}, _STYLE),
        "channel": shape({"channel_id": _ID}, _STYLE),
        "emoji": shape({"name": string(255)}, _STYLE | {"unicode": string(255), "skin_tone": integer(1, 6)}),
        "date": shape(
            {"timestamp": integer(0, 10**11), "format": string(3000)},
            _STYLE | {"url": url, "fallback": string(3000)},
        ),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, _STYLE),
        "color": shape({"value": string(255)}, _STYLE),
    }
)
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
