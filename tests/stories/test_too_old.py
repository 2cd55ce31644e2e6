"""What was confirmed too long ago is refused when its turn comes."""

import pytest

from tests.stories.asking import TWO, asks, trail
from tests.stories.queued import busy, buttons, in_safety_backup, queued
from tests.stories.three_verbs import Verb, calls
from tests.world import World, set_up


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("create", "Not backed up: *web-1*"),
        ("delete", "Not deleted: backup 5002 of *web-1*"),
        ("restore", "Not restored: *web-1*"),
    ],
)
async def test_what_was_confirmed_too_long_ago_is_refused_when_its_turn_comes(
    world: World, verb: Verb, words: str
) -> None:
    await queued(world, verb)
    await world.restart_bot(bot_confirmation_hours=1e-6)
    before = calls(world)
    world.provider.finish()
    told = await world.until_reply(f"<@UANA> :no_entry_sign: {words}")
    assert "It was confirmed" in told.text
    assert "which is too long ago to act on. Request it again if you still want it." in told.text
    assert calls(world) == before
    assert [trail(world)[-1].state, trail(world)[-1].person] == ["refused", "UANA"]
    assert len([entry for entry in trail(world) if (entry.event, entry.person) == ("started", "UANA")]) == 0


async def test_a_safety_backup_that_took_too_long_is_followed_by_no_restore(world: World) -> None:
    _, safety = await in_safety_backup(world)
    await world.restart_bot(bot_confirmation_hours=1e-6)
    world.provider.finish(safety.id)
    told = await world.until_reply("<@UANA> :no_entry_sign: Not restored: *web-1*")
    assert "which is too long ago to act on." in told.text
    assert f"(safety backup {safety.id})" in told.text
    assert calls(world) == [1, 0, 0]


@set_up(**TWO)
async def test_the_age_of_what_was_approved_counts_from_the_approval(world: World) -> None:
    await busy(world)
    question = await asks(world)
    await world.restart_bot(**TWO, bot_confirmation_hours=1e-6)
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: "Cancel" in buttons(question), "the approved delete is queued")
    world.provider.finish()
    told = await world.until_reply("<@UANA> :no_entry_sign: Not deleted: backup 5002 of *web-1*")
    assert "It was confirmed" in told.text
    assert world.provider.deletes == []
