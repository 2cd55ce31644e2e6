"""VPS.org shows a part of a list: nobody is told what that part does not prove."""

from datetime import timedelta

from tests.world import World

SERVERS, BACKUPS = ("GET", "/servers/"), ("GET", "/backups/")


async def test_a_server_that_was_not_shown_is_not_said_not_to_exist(world: World) -> None:
    for _ in range(3):
        world.provider.add_server("new-1")
    world.faults.next_provider[SERVERS] += ["list_misses"] * 100
    await world.person("ana").types("/backup list new-7")
    await world.until_whisper(
        "ana", "VPS.org did not show all servers, and “new-7” is not among those that you can see."
    )
    await world.person("ana").types("/backup servers")
    await world.until_whisper("ana", "VPS.org counts 1 server more that it did not show")


async def test_a_server_whose_backups_were_not_shown_is_not_said_to_have_none(world: World) -> None:
    world.provider.add_backup("db-1", age=timedelta(hours=1))
    world.provider.add_backup("web-1", age=timedelta(hours=2))
    world.faults.next_provider[BACKUPS].append("list_misses")
    await world.person("ana").types("/backup servers")
    shown = await world.until_whisper("ana", "VPS.org counts 1 backup more that it did not show")
    assert "attention" not in shown.text
    assert "-1 · active · none shown · at least 0 of 10 slots" in shown.text


async def test_the_only_backup_shown_is_not_said_to_be_the_only_one(world: World) -> None:
    world.provider.add_backup("web-1", age=timedelta(hours=2))
    newest = world.provider.add_backup("web-1", age=timedelta(hours=1))
    world.faults.next_provider[BACKUPS] += ["list_misses"] * 3
    await world.person("ana").types(f"/backup delete {newest.id}")
    said = await world.until_modal(
        "ana", "It is the only complete backup of this server that VPS.org showed me"
    )
    assert "it did not show all" in said
