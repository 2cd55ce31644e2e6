"""Finding in the trail what was done between two moments, and when each server was last really restored."""

from datetime import timedelta

import sqlalchemy as sa

from bot.audit.model import Entry
from bot.audit.search import Filter
from bot.audit.store import AuditTrail
from bot.operations.model import Accepted, Restored
from tests.audit.facts import NOON, entry
from tests.audit.test_store import run, unprotect


def back(number: int, server: int, **more: object) -> Entry:
    """Return an entry of a restore after which the server was seen to be back."""
    outcome = Restored(ended_at=NOON, before="active", during="restoring", seconds=float(number))
    return entry(number, event="ended", server_id=server, outcome=outcome, **more)


async def test_of_each_server_the_last_restore_that_was_seen_to_be_one_is_found(trail: AuditTrail) -> None:
    accepted = Accepted(ended_at=NOON)
    written = [
        back(1, 7),
        back(2, 8),
        back(3, 7, backup_at=NOON),
        entry(4, event="ended", server_id=7, outcome=accepted),
        entry(5, server_id=9, reason='"kind":"restored"'),
    ]
    for each in written:
        await trail.append(each)
    found = await trail.last_restores()
    assert {server: (proof.seconds, proof.backup_id) for server, proof in found.items()} == {
        7: (3.0, 503),
        8: (2.0, 502),
    }
    assert (found[7].backup_at, found[8].backup_at) == (NOON, None)


async def test_restores_are_found_by_an_index_which_an_older_trail_gets_too(
    trail: AuditTrail, database: sa.Engine
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("drop index audit_entries_restored")
    await trail.prepare()
    await trail.prepare()
    with database.connect() as connection:
        names = [index["name"] for index in sa.inspect(connection).get_indexes("audit_entries")]
    assert "audit_entries_restored" in names


async def test_a_restore_that_somebody_changed_proves_nothing(trail: AuditTrail, database_url: str) -> None:
    await trail.append(back(1, 7))
    await trail.append(back(2, 8))
    unprotect(database_url)
    run(database_url, """update audit_entries set written = '{"kind":"restored"}' where seq = 1""")
    assert {*await trail.last_restores()} == {8}


async def test_what_was_done_is_found_whole_by_any_of_its_events_in_that_time_without_refusals(
    trail: AuditTrail,
) -> None:
    refused = {"event": "refused", "operation": "restore:2", "person": "UBEN"}
    written = [
        entry(1),
        entry(2),
        entry(3, **refused),
        entry(4, operation="restore:2", event="ended"),
        entry(5),
        entry(6, event="refused", operation="", reason='"event":"refused"'),
        entry(7, reason='"event":"refused"'),
    ]
    for each in written:
        await trail.append(each)

    async def found(**wanted: object) -> list[list[int]]:
        operations = await trail.operations(Filter.model_validate(wanted), 10)
        return [[chained.seq for chained in each.entries] for each in operations[::-1]]

    until = NOON + timedelta(minutes=2)
    assert await found(until=until, with_refusals=False) == [[1], [2, 4]]
    assert await found(until=until) == [[1], [2, 3, 4]]
    since = NOON + timedelta(minutes=3)
    assert await found(since=since, with_refusals=False) == [[2, 4], [5], [7]]
    assert await found(since=since, until=since, with_refusals=False) == []
    assert await found(since=since, until=since) == [[2, 3, 4]]
