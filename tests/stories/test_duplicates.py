"""Slack delivers the same thing twice, and it happens once."""

import asyncio
from datetime import timedelta

import pytest

from tests.world import World


@pytest.fixture
def doubled(world: World) -> World:
    """A world whose Slack sends every envelope three times."""
    world.faults.socket_duplicates = 2
    return world


async def test_a_command_that_comes_again_makes_one_backup(doubled: World) -> None:
    world = doubled
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await world.person("ben").types("/backup create db-1")
    await world.until_post("Backing up *db-1*")
    assert [made.server.name for made in world.provider.creates if made.server.name == "web-1"] == ["web-1"]
    assert len([post for post in world.posts() if "web-1" in post.text]) == 1
    assert len(world.replies()) == 1


async def test_a_submit_that_comes_again_makes_one_backup(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="web-1")
    world.faults.socket_duplicates = 2
    await ana.submits()
    world.faults.socket_duplicates = 0
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1
    assert len(world.posts()) == 1


async def test_a_confirmation_that_comes_again_deletes_once(world: World) -> None:
    old = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    world.faults.socket_duplicates = 2
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id}")
    assert [call.method for call in world.provider.calls].count("DELETE") == 1
    assert len(world.posts()) == 1


async def test_a_confirmation_that_comes_again_restores_once(world: World) -> None:
    old = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup restore {old.id}")
    await world.until_modal("ana", "to confirm")
    world.faults.socket_duplicates = 2
    await world.confirms("ana", safety=False)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")
    assert world.provider.restores == [("web-1", old.id)]
    assert len(world.posts()) == 1


async def test_a_click_that_comes_again_tries_once(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    card = await world.until_post("The backup of *web-1* failed")
    world.faults.socket_duplicates = 2
    await ana.clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 2
    assert len(world.posts()) == 2


async def test_impatient_clicks_try_once(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    card = await world.until_post("The backup of *web-1* failed")
    await asyncio.gather(*(ana.clicks(label="Try again", message=card) for _ in range(3)))
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 2


async def test_a_full_server_is_pointed_out_once(doubled: World) -> None:
    world = doubled
    for days in range(10):
        world.provider.add_backup("web-1", age=timedelta(days=days + 1))
    await world.person("ana").types("/backup create web-1")
    await world.until_whisper("ana", "web-1 has no free backup slot (10 of 10).")
    await world.person("ben").types("/backup create db-1")
    await world.until_post("Backing up *db-1*")
    assert len([said for said in world.whispers("ana") if "10 of 10" in said.text]) == 1


async def test_requesting_twice_on_purpose_is_two_operations(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.until_post("*web-1*: backup is queued")
    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 2)
