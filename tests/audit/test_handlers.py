"""`/backup audit`, as people use it."""

from collections.abc import AsyncIterator

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
@pytest.mark.usefixtures("twenty_five")
async def test_pages_are_turned_both_ways(world: World) -> None:
    ben = world.person("ben")
    await ben.types("/backup audit")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="Older")
    await world.until_whisper("ben", "Entries 6 to 15")
    await ben.clicks(label="Older")
    last = await world.until_whisper("ben", "Entries 1 to 5")
    assert "Older" not in str(last.blocks)
    await ben.clicks(label="Newer")
    await world.until_whisper("ben", "Entries 6 to 15")
    await ben.clicks(label="Newer")
    first = await world.until_whisper("ben", "Entries 16 to 25")
    assert "Newer" not in str(first.blocks)
    assert len(world.whispers("ben")) == 1


@set_up(**READERS)
async def test_the_newest_page_is_always_a_full_one(world: World, twenty_five: AuditTrail) -> None:
    ben = world.person("ben")
    await ben.types("/backup audit")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="Older")
    await world.until_whisper("ben", "Entries 6 to 15")
    await twenty_five.append(entry(26))
    await ben.clicks(label="Newer")
    await world.until_whisper("ben", "Entries 16 to 25")
    await ben.clicks(label="Newer")
    await world.until_whisper("ben", "Entries 17 to 26")


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
@pytest.mark.parametrize(
    ("typed", "title", "entries"),
    [
        ("db", "of *db-1*", "Entries 5 to 25"),
        ("2", "of *2*", "Entries 5 to 25"),
        ("<@UCLEO>", "by <@UCLEO>", "Entries 5 to 25"),
        ("web-1 <@UANA|ana> 2026-03-01", "of *web-1* by <@UANA> since", "Entries 13 to 24"),
        ("gone-1", "of *gone-1*", "There are no entries."),
        ("2029-01-01", "since", "There are no entries."),
    ],
)
async def test_part_of_the_trail_is_shown(world: World, typed: str, title: str, entries: str) -> None:
    await world.person("ben").types(f"/backup audit {typed}")
    assert title in (await world.until_whisper("ben", entries)).text


@set_up(**READERS)
async def test_what_makes_no_sense_is_told_with_the_usage(world: World) -> None:
    await world.person("ben").types("/backup audit web-1 db-1")
    await world.until_whisper("ben", "/backup audit [server] [@person] [since]")


@set_up(**READERS)
async def test_an_operator_can_t_read_it(world: World) -> None:
    await world.person("ana").types("/backup audit")
    await world.until_whisper("ana", "You don't have permission to read the audit trail.")


@set_up(**READERS)
@pytest.mark.usefixtures("twenty_five")
async def test_rights_are_checked_at_each_page(world: World) -> None:
    await world.person("ben").types("/backup audit")
    page = await world.until_whisper("ben", "Entries 16 to 25")
    await world.restart_bot(bot_approvers={"UCLEO"}, bot_operators={"UANA"})
    await world.person("ben").clicks(label="Older", message=page)
    await world.until_whisper("ben", "You don't have permission to read the audit trail.")
    assert not [each for each in world.whispers("ben") if "Entries 6 to 15" in each.text]
