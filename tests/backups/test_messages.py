"""A backup in words."""

from datetime import UTC, datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.messages import age_group, consequence, option_label, row, server_row, submit
from bot.backups.model import Backup
from bot.verbs import ChangingVerb, Verb
from tests.backups.facts import NOON, backup, hours
from tests.backups.hostile import backups
from tests.views_kit import problems


def test_the_server_comes_first_if_the_list_is_of_several() -> None:
    assert server_row(backup()).startswith("*web-1* · <!date")
    assert "web-1" not in row(backup())


AUTOMATIC = {"backup_type": "automatic"}


@pytest.mark.parametrize(
    ("facts_of", "told"),
    [
        ({}, "2.4 GB · manual\n`501`"),
        ({"description": "New balancer · by ana #e4067111"}, "2.4 GB · manual\nNew balancer — ana · `501`"),
        ({"description": "#e4067111 New balancer · by ana"}, "2.4 GB · manual\nNew balancer — ana · `501`"),
        ({"description": "Issue #12345678 · by night"}, "2.4 GB · manual\nIssue #12345678 — night · `501`"),
        ({"description": "Daily backup"}, "2.4 GB · manual\nDaily backup · `501`"),
        (AUTOMATIC | {"description": "Automatic daily backup"}, "2.4 GB · automatic\n`501`"),
        (AUTOMATIC | {"description": "Daily backup."}, "2.4 GB · automatic\n`501`"),
        (AUTOMATIC | {"description": "Weekly, kept"}, "2.4 GB · automatic\nWeekly, kept · `501`"),
        ({"status": "failed"}, "failed – nothing to restore · manual\n`501`"),
        ({"status": "cancelled"}, "cancelled – nothing to restore · manual\n`501`"),
        ({"status": "in_progress", "size_mb": None}, "in progress · manual\n`501`"),
    ],
)
def test_a_row_tells_what_matters_and_its_purpose_below(facts_of: dict[str, Any], told: str) -> None:
    assert row(backup(**facts_of)).partition("{ago}|2026-03-01 12:00 UTC> · ")[2] == told


def test_an_option_tells_date_age_size_and_why_in_the_person_s_own_time_zone() -> None:
    later, berlin = NOON + hours(50), ZoneInfo("Europe/Berlin")
    assert option_label(backup(), later, berlin) == "Sun 1 Mar, 13:00 · 2 days ago · 2.4 GB · manual"
    why = backup(size_mb=None, created_at=NOON - hours(9000), description="before the upgrade")
    assert option_label(why, NOON, UTC) == "Wed 19 Feb 2025, 12:00 UTC · 375 days ago · before the upgrade"
    failed = backup(status="failed", size_mb=None)
    assert option_label(failed, later, UTC) == "Sun 1 Mar, 12:00 UTC · 2 days ago · failed · manual"


@pytest.mark.parametrize(
    ("age", "group"),
    [
        (0, "Today"),
        (-1, "Today"),
        (12.5, "The last 7 days"),
        (7 * 24, "The last 7 days"),
        (8 * 24, "Older"),
    ],
)
def test_backups_are_grouped_by_the_person_s_own_days(age: float, group: str) -> None:
    assert age_group(NOON - hours(age), NOON, UTC) == group
    berlin, late = ZoneInfo("Europe/Berlin"), NOON + hours(11.5)
    assert age_group(NOON, late, UTC) == "Today"
    assert age_group(NOON, late, berlin) == "The last 7 days", "it is tomorrow there"


@pytest.mark.parametrize("verb", get_args(ChangingVerb))
@given(backups, st.datetimes(datetime(1971, 1, 1), datetime(9998, 1, 1), timezones=st.just(UTC)))
def test_what_is_lost_fits_into_an_alert(verb: ChangingVerb, told: Backup, now: datetime) -> None:
    said = consequence(verb, told, now, ZoneInfo("Pacific/Kiritimati"))
    assert len(said) <= 200
    assert problems(said) == []


def test_the_button_names_the_server_if_that_fits() -> None:
    assert submit(Verb.RESTORE, "web-1", needs_approval=False) == "Restore web-1"
    assert submit(Verb.RESTORE, "a-rather-long-name", needs_approval=False) == "Restore"
    assert submit(Verb.RESTORE, "web-1", needs_approval=True) == "Ask for approval"


@given(backups)
def test_whatever_a_backup_is_its_words_are_safe_and_short(told: Backup) -> None:
    assert problems(row(told)) == problems(server_row(told)) == []
    assert max(len(row(told)), len(server_row(told))) <= 800
    assert 0 < len(option_label(told, NOON, UTC)) <= 75
