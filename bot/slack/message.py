"""A message as Slack takes it: blocks, and the same in words for whoever can't see blocks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from slack_sdk.models.blocks import (
    Block,
    ButtonElement,
    ContextBlock,
    InteractiveElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

from bot.slack.newer_blocks import table_lines
from bot.slack.text import UPDATE_TEXT_LIMIT, escape, truncate_mrkdwn

SECTION_LIMIT = 3000
"""Characters that Slack takes in one section."""
_BAR = re.compile("[█░]+ ?")


@dataclass(frozen=True)
class Message:
    """What is said. Screen readers and notifications get `text`, which says all that the blocks say."""

    blocks: Sequence[Block]

    @cached_property
    def text(self) -> str:
        """Return the words of all blocks (SLACK.md, section 1: screen readers read only `text`)."""
        words = [said for block in self._json if (said := _words(block))]
        # A bar is read aloud cell by cell; what it shows is said beside it.
        return truncate_mrkdwn(_BAR.sub("", "\n".join(words)), UPDATE_TEXT_LIMIT)

    def drawn(self) -> list[dict[str, Any]]:
        """Return the blocks as JSON. Raises SlackObjectFormationError if a block breaks a limit."""
        return self._json

    @cached_property
    def _json(self) -> list[dict[str, Any]]:
        return [block.to_dict() for block in self.blocks]

    def arguments(self) -> dict[str, Any]:
        """Return the arguments for `chat.postMessage`, `chat.update` and a `response_url`."""
        return {"text": self.text, "blocks": self.drawn(), "unfurl_links": False, "unfurl_media": False}


def text_alone(text: str) -> dict[str, Any]:
    """Return the arguments for a message without blocks; `text` is already safe."""
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def mrkdwn(text: str) -> MarkdownTextObject:
    """Return formatted text in which a bare `@here` or address stays plain (SLACK.md, section 1)."""
    return MarkdownTextObject(text=text, verbatim=True)


def plain(text: str) -> PlainTextObject:
    """Return text that is shown as it is."""
    return PlainTextObject(text=text, emoji=False)


def section(text: str, accessory: InteractiveElement | None = None) -> SectionBlock:
    """Return formatted text as a block; what Slack would not take of it is cut."""
    return SectionBlock(text=mrkdwn(truncate_mrkdwn(text, SECTION_LIMIT)), accessory=accessory)


def context(*texts: str) -> ContextBlock:
    """Return formatted text in small letters."""
    return ContextBlock(elements=[mrkdwn(text) for text in texts])


def button(label: str, action_id: str, value: str | None = None, style: str | None = None) -> ButtonElement:
    """Return a button; `style` is `primary`, `danger` or None."""
    return ButtonElement(text=plain(label), action_id=action_id, value=value, style=style)


def _words(block: dict[str, Any]) -> str:
    if block["type"] == "data_table":
        return "\n".join(escape(line) for line in table_lines(block))
    if block["type"] == "data_visualization":
        return escape(block["title"])
    fields = [_said(field).replace("*\n", "* ") for field in block.get("fields", [])]
    others = [_said(each) for each in (block.get("text"), *block.get("elements", []))]
    return "\n".join(words for words in (*others, *fields) if words)


def _said(text: Any) -> str:
    words = text.get("text") if isinstance(text, dict) else None
    if not isinstance(words, str):
        return ""
    # What a header shows as it is would mention and link in `text`.
    return escape(words) if text["type"] == "plain_text" else words
