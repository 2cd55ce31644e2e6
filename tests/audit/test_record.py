"""Writing to the trail is part of the operation."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import pytest
import stamina
from hypothesis import given

from bot.audit.model import Entry, Intact, RestoreProof
from bot.audit.record import entry_of
from bot.audit.search import Filter
from bot.audit.store import AuditTrail
from bot.errors import (
    BotError,
    Denial,
    Failure,
    Misuse,
    Nonsense,
    NotAllowed,
    Silence,
    Stale,
    Unrecorded,
)
from bot.operations.database import open_database
from bot.operations.model import (
    Accepted,
    BackedUp,
    BackupRef,
    CreateOperation,
    Ending,
    NotDone,
    Outcome,
    Restored,
    RestoreOperation,
    State,
)
from bot.slack.messages import in_short
from tests.any_facts import errors, outcomes
from tests.audit.facts import NOON
from tests.world import World

COMMON: dict[str, Any] = {
    "server_id": 1,
    "server_name": "web-1",
    "requested_by": "UANA",
    "channel": "COPS",
    "requested_at": NOON,
}


def create(**more: Any) -> CreateOperation:
    return CreateOperation(id="1:create:trigger:1", **COMMON | more)


def restore(**more: Any) -> RestoreOperation:
    backup = BackupRef(id=501, created_at=NOON)
    return RestoreOperation(id="1:restore:view:1", backup=backup, shown_at=NOON, **COMMON | more)


def execute(world: World, statement: str) -> None:
    with closing(sqlite3.connect(world.database, timeout=10)) as database:
        database.execute(statement)
        database.commit()


async def test_an_operation_is_on_record_from_the_request_to_the_outcome(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    database = open_database(f"sqlite:///{world.database}")
    trail = AuditTrail(database)
    [operation] = await trail.operations(Filter(), 10)
    written = [chained.entry for chained in operation.entries]
    assert isinstance(await trail.verify(), Intact)
    await trail.aclose()
    database.dispose()
    assert [entry.event for entry in written] == ["requested", "started", "ended"]
    assert {(entry.person, entry.server_name, entry.reason) for entry in written} == {
        ("UANA", "web-1", "before the upgrade")
    }
    assert written[-1].state == "done"
    assert written[-1].backup_id is not None
    assert isinstance(written[-1].outcome, BackedUp)


@pytest.fixture
def few_tries() -> Iterator[None]:
    """An entry that can't be written is not tried for 15 s."""
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.mark.usefixtures("few_tries")
async def test_what_can_not_be_put_on_record_is_not_done(world: World) -> None:
    execute(world, "alter table audit_entries rename to lost")
    await world.person("ana").types("/backup create web-1")
    await world.until_post("Not backed up: *web-1*")
    assert world.provider.creates == []


def test_an_entry_says_all_that_is_known_of_an_operation() -> None:
    requested = restore(reason="why", batch_id="batch:1")
    before = datetime.now(UTC)
    written = entry_of(requested, "approved", decided_by="UBEN", comment="fine", permalink="https://x/y")
    assert before <= written.at <= datetime.now(UTC)
    assert written == Entry(
        event="approved",
        key=f"{requested.id}:approved",
        at=written.at,
        person="UANA",
        decided_by="UBEN",
        operation=requested.id,
        tag=requested.tag,
        verb="restore",
        server_id=1,
        server_name="web-1",
        backup_id=501,
        channel="COPS",
        permalink="https://x/y",
        reason="why",
        comment="fine",
        backup_at=NOON,
        batch_id="batch:1",
    )


def test_an_outcome_tells_how_it_ended_and_which_backup_was_made() -> None:
    made = BackedUp(backup_id=777, ended_at=NOON)
    ended = entry_of(create(), "ended", outcome=made, part="2")
    assert (ended.state, ended.outcome, ended.backup_id) == ("done", made, 777)
    assert ended.key.endswith(":ended:2")
    taken = entry_of(restore(), "ended", outcome=Accepted(safety_backup_id=778, ended_at=NOON))
    assert (taken.state, taken.backup_id) == ("accepted", 501)


def test_what_ended_proves_a_restore_only_if_the_server_was_seen_to_be_back() -> None:
    back = Restored(ended_at=NOON, before="active", during="restoring", seconds=540.0)
    ended = entry_of(restore(), "ended", outcome=back, permalink="https://x/y")
    proof = Entry.model_validate_json(ended.canonical()).proof()
    assert proof == RestoreProof(
        at=NOON, seconds=540.0, backup_id=501, backup_at=NOON, permalink="https://x/y"
    )
    assert entry_of(restore(), "ended", outcome=Accepted(ended_at=NOON)).proof() is None
    assert entry_of(create(), "ended", outcome=BackedUp(backup_id=1, ended_at=NOON)).proof() is None
    assert entry_of(restore(), "started").proof() is None


@pytest.mark.parametrize("denial", Denial)
def test_a_denial_is_written_as_facts_and_reads_back(denial: Denial) -> None:
    error = NotAllowed(denial, "restore", "BOT_OPERATORS", who=("UANA", "SOPS"), where=("COPS",))
    written = entry_of(restore(), "refused", failure=Failure.of(error)).canonical()
    failure = json.loads(written)["failure"]
    assert failure == {
        "kind": "NotAllowed",
        "facts": {
            "denial": denial.value,
            "action": "restore",
            "setting": "BOT_OPERATORS",
            "who": ["UANA", "SOPS"],
            "where": ["COPS"],
        },
    }
    assert in_short(error) not in written
    read = Entry.model_validate_json(written).failure
    assert read
    assert isinstance(read.error, NotAllowed)
    assert vars(read.error) == vars(error)


@given(errors)
def test_whatever_fails_is_written_as_facts_and_reads_back(error: BotError) -> None:
    ended = NotDone(failure=Failure.of(error), ended_at=NOON)
    written = entry_of(restore(), "ended", outcome=ended, failure=ended.failure).canonical()
    read = Entry.model_validate_json(written)
    assert read.outcome == ended
    assert read.failure
    assert type(read.failure.error) is type(error)
    assert vars(read.failure.error) == vars(error)


@given(outcomes)
def test_an_outcome_is_written_as_facts_and_reads_back(outcome: Outcome) -> None:
    ended = entry_of(restore(), "ended", outcome=outcome)
    assert Entry.model_validate_json(ended.canonical()).outcome == outcome
    assert json.loads(ended.canonical())["outcome"]["kind"] == outcome.kind


KINDS_OF_FACTS = [Misuse, Denial, Stale, Unrecorded, Silence, Nonsense, State, Ending]


@pytest.mark.parametrize("facts", KINDS_OF_FACTS)
def test_what_is_written_of_a_failure_is_a_name_and_no_sentence(facts: type[StrEnum]) -> None:
    assert [each for each in facts if not re.fullmatch(r"[a-z]+(_[a-z]+)*", each)] == []
