"""What the trail proves of a schedule's backups, and tells of its last run."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from bot.audit.messages import MOST_NAMED, terms
from bot.audit.model import Entry
from bot.audit.store import AuditTrail
from bot.operations.database import open_database

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
TAGS = frozenset(f"#0000000{number}" for number in range(10))


def entry(number: int, event: str, schedule: str = "one", server: int = 101, **facts: Any) -> Entry:
    run = f"{server}:create:schedule:{schedule}:{number}"
    known: dict[str, Any] = {
        "event": event,
        "key": f"{run}:{event}",
        "at": NOON,
        "person": "UANA",
        "operation": run,
        "tag": f"#0000000{number}",
        "verb": "create",
        "server_id": server,
        "schedule_id": schedule,
    }
    return Entry.model_validate(known | facts)


def made(backup: int, kind: str = "backed_up") -> dict[str, Any]:
    outcome: dict[str, Any] = {"kind": kind, "ended_at": NOON, "backup_id": backup}
    return {"outcome": outcome | ({"status": "failed"} if kind == "backup_failed" else {}), "state": "done"}


@pytest.fixture
async def trail(tmp_path: Path) -> AuditTrail:
    trail = AuditTrail(open_database(f"sqlite:///{tmp_path / 'trail.sqlite'}"))
    await trail.prepare()
    for each in (
        entry(1, "requested"),
        entry(1, "ended", **made(501)),
        entry(2, "started"),
        entry(3, "ended", **made(503, "backup_failed")),
        entry(4, "ended", schedule="other", **made(504)),
        entry(5, "ended", server=102, **made(505)),
        entry(6, "ended", verb="delete", **made(506)),
    ):
        await trail.append(each)
    return trail


async def test_a_schedule_has_made_what_is_on_record_of_it(trail: AuditTrail) -> None:
    found = await trail.made_by_schedule("one", 101, TAGS)
    assert found == {"#00000001": 501, "#00000002": None, "#00000003": 503}
    await trail.aclose()


async def test_of_all_that_it_has_made_only_what_is_asked_for_is_read(database: sa.Engine) -> None:
    trail = AuditTrail(database)
    await trail.prepare()
    for number in range(1, 4):
        await trail.append(entry(number, "ended", **made(500 + number)))
    assert await trail.made_by_schedule("one", 101, {"#00000003", "#00000009"}) == {"#00000003": 503}
    assert await trail.made_by_schedule("one", 101, ()) == {}
    assert [each.made for each in await trail.last_run("one")] == [503]
    await trail.aclose()


async def test_an_entry_that_was_changed_proves_nothing(trail: AuditTrail) -> None:
    with trail.database.begin() as connection:
        connection.execute(sa.text("drop trigger audit_entries_no_update"))
        for old, new in (("504", "777"), ('"other"', '"one"')):
            change = sa.text("update audit_entries set written = replace(written, :old, :new) where seq = 5")
            connection.execute(change, {"old": old, "new": new})
    found = await trail.made_by_schedule("one", 101, TAGS)
    assert 777 not in found.values()
    assert found == {"#00000001": 501, "#00000002": None, "#00000003": 503}
    await trail.aclose()


async def test_the_last_run_is_told(trail: AuditTrail) -> None:
    last = await trail.last_run("one")
    assert [each.server_id for each in last] == [102]
    assert await trail.last_run("none") == []
    await trail.aclose()


def test_of_many_servers_the_trail_says_how_many_more_there_are() -> None:
    names = tuple(f"web-{number}" for number in range(MOST_NAMED + 2))
    changed = entry(1, "schedule_changed", cron="0 3 * * *", zone="UTC", servers=names)
    assert terms(changed).startswith("web-0, ")
    assert " and 2 more · every day at 03:00 (UTC)" in terms(changed)
