"""What a form or a button gives is an id, and is never looked up as what somebody typed."""

import pytest

from bot.sandbox.vps.model import Backup, Server
from tests.world import World, unstarted


@pytest.fixture
async def namesake(world: World) -> Server:
    """A server that is named as web-1's id is."""
    server = world.provider.add_server("101")
    await world.start_bot()
    return server


@pytest.fixture
async def twin(world: World) -> Server:
    """A second server called web-1, with the id 103."""
    server = world.provider.add_server("web-1")
    await world.start_bot()
    return server


def last_created(world: World) -> int:
    """The id of the server that was backed up last."""
    return world.provider.creates[-1].server.id


@pytest.mark.parametrize(("chosen", "server_id"), [("web-1", 101), ("101", 103)])
@unstarted
async def test_the_server_that_is_chosen_in_the_form_is_backed_up(
    world: World, namesake: Server, chosen: str, server_id: int
) -> None:
    assert namesake.id == 103
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    [option] = [each for each in await ana.suggests("server", chosen) if each["text"]["text"] == chosen]
    await ana.fills(server=option)
    await ana.submits()
    await world.until_post(f"Backing up *{chosen}*")
    await world.until(lambda: world.provider.creates)
    assert last_created(world) == server_id


@pytest.mark.parametrize(("value", "server_id"), [("101", 101), ("103", 103)])
@pytest.mark.usefixtures("namesake")
@unstarted
async def test_the_button_at_a_server_is_about_that_server(world: World, value: str, server_id: int) -> None:
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "3 servers")
    await ana.clicks("server_create", value=value, message=shown)
    await world.until_modal("ana", "Back up a server")
    await ana.submits()
    await world.until(lambda: world.provider.creates)
    assert last_created(world) == server_id


@unstarted
async def test_what_is_typed_is_a_name_first(world: World, namesake: Server) -> None:
    await world.person("ana").types("/backup create 101")
    await world.until_post("Backing up *101*")
    await world.until(lambda: world.provider.creates)
    assert last_created(world) == namesake.id


@pytest.mark.usefixtures("namesake")
@unstarted
async def test_a_backup_is_tried_again_on_the_same_server(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    card = await world.until_post("The backup of *web-1* failed")
    await ana.clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)
    assert last_created(world) == 101


@pytest.mark.usefixtures("namesake")
@unstarted
async def test_deleting_a_backup_is_confirmed_by_the_name_of_its_own_server(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types(f"/backup delete {backup.id}")
    await world.confirms("ana", "101")
    assert ana.modal
    assert ana.modal.errors == {"typed_name": "That is not the server's name. Type web-1 to confirm."}
    await world.confirms("ana", "web-1")
    await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {backup.id} of *web-1*")
    assert world.provider.deletes == [backup.id]


@pytest.mark.usefixtures("namesake")
@unstarted
async def test_the_backups_of_the_chosen_server_are_offered(world: World) -> None:
    mine, _ = world.provider.add_backup("web-1"), world.provider.add_backup("101")
    ana = world.person("ana")
    await ana.types("/backup restore")
    await world.until_modal("ana", "Restore a server")
    await ana.chooses("web-1", action_id="server")
    await world.until_modal("ana", "backup:101")
    assert await offered(world) == [f"restore:101:{mine.id}"]
    await ana.fills(backup=f"restore:101:{mine.id}")
    await ana.submits()
    await world.confirms("ana", "web-1", safety=False)
    await world.until(lambda: world.provider.restores == [("web-1", mine.id)])


@pytest.mark.usefixtures("namesake")
@unstarted
async def test_the_list_is_filtered_by_the_chosen_server(world: World) -> None:
    mine, other = world.provider.add_backup("web-1"), world.provider.add_backup("101")
    ana = world.person("ana")
    await ana.types("/backup list")
    listing = await world.until_whisper("ana", "2 backups of")
    await ana.chooses("web-1", action_id="list_server", message=listing)
    await world.until(lambda: "Backups of web-1\n1 backup ·" in listing.text, "web-1's backups are shown")
    assert f"`{mine.id}`" in listing.text
    assert f"`{other.id}`" not in listing.text


async def offered(world: World) -> list[str]:
    """Return the backups that ana's form offers, by their options' values."""
    return [option["value"] for option in await world.person("ana").suggests("backup", "")]


@pytest.fixture
def backups(world: World, twin: Server) -> tuple[Backup, Backup]:
    """A backup of each of the two servers called web-1."""
    return world.provider.add_backup(world.provider.servers[101]), world.provider.add_backup(twin)


@unstarted
async def test_a_number_that_is_a_server_s_offers_its_backups(
    world: World, backups: tuple[Backup, Backup]
) -> None:
    _, second = backups
    ana = world.person("ana")
    await ana.types("/backup restore web-1")
    await world.until_whisper("ana", "Several servers are called “web-1”.\nType the id instead: 101 or 103.")
    await ana.types("/backup restore 103")
    await world.until_modal("ana", "backup:103")
    assert await offered(world) == [f"restore:103:{second.id}"]
    await ana.fills(backup=f"restore:103:{second.id}")
    await ana.submits()
    assert "id 103" in await world.until_modal("ana", "to confirm"), "which of the two it is"
    await world.confirms("ana", "web-1", safety=False)
    await world.until(lambda: world.provider.restores == [("web-1", second.id)])
    assert world.provider.servers[103].status == "restoring"


async def test_a_number_that_is_neither_a_backup_s_nor_a_server_s_is_said_to_be_none(world: World) -> None:
    await world.person("ana").types("/backup restore 4711")
    await world.until_modal("ana", "There is no backup 4711 that you can see.")


async def test_a_server_s_number_offers_its_backups_to_delete_and_deletes_nothing(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    await world.person("ana").types("/backup delete 101")
    await world.until_modal("ana", "backup:101")
    assert await offered(world) == [f"delete:101:{backup.id}"]
    assert world.provider.deletes == []


@unstarted
async def test_equal_names_are_told_apart_in_a_picker(world: World, twin: Server) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    offered_servers = {each["value"]: each["text"]["text"] for each in await ana.suggests("server", "")}
    assert offered_servers == {"101": "web-1 (101)", "102": "db-1", "103": "web-1 (103)"}
    await ana.fills(server=str(twin.id))
    await ana.submits()
    await world.until(lambda: world.provider.creates)
    assert last_created(world) == twin.id


@unstarted
async def test_equal_names_with_other_host_names_are_told_apart_by_these(world: World) -> None:
    world.provider.add_server("web-1").hostname = "web.example.org"
    await world.start_bot()
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    offered_servers = {each["value"]: each["text"]["text"] for each in await ana.suggests("server", "")}
    assert offered_servers == {
        "101": "web-1 (web-1.example.net)",
        "102": "db-1",
        "103": "web-1 (web.example.org)",
    }
