"""Entries in the log."""

import json
from pathlib import Path

import pytest

from bot.audit.store import AuditTrail
from bot.operations.database import open_database
from tests.audit.facts import entry
from tests.test_logs import set_up

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


async def test_entries_are_logged_with_their_hashes_at_any_level(tmp_path: Path) -> None:
    written = set_up(level="ERROR")
    database = open_database(f"sqlite:///{tmp_path}/bot.sqlite")
    trail = AuditTrail(database)
    await trail.prepare()
    chained = await trail.append(entry(1))
    await trail.aclose()
    database.dispose()
    [line] = [json.loads(each) for each in written().splitlines()]
    assert (line["event"], line["seq"], line["hash"]) == ("audit", 1, chained.hash)
    assert line["entry"] == json.loads(entry(1).canonical())
