"""What a channel is shown, by its level: for every kind of operation and outcome."""

from typing import Any

import pytest

from bot.errors import Failure, SlotsFull, Stale, StaleConfirmation
from bot.notifications.model import Notify, NotifyLevels
from bot.operations.model import (
    ApprovalTerms,
    BackupVanished,
    Cancelled,
    NoSafetyBackup,
    NotDone,
    State,
)
from bot.operations.visibility import is_news, is_routine, is_shown, is_told_nobody
from tests.backups.facts import NOON, operation, outcome

ALL, OUTCOMES, FAILURES = Notify
SHOWN = {
    # verb, state: the levels of the channels that are told
    ("create", State.DONE): {ALL, OUTCOMES},
    ("create", State.REFUSED): {ALL},
    ("create", State.FAILED): {ALL, OUTCOMES, FAILURES},
    ("create", State.UNKNOWN): {ALL, OUTCOMES, FAILURES},
    ("restore", State.DONE): {ALL, OUTCOMES, FAILURES},
    ("restore", State.ACCEPTED): {ALL, OUTCOMES, FAILURES},
    ("restore", State.REFUSED): {ALL},
    ("restore", State.FAILED): {ALL, OUTCOMES, FAILURES},
}


@pytest.mark.parametrize(("verb", "state"), SHOWN)
def test_how_it_ended_is_told_by_the_level_of_the_channel(verb: str, state: State) -> None:
    one = operation(verb, channel="COPS")
    assert {level for level in Notify if is_shown(one, level, outcome(state))} == SHOWN[verb, state]


def test_a_safety_backup_that_failed_is_a_failure_one_for_which_there_was_no_room_is_not() -> None:
    failed = NoSafetyBackup(ended_at=NOON, cause=BackupVanished(ended_at=NOON, backup_id=5))
    assert all(is_news(operation("restore"), level, failed) for level in Notify)
    full = NotDone(ended_at=NOON, failure=Failure.of(SlotsFull(server_name="web-1", used=10, limit=10)))
    refused = NoSafetyBackup(ended_at=NOON, cause=full)
    assert [is_news(operation("restore"), level, refused) for level in Notify] == [True, False, False]


@pytest.mark.parametrize("level", Notify)
def test_while_it_runs_it_is_shown_where_all_is_or_if_it_must_be_approved(level: Notify) -> None:
    assert is_shown(operation(channel="COPS"), level) is (level is ALL)
    assert is_shown(operation(channel="COPS", approval=ApprovalTerms(minutes=5)), level)


@pytest.mark.parametrize("level", Notify)
def test_in_a_thread_and_in_direct_messages_all_of_it_is_shown(level: Notify) -> None:
    for one in (operation(channel="DANA"), operation(channel="COPS", thread_ts="1.2")):
        assert is_shown(one, level)
        assert all(is_shown(one, level, outcome(state)) for state in State)


def test_a_channel_that_is_not_named_is_told_what_all_others_are() -> None:
    levels = NotifyLevels(OUTCOMES, {"COPS": FAILURES})
    assert (levels.of("COPS"), levels.of("CDEV")) == (FAILURES, OUTCOMES)


def scheduled(**more: Any) -> Any:
    return operation(channel="COPS", schedule_id="1", **more)


@pytest.mark.parametrize("level", [OUTCOMES, FAILURES])
def test_of_a_schedule_s_run_that_is_not_shown_nobody_is_told_unless_it_made_no_backup(level: Notify) -> None:
    full = NotDone(ended_at=NOON, failure=Failure.of(SlotsFull(server_name="web-1", used=10, limit=10)))
    assert is_told_nobody(scheduled(), level)
    assert is_told_nobody(scheduled(), level, outcome(State.DONE)) is (level is FAILURES)
    assert not is_told_nobody(scheduled(), level, full)
    assert is_shown(scheduled(), level, full), "nobody was there to be refused"
    assert not is_shown(scheduled(), level, Cancelled(ended_at=NOON, by="UANA"))
    assert not is_told_nobody(operation(channel="COPS"), level)
    assert not is_told_nobody(scheduled(), ALL)
    assert not is_told_nobody(scheduled(by_hand=True), level, outcome(State.DONE)), "who has it run now waits"


@pytest.mark.parametrize("level", Notify)
@pytest.mark.parametrize("stale", [Stale.RENAMED, Stale.TOO_OLD, Stale.STARTED_TOO_LATE])
def test_a_scheduled_backup_that_was_not_made_is_told_an_old_one_that_need_not_go_is_not(
    stale: Stale, level: Notify
) -> None:
    out_of_date = NotDone(ended_at=NOON, failure=Failure.of(StaleConfirmation(stale)))
    assert is_shown(scheduled(), level, out_of_date)
    assert not is_routine(scheduled(), out_of_date)
    assert is_routine(operation("delete", channel="COPS", schedule_id="1"), out_of_date)
