"""An outcome says what was seen, and no more."""

from typing import Any

import pytest

from bot.backups.outcomes import not_made, refused, removed, watched, without_safety
from bot.backups.steps import Made, Removed, Seen
from bot.errors import BotError, Busy, Outdated, SlotsFull, Unauthorized, Unreachable
from bot.operations.model import Began, Failure, State
from tests.backups.facts import NOON, backup, hours, outcome

LATER = NOON + hours(1)
BEGAN = Began(boot="first", at=NOON)
DAY = 86_400.0


def failure(error: BotError) -> Failure:
    return Failure.of(error)


def test_a_complete_backup_is_done_with_its_size_and_time() -> None:
    seen = watched(501, Seen(backup=backup(), at=LATER), BEGAN, DAY)
    assert (seen.state, seen.size_mb, seen.seconds, seen.backup_id) == (State.DONE, 2350, 3600, 501)
    assert seen.what == seen.hint == ""


@pytest.mark.parametrize(
    ("seen", "state", "what"),
    [
        ({"backup": backup(status="failed")}, State.FAILED, "VPS.org gives its status as “failed”"),
        ({"vanished": True}, State.FAILED, "Backup 501 is no longer listed: it failed, or somebody deleted"),
        ({}, State.UNKNOWN, "I have watched it for 24 hours and stop now; it had not ended."),
    ],
)
def test_what_was_not_seen_complete_is_not_called_done(seen: dict[str, Any], state: State, what: str) -> None:
    ended = watched(501, Seen(at=LATER, **seen), BEGAN, DAY)
    assert ended.state is state
    assert what in ended.what
    assert ended.size_mb is None


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (SlotsFull("Full."), State.REFUSED),
        (Outdated("Changed."), State.REFUSED),
        (Unauthorized("No."), State.FAILED),
        (Busy("Later."), State.FAILED),
        (Unreachable("Cut off.", may_have_acted=True), State.UNKNOWN),
    ],
)
def test_why_no_backup_was_made(error: BotError, state: State) -> None:
    ended = not_made(Made(failure=failure(error), oldest_manual_id=7), NOON)
    assert ended.state is state
    assert ended.what.startswith(error.what)
    assert ("may have been started" in ended.what) is (state is State.UNKNOWN)
    assert ended.oldest_manual_id == 7


def test_a_failure_is_needed_to_say_that_nothing_was_made() -> None:
    with pytest.raises(ValueError, match="a failure is needed"):
        not_made(Made(), NOON)


@pytest.mark.parametrize(
    ("done", "state", "what"),
    [
        (Removed(), State.DONE, ""),
        (Removed(was_gone=True), State.DONE, "Backup 501 was already gone."),
        (Removed(failure=failure(Busy("Later."))), State.FAILED, "Later."),
        (
            Removed(failure=failure(Unreachable("Cut off.", may_have_acted=True))),
            State.UNKNOWN,
            "Cut off. The backup may have been deleted: it was still listed when I looked.",
        ),
    ],
)
def test_how_a_delete_ended(done: Removed, state: State, what: str) -> None:
    ended = removed(501, done, NOON)
    assert (ended.state, ended.what, ended.ended_at) == (state, what, NOON)


def test_a_check_that_found_something_changed_nothing() -> None:
    ended = refused(failure(Outdated("Backup 501 is gone.", "Look again.")), NOON)
    assert (ended.state, ended.what, ended.hint) == (State.REFUSED, "Backup 501 is gone.", "Look again.")


@pytest.mark.parametrize("state", [State.FAILED, State.UNKNOWN, State.REFUSED])
def test_without_its_safety_backup_a_restore_is_not_started(state: State) -> None:
    ended = without_safety(outcome(state, what="It vanished.", oldest_manual_id=7), LATER)
    assert ended.state is State.REFUSED
    assert ended.what == ("The safety backup did not complete. It vanished. The restore was not started.")
    assert ended.hint == "Ask again, or restore without a safety backup."
    assert ended.oldest_manual_id == 7
