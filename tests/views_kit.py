"""Looking at views: drawn as JSON for snapshots, held against Slack's limits, fed with hostile words."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from slack_sdk.models.blocks import Option
from slack_sdk.models.views import View
from syrupy.extensions.json import JSONSnapshotExtension

from bot.sandbox.slack.block_kit import message_problems, option_problems, view_problems
from bot.slack.message import Message

Drawable = Message | View | str | Sequence[Option]
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MOST_IN_ALL = 13_200
"""Characters a message may hold in all, else `msg_blocks_too_long` (SLACK.md, section 1)."""

_OURS = re.compile(
    r"<@[UW][A-Z0-9]+>|<#C[A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>|<!date\^-?\d+\^(?:\{\w+\} ?)+\|[-\d: ]+UTC>"
    r"|<https://example\.slack\.com/[\w/]+\|message>"
)

_offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=_offsets)
numbers = st.integers(0, 2**63 - 1)
_NASTY = [
    "<!channel> <@UBEN> <#C1|ops> <https://evil.example|docs> @here https://evil.example",
    "*bold* _italic_ ~gone~ `code` ```block``` &amp; &lt;!here&gt;",
    "שרת\u202eevil \u2066خادم\u2069",
    "🔥👩‍👩‍👧‍👦é\u0301 :tada:",
    "a\"b\\c'd {server} %s $x\nsecond line\u2028third\x00",
    "",
    " \t\u200f",
]
words = st.one_of(
    st.text(max_size=40),
    st.sampled_from([*_NASTY, *(one * (10_000 // max(len(one), 1)) for one in _NASTY), "x" * 10_000]),
)
"""Words from outside: any, hostile, empty, from right to left, and ten thousand characters long."""


class OneFile(JSONSnapshotExtension):
    """Keeps snapshots as JSON that reads well."""

    def serialize(self, data: Any, **_: Any) -> str:
        """Return the JSON, in the order it was drawn."""
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def drawn(view: Drawable) -> Any:
    """Return what Slack is sent."""
    if isinstance(view, str):
        return view
    if isinstance(view, Message):
        return {"text": view.text, "blocks": view.drawn()}
    return view.to_dict() if isinstance(view, View) else {"options": [each.to_dict() for each in view]}


def problems(view: Drawable) -> list[str]:
    """Return what Slack would refuse, and what would not be safe to show."""
    sent = drawn(view)
    return [*_limits(view, sent), *live(sent)]


def _limits(view: Drawable, sent: Any) -> list[str]:
    if isinstance(view, str):
        return [] if 0 < len(view) <= 4000 else ["the text is empty or too long"]
    if isinstance(view, View):
        return view_problems(sent)
    if not isinstance(view, Message):
        return option_problems(sent)
    found = message_problems(sent)
    if not 0 < len(sent["text"]) <= 4000:
        found.append("the text is empty or too long")
    if sum(len(text) for text, _ in _texts(sent["blocks"])) > MOST_IN_ALL:
        found.append("the blocks are too long in all")
    return found


def live(sent: Any) -> Iterator[str]:
    """Yield what could mention, link or name a channel without our having meant it."""
    texts = [(sent, True)] if isinstance(sent, str) else list(_texts(sent))
    for text, is_formatted in texts:
        if is_formatted and set("<>") & set(_OURS.sub("", text)):
            yield f"live: {text}"
    yield from (f"not verbatim: {each}" for each in _objects(sent) if _is_parsed(each))


def _is_parsed(text: dict[str, Any]) -> bool:
    return text.get("type") == "mrkdwn" and text.get("verbatim") is not True


def _texts(sent: Any) -> Iterator[tuple[str, bool]]:
    for each in _objects(sent):
        if isinstance(each.get("text"), str):
            yield each["text"], each.get("type") not in ("plain_text", "raw_text")


def _objects(sent: Any) -> Iterator[dict[str, Any]]:
    if isinstance(sent, dict):
        yield sent
        for part in sent.values():
            yield from _objects(part)
    elif isinstance(sent, list):
        for part in sent:
            yield from _objects(part)
