"""Text from outside can't mention, link, format or break anything."""

import html
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack.text import (
    ago,
    duration,
    escape,
    escape_truncated,
    join_words,
    mention,
    plain_label,
    pluralize,
    safe_name,
    sentence,
    shorten,
    size,
    truncate_mrkdwn,
    unescape_command,
    when,
)

NASTY = st.text(alphabet="<>&!@#*_~`|a \n\r\u2028\u202e\u200f:;", max_size=60)
TEXT = st.text(max_size=200) | NASTY
MOMENT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
PIECES = st.sampled_from(["word ", "&amp;", "&lt;", mention("UANA"), when(MOMENT), "*", "\n"])


@given(TEXT)
def test_outside_text_can_not_mention_or_link(text: str) -> None:
    for safe in (escape(text), sentence(text), escape_truncated(text), safe_name(text)):
        assert not set("<>") & set(safe)
    assert safe_name(text)


@given(TEXT)
def test_outside_text_can_not_format(text: str) -> None:
    safe = escape(text)
    assert not set("*~`") & set(safe)
    assert not re.search(r"(^|[^^\W_]|\W)_(?=\W|_|$)|(^|\W|_)_", safe.replace("&", " "))


@given(TEXT)
def test_outside_text_stays_on_its_line_and_in_its_direction(text: str) -> None:
    for safe in (escape(text), sentence(text), escape_truncated(text), plain_label(text, 75)):
        assert len(safe.splitlines()) <= 1
        assert not re.search(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]", safe)


@given(TEXT)
def test_outside_text_can_still_be_read(text: str) -> None:
    letters = re.sub(r"[^a-zA-Z0-9]", "", text)
    assert re.sub(r"[^a-zA-Z0-9]", "", html.unescape(escape(text))) == letters


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("web_1", "web_1"),
        ("_web_", "＿web＿"),
        ("__init__", "＿＿init＿＿"),
        ("<!channel> *now*", "&lt;!channel&gt; ∗now∗"),
        ("two\nlines", "two lines"),
        ("a\u202eb", "a b"),
    ],
)
def test_what_escaping_does(text: str, safe: str) -> None:
    assert escape(text) == safe


@given(TEXT, st.integers(1, 40))
def test_outside_text_is_cut_short_and_its_escapes_stay_whole(text: str, most: int) -> None:
    assert len(escape_truncated(text, most)) <= most
    assert len(shorten(text, most)) <= most
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt);)*", escape_truncated(text, most))


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(1, 200))
def test_truncating_leaves_mentions_dates_and_escapes_whole(safe: str, most: int) -> None:
    short = truncate_mrkdwn(safe, most)
    assert len(short) <= most
    assert re.fullmatch(r"(?:[^<>&]|&(?:amp|lt|gt);|<[^<>]+>)*", short)
    assert safe.startswith(short.removesuffix("…"))


@given(TEXT, st.integers(9, 80))
def test_labels_are_short_and_never_empty(text: str, most: int) -> None:
    assert 1 <= len(plain_label(text, most)) <= most


def test_our_own_sentences_keep_their_code() -> None:
    assert sentence("Type `/backup list` & wait.") == "Type `/backup list` &amp; wait."


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (0, "0 s"),
        (0.6, "1 s"),
        (59, "59 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3661, "1 h 1 min"),
        (86_400, "1 d"),
        (86_460, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_how_long_something_took(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@given(st.floats(0, 10**9))
def test_a_duration_has_one_or_two_units_and_is_never_far_off(seconds: float) -> None:
    units = {"d": 86_400, "h": 3600, "min": 60, "s": 1}
    words = duration(seconds).split()
    said = sum(int(count) * units[unit] for count, unit in zip(words[::2], words[1::2], strict=True))
    assert 2 <= len(words) <= 4
    assert abs(said - seconds) <= max(1.0, seconds / 24)


@pytest.mark.parametrize(
    ("megabytes", "said"),
    [(None, "size not known yet"), (0, "0 MB"), (999, "999 MB"), (1000, "1.0 GB"), (2350, "2.4 GB")],
)
def test_sizes(megabytes: int | None, said: str) -> None:
    assert size(megabytes) == said


@pytest.mark.parametrize(("count", "said"), [(0, "0 servers"), (1, "1 server"), (2, "2 servers")])
def test_how_many_there_are(count: int, said: str) -> None:
    assert pluralize(count, "server") == said


@pytest.mark.parametrize(
    ("names", "said"), [([], ""), (["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c"], "a, b or c")]
)
def test_names_in_a_sentence(names: list[str], said: str) -> None:
    assert join_words(names, "or") == said


def test_dates_are_drawn_by_slack_and_fall_back_to_utc() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert when(elsewhere) == when(MOMENT)
    assert when(MOMENT) == "<!date^1772368200^{date_short_pretty} {time}|2026-03-01 12:30 UTC>"
    assert ago(elsewhere) == "<!date^1772368200^{ago}|2026-03-01 12:30 UTC>"


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        (" list web-1 ", "list web-1"),
        ("list <http://web-1.example.com|web-1.example.com>", "list web-1.example.com"),
        ("list <https://example.com>", "list https://example.com"),
        ("create web-1 ask <mailto:ana@example.com|ana@example.com>", "create web-1 ask ana@example.com"),
        ("create web-1 a &lt; b &amp;&amp; c", "create web-1 a < b && c"),
        ("create web-1 &amp;lt;", "create web-1 &lt;"),
        ("create web-1 a&copy", "create web-1 a&copy"),
        ("create web-1 for <@UANA|ana>", "create web-1 for <@UANA|ana>"),
    ],
)
def test_what_slack_does_to_typed_text_is_undone(sent: str, meant: str) -> None:
    assert unescape_command(sent) == meant


@given(TEXT)
def test_whatever_is_typed_is_read_as_typed(text: str) -> None:
    assert unescape_command(html.escape(text, quote=False)) == text.strip()
