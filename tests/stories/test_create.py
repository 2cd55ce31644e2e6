"""Making a backup."""

from tests.world import World


async def test_a_backup_is_announced_watched_and_told(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    card = await world.until_post("Backing up *web-1*")
    [made] = await world.until(lambda: world.provider.creates)
    assert "before the upgrade" in made.description
    world.provider.finish()
    reply = await world.until_reply("Backed up *web-1*")
    assert reply.text.startswith("<@UANA>")
    assert reply.thread_ts == card.ts
    assert [post.ts for post in world.posts()] == [card.ts]
    assert "Backed up *web-1*" in world.posts()[0].text
