"""When the daily report is due, and what it counts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.daily_report import ReportTime, counted, due_on, is_first_of_month, unproven
from bot.audit.model import RestoreProof
from bot.operations.model import State
from bot.operations.records import Ended
from bot.servers.model import Server
from tests.backups.facts import NOON, operation, outcome

BERLIN = ReportTime(time(9), ZoneInfo("Europe/Berlin"))
NIGHT = ReportTime(time(2, 30), ZoneInfo("Europe/Berlin"))
TODAY = date(2026, 3, 2)


def utc(hour: int, minute: int = 0, day: int = 2, month: int = 3) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "last", "due"),
    [
        (utc(7, 59), None, None),
        (utc(8), None, TODAY),
        (utc(8), TODAY - timedelta(days=1), TODAY),
        (utc(8), TODAY, None),
        (utc(13, 59), TODAY - timedelta(days=3), TODAY),
        (utc(14), TODAY - timedelta(days=3), None),
    ],
)
def test_it_is_due_once_a_day_at_its_time_and_made_up_for_within_hours(
    now: datetime, last: date | None, due: date | None
) -> None:
    assert due_on(BERLIN, last, now) == due


def test_one_that_was_missed_late_in_the_evening_is_made_up_for_after_midnight() -> None:
    evening = ReportTime(time(23), ZoneInfo("Europe/Berlin"))
    yesterday = TODAY - timedelta(days=1)
    assert due_on(evening, yesterday - timedelta(days=1), utc(23, 30, day=1)) == yesterday
    assert due_on(evening, yesterday, utc(23, 30, day=1)) is None
    assert due_on(evening, yesterday, utc(22)) == TODAY


@pytest.mark.parametrize(("day", "month"), [(29, 3), (25, 10)], ids=["an hour less", "an hour more"])
def test_in_the_nights_when_clocks_change_it_is_due_once(day: int, month: int) -> None:
    last, told = None, []
    for minutes in range(0, 36 * 60, 10):
        now = utc(0, 0, day - 1, month) + timedelta(minutes=minutes)
        if due := due_on(NIGHT, last, now):
            last = due
            told.append(due)
    assert told == [date(2026, month, day - 1), date(2026, month, day)]


def test_the_first_of_a_month() -> None:
    assert is_first_of_month(TODAY, None)
    assert is_first_of_month(TODAY, date(2026, 2, 28))
    assert is_first_of_month(TODAY, date(2025, 3, 28))
    assert not is_first_of_month(TODAY, date(2026, 3, 1))


def test_what_ran_is_counted_by_kind_and_by_how_it_ended() -> None:
    ended = [
        Ended(operation("create"), outcome(State.DONE)),
        Ended(operation("create"), outcome(State.DONE)),
        Ended(operation("restore"), outcome(State.ACCEPTED)),
        Ended(operation("create"), outcome(State.FAILED)),
        Ended(operation("create"), outcome(State.UNKNOWN)),
        Ended(operation("delete"), outcome(State.REFUSED)),
    ]
    assert counted(ended) == ({"backup": 2, "restore": 1}, 2, 1)
    assert counted([]) == ({}, 0, 0)


def test_the_longest_time_that_can_be_set_is_just_never_over() -> None:
    server = Server(id=101, name="web-1")
    proof = RestoreProof(at=NOON - timedelta(days=999), seconds=60, backup_id=5)
    assert unproven([server], {101: proof}, 1_000_000.0, NOON) == []
    assert unproven([server], {}, 1_000_000.0, NOON) == ["web-1"]


def test_what_nobody_has_restored_for_so_long() -> None:
    servers = [Server(id=number, name=name) for number, name in enumerate(("web", "old", "never"))]
    proofs = {
        number: RestoreProof(at=NOON - timedelta(days=days), seconds=60, backup_id=1)
        for number, days in enumerate((10, 91))
    }
    assert unproven(servers, proofs, 90, NOON) == ["never", "old"]
