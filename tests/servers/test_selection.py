"""Several servers as people type them: what is meant, where the reason begins, and what fits nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UsageError
from bot.servers.model import Server
from bot.servers.selection import as_typed, select, split_selection
from bot.verbs import Verb

NAMES = ("web-1", "web-2", "db-1", "db main", "staging", "mail")
SERVERS = [
    Server(id=101 + at, name=name, hostname=f"{name.replace(' ', '')}.example.net", ip_address=f"10.0.0.{at}")
    for at, name in enumerate(NAMES)
]
GROUPS = {"databases": ("db*",), "front": ("web-?", "nothing"), "empty": ("x*",)}


def selected(*words: str) -> list[str]:
    return [server.name for server in select(words, SERVERS, GROUPS).servers]


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["web-1"], ["web-1"]),
        (["mail", "web-1"], ["mail", "web-1"]),
        (["stag"], ["staging"]),
        (["10.0.0.2"], ["db-1"]),
        (["104"], ["db main"]),
        (["web-*"], ["web-1", "web-2"]),
        (["WEB-?"], ["web-1", "web-2"]),
        (["*"], list(NAMES)),
        (["databases"], ["db-1", "db main"]),
        (["Databases", "mail", "db-1"], ["db-1", "db main", "mail"]),
        (["web-2", "front"], ["web-2", "web-1"]),
    ],
)
def test_a_word_is_a_name_a_pattern_or_a_group(words: list[str], names: list[str]) -> None:
    assert selected(*words) == names
    assert not select(words, SERVERS, GROUPS).unknown


def test_a_server_goes_before_a_group_of_its_name() -> None:
    chosen = select(["mail"], SERVERS, {"mail": ("web-*",)})
    assert [server.name for server in chosen.servers] == ["mail"]
    assert chosen.wide == ()


def test_what_fits_nothing_is_said_with_near_names() -> None:
    chosen = select(["wbe-1", "bd-*", "empty", "web-1"], SERVERS, GROUPS)
    assert [server.name for server in chosen.servers] == ["web-1"]
    typo, pattern, group = chosen.unknown
    assert (typo.wanted, typo.is_wide) == ("wbe-1", False)
    assert typo.near[0] == "web-1"
    assert (pattern.wanted, pattern.is_wide) == ("bd-*", True)
    assert (group.wanted, group.is_wide, group.near) == ("empty", True, ())


def test_brackets_are_not_special() -> None:
    assert [each.wanted for each in select(["web-[12]*"], SERVERS, GROUPS).unknown] == ["web-[12]*"]


@pytest.mark.parametrize(
    ("typed", "words", "reason"),
    [
        ("web-1", ["web-1"], ""),
        ("web-1 before the fix", ["web-1"], "before the fix"),
        ("staging web-1", ["staging", "web-1"], ""),
        ("web-1 staging before web-2 moves", ["web-1", "staging"], "before web-2 moves"),
        ("web-1, web-2 and db main, because", ["web-1", "web-2", "db main"], "because"),
        ("web-1,web-2,mail soon", ["web-1", "web-2", "mail"], "soon"),
        ("web-1, and web-2", ["web-1", "web-2"], ""),
        ("web-1 and nothing else", ["web-1"], "and nothing else"),
        ("db main db-1 move", ["db main", "db-1"], "move"),
        ('"db main" "web-1" move', ["db main", "web-1"], "move"),
        ("web-* databases now", ["web-*", "databases"], "now"),
        ("web-1 zz-* now", ["web-1", "zz-*"], "now"),
        ("web-1 web-?", ["web-1", "web-?"], ""),
        ("web-1 really? yes", ["web-1"], "really? yes"),
        ("web-1 *urgent* fix", ["web-1"], "*urgent* fix"),
        ('web-1 "staging is next"', ["web-1"], "staging is next"),
        ('web-1 "web-3" is next', ["web-1"], '"web-3" is next'),
        ('web-1 "open quote', ["web-1"], '"open quote'),
        ("web-1 10.0.0.1 mail.example.net x", ["web-1", "10.0.0.1", "mail.example.net"], "x"),
        ("web-1 104 rows lost", ["web-1"], "104 rows lost"),
        ("WEB-1 Staging", ["WEB-1", "Staging"], ""),
        ("nobody web-1", ["nobody", "web-1"], ""),
        ("web before", ["web"], "before"),
    ],
)
def test_the_reason_begins_with_the_first_word_that_names_no_server(
    typed: str, words: list[str], reason: str
) -> None:
    found = split_selection(typed, Verb.CREATE, SERVERS, GROUPS)
    assert (list(found.words), found.rest, found.doubtful) == (words, reason, "")


@pytest.mark.parametrize(
    ("typed", "doubtful"),
    [
        ("web-1 wbe-2 before the fix", "wbe-2"),
        ("web-1 web-3", "web-3"),
        ("web-1 web-2, db-11 x", "db-11"),
        ("web-1 before web-3", ""),
        ("web-1 v2.1", ""),
        ("web-1 stagin is next", ""),
    ],
)
def test_a_name_with_a_slip_is_not_taken_for_a_reason(typed: str, doubtful: str) -> None:
    assert split_selection(typed, Verb.CREATE, SERVERS, GROUPS).doubtful == doubtful


def test_a_quote_that_is_not_closed_at_the_beginning_is_refused() -> None:
    with pytest.raises(UsageError):
        split_selection('"web-1', Verb.CREATE, SERVERS, GROUPS)


@given(st.lists(st.sampled_from([*NAMES, "databases", "web-*", "10.0.0.4"]), min_size=1, max_size=6))
def test_what_is_typed_of_words_means_the_same_words(words: list[str]) -> None:
    found = split_selection(as_typed(words) + " because", Verb.CREATE, SERVERS, GROUPS)
    assert (list(found.words), found.rest) == (words, "because")
    assert select(found.words, SERVERS, GROUPS) == select(words, SERVERS, GROUPS)
