"""A backup in words."""

from typing import Any

import pytest
from hypothesis import given

from bot.backups.messages import facts, option_label, row, server_row
from bot.backups.model import Backup
from tests.backups.facts import NOON, backup, hours
from tests.backups.hostile import backups
from tests.views_kit import problems


def test_a_complete_backup_is_told_by_number_type_size_and_description() -> None:
    told = facts(backup(description="before the upgrade"))
    assert told == "`501` · manual · 2.4 GB · “before the upgrade”"


def test_what_is_not_complete_says_so_and_what_expires_says_when() -> None:
    told = facts(backup(status="in_progress", size_mb=None, expires_at=NOON))
    assert told == "`501` · manual · in progress · expires <!date^1772366400^{ago}|2026-03-01 12:00 UTC>"


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


def test_an_option_tells_number_date_type_and_size() -> None:
    assert option_label(backup()) == "501: 2026-03-01 12:00 UTC, manual, 2.4 GB"
    assert option_label(backup(size_mb=None, created_at=NOON + hours(1))) == (
        "501: 2026-03-01 13:00 UTC, manual"
    )


@given(backups)
def test_whatever_a_backup_is_its_words_are_safe_and_short(told: Backup) -> None:
    assert problems(row(told)) == problems(server_row(told)) == []
    assert max(len(row(told)), len(server_row(told))) <= 800
    assert 0 < len(option_label(told)) <= 75
