"""What people type is understood, whatever their keyboard makes of it."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.commands import (
    CreateBackup,
    ListBackups,
    Moment,
    PickBackup,
    read_create,
    read_help,
    read_list,
    read_moment,
    read_pick,
)
from bot.errors import Misuse, UsageError
from bot.slack.messages import explain
from bot.verbs import USAGES, Verb, in_quotes, is_plain, read_verb

Request = ListBackups | CreateBackup | tuple[Verb, PickBackup] | Verb | None
READERS: dict[Verb, Callable[[str], Request]] = {
    Verb.LIST: read_list,
    Verb.CREATE: read_create,
    Verb.DELETE: lambda text: (Verb.DELETE, read_pick(text, Verb.DELETE)),
    Verb.RESTORE: lambda text: (Verb.RESTORE, read_pick(text, Verb.RESTORE)),
    Verb.HELP: read_help,
}
NAMES = st.text(min_size=1, max_size=40) | st.text(alphabet="\"'“”„‘’-—– \\#ab1", min_size=1, max_size=20)
NUMBERS = st.integers(0, 10**18 - 1)
REASONS = NAMES.map(str.strip) | st.just("")
MOMENTS = st.builds(
    Moment,
    st.sampled_from([0, 1]) | st.dates(date(1971, 1, 1), date(9998, 12, 31)),
    st.times().map(lambda each: each.replace(second=0, microsecond=0)),
)
PICKS = st.one_of(
    st.builds(PickBackup, st.none() | NUMBERS),
    st.builds(PickBackup, st.none() | NUMBERS, NAMES),
    st.builds(PickBackup, st.none(), NAMES, st.just(True), st.none() | MOMENTS),
)
REQUESTS: st.SearchStrategy[Request] = st.one_of(
    st.builds(ListBackups, st.none() | NAMES, st.sampled_from([None, "manual", "automatic"])),
    st.builds(CreateBackup, st.none() | NAMES, REASONS),
    st.tuples(st.sampled_from([Verb.DELETE, Verb.RESTORE]), PICKS),
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
        case (verb, PickBackup(number, server, is_newest, before)):
            when = "before " + as_words(before) if before else "latest" if is_newest else ""
            words = [verb, quoted(server), "" if number is None else str(number), when]
        case verb:
            words = ["help", verb or ""]
    return " ".join(word for word in words if word)


def as_words(moment: Moment) -> str:
    day = {0: "today", 1: "yesterday"}.get(moment.day) if isinstance(moment.day, int) else str(moment.day)
    return f"{day} {moment.time_of_day:%H:%M}"


def quoted(server: str | None) -> str:
    if not server or (
        is_plain(server)
        and server.lower() not in {"before", "latest", "newest"}
        and not re.fullmatch(r"#?[0-9]{1,18}", server)
    ):
        return server or ""
    return in_quotes(server)


def newest(server: str, before: Moment | None = None) -> PickBackup:
    return PickBackup(server=server, is_newest=True, before=before)


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
        ("list db main", ListBackups("db main")),
        ("list db main --type manual", ListBackups("db main", "manual")),
        ("rm 501", (Verb.DELETE, PickBackup(501))),
        ("delete #501", (Verb.DELETE, PickBackup(501))),
        ("delete", (Verb.DELETE, PickBackup())),
        ("delete web-1", (Verb.DELETE, PickBackup(server="web-1"))),
        ("delete web-1 501", (Verb.DELETE, PickBackup(501, "web-1"))),
        ("restore", (Verb.RESTORE, PickBackup())),
        ("rollback 501", (Verb.RESTORE, PickBackup(501))),
        ("restore ５０１", (Verb.RESTORE, PickBackup(501))),
        ("restore web-1", (Verb.RESTORE, PickBackup(server="web-1"))),
        ("restore db main", (Verb.RESTORE, PickBackup(server="db main"))),
        ("restore 203.0.113.7", (Verb.RESTORE, PickBackup(server="203.0.113.7"))),
        ('restore "501"', (Verb.RESTORE, PickBackup(server="501"))),
        ("restore web-1 latest", (Verb.RESTORE, newest("web-1"))),
        ("restore db main Newest", (Verb.RESTORE, newest("db main"))),
        ("restore latest", (Verb.RESTORE, PickBackup(server="latest"))),
        ("restore before", (Verb.RESTORE, PickBackup(server="before"))),
        ('restore "db latest"', (Verb.RESTORE, PickBackup(server="db latest"))),
        ('restore "a before b" before 9:05', (Verb.RESTORE, newest("a before b", Moment(None, time(9, 5))))),
        ("restore web-1 before 14:00", (Verb.RESTORE, newest("web-1", Moment(None, time(14))))),
        ("restore web-1 BEFORE 2pm", (Verb.RESTORE, newest("web-1", Moment(None, time(14))))),
        ("restore web-1 before 12:30 am", (Verb.RESTORE, newest("web-1", Moment(None, time(0, 30))))),
        ("restore web-1 before yesterday", (Verb.RESTORE, newest("web-1", Moment(1)))),
        ("restore web-1 before Yesterday 14:00", (Verb.RESTORE, newest("web-1", Moment(1, time(14))))),
        ("restore web-1 before 2026-11-24", (Verb.RESTORE, newest("web-1", Moment(date(2026, 11, 24))))),
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
        ("list --all", Misuse.UNKNOWN_OPTION, "I don't know the option “--all”.", "Type `/backup list"),
        ("list --type weekly", Misuse.UNKNOWN_TYPE, "“weekly” isn't a type of backup.", "`manual` and `auto"),
        ("list --type", Misuse.NO_TYPE, "The type is missing.", "Types are `manual` and `automatic`."),
        ("delete 501 502", Misuse.ONE_BACKUP, "I delete one backup at a time.", "`/backup delete web-1`"),
        (
            'restore "a" b',
            Misuse.ONE_SERVER,
            "I restore one server at a time.",
            "`/backup restore web-1 before 14:00`",
        ),
        ("restore a before", Misuse.UNKNOWN_MOMENT, "“” isn't a time.", "`before 14:00`"),
        ("restore a before lunch", Misuse.UNKNOWN_MOMENT, "“lunch” isn't a time.", "in your own time"),
        ("restore a before 25:00", Misuse.UNKNOWN_MOMENT, "“25:00” isn't a time.", "`before 14:00`"),
        ("restore a before 14", Misuse.UNKNOWN_MOMENT, "“14” isn't a time.", "`before 14:00`"),
        ("restore a before 2026-02-30", Misuse.UNKNOWN_MOMENT, "“2026-02-30” isn't a time.", "`before yest"),
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


BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 25, 1, 30, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1:00", "2026-11-25T00:00Z"),
        ("23:00", "2026-11-24T22:00Z"),
        ("today 23:00", "2026-11-25T22:00Z"),
        ("today", "2026-11-24T23:00Z"),
        ("yesterday", "2026-11-23T23:00Z"),
        ("yesterday 14:00", "2026-11-24T13:00Z"),
        ("2026-07-01", "2026-06-30T22:00Z"),
    ],
)
def test_a_moment_is_in_the_person_s_own_time_zone(text: str, moment: str) -> None:
    assert read_moment(text).at(NIGHT).astimezone(UTC) == datetime.fromisoformat(moment)


@given(MOMENTS | st.builds(Moment, st.none(), st.times()), st.datetimes(timezones=st.timezones()))
def test_a_time_without_a_day_is_never_in_the_future(moment: Moment, now: datetime) -> None:
    with suppress(OverflowError):
        found = moment.at(now)
        assert found.tzinfo is now.tzinfo
        assert moment.day is not None or found.replace(tzinfo=None) <= now.replace(tzinfo=None)
