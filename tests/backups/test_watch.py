"""Of a watched backup no more is said than was seen."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.backups.watch import WaitResult, _outcome, watch, watch_backup
from bot.errors import Failure, Silence, Unreachable
from bot.notifications.model import MessageRef
from bot.operations.card import Card
from bot.operations.model import BackedUp, State, StillRunning
from bot.operations.outcome_messages import outcome_detail
from bot.verbs import Verb
from tests.backups.facts import NOON, backup, hours, operation
from tests.backups.runs import a_run
from tests.world import World, set_up

LATER = NOON + hours(1)
DAY = 86_400.0
TIMED_OUT = Failure.of(Unreachable(silence=Silence.TIMED_OUT))


def test_a_complete_backup_is_done_with_its_size_and_time() -> None:
    outcome = _outcome(501, WaitResult(backup=backup(), at=LATER), NOON, DAY)
    assert outcome == BackedUp(ended_at=LATER, backup_id=501, size_mb=2350, seconds=3600)
    assert outcome.state is State.DONE
    assert outcome_detail(operation(), outcome) == ""


@pytest.mark.parametrize(
    ("seen", "state", "detail"),
    [
        ({"backup": backup(status="failed")}, State.FAILED, "VPS.org gives its status as “failed”"),
        ({"has_vanished": True}, State.FAILED, "Backup 501 is no longer listed: it failed, or it was del"),
        ({}, State.UNKNOWN, "I watched it for 24 hours and stop now; it had not ended."),
        (
            {"unseen_since": NOON, "failure": TIMED_OUT},
            State.UNKNOWN,
            "2026-03-01 12:00 UTC>. VPS.org isn't answering.",
        ),
    ],
)
def test_what_was_not_seen_complete_is_not_called_done(
    seen: dict[str, Any], state: State, detail: str
) -> None:
    outcome = _outcome(501, WaitResult(at=LATER, **seen), NOON, DAY)
    assert outcome.state is state
    assert outcome.ended_at == LATER
    assert detail in outcome_detail(operation(), outcome)
    assert not isinstance(outcome, BackedUp)


async def test_somebody_elses_backup_is_watched_without_saying_how_long_it_took(world: World) -> None:
    running = world.provider.add_backup("web-1", status="in_progress")
    world.provider.finish(running.id)
    wanted = operation(Verb.WATCH, server_id=running.server.id, backup_id=running.id)
    with a_run():
        outcome = await watch(wanted, Card(wanted, MessageRef()))
    assert isinstance(outcome, BackedUp)
    assert (outcome.backup_id, outcome.seconds) == (running.id, None)


@set_up(bot_give_up_hours=0.1 / 3600)
async def test_a_backup_is_given_up_after_a_while_and_a_silent_vps_org_is_said_to_be_silent(
    world: World,
) -> None:
    running = world.provider.add_backup("web-1", status="in_progress")
    with a_run():
        seen = await watch_backup(running.server.id, running.id, datetime.now(UTC), None)
    assert isinstance(seen, StillRunning)
    assert (seen.backup_id, seen.unseen_since, seen.failure) == (running.id, None, None)
    world.faults.provider_fail = "unauthorized"
    with a_run():
        unseen = await watch_backup(running.server.id, running.id, datetime.now(UTC), None)
    assert isinstance(unseen, StillRunning)
    assert unseen.unseen_since
    assert unseen.failure
    assert unseen.failure.kind == "Unauthorized"
