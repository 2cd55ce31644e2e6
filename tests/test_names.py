"""Names that look the same, or are typed the same, are the same; others are not."""

import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.names import canonical_name, is_same_name
from bot.permissions import Rule
from bot.servers.model import Server, find_server

ALIKE = {
    "case": ("WEB-1", "web-1"),
    "german case": ("straße", "STRASSE"),
    "spaces outside": ("  web-1 ", "web-1"),
    "two spaces": ("db  main", "db main"),
    "a tab": ("db\tmain", "db main"),
    "a line break": ("db\nmain", "db main"),
    "a no-break space": ("db\u00a0main", "db main"),
    "a thin space": ("db\u2009main", "db main"),
    "decomposed": ("bu\u0308ro", "büro"),
    "hangul decomposed": (unicodedata.normalize("NFD", "서울"), "서울"),
    "a zero-width space": ("web\u200b-1", "web-1"),
    "a soft hyphen": ("data\u00adbase", "database"),
    "a byte order mark": ("\ufeffweb-1", "web-1"),
    "a direction mark": ("web-1\u200e", "web-1"),
    "a hangul filler": ("web\u3164-1", "web-1"),
    "a control character": ("web\x07-1", "web-1"),
    "a hyphen that does not break": ("web\u20111", "web-1"),
    "an en dash": ("web–1", "web-1"),
    "a minus": ("web−1", "web-1"),
    "a phone's apostrophe": ("ana’s box", "ana's box"),
    "a phone's quotes": ("the “old” one", 'the "old" one'),
    "full width": ("ｗｅｂ－１", "web-1"),
    "a ligature": ("oﬃce", "office"),
    "an emoji by its name": (":rocket: rocket", "🚀 rocket"),
    "an emoji of two characters": (":heart: db", "❤️ db"),
}
DIFFERENT = [
    ("web-1", "web-2"),
    ("web", "web-1"),
    ("", "web-1"),
    ("büro", "buro"),
    ("db main", "dbmain"),
    ("🚀 rocket", "rocket"),
    ("🚀", "🛸"),
    ("web-1", "web_1"),
    ("a\u200bb", "a b"),
]
names_without_emoji = st.text(st.characters(exclude_categories=["Cs", "So", "Sk"]), min_size=1, max_size=20)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@pytest.mark.parametrize("kind", ALIKE)
def test_what_looks_the_same_is_the_same_name(kind: str) -> None:
    one, other = ALIKE[kind]
    assert is_same_name(one, other)


@pytest.mark.parametrize("kind", ALIKE)
def test_a_server_is_found_and_ruled_whichever_way_its_name_is_written(kind: str) -> None:
    for typed, name in (ALIKE[kind], ALIKE[kind][::-1]):
        server = Server(id=1, name=name)
        assert find_server(typed, [server, Server(id=2, name="another")]) == server
        assert Rule(servers=(typed.strip(),)).fits(name)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_names_are_other_names(one: str, other: str) -> None:
    assert not is_same_name(one, other)


@given(names)
def test_a_canonical_name_is_its_own(name: str) -> None:
    assert canonical_name(canonical_name(name)) == canonical_name(name)


@given(names, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_composition_makes_no_difference(name: str, form: str) -> None:
    assert is_same_name(unicodedata.normalize(form, name), name)  # type: ignore[arg-type]


# Emoji may be joined by what can't be seen, and have another name then.
@given(names_without_emoji, st.sampled_from("\u200b\u200d\u2060\ufeff\u00ad\u034f\ufe0f"), st.integers(0, 20))
def test_what_can_t_be_seen_makes_no_difference(name: str, unseen: str, at: int) -> None:
    assert is_same_name(name[:at] + unseen + name[at:], name)


@given(names, st.characters(categories=["Lu", "Ll", "Nd", "Po"]))
def test_what_can_be_seen_has_a_name(name: str, seen: str) -> None:
    assert canonical_name(name + seen)


def test_emoji_are_not_loaded_for_names_without() -> None:
    code = "import sys, bot.names; bot.names.canonical_name('büro'); print('emoji' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
