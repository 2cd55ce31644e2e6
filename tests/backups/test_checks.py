"""What a person confirmed is looked at again before anything is done."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.backups.api import BackupList
from bot.backups.checks import (
    check_nothing_newer,
    check_restorable,
    check_target,
    check_unchanged,
    find_backup,
    is_last_good,
    oldest_spare,
)
from bot.errors import HiddenBackup, Stale, StaleConfirmation, UnknownBackup
from bot.operations.model import BackupRef, State
from bot.operations.records import Ended
from bot.slack.messages import explain
from bot.verbs import Verb
from tests.backups.facts import NOON, SHOWN, backup, hours, operation, outcome

FOUND = [backup(500, created_at=NOON - hours(1)), backup(501), backup(502, server=2, name="db-1")]
LISTING = BackupList(FOUND)


def test_the_backup_is_returned_as_it_is_listed_now() -> None:
    assert check_unchanged(SHOWN, 1, LISTING) is FOUND[1]


@pytest.mark.parametrize("backup_id", [999, 502])
def test_a_backup_that_is_gone_or_of_another_server_is_refused(backup_id: int) -> None:
    with pytest.raises(StaleConfirmation) as caught:
        check_unchanged(BackupRef(id=backup_id, created_at=NOON), 1, LISTING)
    assert (caught.value.stale, caught.value.backup_id) == (Stale.GONE, backup_id)


def test_a_number_that_now_stands_for_another_backup_is_refused() -> None:
    with pytest.raises(StaleConfirmation) as caught:
        check_unchanged(BackupRef(id=501, created_at=NOON + hours(1)), 1, LISTING)
    assert (caught.value.stale, caught.value.backup_id) == (Stale.DATE_CHANGED, 501)


@pytest.mark.parametrize("status", ["in_progress", "failed", "archived"])
def test_only_complete_backups_are_restored(status: str) -> None:
    check_restorable(backup())
    check_target(operation(Verb.RESTORE), LISTING)
    check_target(operation(Verb.DELETE), BackupList([backup(status=status)]))
    with pytest.raises(StaleConfirmation) as caught:
        check_restorable(backup(status=status))
    assert (caught.value.stale, caught.value.status) == (Stale.NOT_RESTORABLE, status)
    with pytest.raises(StaleConfirmation):
        check_target(operation(Verb.RESTORE), BackupList([backup(status=status)]))


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RESTORE])
def test_a_server_that_is_called_otherwise_than_it_was_shown_is_refused(verb: Verb) -> None:
    check_target(operation(verb, server_name="WEB‑1"), LISTING)
    with pytest.raises(StaleConfirmation) as caught:
        check_target(operation(verb, server_name="web-2"), LISTING)
    assert caught.value.stale is Stale.RENAMED
    assert (caught.value.shown_name, caught.value.server_name) == ("web-2", "web-1")


@pytest.mark.parametrize("verb", [Verb.DELETE, Verb.RESTORE])
@pytest.mark.parametrize("state", [State.DONE, State.ACCEPTED, State.FAILED, State.UNKNOWN])
def test_what_another_operation_changed_since_makes_it_stale(verb: Verb, state: State) -> None:
    other = Ended(operation(verb, id="other"), outcome(state))
    with pytest.raises(StaleConfirmation) as caught:
        check_nothing_newer(operation(Verb.RESTORE), [other])
    assert caught.value.stale is Stale.NEWER_OPERATION
    assert (caught.value.verb, caught.value.server_name) == (verb, "web-1")


def test_what_changed_nothing_does_no_harm() -> None:
    ours = operation(Verb.RESTORE)
    check_nothing_newer(
        ours,
        [
            Ended(ours, outcome()),
            Ended(operation(Verb.CREATE, id="other"), outcome()),
            Ended(operation(Verb.WATCH, id="third"), outcome()),
            Ended(operation(Verb.DELETE, id="another"), outcome(State.REFUSED)),
        ],
    )


@pytest.mark.parametrize("not_shown", [0, 3])
def test_a_backup_that_is_not_listed_is_unknown_as_far_as_the_list_goes(not_shown: int) -> None:
    assert find_backup(501, BackupList(FOUND, not_shown), "web-1".__eq__) is FOUND[1]
    with pytest.raises(UnknownBackup) as caught:
        find_backup(999, BackupList(FOUND, not_shown), "web-1".__eq__)
    assert caught.value.backup_id == 999
    assert caught.value.is_list_partial is bool(not_shown)


@pytest.mark.parametrize("not_shown", [0, 3])
def test_a_backup_of_a_hidden_server_is_told_as_one_that_is_not_there(not_shown: int) -> None:
    with pytest.raises(HiddenBackup) as hidden:
        find_backup(501, BackupList(FOUND, not_shown), "db-1".__eq__)
    with pytest.raises(UnknownBackup) as absent:
        find_backup(501, BackupList([], not_shown), "db-1".__eq__)
    assert explain(hidden.value) == explain(absent.value)
    assert hidden.value.server_name == "web-1"


def test_the_last_good_backup_is_known() -> None:
    assert is_last_good(FOUND[2], FOUND)
    assert not is_last_good(FOUND[1], FOUND)
    assert is_last_good(FOUND[1], [FOUND[1], backup(503, status="failed")])
    assert not is_last_good(backup(503, status="failed"), [FOUND[1], backup(503, status="failed")])


def test_the_oldest_manual_backup_is_the_one_to_go() -> None:
    automatic = backup(400, backup_type="automatic", created_at=NOON - hours(9))
    assert oldest_spare(1, [*FOUND, automatic]) is FOUND[0]
    assert oldest_spare(3, FOUND) is None


def test_what_is_restored_from_what_runs_and_the_only_complete_one_stay() -> None:
    assert oldest_spare(1, FOUND, keep=500) is FOUND[1]
    running = backup(499, created_at=NOON - hours(2), status="in_progress")
    assert oldest_spare(1, [running, *FOUND]) is FOUND[0]
    failed = backup(505, created_at=NOON + hours(2), status="failed")
    assert oldest_spare(1, [FOUND[0], failed]) is failed
    assert oldest_spare(1, [FOUND[0]]) is None


STATUSES = st.sampled_from(["completed", "in_progress", "failed", "on_tape"])
KINDS = st.sampled_from(["manual", "automatic"])


@given(
    st.lists(st.tuples(st.integers(0, 500), STATUSES, KINDS, st.integers(1, 2)), max_size=14),
    st.integers(0, 14),
)
def test_whatever_there_is_what_goes_is_manual_over_spare_and_the_oldest_such(
    made: list[tuple[int, str, str, int]], keep: int
) -> None:
    found = [
        backup(number, created_at=NOON - hours(age), status=status, backup_type=kind, server=server)
        for number, (age, status, kind, server) in enumerate(made)
    ]
    spare = oldest_spare(1, found, keep)
    others = [each for each in found if each.server.id == 1 and each.is_manual and each.is_final]
    others = [each for each in others if each.id != keep and not is_last_good(each, found)]
    assert (spare in others) if others else spare is None
    assert spare is None or spare.created_at == min(each.created_at for each in others)
