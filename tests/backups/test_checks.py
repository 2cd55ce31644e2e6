"""What a person confirmed is looked at again before anything is done."""

import pytest

from bot.backups.checks import (
    check_backup,
    check_nothing_newer,
    check_restorable,
    is_last_good,
    oldest_manual,
)
from bot.errors import Outdated
from bot.operations.model import State
from bot.operations.records import Ended
from tests.backups.facts import NOON, backup, hours, operation, outcome

FOUND = [backup(500, created_at=NOON - hours(1)), backup(501), backup(502, server=2, name="db-1")]


def test_the_backup_is_returned_as_it_is_listed_now() -> None:
    assert check_backup(501, 1, NOON, FOUND) is FOUND[1]
    assert check_backup(501, 1, None, FOUND) is FOUND[1]


@pytest.mark.parametrize("backup_id", [999, 502])
def test_a_backup_that_is_gone_or_of_another_server_is_refused(backup_id: int) -> None:
    with pytest.raises(Outdated, match=f"Backup {backup_id} is gone"):
        check_backup(backup_id, 1, NOON, FOUND)


def test_a_number_that_now_stands_for_another_backup_is_refused() -> None:
    with pytest.raises(Outdated, match="its date has changed"):
        check_backup(501, 1, NOON + hours(1), FOUND)


@pytest.mark.parametrize("status", ["in_progress", "failed", "archived"])
def test_only_complete_backups_are_restored(status: str) -> None:
    check_restorable(backup())
    with pytest.raises(Outdated, match=f"its status is “{status}”"):
        check_restorable(backup(status=status))


@pytest.mark.parametrize("verb", ["delete", "restore"])
@pytest.mark.parametrize("state", [State.DONE, State.ACCEPTED, State.FAILED, State.UNKNOWN])
def test_what_another_destroyed_since_makes_it_outdated(verb: str, state: State) -> None:
    other = Ended(operation(verb, id="other"), outcome(state))
    with pytest.raises(Outdated, match=f"A newer {verb} on web-1 has ended"):
        check_nothing_newer(operation("restore"), [other])


def test_what_changed_nothing_does_no_harm() -> None:
    ours = operation("restore")
    check_nothing_newer(
        ours,
        [
            Ended(ours, outcome()),
            Ended(operation("create", id="other"), outcome()),
            Ended(operation("delete", id="another"), outcome(State.REFUSED)),
        ],
    )


def test_the_last_good_backup_is_known() -> None:
    assert is_last_good(FOUND[2], FOUND)
    assert not is_last_good(FOUND[1], FOUND)
    assert is_last_good(FOUND[1], [FOUND[1], backup(503, status="failed")])
    assert not is_last_good(backup(503, status="failed"), [FOUND[1], backup(503, status="failed")])


def test_the_oldest_manual_backup_is_offered() -> None:
    automatic = backup(400, backup_type="automatic", created_at=NOON - hours(9))
    assert oldest_manual(1, [*FOUND, automatic]) is FOUND[0]
    assert oldest_manual(3, FOUND) is None
