"""Writing to the trail is part of the operation."""

import sqlite3
from contextlib import closing

import pytest

from bot.audit import record
from bot.audit.model import Entry, Intact
from bot.audit.record import entry_of
from bot.audit.store import AuditTrail
from bot.operations.model import Outcome, State
from tests.audit.facts import NOON
from tests.backups.facts import operation
from tests.world import World


def execute(world: World, statement: str) -> None:
    with closing(sqlite3.connect(world.database, timeout=10)) as database:
        database.execute(statement)
        database.commit()


async def test_an_operation_is_on_record_from_the_request_to_the_outcome(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("Backed up *web-1*")
    trail = AuditTrail(f"sqlite:///{world.database}")
    written = [sealed.entry for sealed in reversed(await trail.read())]
    assert isinstance(await trail.verify(), Intact)
    await trail.aclose()
    assert [entry.event for entry in written] == ["requested", "started", "ended"]
    assert {(entry.person, entry.server_name, entry.reason) for entry in written} == {
        ("UANA", "web-1", "before the upgrade")
    }
    assert written[-1].state == "done"
    assert written[-1].backup_id is not None


async def test_what_can_not_be_put_on_record_is_not_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "PATIENCE_SECONDS", 0.1)
    execute(world, "alter table audit_entries rename to lost")
    await world.person("ana").types("/backup create web-1")
    await world.until_post("*web-1* was not backed up")
    assert world.provider.creates == []


def test_an_entry_says_all_that_is_known_of_an_operation() -> None:
    asked = operation("restore", backup_id=501, reason="why", channel="COPS")
    assert entry_of(asked, "approved", decided_by="UBEN", permalink="https://x/y", at=NOON) == Entry(
        event="approved",
        key=f"{asked.id}:approved",
        at=NOON,
        person=asked.asked_by,
        decided_by="UBEN",
        operation=asked.id,
        tag=asked.tag,
        verb="restore",
        server_id=asked.server_id,
        server_name=asked.server_name,
        backup_id=501,
        channel="COPS",
        permalink="https://x/y",
        reason="why",
    )


def test_an_outcome_tells_how_it_ended_and_which_backup_was_made() -> None:
    outcome = Outcome(state=State.DONE, what="It is complete.", ended_at=NOON, backup_id=777)
    ended = entry_of(operation("create", backup_id=None), "ended", outcome=outcome, what="unused", part="2")
    assert (ended.state, ended.what, ended.backup_id) == ("done", "It is complete.", 777)
    assert ended.key.endswith(":ended:2")
    restored = entry_of(operation("restore", backup_id=501), "ended", outcome=outcome)
    assert restored.backup_id == 501
    assert entry_of(operation("create"), "denied", what="not now").what == "not now"
