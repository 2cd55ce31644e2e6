"""`backup-bot audit` needs the database's address and nothing else."""

import asyncio
import csv
import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.audit.model import GENESIS, ChainedEntry
from bot.audit.store import AuditTrail
from bot.settings import Settings
from tests.audit.facts import entry

Output = pytest.CaptureFixture[str]
ROOT = Path(__file__).parents[2]
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database_url: str) -> None:
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)
    monkeypatch.setenv("DATABASE_URL", database_url)


@pytest.fixture
async def written(trail: AuditTrail) -> list[ChainedEntry]:
    """Three entries; the last is about a server that no other is about."""
    return [
        await trail.append(entry(1, reason="=cmd|' /C calc'!A0")),
        await trail.append(entry(2, at="2026-01-01T00:00:00Z", decided_by="UBEN")),
        await trail.append(entry(3, server_name="db-1", server_id=2)),
    ]


def said(capsys: Output, *arguments: str, code: int = 0) -> str:
    assert main(["audit", *arguments]) == code
    return capsys.readouterr().out


def test_a_whole_trail_is_verified(written: list[ChainedEntry], capsys: Output) -> None:
    last = written[-1].hash
    for arguments in ([], ["--last", last], ["--last", written[0].hash.upper()]):
        assert said(capsys, "verify", *arguments) == f"3 entries, unbroken, last hash {last}\n"


@pytest.mark.usefixtures("written")
def test_the_first_broken_entry_is_named(capsys: Output, database_url: str) -> None:
    told = said(capsys, "verify", "--last", "0" * 64, code=1)
    assert told.startswith("The audit trail is broken at entry 4: the entry with the hash 0000")
    database = sa.create_engine(database_url)
    with database.begin() as connection:
        is_file = connection.dialect.name == "sqlite"
        trigger = "update" if is_file else "change on audit_entries"
        connection.exec_driver_sql(f"drop trigger audit_entries_no_{trigger}")
        connection.exec_driver_sql("update audit_entries set written = '{}' where seq = 2")
    database.dispose()
    told = said(capsys, "verify", code=1)
    assert told == "The audit trail is broken at entry 2: it was edited: its hash doesn't fit what it says.\n"
    for wanted in ("jsonl", "csv"):
        assert main(["audit", "export", "--format", wanted]) == 1
        output = capsys.readouterr()
        assert "restore:1" in output.out
        assert "restore:3" in output.out
        assert output.err == "Entry 2 can't be read. See why with `backup-bot audit verify`.\n"


def test_jsonl_can_be_verified_by_anyone(written: list[ChainedEntry], capsys: Output) -> None:
    exported = [json.loads(line) for line in said(capsys, "export").splitlines()]
    previous = GENESIS
    for line, chained in zip(exported, written, strict=True):
        assert ChainedEntry.model_validate(line) == chained
        canonical = json.dumps(line["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        previous = sha256(f"{previous}\n{canonical}".encode()).hexdigest()
        assert line["hash"] == previous


@sqlite
@pytest.mark.usefixtures("written")
def test_csv_carries_no_formula(capsys: Output) -> None:
    first, second, third = csv.DictReader(StringIO(said(capsys, "export", "--format", "csv")))
    assert first["reason"] == "'=cmd|' /C calc'!A0"
    assert (second["seq"], second["at"], second["decided_by"]) == ("2", "2026-01-01T00:00:00Z", "UBEN")
    assert third["server_name"] == "db-1"


@sqlite
@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--server", "DB-1"], [3]),
        (["--server", "1"], [1, 2]),
        (["--since", "2026-02-01"], [1, 3]),
        (["--since", "2026-02-01", "--server", "web-1"], [1]),
    ],
)
def test_part_of_the_trail_is_exported(arguments: list[str], found: list[int], capsys: Output) -> None:
    exported = said(capsys, "export", *arguments).splitlines()
    assert [json.loads(line)["seq"] for line in exported] == found


@sqlite
@pytest.mark.usefixtures("written")
def test_what_is_no_time_is_refused(capsys: Output) -> None:
    assert main(["audit", "export", "--since", "soon"]) == os.EX_USAGE
    output = capsys.readouterr()
    assert output.out == ""
    assert "“soon” isn't a time." in output.err


def test_without_a_trail_nothing_is_called_whole(capsys: Output, tmp_path: Path) -> None:
    assert main(["audit", "verify"]) == os.EX_CONFIG
    assert "there is no audit trail in this database" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) in ([], [tmp_path / "bot.sqlite"])


def test_a_database_that_can_not_be_reached_is_told(
    capsys: Output, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/folder")
    assert main(["audit", "verify"]) == os.EX_UNAVAILABLE
    assert "the database can't be reached" in capsys.readouterr().err


@sqlite
@pytest.mark.usefixtures("written")
def test_a_reader_that_has_enough_is_no_failure() -> None:
    command = f"{sys.executable} -m bot audit export | head -c 1"
    shell = ["bash", "-o", "pipefail", "-c", command]
    found = subprocess.run(
        shell, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, check=False
    )
    assert (found.returncode, found.stdout, found.stderr) == (0, b"{", b"")


@sqlite
@pytest.mark.usefixtures("written")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--server", "nowhere"], 1), (["--server", "web-9", "--format", "csv"], 1), (["--since", "0m"], 0)],
)
def test_that_nothing_fits_is_said(arguments: list[str], code: int, capsys: Output) -> None:
    assert main(["audit", "export", *arguments]) == code
    assert capsys.readouterr().err == "0 entries: there is none of that server and time.\n"


@sqlite
@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("last", ["abc", "x" * 64, "0" * 63, "۰" * 64, "entry 3"])
def test_what_is_no_hash_accuses_nobody(last: str, capsys: Output) -> None:
    assert main(["audit", "verify", "--last", last]) == os.EX_USAGE
    output = capsys.readouterr()
    assert (output.out, "isn't a hash" in output.err) == ("", True)


ODD = [
    "seq = null", "seq = 'two'", "seq = 2.5", "written = null", "written = x'ff00ff'", "written = '[1]'",
    "written = 7", "key = null", "at = null", "at = 5", "server_id = 'one'", "person = null", "hash = null",
    "previous = x'80'", "server = null", "decided_by = 1.5", "subject = 7", "server_id = 'x' || x'1b'",
]  # fmt: skip


@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("change", ODD)
@sqlite
def test_a_column_may_hold_anything(change: str, capsys: Output, database_url: str) -> None:
    tamper(database_url, f"update audit_entries set {change} where seq = 2")
    said(capsys, "verify", code=1)
    for wanted in ("jsonl", "csv"):
        main(["audit", "export", "--format", wanted])
        output = capsys.readouterr()
        assert "restore:1" in output.out
        assert "restore:3" in output.out
        assert "\x1b" not in output.err


def tamper(database_url: str, change: str) -> None:
    """Change a trail in a SQLite file as a person could who owns the file, even against its schema."""
    with closing(
        sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    ) as connection:
        connection.execute("drop trigger audit_entries_no_update")
        connection.execute("pragma writable_schema = on")
        connection.execute("update sqlite_master set sql = replace(sql, 'NOT NULL', '')")
        version = connection.execute("pragma schema_version").fetchone()[0]
        connection.execute(f"pragma schema_version = {version + 1}")
    with closing(
        sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    ) as connection:
        connection.execute(change)


@sqlite
@pytest.mark.usefixtures("written")
@pytest.mark.parametrize("wanted", ["jsonl", "csv"])
async def test_what_is_exported_steers_no_terminal(trail: AuditTrail, wanted: str, capsys: Output) -> None:
    evil = "\x1b[2J \x9b31m \x07 \u202e \x7f"
    await trail.append(entry(9, reason=evil, server_name=evil))
    output = await asyncio.to_thread(said, capsys, "export", "--format", wanted)
    assert all(each.isprintable() or each in "\r\n" for each in output)
    if wanted == "jsonl":
        assert json.loads(output.splitlines()[-1])["entry"]["reason"] == evil
