"""Which part of the trail a person means."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.commands import LONGEST_NAME, ShowAudit, Since, begins, parse, parse_since
from bot.errors import UsageError
from bot.slack.messages import explain
from bot.verbs import in_quotes, is_plain

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NAMES = st.one_of(
    st.text(min_size=1, max_size=40),
    st.text(alphabet="\"'“”„‘’<@U1|> \\-7dh", min_size=1, max_size=20),
    st.sampled_from(["7d", "yesterday", "TODAY", "2026-11-01", "<@UANA>", "@ana", "x" * LONGEST_NAME]),
).filter(str.strip)
PEOPLE = st.from_regex(r"[UW][A-Z0-9]{2,10}", fullmatch=True)
UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
}
SPANS = st.builds(lambda count, unit: count * unit, st.integers(0, 999), st.sampled_from([*UNITS.values()]))
TIMES = st.none() | SPANS | st.dates(date(2000, 1, 1), date(2999, 12, 31))


def as_text(request: ShowAudit) -> str:
    """Return what is read as this request."""
    parts = [
        server_as_text(request.server) if request.server else "",
        f"<@{request.person}>" if request.person else "",
        since_as_text(request.since) if request.since is not None else "",
    ]
    return " ".join(part for part in parts if part)


def server_as_text(server: str) -> str:
    is_time = parse_since(server.casefold(), date.max) is not None
    return server if is_plain(server) and not is_time else in_quotes(server)


def since_as_text(since: Since) -> str:
    """Return what is read as this time."""
    if isinstance(since, date):
        return since.isoformat()
    unit = next(unit for unit, length in UNITS.items() if not since % length)
    return f"{since // UNITS[unit]}{unit}"


@given(st.builds(ShowAudit, st.none() | NAMES, st.none() | PEOPLE, TIMES))
def test_what_we_write_we_can_read(request: ShowAudit) -> None:
    assert parse(as_text(request), TODAY) == request


@given(st.text(max_size=80))
def test_any_text_is_understood_or_not_and_nothing_else(text: str) -> None:
    with suppress(UsageError):
        begins(parse(text, TODAY).since or TODAY, NOON)


@given(SPANS | st.dates(date(2000, 1, 1), date(2999, 12, 31)))
def test_a_time_reads_back(since: timedelta | date) -> None:
    assert parse_since(since_as_text(since), TODAY) == since


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("", ShowAudit()),
        ("web-1", ShowAudit("web-1")),
        ("<@UANA>", ShowAudit(person="UANA")),
        ("<@W012AB|ana.moreno>", ShowAudit(person="W012AB")),
        ("web-1 <@UANA> 7d", ShowAudit("web-1", "UANA", timedelta(days=7))),
        ("24H <@UANA|ana> web-1", ShowAudit("web-1", "UANA", timedelta(hours=24))),
        ("2w", ShowAudit(since=timedelta(weeks=2))),
        ("0m", ShowAudit(since=timedelta(0))),
        ("Yesterday", ShowAudit(since=date(2026, 2, 28))),
        ("today", ShowAudit(since=TODAY)),
        ("2025-11-01", ShowAudit(since=date(2025, 11, 1))),
        ("“7d” today", ShowAudit("7d", since=TODAY)),
        ("“2025-13-01”", ShowAudit("2025-13-01")),
        ("db main 7d", ShowAudit("db main", since=timedelta(days=7))),
        ("web-1 db-1", ShowAudit("web-1 db-1")),
        ("٧d", ShowAudit("٧d")),
        ("3", ShowAudit("3")),
    ],
)
def test_what_people_type_is_understood(text: str, request_: ShowAudit) -> None:
    assert parse(text, TODAY) == request_


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-13-01", "“2026-13-01” isn't a time."),
        ("web-1 2026-2-30", "“2026-2-30” isn't a time."),
        ("26-1-1 1999-01-01", "“1999-01-01” isn't a time."),
        ("<@UANA> <@UBEN>", "one server, one person, one time"),
        ("7d yesterday", "one server, one person, one time"),
        ("0d 0d", "one server, one person, one time"),
        ("@ana", "I don't know who “@ana” is."),
        ("<!channel>", "I don't know who “<!channel>” is."),
        ('""', "That isn't a server's name."),
        ("x" * (LONGEST_NAME + 1), "That isn't a server's name."),
        ('"web-1', "A quote is not closed."),
    ],
)
def test_what_makes_no_sense_is_told(text: str, says: str) -> None:
    with pytest.raises(UsageError) as told:
        parse(text, TODAY)
    explained = explain(told.value)
    assert says in explained.what
    assert explained.hint


def test_a_day_begins_where_the_clock_is() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=13)))
    assert begins(date(2026, 3, 1), NOON) == datetime(2026, 3, 1, tzinfo=UTC)
    assert begins(date(2026, 3, 2), there) == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert begins(timedelta(hours=24), NOON) == datetime(2026, 2, 28, 12, tzinfo=UTC)
