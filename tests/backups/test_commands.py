"""What people type is understood, whatever their keyboard makes of it."""

import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.commands import (
    CreateBackup,
    DeleteBackup,
    ListBackups,
    RestoreBackup,
    read_create,
    read_delete,
    read_help,
    read_list,
    read_restore,
)
from bot.errors import Misuse, UsageError
from bot.slack.messages import explain
from bot.verbs import USAGES, Verb, in_quotes, is_plain, read_verb

Request = ListBackups | CreateBackup | DeleteBackup | RestoreBackup | Verb | None
READERS: dict[Verb, Callable[[str], Request]] = {
    Verb.LIST: read_list,
    Verb.CREATE: read_create,
    Verb.DELETE: read_delete,
    Verb.RESTORE: read_restore,
    Verb.HELP: read_help,
}
NAMES = st.text(min_size=1, max_size=40) | st.text(alphabet="\"'“”„‘’-—– \\#ab1", min_size=1, max_size=20)
NUMBERS = st.integers(0, 10**18 - 1)
REASONS = NAMES.map(str.strip) | st.just("")
REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(ListBackups, st.none() | NAMES, st.sampled_from([None, "manual", "automatic"])),
    st.builds(CreateBackup, st.none() | NAMES, REASONS),
    st.builds(DeleteBackup, st.none() | NUMBERS),
    st.builds(RestoreBackup, st.none() | NUMBERS),
    st.builds(RestoreBackup, st.none(), NAMES),
    st.none() | st.sampled_from(sorted(USAGES)),
)


def read(text: str) -> Request:
    """Return what a command asks for, by the reader of its verb; None for verbs that others read."""
    verb, rest = read_verb(text)
    return READERS[verb](rest) if verb in READERS else None


def as_text(request: Request) -> str:
    """Return a command that is read as this request."""
    match request:
        case ListBackups(server, backup_type):
            words = ["list", quoted(server), f"--type {backup_type}" if backup_type else ""]
        case CreateBackup(server, reason):
            words = ["create", quoted(server) or ('""' if reason else ""), reason]
        case DeleteBackup(backup_id):
            words = ["delete", "" if backup_id is None else str(backup_id)]
        case RestoreBackup(number, server):
            words = ["restore", quoted(server) if number is None else str(number)]
        case verb:
            words = ["help", verb or ""]
    return " ".join(word for word in words if word)


def quoted(server: str | None) -> str:
    if not server or (is_plain(server) and not re.fullmatch(r"#?[0-9]{1,18}", server)):
        return server or ""
    return in_quotes(server)


@given(REQUESTS)
def test_what_is_written_can_be_read(request: Request) -> None:
    assert read(as_text(request)) == request


@given(st.text(max_size=80) | st.tuples(st.sampled_from(sorted(USAGES)), NAMES).map(" ".join))
def test_any_text_is_understood_or_not_and_nothing_else(text: str) -> None:
    with suppress(UsageError):
        read(text)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("", None),
        ("   ", None),
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
        ("? rm", Verb.DELETE),
        ("help", None),
        ("status", None),
        ("hosts", None),
    ],
)
def test_what_is_typed_and_what_is_meant(text: str, request_: Request | None) -> None:
    assert read(text) == request_


@pytest.mark.parametrize(
    ("text", "misuse", "what", "hint"),
    [
        (
            "help list web-1",
            Misuse.UNKNOWN_WORDS,
            "I don't know what to make of “web-1”.",
            "Type `/backup help",
        ),
        ("lsit web-1", Misuse.UNKNOWN_VERB, "I don't know “lsit”.", "Did you mean `/backup list`?"),
        ("xyzzy", Misuse.UNKNOWN_VERB, "I don't know “xyzzy”.", "See what I can do with `/backup help`."),
        ("help xyzzy", Misuse.UNKNOWN_VERB, "I don't know “xyzzy”.", "See what I can do"),
        ("list a b", Misuse.ONE_SERVER, "I list one server at a time.", "for example `/backup list web-1"),
        ("list --all", Misuse.UNKNOWN_OPTION, "I don't know the option “--all”.", "Type `/backup list"),
        ("list --type weekly", Misuse.UNKNOWN_TYPE, "“weekly” isn't a type of backup.", "`manual` and `auto"),
        ("list --type", Misuse.NO_TYPE, "The type is missing.", "Types are `manual` and `automatic`."),
        ("delete web-1", Misuse.ONE_BACKUP, "one backup at a time, by its number.", "`/backup delete 501`"),
        ("delete 501 502", Misuse.ONE_BACKUP, "one backup at a time, by its number.", "`/backup delete 501`"),
        ("delete 1234567890123456789", Misuse.ONE_BACKUP, "one backup at a time", "`/backup delete 501`"),
        ("restore a b", Misuse.ONE_SERVER, "I restore one server at a time.", "`/backup restore 501`"),
        ('create "web', Misuse.OPEN_QUOTE, "A quote is not closed.", "Type `/backup create"),
        ("restore “web", Misuse.OPEN_QUOTE, "A quote is not closed.", "Type `/backup restore"),
    ],
)
def test_what_is_not_understood_and_the_way_out(text: str, misuse: Misuse, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert caught.value.misuse is misuse
    explanation = explain(caught.value)
    assert what in explanation.what
    assert hint in explanation.hint
