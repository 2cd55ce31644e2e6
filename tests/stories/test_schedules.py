"""Backups by the clock: schedules are made, run, rotate, are paused and resumed, and outlive restarts."""

from bot.sandbox.slack.workspace import Message
from tests.world import World


async def create(world: World, text: str, handle: str = "ana") -> Message:
    """Have a schedule made; return what the channel is told."""
    await world.person(handle).types(f"/backup schedule create {text}")
    return await world.until_post("scheduled backups of")


async def shown(world: World, handle: str = "ana", words: str = "Schedules") -> Message:
    """Return the list of schedules as this person sees it."""
    await world.person(handle).types("/backup schedule")
    return await world.until_whisper(handle, words)


async def run(world: World, number: int) -> None:
    """Run the only schedule now, and let its backup finish."""
    listing = await shown(world)
    await world.person("ana").clicks("schedule_run", message=listing)
    await world.until(lambda: len(world.provider.creates) == number, "a backup is made")
    world.provider.finish()
    await world.until(lambda: len(backed_up(world)) == number, "it is told")


def backed_up(world: World) -> list[Message]:
    return [post for post in world.posts() if "is backed up" in post.text]


async def test_a_schedule_is_made_told_listed_and_run_now(world: World) -> None:
    told = await create(world, "web every day at 03:00 keep 2")
    assert "<@UANA> scheduled backups of *web-1* · every day at 03:00" in told.text
    assert "keeps the newest 2 of its own" in told.text
    listing = await shown(world)
    assert "It has not run yet." in listing.text
    assert listing.text.count("<!date^") >= 2
    await world.person("ana").clicks("schedule_run", message=listing)
    [made] = await world.until(lambda: world.provider.creates)
    assert "Schedule: every day at 03:00" in made.description
    world.provider.finish()
    outcome = await world.until(lambda: backed_up(world))
    assert "Scheduled" in outcome[0].text
    assert world.replies() == []
    assert "1 done" in (await shown(world, words="1 done")).text
