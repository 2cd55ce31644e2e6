"""The verbs, the words people use for them, and the ones they nearly typed."""

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit import commands as audit_commands
from bot.backups.commands import read_create, read_help, read_list, read_pick
from bot.errors import Misuse, UsageError
from bot.operations.commands import read_status
from bot.schedules.commands import read_schedule
from bot.servers.commands import read_servers
from bot.slack.messages import usage as explain_usage
from bot.timeline import commands as timeline_commands
from bot.verbs import CHANGING, USAGES, Verb, read_verb

READERS: dict[Verb, Callable[[str], object]] = {
    Verb.LIST: read_list,
    Verb.CREATE: read_create,
    Verb.DELETE: lambda text: read_pick(text, Verb.DELETE),
    Verb.RESTORE: lambda text: read_pick(text, Verb.RESTORE),
    Verb.AUDIT: lambda text: audit_commands.parse(text, date(2026, 11, 25)),
    Verb.TIMELINE: lambda text: timeline_commands.parse(text, date(2026, 11, 25)),
    Verb.SERVERS: read_servers,
    Verb.SCHEDULE: read_schedule,
    Verb.STATUS: read_status,
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
        ("history web-1 7d", Verb.TIMELINE, "web-1 7d"),
        ("incident", Verb.TIMELINE, ""),
        ("postmortem", Verb.TIMELINE, ""),
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
        ("restor", Verb.RESTORE),
        ("resotre", Verb.RESTORE),
        ("stauts", Verb.STATUS),
        ("auditt", Verb.AUDIT),
        ("timline", Verb.TIMELINE),
        ("dance", None),
    ],
)
def test_a_near_verb_is_suggested(typed: str, meant: Verb | None) -> None:
    with pytest.raises(UsageError) as caught:
        read_verb(typed)
    assert caught.value.misuse is Misuse.UNKNOWN_VERB
    assert caught.value.text == typed.split(maxsplit=1)[0]
    assert caught.value.verb is meant


FAR = """
undo undelete recreate recover revert reset resume restart reload rollbak remote removed destroy drop purge
wipe erase clean kill discard forget redo retry rerun backups! deletion creation restoration
"""


@pytest.mark.parametrize("typed", FAR.split())
def test_nothing_that_changes_something_is_suggested_for_a_far_word(typed: str) -> None:
    assert suggested(typed) not in CHANGING


LETTERS = "abcdelorst"


@given(st.sampled_from(sorted(CHANGING)), st.text(LETTERS, max_size=9), st.integers(0, 9), st.integers(0, 9))
def test_what_changes_something_is_suggested_after_one_slip_alone(
    verb: Verb, letters: str, start: int, end: int
) -> None:
    typed = verb[:start] + letters + verb[end:]
    assert (suggested(typed) in CHANGING) is any(typed in slips(each) for each in CHANGING)


def suggested(typed: str) -> str | None:
    """Return what is suggested for a word; None for a verb as well."""
    try:
        read_verb(typed)
    except UsageError as error:
        return error.verb
    return None


def slips(verb: str) -> set[str]:
    """Return all that comes of one slip in a verb, by the letters above."""
    cuts = [(verb[:at], verb[at:]) for at in range(len(verb) + 1)]
    more = {one + letter + other for one, other in cuts for letter in LETTERS}
    wrong = {one + letter + other[1:] for one, other in cuts if other for letter in LETTERS}
    less = {one + other[1:] for one, other in cuts if other}
    swapped = {one + other[1::-1] + other[2:] for one, other in cuts if len(other) > 1}
    return (more | wrong | less | swapped) - {verb}


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
