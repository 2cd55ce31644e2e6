"""A server has ten manual backups: one request deletes the oldest, and goes on."""

from datetime import timedelta

import pytest

from bot.sandbox.vps.model import Backup
from tests.stories.asking import TWO, trail
from tests.world import World, set_up


@pytest.fixture
def full(world: World) -> list[Backup]:
    """Ten manual backups of web-1, the oldest first."""
    return [world.provider.add_backup("web-1", age=timedelta(days=20 - days)) for days in range(10)]


async def test_the_oldest_is_deleted_and_then_a_backup_is_made(world: World, full: list[Backup]) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1 before the upgrade")
    refusal = await world.until_whisper("ana", "web-1 has no free backup slot (10 of 10).")
    await ana.clicks(label="Delete the oldest…", message=refusal)
    form = await world.until_modal("ana", f"Backup {full[0].id} of web-1, taken ")
    assert "will be deleted permanently to make room." in form
    assert "before the upgrade" in form
    await world.confirms("ana", reason="before the upgrade")
    await world.until(lambda: world.provider.creates)
    assert world.provider.deletes == [full[0].id]
    assert "before the upgrade" in world.provider.creates[0].description
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    assert f"Backup {full[0].id} was deleted first, to make room." in reply.text
    assert full[0].id in {entry.delete_first for entry in trail(world)}


async def test_a_click_on_an_old_refusal_deletes_nothing_if_there_is_room(
    world: World, full: list[Backup]
) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1 before the upgrade")
    refusal = await world.until_whisper("ana", "web-1 has no free backup slot (10 of 10).")
    world.provider.delete(full[3].id)
    await ana.clicks(label="Delete the oldest…", message=refusal)
    await world.until_modal("ana", "create_backup")
    await ana.submits()
    await world.until(lambda: world.provider.creates)
    assert world.provider.deletes == [full[3].id]


@set_up(**TWO)
async def test_one_approval_covers_deleting_the_oldest_the_safety_backup_and_the_restore(
    world: World, full: list[Backup]
) -> None:
    oldest, *_, newest = full
    ana = world.person("ana")
    await ana.types(f"/backup restore {newest.id}")
    form = await world.until_modal("ana", "to confirm")
    assert "0 of 10" in form
    assert f"permanently (backup {oldest.id})" in form
    await world.confirms("ana")
    assert ana.modal
    assert "has no free slot for the safety backup" in ana.modal.errors["make_room"]
    assert ana.modal.values["typed_name"]["typed_name"]["value"] == "web-1", "what was typed is kept"

    await world.confirms("ana", make_room=True)
    question = await world.until_post("Approval needed: restore web-1")
    assert f"old), backup {oldest.id}" in question.text.partition("Deleted first, permanently")[2]
    assert world.provider.deletes == []
    await world.person("ben").clicks("approve", message=question, confirm=True)
    await world.until(lambda: world.provider.creates)
    assert world.provider.deletes == [oldest.id]
    world.provider.finish()
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("*web-1* is back: restored to")
    assert f"Backup {oldest.id} was deleted first, to make room." in reply.text


async def test_a_server_that_fills_up_while_the_form_is_open_is_offered_room_in_the_form(
    world: World, full: list[Backup]
) -> None:
    oldest, second, *_, newest = full
    del world.provider.backups[second.id]
    ana = world.person("ana")
    await ana.types(f"/backup restore {newest.id}")
    assert "1 of 10" in await world.until_modal("ana", "to confirm")
    world.provider.add_backup("web-1")
    await world.confirms("ana", reason="bad deploy")
    form = await world.until_modal("ana", "web-1 has no free backup slot (10 of 10).")
    assert f"permanently (backup {oldest.id})" in form
    assert ana.modal
    assert ana.modal.values["reason"]["reason"]["value"] == "bad deploy"
    await ana.fills(make_room=True)
    await ana.submits()
    await world.until(lambda: world.provider.deletes == [oldest.id])


@set_up(bot_second_person="delete", bot_approvers="UBEN")
@pytest.mark.usefixtures("full")
async def test_deleting_the_oldest_first_takes_the_approval_that_deleting_takes(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup restore web-1 latest")
    assert "<@UBEN>, if a backup is deleted first" in await world.until_modal("ana", "to confirm")
    await ana.fills(typed_name="web-1", make_room=True)
    await ana.submits()
    assert ana.modal
    assert ana.modal.errors == {"reason": "Say why: another person must approve this."}
    await world.confirms("ana", make_room=True)
    await world.until_post("Approval needed: restore web-1")
    assert world.provider.deletes == []


async def test_a_restart_after_the_delete_deletes_nothing_more_and_goes_on(
    world: World, full: list[Backup]
) -> None:
    oldest, *_, newest = full
    await world.person("ana").types(f"/backup restore {newest.id}")
    await world.confirms("ana", make_room=True)
    await world.until(lambda: world.provider.deletes)
    await world.restart_bot()
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until(lambda: world.provider.restores == [("web-1", newest.id)])
    assert world.provider.deletes == [oldest.id]
    assert len(world.provider.creates) == 1
