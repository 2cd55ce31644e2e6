"""Starting the engine: pickles in its database are never read, and what keeps it from starting is said."""

import asyncio
import base64
import errno
import os
import pickle
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOSPortableJSONSerializer
from dbos import _serialization as reading

from bot.audit.store import AuditTrail
from bot.errors import BotError, ConfigurationError, DatabaseInUse, DatabaseUnavailable
from bot.operations import records
from bot.operations.database import open_database
from bot.operations.engine import adopt, event, set_event, start, workflow
from bot.operations.file_lock import FileLock
from bot.operations.launch import Engine, add_index
from tests.operations.harness import (
    EngineHarness,
    Order,
    begin,
    close,
    until_ended_somehow,
    until_recorded,
    wait_at,
)
from tests.operations.postgres import Postgres

OURS = DBOSPortableJSONSerializer()


ran: list[str] = []
"""What ran because a pickle was read."""


def run(code: str) -> None:
    ran.append(code)


class Evil:
    """Runs code when its pickle is read."""

    def __reduce__(self) -> tuple[object, ...]:
        return run, ("code",)


@pytest.fixture
def evil() -> Iterator[str]:
    """A pickle, as the engine would store it."""
    ran.clear()
    yield base64.b64encode(pickle.dumps(Evil())).decode()
    ran.clear()


def test_the_pickle_would_run_code(evil: str) -> None:
    pickle.loads(base64.b64decode(evil))
    assert ran == ["code"]


@pytest.mark.parametrize(
    "read", [reading.deserialize_value, reading.deserialize_args, reading.deserialize_exception]
)
def test_a_value_that_is_marked_as_a_pickle_is_not_read(read: Callable[..., Any], evil: str) -> None:
    with pytest.raises(ValueError, match="pickles are not read"):
        read(evil, "py_pickle", OURS)
    assert ran == []


@workflow("launch_test_work")
async def do_work(order: Order) -> None:
    adopt(await begin())
    await set_event("known", "yes")
    await wait_at(order.name)
    EngineHarness.log.add(f"{order.name} ends")


PICKLED = {
    "arguments": [
        "update workflow_input set inputs = ? where workflow_uuid = 'a'",
        "update workflow_status set serialization = 'py_pickle' where workflow_uuid = 'a'",
    ],
    "a step's result": [
        "update operation_outputs set output = ?, serialization = 'py_pickle' where function_id = 1"
    ],
    "an event": ["update workflow_events set value = ?, serialization = 'py_pickle'"],
}


@pytest.mark.parametrize("place", ["arguments", "a step's result"])
async def test_a_workflow_that_meets_a_pickle_fails_and_its_code_is_never_run(
    harness: EngineHarness, evil: str, place: str
) -> None:
    await start(do_work, "a", Order(name="a"))
    await harness.log.until_there("a waits")
    put(harness, evil, place)
    await harness.restart()
    status = await until_ended_somehow("a")
    assert status.status == "ERROR"
    assert harness.log.lines == ["a waits"]
    assert ran == []


async def test_an_event_that_is_marked_as_a_pickle_is_not_read(harness: EngineHarness, evil: str) -> None:
    await start(do_work, "a", Order(name="a"))
    await harness.log.until_there("a waits")
    assert await event("a", "known") == "yes"
    put(harness, evil, "an event")
    with pytest.raises(ValueError, match="pickles are not read"):
        await event("a", "known")
    assert ran == []


async def test_arguments_that_are_marked_as_a_pickle_are_not_shown(harness: EngineHarness, evil: str) -> None:
    await start(do_work, "a", Order(name="a"))
    await harness.log.until_there("a waits")
    put(harness, evil, "arguments")
    row = await until_recorded("a")
    with pytest.raises(TypeError):
        records.read_arguments(row)
    assert ran == []


def put(harness: EngineHarness, value: str, place: str) -> None:
    """Write to the database what whoever has access to it may."""
    with harness.database.begin() as connection:
        for statement in PICKLED[place]:
            connection.exec_driver_sql(statement, (value,) if "?" in statement else ())


@pytest.mark.parametrize("missing", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
async def test_a_file_system_without_locks_is_not_taken_for_another_bot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(missing, os.strerror(missing))

    monkeypatch.setattr("fcntl.fcntl", refuse)
    [problem] = await refused(f"sqlite:///{tmp_path}/bot.sqlite")
    assert problem.startswith(f"DATABASE_URL: {tmp_path}/bot.sqlite can't be locked ({os.strerror(missing)})")
    assert "another" not in problem


async def refused(address: str) -> tuple[str, ...]:
    """Return why a bot with that database can't start."""
    database = open_database(address)
    try:
        with pytest.raises(ConfigurationError) as refusal:
            await Engine(database).launch()
    finally:
        database.dispose()
    return refusal.value.problems


async def test_what_is_not_a_file_is_no_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/"), Path("/dev/full")):
        assert await refused(f"sqlite:///{path}") == (f"DATABASE_URL: {path} is not a file.",)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_FULL, DatabaseUnavailable),
        (sqlite3.SQLITE_IOERR_WRITE, DatabaseUnavailable),
        (sqlite3.SQLITE_BUSY, DatabaseUnavailable),
        (sqlite3.SQLITE_CORRUPT, ConfigurationError),
        (sqlite3.SQLITE_READONLY_DIRECTORY, ConfigurationError),
        (sqlite3.SQLITE_CANTOPEN, ConfigurationError),
    ],
)
async def test_what_may_pass_is_worth_another_start(tmp_path: Path, code: int, kind: type[BotError]) -> None:
    async def fail() -> None:
        error = sqlite3.OperationalError("the database disk image, or a disk")
        error.sqlite_errorcode = code
        raise sa.exc.OperationalError("select 1", {}, error)

    database = open_database(f"sqlite:///{tmp_path}/bot.sqlite")
    with pytest.raises(kind):
        await Engine(database).launch(fail)


async def test_a_database_that_is_read_only_for_now_is_worth_another_start(postgres: Postgres) -> None:
    address = postgres.new_database()
    database = open_database(address)
    with database.begin() as connection:
        name = database.url.database
        connection.exec_driver_sql(f"alter database {name} set default_transaction_read_only = on")
    database.dispose()
    with pytest.raises(DatabaseUnavailable, match="read-only"):
        await Engine(database).launch(AuditTrail(database).prepare)
    await close(database)


async def test_what_is_in_the_way_of_a_database_is_said(tmp_path: Path) -> None:
    file, long = tmp_path / "disk", tmp_path / ("x" * 300)  # A disk is not full as a path speaks of one.
    file.touch()
    assert await refused(f"sqlite:///{file}/bot.sqlite") == (
        f"DATABASE_URL: the database can't be opened ({file}: File exists).",
    )
    assert await refused(f"sqlite:///{long}") == (
        f"DATABASE_URL: the database can't be opened ({long}: File name too long).",
    )


async def test_a_file_that_another_bot_uses_is_refused_until_it_leaves(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "bot.sqlite"
    first, second = FileLock(path), FileLock(path)
    assert await first.claim() == "lease-0"
    with pytest.raises(DatabaseInUse) as refused:
        await second.claim()
    assert refused.value.file == str(path)
    await first.release()
    assert await second.claim() == "lease-0"
    assert await second.live_leases() == {"lease-0"}
    await second.release()


async def test_where_there_are_no_locks_of_linux_a_file_beside_is_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.operations.file_lock._IS_LINUX", False)
    await test_a_file_that_another_bot_uses_is_refused_until_it_leaves(tmp_path)


@pytest.mark.parametrize("other", [None, "another database"])
async def test_a_bot_whose_file_is_deleted_or_replaced_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str | None
) -> None:
    monkeypatch.setattr("bot.operations.file_lock.LOOK_SECONDS", 0.01)
    path, terminated = tmp_path / "bot.sqlite", asyncio.Event()
    lock = FileLock(path, terminate=terminated.set)
    await lock.claim()
    holding = asyncio.create_task(lock.hold())
    await asyncio.wait({holding}, timeout=0.1)
    assert not terminated.is_set()
    if other is None:
        path.unlink()
    else:
        (tmp_path / "other").write_text(other)
        (tmp_path / "other").rename(path)
    await asyncio.wait_for(terminated.wait(), 10)
    await holding


CLAIM = """
import asyncio, sqlite3, sys
from pathlib import Path
from bot.errors import DatabaseInUse
from bot.operations.file_lock import FileLock
for path in map(Path, sys.argv[1:]):
    try:
        asyncio.run(FileLock(path).claim())
    except DatabaseInUse:
        print("in use", flush=True)
    else:
        break
else:
    sys.exit(1)
database = sqlite3.connect(path)
database.execute("pragma journal_mode=wal")
database.execute("create table if not exists done (n integer)")
database.close()
print("claimed", flush=True)
sys.stdin.read()
"""


def test_whatever_is_deleted_beside_the_database_a_second_process_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite"

    def start(*ways: Path) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", CLAIM, *map(str, ways)]
        return subprocess.Popen(command, text=True, stdin=PIPE, stdout=PIPE)

    with start(path) as first:
        assert first.stdout
        assert first.stdout.readline() == "claimed\n"
        for beside in set(tmp_path.iterdir()) - {path}:
            beside.unlink()
        (tmp_path / "symbolic").symlink_to(path)
        (tmp_path / "hard").hardlink_to(path)
        with start(path, tmp_path / "symbolic", tmp_path / "hard") as second:
            assert second.communicate("")[0] == "in use\n" * 3
        first.kill()
    with start(path) as third:
        assert third.communicate("")[0] == "claimed\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_replica_that_starts_waits_for_nobody_who_writes_once_the_index_is_there(
    postgres: Postgres,
) -> None:
    database = open_database(postgres.new_database())
    with database.begin() as connection:
        connection.exec_driver_sql("create schema dbos")
        connection.exec_driver_sql("create table dbos.workflow_status (status text, name text)")
        connection.exec_driver_sql(f"alter database {database.url.database} set lock_timeout = '1s'")
    add_index(database)
    database.dispose()
    with database.begin() as writing:
        writing.exec_driver_sql("insert into dbos.workflow_status values ('PENDING', 'x')")
        add_index(database)
    [index] = sa.inspect(database).get_indexes("workflow_status", "dbos")
    assert index["column_names"] == ["status", "name"]
    database.dispose()
