"""*Tell me when it's done*, for a backup that somebody else started."""

import pytest

from bot.sandbox.vps.model import Outcome
from tests.world import World


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("completed", "Backup 5001 of *web-1* is complete"),
        ("failed", "Backup 5001 of *web-1* failed"),
        ("vanishes", "Backup 5001 is no longer listed"),
    ],
)
async def test_a_person_who_wants_is_written_to_when_it_is_done(
    world: World, end: Outcome, words: str
) -> None:
    world.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    listing = await world.until_whisper("ana", "1 backup")
    for _ in range(2):
        await ana.chooses("Tell me when it's done", action_id="list_row", message=listing)
        await world.until_whisper("ana", "I'll write to you when backup 5001 of web-1 is finished.")
    assert world.direct("ana") == []
    await world.until(lambda: [call for call in world.provider.calls if call.query == {"server_id": "101"}])
    world.provider.finish(5001, end)
    told = await world.until_direct("ana", words)
    assert told.text.startswith("<@UANA>")
    assert world.posts() == []
    assert [words in message.text for message in world.direct("ana")] == [True]


async def test_two_people_are_both_told_also_after_a_restart(world: World) -> None:
    world.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    for handle in ("ana", "ben"):
        await world.person(handle).types("/backup list web-1")
        listing = await world.until_whisper(handle, "1 backup")
        await world.person(handle).chooses("Tell me when it's done", action_id="list_row", message=listing)
        await world.until_whisper(handle, "I'll write to you")
    await world.restart_bot()
    world.provider.finish()
    for handle in ("ana", "ben"):
        await world.until_direct(handle, "Backup 5001 of *web-1* is complete")
        assert len(world.direct(handle)) == 1
