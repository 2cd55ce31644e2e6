"""A backup in words."""

from hypothesis import given

from bot.backups.messages import facts, line, option_label
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


def test_the_server_is_named_if_it_is_not_known() -> None:
    assert "*web-1*" in line(backup(), with_server=True)
    assert "web-1" not in line(backup(), with_server=False)


def test_an_option_tells_number_date_type_and_size() -> None:
    assert option_label(backup()) == "501: 2026-03-01 12:00 UTC, manual, 2.4 GB"
    assert option_label(backup(size_mb=None, created_at=NOON + hours(1))) == (
        "501: 2026-03-01 13:00 UTC, manual"
    )


@given(backups)
def test_whatever_a_backup_is_its_words_are_safe_and_short(told: Backup) -> None:
    assert problems(line(told, with_server=True)) == []
    assert len(line(told, with_server=True)) <= 800
    assert 0 < len(option_label(told)) <= 75
