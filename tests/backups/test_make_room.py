"""On a full server exactly the backup that was shown is deleted, once, and only if room is needed."""

import asyncio
from datetime import timedelta

import pytest

from bot.backups.create import call_create, find_no_room
from bot.backups.delete import call_delete
from bot.backups.make_room import check_room, find_stale_room, make_room, telling_of
from bot.errors import BotError, InvalidResponse, Stale, StaleConfirmation
from bot.operations.model import BackupRef, Cancelled, CreateOperation, NoRoom, NotDone, Outcome, Refused
from bot.sandbox.vps.model import Backup
from bot.verbs import Verb
from tests.backups.facts import outcome
from tests.backups.runs import a_run, operation_on
from tests.world import World


def fill(world: World, count: int = 10) -> list[Backup]:
    """Give web-1 manual backups, of which the first is the oldest."""
    return [world.provider.add_backup("web-1", age=timedelta(days=20 - days)) for days in range(count)]


def shown(backup: Backup) -> BackupRef:
    """Return a backup as VPS.org tells of it, in whole seconds."""
    return BackupRef(id=backup.id, created_at=backup.created_at.replace(microsecond=0))


def making_room(world: World, first: Backup) -> CreateOperation:
    wanted: CreateOperation = operation_on(
        Verb.CREATE, world.provider.server("web-1"), delete_first=shown(first)
    )
    return wanted


async def test_the_backup_that_was_shown_goes_and_then_there_is_room(world: World) -> None:
    first, *others = fill(world)
    wanted = making_room(world, first)
    assert await find_no_room(wanted) is None, "room is going to be made"
    assert await find_stale_room(wanted) is None
    with a_run():
        assert await make_room(wanted) == first.id
        created = await call_create(wanted, "")
    assert created.backup
    assert world.provider.deletes == [first.id]
    assert {each.id for each in world.provider.backups_of("web-1")} == {
        created.backup.id,
        *(each.id for each in others),
    }


async def test_what_was_deleted_but_is_listed_a_little_longer_takes_no_slot(world: World) -> None:
    first, *_ = fill(world)
    wanted = making_room(world, first)
    with a_run():
        await call_create(wanted, "")
    assert "POST" in {call.method for call in world.provider.calls}, "it is VPS.org who tells"


async def test_nothing_is_deleted_if_there_is_room_by_then(world: World) -> None:
    first, second, *_ = fill(world)
    world.provider.delete(second.id)
    with a_run():
        assert await make_room(making_room(world, first)) is None
    assert first.id in world.provider.backups


async def test_nothing_is_deleted_if_there_is_room_once_vps_org_no_longer_limits_the_call(
    world: World,
) -> None:
    first, second, *_ = fill(world)
    world.faults.next_provider["DELETE", f"/backups/{first.id}/"].append("429")
    with a_run():
        making = asyncio.create_task(make_room(making_room(world, first)))
        await world.until(lambda: "DELETE" in {call.method for call in world.provider.calls})
        del world.provider.backups[second.id]
        assert await making is None
    assert first.id in world.provider.backups


async def refusal(world: World, first: Backup) -> BotError:
    """Return why no room is made."""
    wanted = making_room(world, first)
    with a_run(), pytest.raises(Refused) as refused:
        await make_room(wanted)
    found = refused.value.outcome
    assert isinstance(found, NotDone)
    assert first.id not in world.provider.deletes
    return found.failure.error


async def test_nothing_is_deleted_if_another_one_is_the_oldest_by_then(world: World) -> None:
    fill(world, 9)
    first = world.provider.add_backup("web-1", age=timedelta(days=30))
    older = world.provider.add_backup("web-1", age=timedelta(days=60))
    error = await refusal(world, first)
    assert isinstance(error, StaleConfirmation)
    assert (error.stale, error.backup_id) == (Stale.NOT_THE_OLDEST, first.id)
    stale = await find_stale_room(making_room(world, first))
    assert stale
    assert await find_stale_room(making_room(world, older)) is None


async def test_nothing_is_deleted_if_the_oldest_became_the_only_complete_one(world: World) -> None:
    first, *others = fill(world)
    for each in others:
        each.status = "failed"
    error = await refusal(world, first)
    assert isinstance(error, StaleConfirmation)
    assert error.stale is Stale.NOT_THE_OLDEST


async def test_nothing_else_is_deleted_if_the_one_that_was_shown_is_gone(world: World) -> None:
    first, *_ = fill(world, 11)
    del world.provider.backups[first.id]
    error = await refusal(world, first)
    assert isinstance(error, StaleConfirmation)
    assert error.stale is Stale.GONE


async def test_nothing_is_deleted_if_not_all_backups_are_shown(world: World) -> None:
    first, *_ = fill(world, 11)
    world.provider.cut_lists_at = 10
    assert isinstance(await refusal(world, first), InvalidResponse)
    assert await find_stale_room(making_room(world, first)) is None, "it can't be told"


async def test_what_is_restored_from_is_never_deleted_for_it(world: World) -> None:
    first, second, *_ = fill(world)
    wanted = operation_on(Verb.RESTORE, first, delete_first=shown(first))
    checked = await check_room(wanted)
    assert checked.failure
    assert checked.failure.error.stale is Stale.NOT_THE_OLDEST  # type: ignore[attr-defined]
    allowed = await check_room(operation_on(Verb.RESTORE, first, delete_first=shown(second)))
    assert (allowed.failure, allowed.is_full) == (None, True)


@pytest.mark.parametrize(("fault", "may_be_gone"), [("forbidden", False), ("500", True)])
async def test_if_it_can_t_be_deleted_nothing_else_is_begun(
    world: World, fault: str, may_be_gone: bool
) -> None:
    first, *_ = fill(world)
    world.faults.next_provider["DELETE", f"/backups/{first.id}/"].append(fault)
    with a_run(), pytest.raises(Refused) as refused:
        await make_room(making_room(world, first))
    found = refused.value.outcome
    assert isinstance(found, NoRoom)
    assert (found.backup_id, found.may_be_gone) == (first.id, may_be_gone)


async def test_after_a_crash_it_is_found_deleted_by_ourselves(world: World) -> None:
    first, *_ = fill(world)
    wanted = making_room(world, first)
    world.provider.delete(first.id)  # By the run before, which then died.
    with a_run(is_recovery=True):
        result = await call_delete(wanted)
    assert (result.failure, result.was_gone) == (None, False)
    assert len(world.provider.backups_of("web-1")) == 9


@pytest.mark.parametrize("is_refused", [False, True])
async def test_the_outcome_says_what_was_deleted(is_refused: bool) -> None:
    async def work() -> Outcome:
        if is_refused:
            raise Refused(Cancelled(ended_at=outcome().ended_at, by="UBEN"))
        return outcome()

    assert (await telling_of(490, work())).deleted_first == 490
