"""The words people type: separated by spaces, or in quotes of any kind."""

import re
from typing import NamedTuple

from bot.errors import NotUnderstood

_QUOTES = "\"'“”„‘’"
_QUOTED = re.compile(
    r"""\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|[“”„]([^“”]*)[“”]|[‘’]([^‘’]*)[‘’])""", re.DOTALL
)
_BARE = re.compile(r"\s*(\S+)")
_PLAIN = re.compile(r"[\w.]+(?:-+[\w.]+)*")


class Word(NamedTuple):
    """One word, without its quotes."""

    text: str
    is_quoted: bool


def read_words(text: str, hint: str) -> list[Word]:
    """Return the words of a text; raises NotUnderstood, with this hint, where a quote is not closed."""
    found: list[Word] = []
    while text.strip():
        word, text = first_word(text, hint)
        found.append(word)
    return found


def first_word(text: str, hint: str) -> tuple[Word, str]:
    """Return the first word and the rest. A quote counts where a word begins: `ana's-box` is one word."""
    if quoted := _QUOTED.match(text):
        word = next(group for group in quoted.groups() if group is not None)
        return Word(re.sub(r'\\(["\\])', r"\1", word) if quoted[1] else word, True), text[quoted.end() :]
    bare = _BARE.match(text)
    if not bare or bare[1].startswith(tuple(_QUOTES)):
        raise NotUnderstood("A quote is not closed.", hint)
    return Word(bare[1], False), text[bare.end() :]


def is_plain(text: str) -> bool:
    """Tell whether a text is one word, and the same one, without quotes."""
    return bool(_PLAIN.fullmatch(text))


def in_quotes(text: str) -> str:
    """Return a text in quotes, which is read as one word and the same one."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
