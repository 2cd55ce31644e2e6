"""Text objects, the smallest part of Block Kit."""

from htpy import Node

from bot.sandbox.page.mrkdwn import mrkdwn, plain_text
from bot.sandbox.page.reader import Reader
from bot.sandbox.slack.workspace import Json


def draw_text(text: Json | str | None, reader: Reader) -> Node:
    """Draw a text object; a bare string counts as plain text, None as nothing."""
    if text is None:
        return None
    if isinstance(text, str):
        return plain_text(text)
    content = str(text.get("text", ""))
    if text.get("type") == "mrkdwn":
        return mrkdwn(content, reader, verbatim=bool(text.get("verbatim")))
    return plain_text(content, emoji=text.get("emoji", True) is not False)


def words(text: Json | str | None) -> str:
    """Return a text object's bare words, for attributes such as labels."""
    if isinstance(text, dict):
        text = text.get("text")
    return str(plain_text(str(text or "")))
