"""A backup is made once: it is looked for before it is made again, and an outcome says what was seen."""

import asyncio
from datetime import timedelta
from itertools import product

import pytest

from bot.backups.create import DESCRIPTION_LIMIT, call_create, create, find_no_room, make_backup
from bot.errors import InvalidResponse, Nonsense, SlotsFull
from bot.notifications.model import MessageRef
from bot.operations.card import Card
from bot.operations.model import BackedUp, NotDone, NotKnown, Refused, State
from bot.operations.outcome_messages import outcome_detail
from bot.services import services
from bot.verbs import Verb
from tests.backups.runs import a_run, operation_on
from tests.world import World

POST = ("POST", "/backups/")
LIST = ("GET", "/backups/")


async def test_a_backup_is_described_by_its_reason_its_requester_and_its_tag(world: World) -> None:
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"), reason="before the upgrade")
    with a_run():
        created = await call_create(wanted, "")
        await call_create(wanted.model_copy(update={"id": "1:create:2", "reason": "x" * 999}), "Safety.")
    first, second = world.provider.creates
    assert created.backup
    assert created.backup.id == first.id
    assert first.description == f"{wanted.tag} before the upgrade · by UANA"
    assert " Safety. xxx" in second.description
    assert second.description.endswith("x · by UANA")
    assert len(second.description) == DESCRIPTION_LIMIT


async def test_a_backup_is_found_again_however_much_of_its_description_is_kept(world: World) -> None:
    server, reason = world.provider.server("web-1"), "before the upgrade " * 10
    for length, lost in product((9, 20, 100), ("500_after_acting", "cut")):
        wanted = operation_on(Verb.CREATE, server, reason=reason, id=f"1:create:{length}{lost}")
        world.provider.shorten_descriptions_to = length
        world.faults.next_provider[POST].append(lost)
        with a_run():
            created = await call_create(wanted, "")
        made = world.provider.creates[-1]
        assert len(made.description) == length
        assert created.backup
        assert created.backup.id == made.id
        world.provider.finish()
    assert len(world.provider.creates) == 6


async def test_a_backup_of_an_earlier_release_has_its_tag_at_the_end(world: World) -> None:
    server = world.provider.server("web-1")
    wanted = operation_on(Verb.CREATE, server)
    made = world.provider.create(server.id, f"Requested in Slack · by UANA {wanted.tag}")
    with a_run(is_recovery=True):
        created = await call_create(wanted, "")
    assert created.backup
    assert created.backup.id == made.id


async def test_an_interrupted_create_is_not_repeated_while_some_backups_are_hidden(world: World) -> None:
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    with a_run():
        first = await call_create(wanted, "")
    world.provider.cut_lists_at = 0
    with a_run(is_recovery=True):
        hidden = await call_create(wanted, "")
    assert hidden.failure
    assert isinstance(hidden.failure.error, InvalidResponse)
    assert hidden.failure.error.nonsense is Nonsense.PARTIAL_LIST
    assert hidden.may_exist
    assert len(world.provider.creates) == 1
    world.provider.cut_lists_at = None
    with a_run(is_recovery=True):
        assert (await call_create(wanted, "")).backup == first.backup


async def test_a_create_that_shows_up_a_little_later_is_found(world: World) -> None:
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    with a_run():
        first = await call_create(wanted, "")
    world.faults.next_provider[LIST].append("list_misses")
    with a_run(is_recovery=True):
        assert (await call_create(wanted, "")).backup == first.backup
    assert len(world.provider.creates) == 1


async def test_how_long_a_backup_takes_counts_from_when_it_was_started(world: World) -> None:
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    with a_run(is_recovery=True, ago=timedelta(hours=25)):
        creating = asyncio.create_task(create(wanted, Card(wanted, MessageRef())))
        await world.until(lambda: world.provider.creates)
        world.provider.finish()
        outcome = await creating
    assert isinstance(outcome, BackedUp), "it was not given up as one that was watched for 24 hours"
    assert outcome.seconds
    assert 0 <= outcome.seconds < 60
    [made] = world.provider.creates
    made.created_at -= timedelta(hours=2)
    with a_run(is_recovery=True, ago=timedelta(hours=1)):
        _, started = await make_backup(wanted, "")
    assert timedelta(hours=1) <= services().now() - started < timedelta(hours=1, minutes=1)


async def test_a_backup_whose_answer_was_lost_is_found_by_its_tag(world: World) -> None:
    found = []
    for fault in ("500_after_acting", "html_after_acting", "reset_after_acting", "cut"):
        world.faults.next_provider[POST].append(fault)
        wanted = operation_on(Verb.CREATE, world.provider.server("web-1"), id=f"1:create:{fault}")
        with a_run():
            made, _ = await make_backup(wanted, "")
        found.append(made.id)
        world.provider.finish()
    assert found == [each.id for each in world.provider.creates]


@pytest.mark.parametrize(
    ("fault", "state"), [("429_without_retry_after", State.FAILED), ("500", State.UNKNOWN)]
)
async def test_why_no_backup_was_made(world: World, fault: str, state: State) -> None:
    world.faults.next_provider[POST].append(fault)
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    with a_run(), pytest.raises(Refused) as refusal:
        await make_backup(wanted, "")
    outcome = refusal.value.outcome
    assert outcome.state is state
    assert isinstance(outcome, NotKnown if state is State.UNKNOWN else NotDone)
    detail = outcome_detail(wanted, outcome)
    assert detail.startswith("VPS.org ")
    assert ("may have been started" in detail) is (state is State.UNKNOWN)
    assert world.provider.creates == []


async def test_a_full_server_is_refused(world: World) -> None:
    for _ in range(10):
        world.provider.add_backup("web-1")
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    with a_run(), pytest.raises(Refused) as refusal:
        await make_backup(wanted, "")
    outcome = refusal.value.outcome
    assert isinstance(outcome, NotDone)
    assert outcome.state is State.REFUSED
    full = outcome.failure.error
    assert isinstance(full, SlotsFull)
    assert (full.server_name, full.used, full.limit) == ("web-1", 10, 10)
    assert POST[0] not in {call.method for call in world.provider.calls}


async def test_a_full_server_is_known_before_anybody_is_told(world: World) -> None:
    wanted = operation_on(Verb.CREATE, world.provider.server("web-1"))
    assert await find_no_room(wanted) is None
    for _ in range(10):
        world.provider.add_backup("web-1")
    failure = await find_no_room(wanted)
    assert failure
    assert failure.kind == "SlotsFull"
    world.faults.provider_fail = "unauthorized"
    assert await find_no_room(wanted) is None, "an unclear answer is no reason"
