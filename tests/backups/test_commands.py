"""What people type is understood, whatever their keyboard makes of it."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.commands import as_text, parse
from bot.backups.model import (
    CreateBackup,
    DeleteBackup,
    ListBackups,
    Request,
    RestoreBackup,
    ShowHelp,
    ShowMenu,
)
from bot.errors import NotUnderstood
from bot.verbs import VERBS

NAMES = st.text(min_size=1, max_size=40) | st.text(alphabet="\"'“”„‘’-—– \\#ab1", min_size=1, max_size=20)
NUMBERS = st.integers(0, 10**18 - 1)
REASONS = NAMES.map(str.strip) | st.just("")
REQUESTS = st.one_of(
    st.builds(ListBackups, st.none() | NAMES, st.sampled_from([None, "manual", "automatic"])),
    st.builds(CreateBackup, st.none() | NAMES, REASONS),
    st.builds(DeleteBackup, st.none() | NUMBERS),
    st.builds(RestoreBackup, st.none() | NUMBERS),
    st.builds(RestoreBackup, st.none(), NAMES),
    st.builds(ShowHelp, st.none() | st.sampled_from(sorted(VERBS))),
    st.builds(ShowMenu),
)


@given(REQUESTS)
def test_what_we_write_we_can_read(request: Request) -> None:
    assert parse(as_text(request)) == request


@given(st.text(max_size=80) | st.tuples(st.sampled_from(sorted(VERBS)), NAMES).map(" ".join))
def test_any_text_is_understood_or_not_and_nothing_else(text: str) -> None:
    with suppress(NotUnderstood):
        parse(text)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("", ShowMenu()),
        ("   ", ShowMenu()),
        ("list", ListBackups()),
        ("LIST web-1", ListBackups("web-1")),
        ("ls web-1 --type manual", ListBackups("web-1", "manual")),
        ("list --type=auto", ListBackups(None, "automatic")),
        ("list —type manual web-1", ListBackups("web-1", "manual")),
        ("list –type MAN", ListBackups(None, "manual")),
        ("list -type manual", ListBackups(None, "manual")),
        ("list “my server”", ListBackups("my server")),
        ("list ana's-box", ListBackups("ana's-box")),
        ('list "--type"', ListBackups("--type")),
        ('list ""', ListBackups()),
        ("create", CreateBackup()),
        ("create web-1", CreateBackup("web-1")),
        ("create web-1 before  the “big” upgrade", CreateBackup("web-1", "before  the “big” upgrade")),
        ("new „my server“ it's time", CreateBackup("my server", "it's time")),
        ("create ‘my server’", CreateBackup("my server")),
        ('create "say \\"hi\\"" why', CreateBackup('say "hi"', "why")),
        ('create "" why', CreateBackup(None, "why")),
        ("rm 501", DeleteBackup(501)),
        ("delete #501", DeleteBackup(501)),
        ("delete", DeleteBackup()),
        ("restore", RestoreBackup()),
        ("rollback 501", RestoreBackup(501)),
        ("restore web-1", RestoreBackup(server="web-1")),
        ('restore "501"', RestoreBackup(server="501")),
        ("restore ５０１", RestoreBackup(server="５０１")),
        ("? rm", ShowHelp("delete")),
        ("help", ShowHelp()),
        ("status", None),
        ("hosts", None),
    ],
)
def test_what_is_typed_and_what_is_meant(text: str, request_: Request | None) -> None:
    assert parse(text) == request_


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        ("lsit web-1", "I don't know “lsit”.", "Did you mean `/backup list [server]"),
        ("xyzzy", "I don't know “xyzzy”.", "See what I can do with `/backup help`."),
        ("help xyzzy", "I don't know “xyzzy”.", "See what I can do"),
        ("list a b", "I can list one server at a time.", "for example `/backup list web-1"),
        ("list --all", "I don't know the option “--all”.", "Write `/backup list"),
        ("list --type weekly", "“weekly” is no type of backup.", "Types are `manual` and `automatic`."),
        ("list --type", "The type is missing.", "Types are"),
        ("delete web-1", "I delete one backup at a time, by its number.", "`/backup delete 501`"),
        ("delete 501 502", "I delete one backup at a time, by its number.", "`/backup delete 501`"),
        ("delete 1234567890123456789", "I delete one backup at a time, by its number.", "`/backup delete"),
        ("restore a b", "I restore one server at a time.", "`/backup restore 501`"),
        ('create "web', "A quote is not closed.", "Write `/backup create"),
        ("restore “web", "A quote is not closed.", "Write `/backup restore"),
    ],
)
def test_what_is_not_understood_and_the_way_out(text: str, what: str, hint: str) -> None:
    with pytest.raises(NotUnderstood) as error:
        parse(text)
    assert error.value.what == what
    assert hint in error.value.hint


def test_a_simple_command_is_written_as_people_write_it() -> None:
    assert as_text(CreateBackup("web-1.example", "before the upgrade")) == (
        "create web-1.example before the upgrade"
    )
    assert as_text(ListBackups("my server", "manual")) == 'list "my server" --type manual'
