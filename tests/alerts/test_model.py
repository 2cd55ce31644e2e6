"""What is a trouble, and what is none: each limit from both sides, and what holds for any backups."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Kind, Limits, Severity, Trouble, find_troubles
from bot.backups.model import Backup
from bot.servers.model import MANUAL_SLOTS, Server
from tests.backups.facts import NOON, WEB, backup, hours

LIMITS = Limits(good_backup=hours(24), expiry=hours(48), late=timedelta(minutes=60))


def automatic(number: int = 1, age: float = 1.0, **more: Any) -> Backup:
    """Return a complete automatic backup of so many hours ago, kept for 30 days."""
    made = NOON - hours(age)
    facts: dict[str, Any] = {
        "backup_type": "automatic",
        "created_at": made,
        "expires_at": made + timedelta(days=30),
    }
    return backup(number, **facts | more)


def kinds(*backups: Backup, server: Server = WEB, limits: Limits = LIMITS, **more: Any) -> list[Kind]:
    return [each.kind for each in find_troubles(server, backups, NOON, limits, **more)]


def test_a_fresh_good_backup_is_no_trouble() -> None:
    assert kinds(automatic(age=23.9)) == []
    assert kinds(backup(created_at=NOON - hours(23.9))) == []


def test_no_good_backup_within_the_limit_is_one_with_the_age_of_the_last() -> None:
    [trouble] = find_troubles(WEB, [automatic(7, age=24.1)], NOON, LIMITS)
    assert (trouble.kind, trouble.backup_id, trouble.at) == (Kind.NO_GOOD_BACKUP, 7, NOON - hours(24.1))
    assert (trouble.severity, trouble.limit_hours) == (Severity.CRITICAL, 24)
    running = automatic(8, age=0.1, status="in_progress")
    assert Kind.NO_GOOD_BACKUP in kinds(running, automatic(9, age=1, status="failed"))
    assert kinds() == [Kind.NO_GOOD_BACKUP]


def test_a_new_server_has_as_long_as_the_limit_for_its_first_backup() -> None:
    young = WEB.model_copy(update={"created_at": NOON - hours(23)})
    old = WEB.model_copy(update={"created_at": NOON - hours(25)})
    assert (kinds(server=young), kinds(server=old)) == ([], [Kind.NO_GOOD_BACKUP])


def test_the_last_automatic_backup_failed_until_another_succeeds() -> None:
    failed = automatic(2, age=2, status="failed")
    assert kinds(automatic(1, age=20), failed) == [Kind.AUTOMATIC_FAILED]
    assert kinds(failed, automatic(3, age=0.5, status="in_progress"), automatic(1, age=20)) == [
        Kind.AUTOMATIC_FAILED
    ]
    assert kinds(failed, backup(4, created_at=NOON)) == [Kind.AUTOMATIC_FAILED], "a person's is another thing"
    assert kinds(failed, automatic(3, age=1)) == []
    assert kinds(backup(4, created_at=NOON, status="failed"), automatic(1)) == []


@pytest.mark.parametrize(("used", "severity"), [(8, None), (9, Severity.NOTICE), (10, Severity.WARNING)])
def test_manual_slots_nearly_full(used: int, severity: Severity | None) -> None:
    found = find_troubles(WEB, [backup(each) for each in range(used)], NOON, LIMITS)
    assert [(each.kind, each.used, each.severity) for each in found] == (
        [(Kind.SLOTS, used, severity)] if severity else []
    )


def test_the_last_good_backup_is_about_to_expire_and_none_follows() -> None:
    limits = Limits(good_backup=timedelta(days=365))
    last = automatic(1, age=29 * 24)
    [trouble] = find_troubles(WEB, [last], NOON, limits)
    assert (trouble.kind, trouble.at) == (Kind.EXPIRING, last.expires_at)
    assert kinds(automatic(1, age=27.9 * 24), limits=limits) == []
    assert kinds(last, automatic(2, age=1), limits=limits) == []
    assert kinds(last, backup(2), limits=limits) == [], "a person's backup does not expire"
    assert kinds(last, automatic(2, age=1, status="in_progress"), limits=limits) == [Kind.EXPIRING]


def test_what_is_kept_for_a_week_and_made_each_day_is_never_about_to_expire() -> None:
    week: dict[str, Any] = {"expires_at": NOON + timedelta(days=6)}
    assert kinds(automatic(1, age=24, **week), limits=Limits()) == []
    day: dict[str, Any] = {"expires_at": NOON + hours(7)}
    assert kinds(automatic(1, age=17, **day), limits=Limits()) == []


def test_a_backup_that_runs_far_longer_than_usual() -> None:
    def running(minutes: float) -> Backup:
        return automatic(5, age=minutes / 60, status="in_progress")

    good = automatic(1, age=3)
    assert kinds(good, running(59)) == []
    assert kinds(good, running(61)) == [Kind.STUCK], "not known how long they take: the limit"
    assert kinds(good, running(61), usual_seconds=30 * 60) == []
    assert kinds(good, running(91), usual_seconds=30 * 60) == [Kind.STUCK]
    assert kinds(good, running(9), usual_seconds=5) == [], "three times nothing is nothing"
    assert kinds(good, running(11), usual_seconds=5) == [Kind.STUCK]


def test_of_a_part_of_the_list_only_what_it_proves() -> None:
    part = [automatic(each, age=1, backup_type="manual", status="failed") for each in range(MANUAL_SLOTS)]
    assert kinds(*part, automatic(20, age=99, status="failed"), is_partial=True) == [Kind.SLOTS]
    assert kinds(is_partial=True) == []


def test_one_key_for_a_trouble_that_goes_on_and_one_for_each_backup_that_hangs() -> None:
    [first] = find_troubles(WEB, [automatic(1, age=30)], NOON, LIMITS)
    [later] = find_troubles(WEB, [automatic(1, age=30)], NOON + hours(2), LIMITS)
    [other] = find_troubles(Server(id=2, name="web-1"), [], NOON, LIMITS)
    assert first.key == later.key == "no_good_backup:1"
    assert other.key != first.key
    hanging = [automatic(each, age=9, status="in_progress") for each in (5, 6)]
    keys = [each.key for each in find_troubles(WEB, [automatic(1), *hanging], NOON, LIMITS)]
    assert keys == ["stuck:1:5", "stuck:1:6"]


any_backups = st.lists(
    st.builds(
        lambda number, server, kind, status, age, keeps: backup(
            number,
            server=server,
            backup_type=kind,
            status=status,
            created_at=NOON - hours(age),
            expires_at=None if keeps is None else NOON - hours(age) + hours(keeps),
        ),
        st.integers(1, 50),
        st.integers(1, 3),
        st.sampled_from(["manual", "automatic", "odd"]),
        st.sampled_from(["completed", "failed", "in_progress", "odd"]),
        st.floats(-5, 900),
        st.none() | st.floats(-5, 900),
    ),
    max_size=25,
)
usual = st.none() | st.floats(0, 1e7)


@given(any_backups, usual, st.randoms())
def test_neither_order_nor_other_servers_matter(
    backups: list[Backup], usual_seconds: float | None, random: Any
) -> None:
    unique = list({each.id: each for each in backups}.values())
    found = find_troubles(WEB, unique, NOON, LIMITS, usual_seconds=usual_seconds)
    own = [each for each in unique if each.server.id == WEB.id]
    random.shuffle(own)
    assert find_troubles(WEB, own, NOON, LIMITS, usual_seconds=usual_seconds) == found
    assert [each.severity for each in found] == sorted((each.severity for each in found), reverse=True)
    assert len({each.key for each in found}) == len(found)
    assert all(Trouble.model_validate_json(each.model_dump_json()) == each for each in found)


@given(any_backups, usual)
def test_what_a_part_proves_the_whole_has(backups: list[Backup], usual_seconds: float | None) -> None:
    whole = find_troubles(WEB, backups, NOON, LIMITS, usual_seconds=usual_seconds)
    part = find_troubles(WEB, backups, NOON, LIMITS, usual_seconds=usual_seconds, is_partial=True)
    assert {each.key for each in part} <= {each.key for each in whole}


@given(any_backups)
def test_a_good_backup_of_just_now_leaves_no_grave_trouble(backups: list[Backup]) -> None:
    now_good = backup(99, created_at=NOON, backup_type="manual")
    later = [each for each in backups if each.created_at <= NOON]
    found = find_troubles(WEB, [now_good, *later], NOON, LIMITS)
    assert all(each.severity < Severity.CRITICAL for each in found)
