"""The verbs, the words people use for them, and the ones they nearly typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.commands import parse
from bot.verbs import VERBS, near_verb, usage, verb_of


@pytest.mark.parametrize(
    ("text", "verb"),
    [
        ("", ""),
        ("  ", ""),
        ("List web-1", "list"),
        ("ls", "list"),
        ("show web-1", "list"),
        ("new web-1", "create"),
        ("run web-1", "create"),
        ("backup web-1", "create"),
        ("rm 501", "delete"),
        ("remove 501", "delete"),
        ("rollback 501", "restore"),
        ("ps", "status"),
        ("jobs", "status"),
        ("hosts", "servers"),
        ("?", "help"),
        ("dance", "dance"),
    ],
)
def test_the_verb_of_a_command(text: str, verb: str) -> None:
    assert verb_of(text) == verb


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("crate", "create"), ("delte", "delete"), ("lst", "list"), ("rollbak", "restore"), ("stauts", "status")],
)
def test_a_near_verb_is_suggested(typed: str, meant: str) -> None:
    assert near_verb(typed) == f"Did you mean `/backup {VERBS[meant].pattern}`?"


@given(st.text(max_size=50))
def test_any_word_gets_a_hint(typed: str) -> None:
    assert "/backup" in near_verb(typed)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_explained_by_an_example_that_works(verb: str) -> None:
    explained = VERBS[verb]
    assert f"`/backup {explained.example}`" in usage(verb)
    assert verb_of(explained.pattern) == verb == verb_of(explained.example)
    parse(explained.example)
