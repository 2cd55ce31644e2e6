"""Restoring a server: the good ways and what is asked first."""

from datetime import timedelta

import pytest

from bot.sandbox.vps.model import Backup
from tests.world import World, set_up


@pytest.fixture
def backup(world: World) -> Backup:
    """A backup of web-1 to go back to."""
    return world.provider.add_backup("web-1", age=timedelta(hours=7))


async def test_a_safety_backup_then_the_restore_then_the_notice(world: World, backup: Backup) -> None:
    ana = world.person("ana")
    await ana.types(f"/backup restore {backup.id}")
    shown = await world.until_modal("ana", "Everything written to web-1 after ")
    assert "9 of 10" in shown
    await world.confirms("ana", reason="the upgrade broke it")
    card = await world.until_post("Step 1 of 2: safety backup of the current state.")
    [safety] = await world.until(lambda: world.provider.creates)
    assert f"Safety backup before restoring backup {backup.id}. the upgrade broke it" in safety.description
    assert world.provider.restores == []

    world.provider.finish()
    await world.until(lambda: world.provider.restores)
    await world.until_post(
        "VPS.org accepted the restore. The server is down meanwhile; I'll tell you when it's back."
    )
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("*web-1* is back: restored to")
    assert reply.text.startswith("<@UANA>")
    assert reply.thread_ts == card.ts
    assert f"safety backup {safety.id}" in reply.text
    assert "Check the server before you rely on it." in reply.text
    assert world.provider.restores == [("web-1", backup.id)]
    assert len(world.posts()) == 1


async def test_without_a_safety_backup_it_is_restored_at_once(world: World, backup: Backup) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")
    assert world.provider.creates == []
    assert world.provider.restores == [("web-1", backup.id)]

    await world.person("ana").types(f"/backup restore {backup.id}")
    shown = await world.until_modal("ana", "to confirm")
    assert "*Last restore*\\ntook " in shown
    assert f"`{backup.id}`" in shown.partition("Last restore")[2]
    await world.person("ana").closes()
    other = world.provider.add_backup("db-1")
    await world.person("ana").types(f"/backup restore {other.id}")
    assert "*Last restore*\\nnone on record" in await world.until_modal("ana", "db-1, to confirm")


async def test_a_wrong_name_restores_nothing_the_right_one_then_does(world: World, backup: Backup) -> None:
    ana = world.person("ana")
    await ana.types(f"/backup restore {backup.id}")
    await world.confirms("ana", "web-2", safety=False)
    assert ana.modal
    assert "typed_name" in ana.modal.errors
    assert world.posts() == []
    await world.confirms("ana", "web-1")
    await world.until(lambda: world.provider.restores == [("web-1", backup.id)])


async def test_by_server_its_complete_backups_are_offered(world: World, backup: Backup) -> None:
    world.provider.add_backup("web-1", status="failed")
    world.provider.add_backup("db-1")
    ana = world.person("ana")
    await ana.types("/backup restore web-1")
    await world.until_modal("ana", "backup:101")
    assert [each["value"] for each in await ana.suggests("backup", "")] == [f"restore:101:{backup.id}"]
    await ana.fills(backup=f"restore:101:{backup.id}")
    await ana.submits()
    await world.confirms("ana", safety=False)
    await world.until(lambda: world.provider.restores == [("web-1", backup.id)])


async def test_without_anything_the_server_and_then_its_backup_are_picked(
    world: World, backup: Backup
) -> None:
    ana = world.person("ana")
    await ana.types("/backup restore")
    await world.until_modal("ana", "Restore a server")
    await ana.chooses("web-1", action_id="server")
    await world.until_modal("ana", "backup:101")
    await ana.fills(backup=f"restore:101:{backup.id}")
    await ana.submits()
    await world.confirms("ana", safety=False)
    await world.until(lambda: world.provider.restores == [("web-1", backup.id)])


async def test_the_newest_backup_before_a_moment_is_shown_at_once_or_what_there_is(
    world: World, backup: Backup
) -> None:
    ana = world.person("ana")
    world.provider.add_backup("web-1", status="failed")
    await ana.types(f"/backup restore {world.provider.server('web-1').ip_address} latest")
    await world.until_modal("ana", f'"backup_id":{backup.id}')
    await ana.closes()
    await ana.types("/backup restore web-1 before 2026-01-01")
    shown = await world.until_modal("ana", "*web-1* has no backup to restore from before")
    assert "backup:101" in shown, "what there is can be picked"


async def test_the_form_says_how_long_the_safety_backup_takes_by_the_last_backup(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await ana.types("/backup restore web-1 latest")
    await world.until_modal("ana", "Back up the current state first (about 1 min)")


async def test_a_server_without_backups_has_nothing_to_go_back_to(world: World) -> None:
    await world.person("ana").types("/backup restore db-1")
    await world.until_modal("ana", "*db-1* has no backup to restore.")


async def test_what_makes_no_sense_is_explained(world: World) -> None:
    for said, words in (("web-9", "Did you mean web-1"), ("web-1 db-1", "one server")):
        await world.person("ana").types(f"/backup restore {said}")
        await world.until_whisper("ana", words)
        assert world.person("ana").modal is None, said


@set_up(bot_operators="UANA,UBEN")
@pytest.mark.usefixtures("backup")
async def test_a_person_without_permission_is_told_who_has_it(world: World) -> None:
    words = "You don't have permission to restore this server."
    for said in ("5001", "web-1", ""):
        await world.person("cleo").types(f"/backup restore {said}")
        assert "Ask <@UANA> or <@UBEN>." in await world.until_shown("cleo", words), said
    assert world.provider.restores == []


async def test_a_backup_that_is_not_complete_can_t_be_restored(world: World) -> None:
    for status in ("in_progress", "failed", "on_tape"):
        incomplete = world.provider.add_backup("web-1", status=status)
        await world.person("ana").types(f"/backup restore {incomplete.id}")
        await world.until_modal("ana", f"its status is “{status}”, not “completed”")
        await world.person("ana").closes()


@pytest.mark.parametrize(("change", "words"), [("gone", "is gone"), ("failed", "its status is “failed”")])
async def test_what_changed_while_the_form_was_open_is_refused_in_it(
    world: World, backup: Backup, change: str, words: str
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.until_modal("ana", "to confirm")
    if change == "gone":
        del world.provider.backups[backup.id]
    else:
        backup.status = change
    await world.confirms("ana")
    await world.until_modal("ana", words)
    assert world.posts() == []
    assert world.provider.restores == []
    assert world.provider.creates == []


async def test_a_newer_restore_makes_what_was_shown_untrue(world: World, backup: Backup) -> None:
    for handle in ("ana", "ben"):
        await world.person(handle).types(f"/backup restore {backup.id}")
        await world.until_modal(handle, "to confirm")
    await world.confirms("ben", safety=False)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("<@UBEN>")
    await world.confirms("ana", safety=False)
    await world.until_modal("ana", "A newer restore on web-1 has ended since you were shown")
    assert world.provider.restores == [("web-1", backup.id)]


async def test_a_restore_waits_for_the_one_before_and_is_then_out_of_date(
    world: World, backup: Backup
) -> None:
    for handle in ("ana", "ben"):
        await world.person(handle).types(f"/backup restore {backup.id}")
        await world.until_modal(handle, "to confirm")
    await world.confirms("ben", safety=False)
    await world.until(lambda: world.provider.restores)
    await world.confirms("ana", safety=False)
    assert (
        "Waiting for <@UBEN>'s restore to finish"
        in (await world.until_post("*web-1*: restore is queued")).text
    )
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("<@UANA> :no_entry_sign: Not restored: *web-1*")
    assert "A newer restore on web-1 has ended" in reply.text
    assert world.provider.restores == [("web-1", backup.id)]


@set_up(bot_restore_watch_minutes=0.005)
async def test_a_restore_whose_server_shows_no_change_is_only_said_to_be_accepted(
    world: World, backup: Backup
) -> None:
    world.provider.listen(world.provider.finish_restores)
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    reply = await world.until_reply("VPS.org accepted the restore of *web-1*")
    assert "VPS.org doesn't report progress." in reply.text
    assert "is back" not in reply.text


@set_up(bot_restore_watch_minutes=0.003)
@pytest.mark.parametrize("is_away", [False, True])
async def test_a_server_that_is_not_back_in_time_is_said_so_once_and_watched_until_it_is(
    world: World, backup: Backup, is_away: bool
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    late = await world.until_reply("the last status I saw is “restoring”")
    assert late.text.startswith("<@UANA> *web-1* is not back")
    await world.until_post(":hourglass: *web-1* is not back yet")
    if is_away:
        await world.stop_bot()
    world.provider.finish_restores()
    if is_away:
        await world.start_bot(bot_restore_watch_minutes=0.003)
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is back: restored to")
    assert len(world.replies()) == 2


@set_up(bot_restore_watch_minutes=0.003, bot_give_up_hours=0.0001)
async def test_a_server_that_does_not_come_back_is_not_said_to_be_restored(
    world: World, backup: Backup
) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    reply = await world.until_reply("VPS.org accepted the restore of *web-1*")
    assert "The server's status is “restoring”." in reply.text
