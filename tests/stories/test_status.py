"""What is running, and what is in the queue."""

from tests.world import World, set_up


async def test_nothing_runs(world: World) -> None:
    await world.person("ana").types("/backup status")
    await world.until_whisper("ana", "Nothing is running or waiting.")


@set_up(bot_operators="UANA,UBEN,UCLEO")
async def test_what_is_running_and_queued_for_whom_and_since_when(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup create web-1")
    await world.until_post("*web-1*: backup is queued")
    await world.person("cleo").types("/backup create db-1")
    await world.until(lambda: len(world.provider.creates) == 2)

    await world.person("ana").types("/backup status")
    shown = (await world.until_whisper("ana", "*2 running · 1 queued*")).text
    running, other, waiting = shown.split("\n:")[1:]
    assert "Backing up *web-1*, started <!date^" in running
    assert "for <@UANA> · #" in running
    assert running.endswith("· “before the upgrade”")
    assert "for <@UCLEO>" in other
    assert "Backing up *web-1*: in the queue, requested <!date^" in waiting
    assert "for <@UBEN>" in waiting

    world.provider.finish()
    await world.until(lambda: len(world.provider.creates) == 3)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *web-1* is backed up")
    await world.until_reply("<@UCLEO> :white_check_mark: *db-1* is backed up")
    await world.person("ana").types("/backup ps")
    await world.until_whisper("ana", "Nothing is running or waiting.")


async def test_a_hostile_reason_stays_a_reason(world: World) -> None:
    await world.person("ana").types("/backup create web-1 <!channel> *x*")
    await world.until(lambda: world.provider.creates)
    await world.person("ben").types("/backup status")
    assert "<!channel>" not in (await world.until_whisper("ben", "*1 running · 0 queued*")).text


async def test_more_than_a_message_holds(world: World) -> None:
    ana = world.person("ana")
    for number in range(22):
        await ana.types("/backup create web-1", channel=("ops", "random", "dm")[number % 3])
    await world.until(lambda: len(world.posts() + world.posts("random") + world.direct("ana")) == 22)
    await ana.types("/backup status")
    assert "and 2 more" in (await world.until_whisper("ana", "*1 running · 21 queued*")).text
