"""Rows of the database that are no operation: logged and left out; the others are carried out and told."""

import base64
import pickle
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.operations.records import EXECUTE, REPORT, REQUEST, execute_id, report_id
from tests.world import World

JSON, PICKLE = "portable_json", "py_pickle"
BAD: dict[str, tuple[str, str]] = {
    "another_verb": (
        JSON,
        '{"namedArgs":{},"positionalArgs":[{"id":"101:explode:1","server_id":101,"verb":"explode"}]}',
    ),
    "nothing": (JSON, '{"namedArgs":{},"positionalArgs":[]}'),
    "other_arguments": (JSON, '{"namedArgs":{"id":1},"positionalArgs":[7, null, []]}'),
    "a_number": (JSON, "7"),
    "no_json": (JSON, "not JSON"),
    "pickle": (PICKLE, ""),
    "pickle_said_to_be_json": (JSON, ""),
}
"""What is stored as the arguments of an operation, and how it is marked. Pickles are made by the test."""
ROWS: dict[str, dict[str, Any]] = {
    "requested": {"name": REQUEST, "status": "PENDING", "queue_name": None, "queue_partition_key": None},
    execute_id("queued"): {"name": EXECUTE, "status": "ENQUEUED", "started_at_epoch_ms": None},
    execute_id("running"): {"name": EXECUTE, "status": "PENDING"},
    report_id("reporting"): {"name": REPORT, "status": "PENDING", "queue_name": None},
    report_id("told"): {"name": REPORT, "status": "SUCCESS", "queue_name": None},
}
"""The rows that are added, as they differ from that of an operation that runs on web-1."""


class CreatesFile:
    """Creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._path,)


@pytest.fixture(autouse=True)
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot soon looks for what nobody carries on, and for what is next after a row that it can't start."""
    monkeypatch.setattr("bot.operations.maintenance.MINUTE", 0.6)
    monkeypatch.setattr("bot.operations.launch.QUEUE_SECONDS", 0.1)


@pytest.fixture
def harm(tmp_path: Path) -> Path:
    """The file that a pickle would create."""
    return tmp_path / "harm"


def add_rows(database: Path, harm: Path) -> None:
    """Add rows like that of the operation that runs, each with each kind of arguments."""
    bad = {(kind, part): changes for kind in BAD for part, changes in ROWS.items()}
    with closing(sqlite3.connect(database, timeout=10)) as connection, connection:
        connection.row_factory = sqlite3.Row
        running = dict(
            connection.execute("select * from workflow_status where name = ?", (EXECUTE,)).fetchone()
        )
        for number, ((kind, part), changes) in enumerate(bad.items()):
            serialization, stored = stored_arguments(kind, harm)
            row = running | changes
            row |= {"workflow_uuid": row_id(kind, part), "serialization": serialization}
            row |= {"owner_xid": None, "parent_workflow_id": None, "created_at": row["created_at"] - number}
            marks = ",".join("?" * len(row))
            connection.execute(
                f"insert into workflow_status ({','.join(row)}) values ({marks})", [*row.values()]
            )
            connection.execute(
                "insert into workflow_input (workflow_uuid, inputs, retention_timestamp) values (?, ?, ?)",
                (row["workflow_uuid"], stored, row["created_at"]),
            )


def row_id(kind: str, part: str) -> str:
    """Return the id of a bad row."""
    return f"101:create:{kind}-{part}"


def stored_arguments(kind: str, harm: Path) -> tuple[str, str]:
    """Return how the arguments are marked, and what is stored."""
    serialization, stored = BAD[kind]
    return serialization, stored or base64.b64encode(pickle.dumps(CreatesFile(harm))).decode()


def is_there(harm: Path) -> bool:
    return harm.exists()


def test_the_pickle_would_create_the_file(harm: Path) -> None:
    _, stored = stored_arguments("pickle", harm)
    pickle.loads(base64.b64decode(stored))
    assert is_there(harm)


async def test_others_are_shown_carried_out_and_told(world: World, harm: Path) -> None:
    ana, ben, cleo = (world.person(handle) for handle in ("ana", "ben", "cleo"))
    assert (await ana.types("/backup create web-1")).acked
    await world.until(lambda: world.provider.creates)
    add_rows(world.database, harm)
    with capture_logs() as logged:
        await cleo.types("/backup status")
        shown = await world.until_whisper("cleo", "1 running · 0 queued")
    assert "Backing up *web-1*" in shown.text
    errors = [line for line in logged if line["log_level"] == "error"]
    unreadable = {line["workflow"] for line in errors if line["event"] == "row_unreadable"}
    assert unreadable == {row_id(kind, part) for kind in BAD for part in ROWS}

    assert (await ben.types("/backup create web-1")).acked
    assert (await ben.types("/backup create db-1")).acked
    old = world.provider.add_backup("db-1")
    await world.until(lambda: len(world.provider.creates) == 2, "db-1 is backed up meanwhile")
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    # Only after each bad row ahead of it in the queue of web-1, one after the other.
    await world.until(lambda: len(world.provider.creates) == 3, "web-1 is backed up once more", seconds=40)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    await world.until_reply("<@UBEN> :white_check_mark: *db-1* is backed up")
    await ben.types(f"/backup delete {old.id}")
    await world.confirms("ben", "db-1")
    await world.until_reply(f"Deleted backup {old.id}")
    assert len(world.replies()) == len(world.posts()) == 4
    assert not is_there(harm)


async def test_the_bot_starts_and_carries_on_what_it_can_read(world: World, harm: Path) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.stop_bot()
    add_rows(world.database, harm)
    await world.start_bot()
    await world.person("cleo").types("/backup status")
    await world.until_whisper("cleo", "Backing up *web-1*")
    world.provider.finish()
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: len(world.provider.creates) == 2, "web-1 is backed up once more", seconds=40)
    assert not is_there(harm)
