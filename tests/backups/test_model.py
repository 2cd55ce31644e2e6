"""Reading backups as VPS.org tells of them, and what they say about their servers."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from bot.backups.model import Backup, freshness_by_server, newest, newest_first, read_backup
from bot.servers.model import Freshness
from tests.backups import facts
from tests.backups.facts import NOON, hours

DOCUMENTED = {
    "id": 501,
    "server": {"id": 12345, "name": "web-server-01"},
    "backup_type": "automatic",
    "status": "completed",
    "size_mb": 4523,
    "created_at": "2025-01-16T03:00:00Z",
    "expires_at": "2025-02-16T03:00:00Z",
    "description": "Automatic daily backup",
}

EAST, WEST = timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))


def read(**changes: object) -> Backup:
    return read_backup(DOCUMENTED | changes)


def test_the_documented_example_is_read() -> None:
    backup = read()
    assert (backup.id, backup.server.id, backup.server.name) == (501, 12345, "web-server-01")
    assert backup.created_at == datetime(2025, 1, 16, 3, tzinfo=UTC)
    assert backup.is_complete
    assert backup.is_final
    assert not backup.is_manual


def test_a_new_backup_is_read() -> None:
    backup = read(status="in_progress", size_mb=None, expires_at=None, message="Backup is being created.")
    assert (backup.size_mb, backup.expires_at) == (None, None)
    assert not backup.is_final


@pytest.mark.parametrize(
    ("status", "complete", "failed"),
    [
        ("completed", True, False),
        ("failed", False, True),
        ("error", False, True),
        ("cancelled", False, True),
        ("in_progress", False, False),
        ("pending", False, False),
        ("archiving", False, False),
        ("", False, False),
    ],
)
def test_a_status_is_final_only_when_it_says_so(status: str, complete: bool, failed: bool) -> None:
    backup = read(status=status)
    assert (backup.is_complete, backup.has_failed, backup.is_final) == (complete, failed, complete or failed)
    assert backup.status == status


def test_what_is_not_known_is_tolerated() -> None:
    backup = read(description=None, backup_type="snapshot", size_mb=12.6, region="eu", server=SERVER_MORE)
    assert (backup.description, backup.backup_type, backup.size_mb) == ("", "snapshot", 13)


SERVER_MORE = {"id": 1, "name": "web", "plan": {"name": "small"}}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-16T03:00:00", datetime(2025, 1, 16, 3, tzinfo=UTC)),
        ("2025-01-16 03:00:00", datetime(2025, 1, 16, 3, tzinfo=UTC)),
        ("2025-01-16T03:00:00.123456+02:00", datetime(2025, 1, 16, 1, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_a_moment_without_offset_is_utc(text: str, moment: datetime) -> None:
    assert read(created_at=text).created_at == moment
    assert read(expires_at=text).expires_at == moment


@pytest.mark.parametrize("size", ["big", float("nan"), float("inf"), -1, 2**63, [], None, ""])
def test_a_size_that_can_t_be_is_not_known(size: object) -> None:
    assert read(size_mb=size).size_mb is None


@pytest.mark.parametrize("size", [12, 12.4, "12", " 12.0 "])
def test_a_size_is_read_however_it_is_written(size: object) -> None:
    assert read(size_mb=size).size_mb == 12


@pytest.mark.parametrize(
    "changes",
    [
        {"id": None},
        {"id": "x"},
        {"server": None},
        {"server": {"id": 1}},
        {"server": {"id": 1, "name": None}},
        {"server": {"id": 1, "name": ["web"]}},
        {"created_at": None},
        {"created_at": "yesterday"},
    ],
)
def test_what_makes_no_sense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        read(**changes)


moments = st.datetimes(
    datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-7)))
)
backups = st.builds(read, id=st.integers(1, 9), created_at=moments, expires_at=st.none() | moments)


@given(st.lists(backups), st.integers(0, 5))
def test_the_newest_few_are_the_first_of_all(some: list[Backup], count: int) -> None:
    assert newest(some, count) == newest_first(some)[:count]


@given(st.lists(backups))
def test_the_newest_comes_first(some: list[Backup]) -> None:
    ordered = newest_first(some)
    assert sorted(each.id for each in ordered) == sorted(each.id for each in some)
    for newer, older in pairwise(ordered):
        assert (newer.created_at, newer.id) >= (older.created_at, older.id)


@given(backups)
def test_a_backup_survives_being_stored_as_json(backup: Backup) -> None:
    kind = TypeAdapter(Backup)
    assert kind.validate_python(kind.dump_python(backup, mode="json")) == backup


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.integers() | st.text(), st.lists))
def test_no_value_breaks_the_reading_otherwise(value: object) -> None:
    for field in DOCUMENTED:
        try:
            read(**{field: value})
        except ValidationError:
            continue


FOUND = [
    facts.backup(1, created_at=NOON - hours(30)),
    facts.backup(2, created_at=NOON - hours(20), backup_type="automatic"),
    facts.backup(3, created_at=NOON - hours(10), status="failed"),
    facts.backup(4, server=2, name="db-1", created_at=NOON, status="in_progress"),
    facts.backup(5, server=3, name="old", created_at=NOON - hours(900)),
]


def test_each_server_has_its_last_complete_backup() -> None:
    assert freshness_by_server(FOUND) == {
        1: Freshness(last_complete=NOON - hours(20), newest_failed=True, manual=2),
        2: Freshness(last_complete=None, newest_failed=False, manual=1),
        3: Freshness(last_complete=NOON - hours(900), newest_failed=False, manual=1),
    }


@given(st.permutations(FOUND))
def test_the_order_of_the_list_does_not_matter(shuffled: list[Backup]) -> None:
    assert freshness_by_server(shuffled) == freshness_by_server(FOUND)


def test_without_backups_nothing_is_said() -> None:
    assert freshness_by_server([]) == {}


@given(st.datetimes(timezones=st.sampled_from([None, UTC, EAST, WEST])), st.sampled_from([EAST, WEST]))
def test_a_moment_that_is_read_is_one_in_every_time_zone(moment: datetime, zone: timezone) -> None:
    try:
        created_at = read(created_at=moment.isoformat()).created_at
    except ValidationError:
        assert moment.year in {1, 9999}
    else:
        assert created_at.astimezone(zone).astimezone(UTC) == created_at


def test_a_backup_that_is_kept_till_the_end_of_the_calendar_does_not_expire() -> None:
    assert read(expires_at="9999-12-31T23:59:59Z").expires_at is None
