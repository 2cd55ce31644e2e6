"""The trail in a database: no gap, no double, no change."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from bot.audit.model import GENESIS, Broken, ChainedEntry, Intact, Tampering
from bot.audit.search import Filter
from bot.audit.store import APPEND_SECONDS, READ_SECONDS, AuditTrail
from bot.errors import NotRecorded
from bot.operations.database import open_database
from tests.audit.facts import NOON, entry
from tests.metrics.growth import Growth

ROOT = Path(__file__).parents[2]


async def newest(trail: AuditTrail, limit: int = 100, **wanted: object) -> list[ChainedEntry]:
    """Return entries, newest first, each of an operation of its own."""
    found = await trail.operations(Filter.model_validate(wanted), limit)
    return [chained for operation in found for chained in operation.entries]


async def seqs(trail: AuditTrail, limit: int = 100, **wanted: object) -> list[int]:
    return [chained.seq for chained in await newest(trail, limit, **wanted)]


async def test_entries_are_chained_in_the_order_they_come(trail: AuditTrail) -> None:
    first, second = await trail.append(entry(1)), await trail.append(entry(2))
    assert (first.seq, first.previous) == (1, GENESIS)
    assert (second.seq, second.previous) == (2, first.hash)
    assert await newest(trail) == [second, first]
    assert await trail.verify() == Intact(entries=2, last_hash=second.hash)


async def test_an_empty_trail_is_whole(trail: AuditTrail) -> None:
    assert await trail.verify() == Intact(entries=0, last_hash=GENESIS)
    assert await newest(trail) == []


async def test_what_comes_at_once_gets_numbers_without_gaps(trail: AuditTrail) -> None:
    found = await asyncio.gather(*(trail.append(entry(number)) for number in range(40)))
    assert sorted(chained.seq for chained in found) == list(range(1, 41))
    assert await trail.verify() == Intact(entries=40, last_hash=(await newest(trail))[0].hash)


async def test_two_processes_write_one_trail(trail: AuditTrail, database_url: str) -> None:
    command = [sys.executable, "-m", "tests.audit.writer", database_url, "other", "40"]
    other = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout
    assert await other.stdout.readline() == b"ready\n"
    await asyncio.gather(other.communicate(b"go\n"), *(trail.append(entry(number)) for number in range(40)))
    assert other.returncode == 0
    found = await trail.verify()
    assert isinstance(found, Intact)
    assert found.entries == 80


async def test_the_same_key_is_written_once_and_logged_again(database: sa.Engine) -> None:
    trail = AuditTrail(database)
    await trail.prepare()
    with capture_logs() as logs:
        first = await trail.append(entry(1))
        assert trail.news.is_set()
        trail.news.clear()
        again = await trail.append(entry(1, reason="another try"))
    await trail.aclose()
    assert again == first
    assert not trail.news.is_set()
    assert [(line["event"], line["seq"], line["hash"]) for line in logs] == [("audit", 1, first.hash)] * 2
    assert logs[0]["entry"]["key"] == first.entry.key


async def test_an_entry_s_line_is_about_no_operation_but_its_own(trail: AuditTrail) -> None:
    with capture_logs([merge_contextvars]) as logs, bound_contextvars(operation="the first"):
        await asyncio.gather(*(trail.append(entry(number)) for number in range(3)))
    assert [line.get("operation") for line in logs] == [None] * 3


async def test_what_comes_twice_at_once_is_written_once(trail: AuditTrail) -> None:
    found = await asyncio.gather(*(trail.append(entry(number % 3)) for number in range(30)))
    assert len({chained.seq for chained in found}) == 3
    assert isinstance(await trail.verify(), Intact)
    assert len(await newest(trail)) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_entries set person = 'UBEN'",
        "delete from audit_entries",
        "truncate table audit_entries",
    ],
)
async def test_the_database_refuses_to_change_what_is_written(
    trail: AuditTrail, database_url: str, statement: str
) -> None:
    await trail.append(entry(1))
    other = sa.create_engine(database_url)
    with pytest.raises(sa.exc.DBAPIError), other.begin() as connection:
        connection.exec_driver_sql(statement)
    other.dispose()
    assert len(await newest(trail)) == 1


async def test_a_person_who_gets_round_that_is_found_out(trail: AuditTrail, database_url: str) -> None:
    for number in range(3):
        await trail.append(entry(number))
    unprotect(database_url)
    run(database_url, "update audit_entries set person = 'UBEN' where seq = 2")
    assert await trail.verify() == Broken(seq=2, how=Tampering.COLUMNS)
    run(database_url, "delete from audit_entries where seq = 2")
    assert await trail.verify() == Broken(seq=2, how=Tampering.REMOVED, until=2)
    run(database_url, "update audit_entries set seq = 2 where seq = 3")
    found = await trail.verify()
    assert isinstance(found, Broken)
    assert found.seq == 2


async def test_an_end_that_was_cut_off_is_found_by_a_hash_from_the_log(
    trail: AuditTrail, database_url: str
) -> None:
    await trail.append(entry(1))
    last = await trail.append(entry(2))
    unprotect(database_url)
    run(database_url, "delete from audit_entries where seq = 2")
    assert isinstance(await trail.verify(), Intact)
    found = await trail.verify(last.hash)
    assert isinstance(found, Broken)
    assert found.seq == 2


async def test_entries_are_found_by_server_person_and_time(trail: AuditTrail) -> None:
    await trail.append(entry(1))
    await trail.append(entry(2, server_name="DB-1", server_id=2, person="UBEN"))
    await trail.append(entry(3, decided_by="UBEN"))
    assert await seqs(trail, server="WEB-1") == [3, 1]
    assert await seqs(trail, server="db-1") == await seqs(trail, server="2") == [2]
    assert await seqs(trail, server="web") == await seqs(trail, server="٢") == []
    assert await seqs(trail, person="UBEN") == [3, 2]
    assert await seqs(trail, since=NOON + timedelta(minutes=2)) == [3, 2]
    assert await seqs(trail, server="web-1", person="UBEN", since=NOON) == [3]


async def test_pages_go_both_ways(trail: AuditTrail) -> None:
    for number in range(9):
        await trail.append(entry(number))
    assert await seqs(trail, 3) == [9, 8, 7]
    assert await seqs(trail, 3, before=7) == [6, 5, 4]
    assert await seqs(trail, 3, after=3) == [6, 5, 4]
    assert [row.seq for row in trail.rows(Filter(before=3))] == [1, 2]


async def test_what_belongs_to_one_operation_is_found_together(trail: AuditTrail) -> None:
    about = {"operation": "1:restore:x"}
    await trail.append(entry(1, event="requested", **about))
    await trail.append(entry(2, operation="", event="refused", person="UGUS"))
    await trail.append(entry(3, event="approved", decided_by="UBEN", **about))
    both = await trail.operations(Filter(), 10)
    assert [(each.seq, [one.seq for one in each.entries]) for each in both] == [(3, [1, 3]), (2, [2])]
    [by_person] = await trail.operations(Filter(person="UBEN"), 10)
    assert [one.seq for one in by_person.entries] == [1, 3]
    assert await trail.operations(Filter(before=3), 10) == both[1:]
    assert await trail.operation("1:restore:x", None) == both[0].model_copy(update={"seq": 0})
    assert (await trail.operation("1:restore:x", frozenset({"db-1"}))).entries == ()


async def test_a_person_s_refusals_within_an_hour_are_found_as_one(trail: AuditTrail) -> None:
    for number in range(120):
        person = "UGUS" if number % 10 else "UANA"
        await trail.append(entry(number, operation="", event="refused", person=person))
    found = await trail.operations(Filter(), 10)
    assert [(each.entries[0].entry.person, len(each.entries)) for each in found] == [
        ("UGUS", 54),
        ("UANA", 6),
        ("UGUS", 54),
        ("UANA", 6),
    ]


async def test_only_entries_of_servers_that_a_person_can_read_about_are_found(trail: AuditTrail) -> None:
    await trail.append(entry(1))
    await trail.append(entry(2, server_name="DB-1", server_id=2))
    await trail.append(entry(3, server_name="", server_id=None))
    assert await trail.servers() == {"", "db-1", "web-1"}
    assert await seqs(trail, servers={"db-1"}) == [2]
    assert await seqs(trail, servers={"db-1", ""}) == [3, 2]
    assert await seqs(trail, servers={"db-1"}, server="web-1") == await seqs(trail, servers=set()) == []


async def test_entries_that_somebody_changed_hide_no_others(trail: AuditTrail, database_url: str) -> None:
    about = {"operation": "1:restore:x"}
    for number in range(3):
        await trail.append(entry(number, **about))
    unprotect(database_url)
    run(database_url, "update audit_entries set written = '{}' where seq = 2")
    [found] = await trail.operations(Filter(), 10)
    assert ([each.seq for each in found.entries], found.unreadable) == ([1, 3], 1)


async def test_an_entry_that_somebody_changed_is_no_error_of_the_database(
    trail: AuditTrail, database_url: str
) -> None:
    await trail.append(entry(1))
    unprotect(database_url)
    run(database_url, "update audit_entries set written = '{}' where seq = 1")
    growth = Growth()
    with pytest.raises(NotRecorded):
        await trail.append(entry(1))
    assert growth.of("database_errors_total") == {}


async def test_a_table_of_an_earlier_release_gets_what_it_lacks(
    database: sa.Engine, database_url: str
) -> None:
    trail = AuditTrail(database)
    await trail.prepare()
    await trail.append(entry(1))
    run(database_url, "drop index ix_audit_entries_subject")
    run(database_url, "alter table audit_entries drop column subject")
    await trail.prepare()
    await trail.append(entry(2))
    assert isinstance(await trail.verify(), Intact)
    assert await seqs(trail) == [2, 1]
    await trail.aclose()


async def test_an_entry_that_is_refused_takes_none_of_the_others_with_it(
    trail: AuditTrail, database_url: str
) -> None:
    forbid(database_url, person="UEVE")
    people = ["UANA", "UBEN", "UEVE", "UCLEO"]
    # The first is written alone; the others wait for it, and go into one transaction.
    found = await asyncio.gather(
        *(trail.append(entry(number, person=person)) for number, person in enumerate(people)),
        return_exceptions=True,
    )
    assert [type(each) for each in found] == [ChainedEntry, ChainedEntry, NotRecorded, ChainedEntry]
    assert await seqs(trail) == [3, 2, 1]
    assert isinstance(await trail.verify(), Intact)


async def test_a_name_that_no_column_can_hold_is_written_all_the_same(trail: AuditTrail) -> None:
    written = await trail.append(entry(1, server_name="web\0-1"))
    assert await newest(trail, server="web-1") == [written]
    assert isinstance(await trail.verify(), Intact)


async def test_a_trail_is_kept_when_it_is_prepared_again(database: sa.Engine) -> None:
    for expected in (1, 2):
        trail = AuditTrail(database)
        assert trail.exists() is (expected == 2)
        await trail.prepare()
        assert (await trail.append(entry(expected))).seq == expected
        await trail.aclose()


async def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/no/such/folder.sqlite")
    trail = AuditTrail(database)
    with pytest.raises(NotRecorded):
        await trail.append(entry(1))
    with pytest.raises(NotRecorded):
        await newest(trail)
    await trail.aclose()
    database.dispose()


async def test_a_locked_database_does_not_keep_slack_waiting(
    trail: AuditTrail, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 0.1)
    with locked(database_url), pytest.raises(NotRecorded):
        await trail.append(entry(1))
    monkeypatch.undo()
    assert (await trail.append(entry(1))).seq == 1


async def test_an_append_gives_up_in_time_though_another_holds_the_lock_for_longer(
    trail: AuditTrail, database: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with locked(database_url):
        monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 10.0)
        first = await begun(database, trail.append(entry(1)))
        monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 0.1)
        with pytest.raises(NotRecorded):
            await trail.append(entry(2))
        assert not first.done()
    assert (await first).seq == 1
    monkeypatch.undo()
    assert (await trail.append(entry(2))).seq == 2


async def test_however_many_wait_for_the_lock_none_waits_longer_than_it_would_alone(
    trail: AuditTrail, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 0.5)
    began = time.monotonic()
    with locked(database_url):
        all_of = [trail.append(entry(number)) for number in range(20)]
        found = await asyncio.gather(*all_of, return_exceptions=True)
    # One after the other they would take 10 s.
    assert time.monotonic() - began < 5
    assert [type(each) for each in found] == [NotRecorded] * 20
    monkeypatch.undo()
    await trail.append(entry(99))
    assert isinstance(await trail.verify(), Intact)


async def test_a_read_gives_up_in_time(
    trail: AuditTrail, database: sa.Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.audit.store.READ_SECONDS", 0.1)
    with locked(database_url):
        monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 10.0)
        first = await begun(database, trail.append(entry(1)))
        with pytest.raises(NotRecorded):
            await newest(trail)
        assert not first.done()
    await first
    monkeypatch.undo()
    assert len(await newest(trail)) == 1


def test_an_entry_can_be_written_before_slack_wants_its_ack_and_a_read_has_a_limit() -> None:
    assert (APPEND_SECONDS, READ_SECONDS) == (2.0, 10.0)


async def begun(
    database: sa.Engine, append: Coroutine[None, None, ChainedEntry]
) -> asyncio.Task[ChainedEntry]:
    """Begin an append, and return once it waits for the database, which is locked."""
    assert isinstance(database.pool, sa.QueuePool)
    task = asyncio.create_task(append)
    while not database.pool.checkedout():  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    return task


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Lock the database, as a process that hangs in the middle of a transaction would."""
    other = sa.create_engine(database_url)
    with other.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("begin immediate")
        else:
            connection.exec_driver_sql("lock table audit_entries in access exclusive mode")
        yield
        connection.rollback()
    other.dispose()


def unprotect(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        run(database_url, "drop trigger audit_entries_no_update")
        run(database_url, "drop trigger audit_entries_no_delete")
    else:
        run(database_url, "drop trigger audit_entries_no_change on audit_entries")


def forbid(database_url: str, person: str) -> None:
    """Have the database refuse whatever that person did."""
    if database_url.startswith("sqlite"):
        run(
            database_url,
            "create trigger forbidden before insert on audit_entries "
            f"when new.person = '{person}' begin select raise(abort, 'no'); end",
        )
    else:
        run(database_url, f"alter table audit_entries add check (person <> '{person}')")


def run(database_url: str, statement: str) -> None:
    database = sa.create_engine(database_url)
    with database.begin() as connection:
        connection.exec_driver_sql(statement)
    database.dispose()
