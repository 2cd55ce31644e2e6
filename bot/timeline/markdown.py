"""From text as Slack takes it to Markdown that other programs show alike: times in UTC, people by name."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime

_TOKEN = re.compile(r"<([^<>]*)>")
_DATE = re.compile(r"!date\^(-?\d+)\^([^|]*)\|.*", re.DOTALL)
_EMOJI = re.compile(r"(?:^|(?<=> )):[a-z_]+: ")
"""One of ours: outside text stands in quotes, or is a name."""
_ACTIVE = re.compile(r"([\\\[\]])")
"""What makes links of outside text; what else Slack would format in it are look-alikes by then."""
_ACTIVE_IN_NAMES = re.compile(r"([\\\[\]*_~`])")


def as_markdown(mrkdwn: str, names: Mapping[str, str]) -> str:
    """Return safe text of ours as Markdown on one line; `names` are people's, by id.

    Our emoji go, since few programs draw them.
    """
    text = _EMOJI.sub("", mrkdwn)
    parts = _TOKEN.split(text)
    # Every second part is what stood between angle brackets.
    return "".join(_token(part, names) if place % 2 else _plain(part) for place, part in enumerate(parts))


def _plain(text: str) -> str:
    # In what is safe all asterisks are ours, which make bold what stands between two of them.
    return _ACTIVE.sub(r"\\\1", text).replace("*", "**")


def _token(token: str, names: Mapping[str, str]) -> str:
    if date := _DATE.fullmatch(token):
        at = datetime.fromtimestamp(int(date[1]), UTC)
        return at.strftime("%H:%M:%S" if date[2] == "{time}" else "%Y-%m-%d %H:%M:%S")
    if token.startswith("@"):
        return f"@{_literal(names.get(token[1:]) or token[1:])}"
    if token.startswith(("#", "!subteam^")):
        return token.replace("!subteam^", "@")
    address, _, label = token.partition("|")
    return f"[{_plain(label)}]({address})"


def _literal(name: str) -> str:
    """Return a name that stands for itself alone."""
    line = " ".join(name.split())
    return _ACTIVE_IN_NAMES.sub(r"\\\1", html.escape(line, quote=False))
