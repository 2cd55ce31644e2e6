"""`/backup audit`, as people use it."""

import csv
from collections.abc import AsyncIterator
from io import StringIO
from pathlib import Path

import pytest
import pytest_asyncio

from bot.audit.store import AuditTrail
from bot.operations.database import open_database
from tests.audit.facts import entry
from tests.world import World, set_up

READERS = {"bot_approvers": {"UBEN"}, "bot_operators": {"UANA"}}


@pytest_asyncio.fixture
async def twenty_five(world: World) -> AsyncIterator[AuditTrail]:
    """A trail with 25 entries; every fifth is about db-1, which Cleo requested."""
    database = open_database(f"sqlite:///{world.database}")
    trail = AuditTrail(database)
    for number in range(1, 26):
        other = {"server_name": "db-1", "server_id": 2, "person": "UCLEO"} if number % 5 == 0 else {}
        await trail.append(entry(number, **other))
    yield trail
    await trail.aclose()
    database.dispose()


@set_up(**READERS)
async def test_pages_are_turned_both_ways_and_the_newest_is_always_full(
    world: World, twenty_five: AuditTrail
) -> None:
    ben = world.person("ben")
    await ben.types("/backup audit")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="Older ▶")
    await world.until_whisper("ben", "Entries 6 to 15")
    await ben.clicks(label="Older ▶")
    last = await world.until_whisper("ben", "Entries 1 to 5")
    assert "Older" not in str(last.blocks)
    await ben.clicks(label="◀ Newer")
    await world.until_whisper("ben", "Entries 6 to 15")
    await twenty_five.append(entry(26))
    await ben.clicks(label="◀ Newer")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="◀ Newer")
    first = await world.until_whisper("ben", "Entries 17 to 26")
    assert "Newer" not in str(first.blocks)
    assert len(world.whispers("ben")) == 1


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_part_of_the_trail_is_shown_as_it_is_typed(world: World) -> None:
    world.provider.add_server("db main")
    for typed, title, entries in [
        ("db-", "of *db-1*", "Entries 5 to 25"),
        ("2", "of *2*", "Entries 5 to 25"),
        ("<@UCLEO>", "first, involving <@UCLEO>", "Entries 5 to 25"),
        ("web-1 <@UANA|ana> 2026-03-01", "of *web-1*, involving <@UANA>, since", "13 to 24"),
        ("db main", "of *db main*", "There are no entries for this."),
        ("2029-01-01", "since <!date^18619", "There are no entries for this."),
    ]:
        await world.person("ben").types(f"/backup audit {typed}")
        assert entries in (await world.until_whisper("ben", title)).text


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_what_is_not_understood_is_said(world: World) -> None:
    for typed, says in [
        ("nosuch", "“nosuch” is no server, person or time that I know."),
        ("dbb-1", "There is no server “dbb-1” that you can see."),
        ("web-1 db-1", "“web-1 db-1”"),
        ("2026-13-01", "“2026-13-01” isn't a time."),
        ("@nobody", "I don't know who “@nobody” is."),
        ("tomorrow", "“tomorrow” is no server, person or time that I know."),
        ("7d today", "one server, one person, one time"),
    ]:
        await world.person("ben").types(f"/backup audit {typed}")
        answer = await world.until_whisper("ben", says)
        assert "There are no entries" not in answer.text


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_filters_are_chosen_and_let_go(world: World) -> None:
    ben = world.person("ben")
    await ben.types("/backup audit")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.chooses("db-1", action_id="audit_server")
    shown = await world.until_whisper("ben", "of *db-1*")
    assert "Entries 5 to 25" in shown.text
    await ben.chooses("UANA", action_id="audit_person")
    await world.until_whisper("ben", "There are no entries for this.")
    await ben.chooses("UCLEO", action_id="audit_person")
    await world.until_whisper("ben", "involving <@UCLEO>")
    await ben.chooses("Last 30 days", action_id="audit_since")
    shown = await world.until_whisper("ben", "since")
    assert ["of *db-1*" in shown.text, "involving <@UCLEO>" in shown.text] == [True, True]
    await ben.clicks(label="Show all")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="Details")
    await world.until_modal("ben", "Entry 25")


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_what_is_shown_is_sent_as_a_file(world: World) -> None:
    ben = world.person("ben")
    await ben.types("/backup audit db-1")
    await world.until_whisper("ben", "Entries 5 to 25")
    world.workspace.app.scopes = tuple({*world.workspace.app.scopes} - {"files:write"})
    await ben.clicks(label="Export CSV")
    await world.until_whisper("ben", "I lack a permission in Slack for that.")
    world.workspace.app.scopes = (*world.workspace.app.scopes, "files:write")
    await ben.clicks(label="Export CSV")
    await world.until_whisper("ben", "I sent you 5 entries as a CSV file, in a direct message.")
    [message] = [each for each in world.direct("ben") if each.files]
    rows = list(csv.DictReader(StringIO((message.files[0].content or b"").decode())))
    assert [row["seq"] for row in rows] == ["5", "10", "15", "20", "25"]
    assert {row["server_name"] for row in rows} == {"db-1"}


RULES = """
[[rule]]
servers = ["db-*"]
approvers = ["UCLEO"]
channels = ["COPS"]
"""


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    """A rule by which Cleo approves for databases, in #ops alone."""
    file = tmp_path / "rules.toml"
    file.write_text(RULES)
    return file


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_an_approver_of_some_servers_reads_of_these_alone(world: World, rules_file: Path) -> None:
    await world.restart_bot(**READERS, bot_rules_file=rules_file)
    cleo = world.person("cleo")
    await cleo.types("/backup audit")
    shown = await world.until_whisper("cleo", "Entries 5 to 25")
    assert "without servers whose audit trail you can't read here" in shown.text
    assert "web-1" not in shown.text
    hidden: list[str] = []
    absent: list[str] = []
    for typed, said in (("web-1", hidden), ("weeb-1", absent)):
        await cleo.types(f"/backup audit {typed}")
        answer = await world.until_whisper("cleo", f"There is no server “{typed}” that you can see.")
        said.append(answer.text.replace(typed, ""))
    assert hidden == absent
    await cleo.types("/backup audit", channel="random")
    await world.until_whisper("cleo", "You can't do that in this channel.", "random")


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_rights_are_checked_at_each_page_and_for_details(world: World) -> None:
    await world.person("ben").types("/backup audit")
    page = await world.until_whisper("ben", "Entries 16 to 25")
    await world.person("ana").types("/backup audit")
    await world.until_whisper("ana", "You don't have permission to read the audit trail.")
    await world.restart_bot(bot_approvers={"UCLEO"}, bot_operators={"UANA"})
    for label in ("Older ▶", "Details"):
        await world.person("ben").clicks(label=label, message=page)
        await world.until_whisper("ben", "You don't have permission to read the audit trail.")
    assert not world.person("ben").modal
    assert not [each for each in world.whispers("ben") if "Entries 6 to 15" in each.text]
