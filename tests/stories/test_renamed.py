"""Rules go by a server's name: one that is called otherwise than it was shown is left alone."""

from datetime import timedelta

import pytest

from bot.sandbox.vps.model import Backup
from tests.stories.asking import TWO
from tests.world import World, set_up


@pytest.fixture
def backup(world: World) -> Backup:
    """A backup of web-1 to go back to."""
    return world.provider.add_backup("web-1", age=timedelta(hours=7))


def swap_names(world: World) -> None:
    """Call each of the two servers like the other."""
    one, other = world.provider.server("web-1"), world.provider.server("db-1")
    one.name, other.name = other.name, one.name


@pytest.mark.parametrize("verb", ["restore", "delete"])
async def test_servers_that_swap_names_while_the_form_is_open(
    world: World, backup: Backup, verb: str
) -> None:
    await world.person("ana").types(f"/backup {verb} {backup.id}")
    await world.until_modal("ana", "to confirm")
    swap_names(world)
    await world.confirms("ana")
    await world.until_modal("ana", "The server you were shown as “web-1” is called “db-1” now.")
    assert (world.provider.restores, world.provider.deletes, world.posts()) == ([], [], [])


@set_up(**TWO)
async def test_a_server_that_is_renamed_before_the_approval(world: World, backup: Backup) -> None:
    await world.person("ana").types(f"/backup restore {backup.id}")
    await world.confirms("ana", safety=False)
    question = await world.until_post("Approval needed: restore web-1")
    world.provider.server("web-1").name = "test-1"
    await world.person("ben").clicks("approve", message=question, confirm=True)
    reply = await world.until_reply("is called “test-1” now.")
    assert reply.text.startswith("<@UANA>")
    assert world.provider.restores == []


@set_up(bot_servers_refresh_seconds=0.05)
async def test_a_server_that_is_renamed_while_its_backup_is_queued(world: World) -> None:
    await world.person("ben").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.person("ana").types("/backup create web-1")
    await world.until_post("*web-1*: backup is queued")
    world.provider.server("web-1").name = "test-1"
    await world.until_looked_at_servers()
    world.provider.finish()
    reply = await world.until_reply("<@UANA> :no_entry_sign: Not backed up: *web-1*")
    assert "is called “test-1” now. Start again with its new name." in reply.text
    assert len(world.provider.creates) == 1
