"""The verbs, the words people use for them, and the ones they nearly typed."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit import commands as audit_commands
from bot.backups.commands import read_create, read_delete, read_help, read_list, read_restore
from bot.errors import Misuse, UsageError
from bot.slack.messages import usage as explain_usage
from bot.verbs import USAGES, Verb, read_verb

READERS: dict[Verb, Callable[[str], object]] = {
    Verb.LIST: read_list,
    Verb.CREATE: read_create,
    Verb.DELETE: read_delete,
    Verb.RESTORE: read_restore,
    Verb.AUDIT: lambda text: audit_commands.parse(text, date(2026, 11, 25)),
    Verb.HELP: read_help,
}


@pytest.mark.parametrize(
    ("text", "verb", "rest"),
    [
        ("", None, ""),
        ("  ", None, ""),
        ("List web-1", Verb.LIST, "web-1"),
        ("ls", Verb.LIST, ""),
        ("show web-1", Verb.LIST, "web-1"),
        ("new web-1", Verb.CREATE, "web-1"),
        ("run web-1", Verb.CREATE, "web-1"),
        ("backup  web-1 ", Verb.CREATE, "web-1"),
        ("rm 501", Verb.DELETE, "501"),
        ("remove 501", Verb.DELETE, "501"),
        ("rollback 501", Verb.RESTORE, "501"),
        ("ps", Verb.STATUS, ""),
        ("jobs", Verb.STATUS, ""),
        ("hosts", Verb.SERVERS, ""),
        ("?", Verb.HELP, ""),
    ],
)
def test_the_verb_of_a_command(text: str, verb: Verb | None, rest: str) -> None:
    assert read_verb(text) == (verb, rest)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("crate", Verb.CREATE),
        ("delte 501", Verb.DELETE),
        ("lst", Verb.LIST),
        ("rollbak", Verb.RESTORE),
        ("stauts", Verb.STATUS),
        ("dance", None),
    ],
)
def test_a_near_verb_is_suggested(typed: str, meant: Verb | None) -> None:
    with pytest.raises(UsageError) as caught:
        read_verb(typed)
    assert caught.value.misuse is Misuse.UNKNOWN_VERB
    assert caught.value.text == typed.split(maxsplit=1)[0]
    assert caught.value.verb is meant


@given(st.text(max_size=50))
def test_any_word_is_a_verb_or_not_understood(typed: str) -> None:
    try:
        verb, rest = read_verb(typed)
    except UsageError as error:
        refusal = error
    else:
        assert verb is None or verb in USAGES
        assert rest in typed
        return
    assert refusal.misuse is Misuse.UNKNOWN_VERB
    assert refusal.verb is None or refusal.verb in USAGES


def test_every_verb_can_be_typed_but_the_one_that_is_only_clicked() -> None:
    assert set(Verb) - set(USAGES) == {Verb.WATCH}
    with pytest.raises(UsageError):
        read_verb("watch 501")


@pytest.mark.parametrize("verb", USAGES)
def test_every_verb_is_explained_by_an_example_that_works(verb: Verb) -> None:
    usage = USAGES[verb]
    assert read_verb(usage.pattern)[0] is verb
    found, rest = read_verb(usage.example)
    assert found is verb
    assert f"`/backup {usage.example}`" in explain_usage(verb)
    assert bool(rest) is (verb in READERS)
    if verb in READERS:
        READERS[verb](rest)
