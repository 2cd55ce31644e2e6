"""Every sentence a person can meet, in one file per noun, to be read aloud; and words that are too stiff."""

import re
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.house_kit import spoken
from tests.test_house import README, SAY_SENTENCES_TOO, SAYS_SENTENCES

BOT = Path(__file__).parents[1] / "bot"
STIFF = re.compile(
    r"\b(?:whoever(?! runs)|whomever|for ever|consents?|somebody else|go(?:es)? ahead|put up with)\b",
    re.IGNORECASE,
)
"""Words for which there are plainer ones: can, the person's name, permanently, approve, decline, runs."""


class Words(SingleFileSnapshotExtension):
    """A snapshot that is read like any other text."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def files_by_noun() -> dict[str, list[Path]]:
    """Return by noun the files that say something to people."""
    found: dict[str, list[Path]] = {}
    for path in sorted(BOT.rglob("*.py")):
        name = str(path.relative_to(BOT))
        if SAYS_SENTENCES.fullmatch(path.name) or name.startswith(SAY_SENTENCES_TOO):
            found.setdefault(name.partition("/")[0] if "/" in name else "settings", []).append(path)
    return found


FILES = files_by_noun()


def said(noun: str) -> list[str]:
    """Return the files of a noun, each followed by what it says."""
    lines: list[str] = []
    for path in FILES[noun]:
        texts = dict.fromkeys(found.text.strip() for found in spoken(path.read_text()))
        lines += [f"# bot/{path.relative_to(BOT)}", *texts, ""] if texts else []
    return lines


@pytest.mark.parametrize("noun", FILES)
def test_what_is_said(noun: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(said(noun)) == snapshot(extension_class=Words)


def test_words_are_plain() -> None:
    texts = [*(text for noun in FILES for text in said(noun)), *README.splitlines()]
    assert [text for text in texts if STIFF.search(text)] == []
