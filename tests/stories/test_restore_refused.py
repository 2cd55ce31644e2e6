"""Restores that do not start, or of which it is not known whether they did."""

from datetime import timedelta

import pytest

from bot.sandbox.vps.model import Backup, Outcome
from tests.world import World, set_up

RESTORE = ("POST", "/servers/101/restore/")


@pytest.fixture
def backup(world: World) -> Backup:
    """A backup of web-1 to go back to."""
    return world.provider.add_backup("web-1", age=timedelta(hours=7))


def calls_for_a_restore(world: World) -> int:
    """How often the bot called for a restore, with any result."""
    return sum((call.method, call.path) == RESTORE for call in world.provider.calls)


@pytest.mark.parametrize(("end", "words"), [("failed", "“failed”"), ("vanishes", "no longer listed")])
async def test_a_safety_backup_that_ends_badly_stops_the_restore(
    world: World, backup: Backup, end: Outcome, words: str
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana")
    [safety] = await world.until(lambda: world.provider.creates)
    world.provider.finish(safety.id, end)
    reply = await world.until_reply("<@UANA> :no_entry_sign: Not restored: *web-1*")
    assert "The safety backup did not complete." in reply.text
    assert words in reply.text
    assert "The restore was not started." in reply.text
    assert calls_for_a_restore(world) == 0


async def test_a_server_that_fills_up_before_its_turn_is_not_restored_and_all_see_why(
    world: World, backup: Backup
) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana")
    await world.until_post("*web-1*: restore is queued")
    for days in range(8):
        world.provider.add_backup("web-1", age=timedelta(days=days + 1))
    world.provider.finish()
    reply = await world.until_reply("<@UANA> :no_entry_sign: Not restored: *web-1*")
    assert "web-1 has no free backup slot (10 of 10)." in reply.text
    assert "So no safety backup could be made. The restore was not started." in reply.text
    assert (calls_for_a_restore(world), len(world.provider.creates)) == (0, 1)
    card = await world.until_post("Not restored: *web-1*")
    await world.person("ana").clicks(label="Delete the oldest…", message=card)
    await world.until_modal("ana", "permanently (backup 5010)")


@pytest.mark.parametrize("fault", ["forbidden", "reset"])
async def test_a_safety_backup_that_can_t_be_requested_stops_the_restore(
    world: World, backup: Backup, fault: str
) -> None:
    world.faults.next_provider["POST", "/backups/"].append(fault)
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana")
    reply = await world.until_reply("Not restored: *web-1*")
    assert "The restore was not started." in reply.text
    assert calls_for_a_restore(world) == 0


@set_up(bot_late_minutes=0.001)
async def test_a_late_safety_backup_holds_the_restore_until_it_is_complete(
    world: World, backup: Backup
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana")
    await world.until_post("The safety backup of *web-1* is taking longer than usual")
    assert calls_for_a_restore(world) == 0
    world.provider.finish()
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")


@pytest.mark.parametrize(("change", "words"), [("gone", "is gone"), ("failed", "its status is “failed”")])
async def test_a_backup_that_is_lost_during_the_safety_backup_is_not_restored(
    world: World, backup: Backup, change: str, words: str
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana")
    [safety] = await world.until(lambda: world.provider.creates)
    if change == "gone":
        del world.provider.backups[backup.id]
    else:
        backup.status = change
    world.provider.finish(safety.id)
    reply = await world.until_reply("Not restored: *web-1*")
    assert words in reply.text
    assert f"(safety backup {safety.id})" in reply.text
    assert calls_for_a_restore(world) == 0


async def test_a_refusal_of_vps_org_is_told_and_the_restore_can_be_confirmed_anew(
    world: World, backup: Backup
) -> None:
    world.faults.next_provider[RESTORE].append("429_without_retry_after")
    ana = world.person("ana")
    await ana.types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    card = await world.until_post("The restore of *web-1* failed")
    assert "VPS.org is limiting requests" in card.text
    assert "Nothing was changed." in card.text
    assert world.provider.restores == []

    await ana.clicks(label="Try again", message=card)
    await world.until_modal("ana", "Everything written to web-1 after ")
    assert calls_for_a_restore(world) == 1
    await world.confirms("ana", safety=False)
    await world.until(lambda: world.provider.restores == [("web-1", backup.id)])


async def test_a_server_that_is_busy_at_vps_org_is_not_restored(world: World, backup: Backup) -> None:
    world.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    reply = await world.until_reply("The restore of *web-1* failed")
    assert "Another operation is in progress on this server." in reply.text
    assert calls_for_a_restore(world) == 1


async def test_if_the_answer_is_lost_it_is_not_called_twice_and_said_honestly(
    world: World, backup: Backup
) -> None:
    world.faults.next_provider[RESTORE].append("html")
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    reply = await world.until_reply("*web-1*: can't tell whether the restore was started")
    assert "I did not call again. Look at the server, then decide whether to restore once more." in reply.text
    assert calls_for_a_restore(world) == 1


async def test_if_the_answer_is_lost_but_the_server_shows_it_the_restore_is_watched(
    world: World, backup: Backup
) -> None:
    world.faults.next_provider[RESTORE].append("500_after_acting")
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    await world.until_post("The server is down meanwhile; I'll tell you when it's back.")
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("*web-1* is back: restored to")
    assert "the server's status went from “active” to “restoring”" in reply.text
    assert calls_for_a_restore(world) == 1


async def test_if_the_answer_is_lost_and_nothing_is_to_be_seen_nobody_is_told_it_worked(
    world: World, backup: Backup
) -> None:
    world.provider.listen(world.provider.finish_restores)
    world.faults.next_provider[RESTORE].append("reset_after_acting")
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    await world.until_reply("*web-1*: can't tell whether the restore was started")
    assert calls_for_a_restore(world) == 1
    assert world.provider.restores == [("web-1", backup.id)]
