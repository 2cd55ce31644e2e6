"""Words at a terminal, a pipe or an old console: none of these breaks off, or is steered by them."""

import os
import re
from typing import TextIO

STEERS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that a terminal obeys, that turn the direction of what follows, or that it can't show."""

_ASCII = str.maketrans({"✗": "x", "✓": "+", "…": "...", "–": "-", "“": '"', "”": '"', "’": "'", "⋮": "..."})


def write(stream: TextIO, *lines: str) -> None:
    """Write lines; what the stream's encoding lacks is written in ASCII."""
    encoding = stream.encoding or "utf-8"
    stream.write("".join(f"{encodable(line, encoding)}\n" for line in lines))


def encodable(text: str, encoding: str) -> str:
    """Return a text in which all can be encoded."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_ASCII).encode(encoding, "replace").decode(encoding)
    return text


def on_one_line(text: str) -> str:
    """Return outside text without line breaks, or anything that a terminal obeys."""
    return "".join(each if each.isprintable() else " " for each in text)


def visible(text: str, *, keep: str = "") -> str:
    """Return outside text in which what steers a terminal is written out as code, but for those in `keep`."""
    return STEERS.sub(lambda found: found[0] if found[0] in keep else repr(found[0])[1:-1], text)


def in_colour(text: str, code: int, *, wanted: bool) -> str:
    """Return a text in one of the colours of ECMA-48, if that is wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if wanted else text


def wants_colour(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal on which people want colours (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
