"""VPS.org answers 2xx and means no, or not yet: nothing is claimed that did not happen."""

from datetime import timedelta

from tests.world import World

NO = ["success_false", "error_in_200"]
BACKUPS, RESTORE = ("POST", "/backups/"), ("POST", "/servers/101/restore/")


async def test_a_backup_that_is_refused_so_is_said_to_be_refused(world: World) -> None:
    for fault in NO:
        world.faults.next_provider[BACKUPS].append(fault)
        await world.person("ana").types("/backup create web-1")
        reply = await world.until_reply("The backup of *web-1* failed")
        assert "The disk is busy." in reply.text, fault
        world.workspace.remove(reply)
    assert world.provider.creates == []


async def test_a_restore_that_is_refused_so_is_said_to_be_refused(world: World) -> None:
    backup = world.provider.add_backup("web-1", age=timedelta(hours=7))
    for fault in NO:
        world.faults.next_provider[RESTORE].append(fault)
        await world.person("ana").types(f"/backup restore {backup.id}")
        await world.confirms("ana", safety=False)
        reply = await world.until_reply("The restore of *web-1* failed")
        assert "The disk is busy." in reply.text, fault
        world.workspace.remove(reply)
    assert world.provider.restores == []


async def test_a_delete_that_is_refused_so_is_said_to_be_refused(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    for fault in NO:
        world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append(fault)
        await world.person("ana").types(f"/backup delete {backup.id}")
        await world.confirms("ana")
        reply = await world.until_reply("Deleting backup 5001 of *web-1* failed")
        assert "The disk is busy." in reply.text, fault
        world.workspace.remove(reply)
    assert world.provider.deletes == []


async def test_a_delete_that_was_only_accepted_is_told_when_the_list_shows_it(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append("accepted_after_acting")
    await world.person("ana").types(f"/backup delete {backup.id}")
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {backup.id}")
    assert world.provider.deletes == [backup.id]


async def test_a_delete_that_was_accepted_and_not_done_is_not_said_to_be_done(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    world.faults.next_provider["DELETE", f"/backups/{backup.id}/"].append("accepted")
    await world.person("ana").types(f"/backup delete {backup.id}")
    await world.confirms("ana")
    reply = await world.until_reply("VPS.org accepted it (202), and had not carried it out when I looked.")
    assert ":grey_question:" in reply.text
    assert world.provider.deletes == []
