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


def said_by_noun() -> dict[str, list[str]]:
    """Return by noun the files that say something to people, each followed by what it says."""
    said: dict[str, list[str]] = {}
    for path in sorted(BOT.rglob("*.py")):
        name = str(path.relative_to(BOT))
        if SAYS_SENTENCES.fullmatch(path.name) or name.startswith(SAY_SENTENCES_TOO):
            noun = name.partition("/")[0] if "/" in name else "settings"
            texts = dict.fromkeys(found.text.strip() for found in spoken(path.read_text()))
            said.setdefault(noun, []).extend([f"# bot/{name}", *texts, ""] if texts else [])
    return said


SAID = said_by_noun()


@pytest.mark.parametrize("noun", SAID)
def test_what_is_said(noun: str, snapshot: SnapshotAssertion) -> None:
    assert "\n".join(SAID[noun]) == snapshot(extension_class=Words)


def test_words_are_plain() -> None:
    texts = [*(text for texts in SAID.values() for text in texts), *README.splitlines()]
    assert [text for text in texts if STIFF.search(text)] == []
