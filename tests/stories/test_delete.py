"""Deleting a backup."""

from datetime import timedelta

import pytest

from bot.sandbox.people.filling_in import NotPossible
from bot.sandbox.vps.model import Backup
from tests.world import World, set_up


@pytest.fixture
def old(world: World) -> Backup:
    """A backup of web-1 that somebody may want to delete, and a newer one that stays."""
    world.provider.add_backup("web-1", age=timedelta(hours=1), description="to keep")
    return world.provider.add_backup("web-1", age=timedelta(days=3), description="before the move")


async def test_what_goes_is_shown_confirmed_by_name_deleted_and_told(world: World, old: Backup) -> None:
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    shown = await world.until_modal("ana", "will be deleted permanently.")
    assert f"Backup {old.id} of web-1" in shown
    assert "8.0 GB" in shown
    assert "before the move" in shown
    assert "only complete backup" not in shown
    assert world.provider.deletes == []

    await world.confirms("ana", reason="no longer needed")
    card = await world.until_post(f"Deleted backup {old.id} of *web-1*")
    assert "no longer needed" in card.text
    reply = await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {old.id}")
    assert reply.thread_ts == card.ts
    assert world.provider.deletes == [old.id]
    assert ana.modal is None
    assert len(world.posts()) == 1


async def test_a_wrong_name_is_an_error_in_the_form_and_the_right_one_then_does(
    world: World, old: Backup
) -> None:
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    await world.confirms("ana", "db-1")
    assert ana.modal
    assert ana.modal.errors == {"typed_name": "That is not the server's name. Type web-1 to confirm."}
    assert world.posts() == []

    await world.confirms("ana", " WEB-1 ")
    assert ana.modal is None
    await world.until_reply(f"Deleted backup {old.id}")
    assert world.provider.deletes == [old.id]


async def test_nothing_is_deleted_without_a_name(world: World, old: Backup) -> None:
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    with pytest.raises(NotPossible, match="Please complete this required field"):
        await ana.submits()
    await ana.closes()
    assert world.provider.deletes == []
    assert world.posts() == []


async def test_the_last_complete_backup_is_pointed_out(world: World) -> None:
    only = world.provider.add_backup("web-1")
    world.provider.add_backup("web-1", status="failed")
    world.provider.add_backup("db-1")
    await world.person("ana").types(f"/backup delete {only.id}")
    assert "It is the only complete backup of this server." in await world.until_modal("ana", "to confirm")


async def test_without_a_number_the_server_and_then_its_backup_are_picked(world: World, old: Backup) -> None:
    ana = world.person("ana")
    await ana.types("/backup delete")
    await world.until_modal("ana", "Delete a backup")
    with pytest.raises(NotPossible, match="no submit button"):
        await ana.submits()
    await ana.chooses("web-1", action_id="server")
    await world.until_modal("ana", "Choose a backup")
    offered = [option["value"] for option in await ana.suggests("backup", "")]
    assert offered == ["delete:101:5001", f"delete:101:{old.id}"]
    await ana.fills(backup=f"delete:101:{old.id}")
    await ana.submits()
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id}")
    assert world.provider.deletes == [old.id]


async def test_picking_another_server_offers_its_backups(world: World, old: Backup) -> None:
    ana = world.person("ana")
    await ana.types("/backup delete")
    await world.until_modal("ana", "Delete a backup")
    await ana.chooses("web-1", action_id="server")
    await world.until_modal("ana", "backup:101")
    assert f"delete:101:{old.id}" in str(await ana.suggests("backup", ""))
    await ana.chooses("db-1", action_id="server")
    assert "backup:101" not in await world.until_modal("ana", "*db-1* has no backup to delete.")


async def test_what_makes_no_sense_is_explained(world: World) -> None:
    for said, words in (
        ("5001 5002", "I delete one backup at a time."),
        ("5001.5", "There is no server “5001.5” that you can see."),
        ("web-1 db-1", "I delete one server at a time."),
    ):
        await world.person("ana").types(f"/backup delete {said}")
        await world.until_whisper("ana", words)
        assert world.person("ana").modal is None, said


async def test_a_backup_that_is_not_there_is_said_not_to_be_there(world: World) -> None:
    await world.person("ana").types("/backup delete 4711")
    await world.until_modal("ana", "There is no backup 4711 that you can see.")


@set_up(bot_operators="UANA,UBEN")
@pytest.mark.usefixtures("old")
async def test_a_person_without_permission_is_told_who_has_it(world: World) -> None:
    words = "You don't have permission to delete backups of this server."
    for said in ("delete 5002", "delete"):
        await world.person("cleo").types(f"/backup {said}")
        refusal = await world.until_shown("cleo", words)
        assert "Ask <@UANA> or <@UBEN>." in refusal, said
    assert world.provider.deletes == []


async def test_a_backup_that_vanishes_before_the_submit_is_refused_in_the_form(
    world: World, old: Backup
) -> None:
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    world.provider.delete(old.id)
    world.provider.deletes.clear()
    await world.confirms("ana")
    await world.until_modal("ana", f"Backup {old.id} is gone")
    assert world.posts() == []
    assert world.provider.deletes == []


async def test_a_number_that_now_stands_for_another_backup_is_refused(world: World, old: Backup) -> None:
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    old.created_at += timedelta(hours=1)
    await world.confirms("ana")
    await world.until_modal("ana", "its date has changed")
    assert world.provider.deletes == []


async def test_a_backup_that_vanishes_while_it_is_queued_is_not_deleted(world: World, old: Backup) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ana").types(f"/backup delete {old.id}")
    assert "<@UBEN>'s backup, requested just now" in await world.until_modal("ana", "to confirm")
    await world.confirms("ana")
    queued = await world.until_post("*web-1*: delete is queued")
    assert f"old), backup {old.id}" in queued.text

    world.provider.delete(old.id)
    world.provider.deletes.clear()
    world.provider.finish()
    reply = await world.until_reply(f"<@UANA> :no_entry_sign: Not deleted: backup {old.id} of *web-1*")
    assert f"Backup {old.id} is gone" in reply.text
    assert world.provider.deletes == []


async def test_a_backup_that_vanishes_at_the_last_moment_is_said_to_have_been_gone(
    world: World, old: Backup
) -> None:
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    world.faults.next_provider["DELETE", f"/backups/{old.id}/"].append("reset")

    def goes() -> None:
        if world.provider.calls[-1].method == "DELETE" and old.id in world.provider.backups:
            world.provider.delete(old.id)

    world.provider.listen(goes)
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id}")
    assert [call.method for call in world.provider.calls].count("DELETE") == 1


async def test_two_people_delete_the_same_backup_once(world: World, old: Backup) -> None:
    for handle in ("ana", "ben"):
        await world.person(handle).types(f"/backup delete {old.id}")
        await world.until_modal(handle, "to confirm")
    await world.confirms("ana")
    await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {old.id}")
    await world.confirms("ben")
    await world.until_modal("ben", "trouble")
    assert world.provider.deletes == [old.id]


async def test_a_newer_delete_on_the_server_makes_what_was_shown_untrue(world: World, old: Backup) -> None:
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    await world.person("ben").types("/backup delete 5001")
    await world.confirms("ben")
    await world.until_reply("<@UBEN> :white_check_mark: Deleted backup 5001")
    await world.confirms("ana")
    await world.until_modal("ana", "A newer delete on web-1 has ended since you were shown")
    assert world.provider.deletes == [5001]


async def test_a_newer_backup_does_no_harm(world: World, old: Backup) -> None:
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    await world.confirms("ana")
    await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {old.id}")


async def test_a_name_full_of_marks_can_be_typed_and_shown(world: World) -> None:
    name = "<!here> *a* & <b|c>"
    world.provider.add_server(name)
    hostile = world.provider.add_backup(name, description="<!channel> <https://evil.example|docs>")
    await world.person("ana").types(f"/backup delete {hostile.id}")
    shown = await world.until_modal("ana", "&lt;!here&gt; ∗a∗ &amp; &lt;b|c&gt;")
    assert "<!channel>" not in shown
    await world.confirms("ana", name)
    card = await world.until_post(f"Deleted backup {hostile.id}")
    assert "<!here>" not in card.text
    assert world.provider.deletes == [hostile.id]


@set_up(bot_operators="UANA,UBEN,UCLEO")
async def test_permission_is_checked_again_at_the_submit(world: World, old: Backup) -> None:
    await world.person("cleo").types(f"/backup delete {old.id}")
    await world.until_modal("cleo", "to confirm")
    await world.restart_bot(bot_operators="UANA,UBEN")
    await world.confirms("cleo")
    await world.until_modal("cleo", "You don't have permission to delete backups of this server.")
    assert world.posts() == []
    assert world.provider.deletes == []
