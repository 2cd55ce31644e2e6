"""A backup is deleted once, if it is as it was shown, and an outcome says what was seen."""

from itertools import product
from typing import Any

import pytest

from bot.backups.checks import find_stale, revalidate_target
from bot.backups.delete import DeleteResult, _outcome, call_delete
from bot.errors import BotError, Busy, Failure, InvalidResponse, Nonsense, NotFound, Silence, Unreachable
from bot.operations.model import State
from bot.operations.outcome_messages import outcome_detail
from bot.verbs import Verb
from tests.backups.facts import NOON, operation
from tests.backups.runs import a_run, operation_on
from tests.world import World

LIST = ("GET", "/backups/")


async def test_a_hidden_target_is_not_said_to_be_gone(world: World) -> None:
    wanted = operation_on(Verb.DELETE, world.provider.add_backup("web-1"))
    world.provider.cut_lists_at = 0
    checked = await revalidate_target(wanted)
    assert checked.failure
    error = checked.failure.error
    assert isinstance(error, InvalidResponse)
    assert error.nonsense is Nonsense.PARTIAL_LIST
    assert await find_stale(wanted) is None
    world.provider.cut_lists_at = None
    assert not (await revalidate_target(wanted)).failure


async def test_a_target_that_is_gone_is_stale(world: World) -> None:
    wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
    world.provider.delete(backup.id)
    for failure in ((await revalidate_target(wanted)).failure, await find_stale(wanted)):
        assert failure
        assert failure.kind == "StaleConfirmation"


@pytest.mark.parametrize("is_recovery", [False, True])
async def test_a_backup_that_is_gone_was_deleted_by_an_earlier_run_or_by_somebody_else(
    world: World, is_recovery: bool
) -> None:
    wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
    world.provider.delete(backup.id)
    with a_run(is_recovery=is_recovery):
        result = await call_delete(wanted)
    assert not result.failure
    assert result.was_gone is not is_recovery


async def test_what_vps_org_says_is_gone_is_gone_even_if_its_list_can_not_be_read(world: World) -> None:
    wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
    world.provider.delete(backup.id)
    world.faults.next_provider[LIST] += ["unauthorized"] * 20
    with a_run():
        result = await call_delete(wanted)
    assert (result.failure, result.was_gone) == (None, True)


@pytest.mark.parametrize("is_recovery", [False, True])
async def test_what_vps_org_says_is_gone_and_yet_lists_is_not_called_deleted(
    world: World, is_recovery: bool
) -> None:
    wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
    world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append("not_found")
    with a_run(is_recovery=is_recovery):
        result = await call_delete(wanted)
    assert result.failure
    error = result.failure.error
    assert isinstance(error, NotFound)
    assert error.is_listed
    assert result.may_be_gone is is_recovery


async def test_if_the_answer_was_lost_the_list_tells(world: World) -> None:
    for fault, is_gone in (("500_after_acting", True), ("reset_after_acting", True), ("500", False)):
        wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
        world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append(fault)
        with a_run():
            result = await call_delete(wanted)
        assert bool(result.failure) is not is_gone, fault
        assert result.may_be_gone is not is_gone, fault
        assert (backup.id in world.provider.deletes) is is_gone, fault


async def test_whatever_is_said_to_a_later_run_an_earlier_one_may_have_deleted_it(world: World) -> None:
    for fault, is_gone in product(
        ("429", "forbidden", "unauthorized", "conflict", "success_false"), (False, True)
    ):
        wanted = operation_on(Verb.DELETE, backup := world.provider.add_backup("web-1"))
        if is_gone:
            world.provider.delete(backup.id)
        world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append(fault)
        with a_run(is_recovery=True):
            result = await call_delete(wanted)
        assert bool(result.failure) is not is_gone, fault
        assert result.may_be_gone is not is_gone, fault


def failed(error: BotError, *, may_be_gone: bool = False) -> dict[str, Any]:
    return {"failure": Failure.of(error), "may_be_gone": may_be_gone}


@pytest.mark.parametrize(
    ("result", "state", "detail"),
    [
        ({}, State.DONE, ""),
        ({"was_gone": True}, State.DONE, "Backup 501 was already gone."),
        (
            failed(Busy(status=429)),
            State.FAILED,
            "VPS.org is limiting requests. Try again in a minute. Nothing was changed.",
        ),
        (
            failed(Unreachable(silence=Silence.BROKE_OFF, may_have_acted=True), may_be_gone=True),
            State.UNKNOWN,
            "The backup may have been deleted: it was still listed when I looked.",
        ),
    ],
)
def test_how_a_delete_ended(result: dict[str, Any], state: State, detail: str) -> None:
    wanted = operation(Verb.DELETE)
    outcome = _outcome(wanted, DeleteResult(at=NOON, **result))
    assert (outcome.state, outcome.ended_at) == (state, NOON)
    said = outcome_detail(wanted, outcome)
    assert said.endswith(detail)
    assert bool(said) is bool(detail)
