"""What people read at a terminal, whatever they read it with."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.terminal import encodable, in_colour, on_one_line, wants_colour, write


class Screen(io.StringIO):
    """A terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """It is one."""
        return True


def test_colours_are_for_terminals_of_people_who_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Screen())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Screen())


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp1252", "koi8-r", "utf-8"]))
def test_any_console_can_show_any_text(text: str, encoding: str) -> None:
    assert len(encodable(text, encoding).encode(encoding)) >= len(text)


@given(st.text())
def test_words_from_outside_can_not_steer_a_terminal(text: str) -> None:
    assert on_one_line(text).isprintable()


def test_lines_are_written_to_an_old_console_in_ascii() -> None:
    raw = io.BytesIO()
    console = io.TextIOWrapper(raw, encoding="ascii")
    write(console, "✗ “büro”…", "✓ well")
    console.flush()
    assert raw.getvalue() == b'x "b?ro"...\n+ well\n'


def test_colours_are_added_where_wanted() -> None:
    assert in_colour("x", 31, wanted=True) == "\x1b[31mx\x1b[0m"
    assert in_colour("x", 31, wanted=False) == "x"
