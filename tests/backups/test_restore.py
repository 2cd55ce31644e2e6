"""A restore is called for once at most, and its outcome says what was seen and no more."""

from datetime import timedelta
from typing import Any

import pytest

from bot.backups.restore import (
    RestoreObservation,
    RestoreReply,
    call_restore,
    not_restored,
    read_server_status,
    restored,
    watch_server,
)
from bot.errors import Busy, Failure, Silence, Unreachable
from bot.operations.model import Accepted, NoSafetyBackup, NotDone, NotKnown, Restored, State
from bot.operations.outcome_messages import facts, outcome_detail
from bot.services import services
from bot.verbs import Verb
from tests.backups.facts import GONE, NOON, TIMED_OUT, hours, operation, outcome
from tests.backups.runs import a_run, operation_on
from tests.world import World

LATER = NOON + hours(1)
RESTORE = operation(Verb.RESTORE)


def reply(**more: Any) -> RestoreReply:
    return RestoreReply(**{"at": NOON, "before": "active"} | more)


def observation(**more: Any) -> RestoreObservation:
    return RestoreObservation(**{"at": LATER, "status": "active"} | more)


def test_a_server_that_was_seen_to_change_and_come_back_is_restored() -> None:
    ended = restored(reply(words="Restore started."), observation(during="restoring"))
    assert ended == Restored(
        ended_at=LATER, before="active", during="restoring", words="Restore started.", seconds=3600
    )
    said = outcome_detail(RESTORE, ended)
    assert said.startswith("Status: restoring → active.")
    assert said.endswith("Check the server before you rely on it.")


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        ({}, "The server's status is “active”. VPS.org doesn't report progress."),
        ({"status": "restoring", "during": "restoring"}, "The server's status is “restoring”."),
        ({"status": ""}, "Its status can't be read."),
    ],
)
def test_what_was_not_seen_to_come_back_is_not_called_restored(seen: dict[str, Any], words: str) -> None:
    ended = restored(reply(), observation(**seen))
    assert isinstance(ended, Accepted)
    assert ended.state is State.ACCEPTED
    assert words in outcome_detail(RESTORE, ended)


def test_a_change_of_status_tells_that_the_call_arrived_if_the_answer_was_lost() -> None:
    ended = restored(reply(during="restoring"), observation(during="restoring"))
    assert isinstance(ended, Restored)
    assert ended.answer_lost
    assert "answer did not arrive, but the server's status went" in outcome_detail(RESTORE, ended)


@pytest.mark.parametrize("may_have_acted", [False, True])
def test_a_call_that_failed_is_told_from_one_of_which_it_is_not_known(may_have_acted: bool) -> None:
    ended = not_restored(reply(failure=Failure.of(Busy(status=409)), may_have_acted=may_have_acted))
    assert isinstance(ended, NotKnown if may_have_acted else NotDone)
    assert ended.state is (State.UNKNOWN if may_have_acted else State.FAILED)
    assert ended.ended_at == NOON
    said = outcome_detail(RESTORE, ended)
    assert said.startswith("VPS.org is busy with this already.")
    assert ("I did not call again." in said) is may_have_acted


def test_a_failure_is_needed_to_say_that_nothing_was_restored() -> None:
    with pytest.raises(ValueError, match="was accepted"):
        not_restored(reply())


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED])
def test_without_its_safety_backup_a_restore_is_not_started(state: State) -> None:
    cause = outcome(state)
    ended = NoSafetyBackup.model_validate({"ended_at": LATER, "cause": cause})
    assert ended.state is State.REFUSED
    said = outcome_detail(RESTORE, ended)
    assert said.startswith(f"The safety backup did not complete. {outcome_detail(RESTORE, cause)}")
    assert said.endswith("The restore was not started.")


def test_a_safety_backup_of_which_it_is_not_known_may_be_there() -> None:
    cause = NotKnown(ended_at=LATER, failure=TIMED_OUT)
    said = outcome_detail(RESTORE, NoSafetyBackup(ended_at=LATER, cause=cause))
    assert "The backup may have been started" in said
    assert said.endswith("The restore was not started.")


@pytest.mark.parametrize(
    "ended", [NotDone(ended_at=LATER, failure=GONE), NotKnown(ended_at=LATER, failure=TIMED_OUT)]
)
def test_a_safety_backup_that_was_made_is_named_whatever_came_of_the_restore(
    ended: NotDone | NotKnown,
) -> None:
    assert facts(ended) == ""
    assert facts(ended.model_copy(update={"safety_backup_id": 777})) == "safety backup 777"


async def test_the_words_of_vps_org_are_kept(world: World) -> None:
    wanted = operation_on(Verb.RESTORE, world.provider.add_backup("web-1"))
    with a_run():
        called = await call_restore(wanted, "active")
    assert called.words.startswith("Server restore has been started.")
    assert (called.failure, called.before, called.during) == (None, "active", "")
    assert world.provider.restores == [("web-1", wanted.backup.id)]


async def test_what_vps_org_refuses_was_not_done(world: World) -> None:
    wanted = operation_on(Verb.RESTORE, world.provider.add_backup("web-1"))
    for fault in ("conflict", "unauthorized", "429"):
        world.faults.next_provider["POST", f"/servers/{wanted.server_id}/restore/"].append(fault)
        with a_run():
            called = await call_restore(wanted, "active")
        assert called.failure, fault
        assert not called.may_have_acted, fault
    assert world.provider.restores == []


async def test_if_the_answer_was_lost_the_servers_status_tells(world: World) -> None:
    wanted = operation_on(Verb.RESTORE, world.provider.add_backup("web-1"))
    for number, fault in enumerate(("500_after_acting", "reset_after_acting", "cut", "html_after_acting"), 1):
        world.faults.next_provider["POST", f"/servers/{wanted.server_id}/restore/"].append(fault)
        with a_run():
            called = await call_restore(wanted, "active")
        assert (called.failure, called.answer_lost, called.during) == (None, True, "restoring"), fault
        assert len(world.provider.restores) == number, fault
        world.provider.finish_restores()


@pytest.mark.parametrize("before", ["active", ""])
async def test_if_the_status_does_not_tell_either_a_person_decides(world: World, before: str) -> None:
    wanted = operation_on(Verb.RESTORE, world.provider.add_backup("web-1"))
    world.faults.next_provider["POST", f"/servers/{wanted.server_id}/restore/"].append("500")
    with a_run():
        called = await call_restore(wanted, before)
    assert called.failure
    assert called.may_have_acted
    assert len([call for call in world.provider.calls if call.method == "POST"]) == 1


@pytest.mark.parametrize("arrived", [False, True])
async def test_an_interrupted_call_is_looked_for_and_never_repeated(world: World, arrived: bool) -> None:
    wanted = operation_on(Verb.RESTORE, world.provider.add_backup("web-1"))
    if arrived:
        world.provider.restore(wanted.server_id, wanted.backup.id)
    with a_run(is_recovery=True):
        called = await call_restore(wanted, "active")
    assert called.answer_lost is arrived
    assert called.may_have_acted is not arrived
    if called.failure:
        error = called.failure.error
        assert isinstance(error, Unreachable)
        assert error.silence is Silence.INTERRUPTED
    assert not [call for call in world.provider.calls if call.method == "POST"]


async def test_a_server_is_watched_until_it_is_as_before(world: World) -> None:
    server = world.provider.server("web-1")
    with a_run():
        before = await read_server_status(server.id)
    world.provider.restore(server.id, world.provider.add_backup(server).id)
    world.sandbox.provider.release()
    world.provider.speed = 10_000
    accepted = reply(at=services().now(), before=before.status)
    seen = await watch_server(server.id, accepted, "restoring", 60)
    assert (before.status, seen.status, seen.during) == ("active", "active", "restoring")


async def test_a_server_that_does_not_change_is_watched_for_minutes_not_for_a_number_of_looks(
    world: World,
) -> None:
    accepted = reply(at=services().now())
    seen = await watch_server(world.provider.server("web-1").id, accepted, "", 0.5)
    assert (seen.status, seen.during) == ("active", "")
    assert seen.at - accepted.at >= timedelta(seconds=0.5)


@pytest.mark.parametrize(("status", "is_back"), [("restoring", False), ("active", True), ("stopped", True)])
async def test_if_the_status_before_is_not_known_only_a_restore_is_told_from_it(
    world: World, status: str, is_back: bool
) -> None:
    server = world.provider.server("web-1")
    server.status = status
    long_ago = services().now() - timedelta(days=1)
    seen = await watch_server(server.id, reply(at=long_ago, before=""), "restoring", 60)
    assert seen.is_unfinished is not is_back


@pytest.mark.parametrize("can_be_read", [True, False])
async def test_a_server_is_looked_at_once_however_long_the_bot_was_away(
    world: World, can_be_read: bool
) -> None:
    server = world.provider.server("web-1")
    server.status = "restoring"
    if not can_be_read:
        world.faults.provider_fail = "unauthorized"
    long_ago = services().now() - timedelta(days=1)
    seen = await watch_server(server.id, reply(at=long_ago), "", 60)
    assert (seen.status, seen.during) == (("restoring", "restoring") if can_be_read else ("", ""))
    lost = await watch_server(server.id, reply(at=long_ago), "restoring", 60)
    assert (lost.status, lost.during) == ("restoring", "restoring")
    assert isinstance(restored(reply(at=long_ago, during="restoring"), lost), Accepted)


async def test_what_became_stale_while_the_safety_backup_ran_is_refused_and_the_safety_backup_named(
    world: World,
) -> None:
    old = world.provider.add_backup("web-1", age=timedelta(days=1))
    await world.person("ana").types(f"/backup restore {old.id}")
    await world.confirms("ana")
    await world.until(lambda: world.provider.creates, "the safety backup begins")
    world.provider.delete(old.id)
    world.provider.finish()
    told = await world.until_reply("Not restored: *web-1*")
    assert f"safety backup {world.provider.creates[0].id}" in told.text
    assert f"Backup {old.id} is gone" in told.text
    assert world.provider.restores == []
