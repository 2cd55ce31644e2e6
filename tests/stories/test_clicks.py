"""A click that is known by its place: clicked again it is refused, delivered again it is the same click."""

from datetime import timedelta

import pytest
from dbos import DBOS

from bot.operations import records
from bot.sandbox.slack.delivery import Delivery
from bot.sandbox.slack.workspace import Message
from tests.stories.asking import events
from tests.world import World, set_up

TRIED = "This was tried again already."


@pytest.fixture
def delivered(world: World, monkeypatch: pytest.MonkeyPatch) -> list[Delivery]:
    """What Slack delivers from now on, to be delivered again."""
    noted: list[Delivery] = []
    deliver = world.sandbox.slack.socket_mode.deliver

    async def note(delivery: Delivery) -> dict[str, object]:
        noted.append(delivery)
        return await deliver(delivery)

    monkeypatch.setattr(world.sandbox.slack.socket_mode, "deliver", note)
    return noted


async def failed(world: World) -> Message:
    """Let a backup that Ana requested fail; return its card, which offers to try again."""
    await world.person("ana").types("/backup create web-1 before the upgrade")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    await world.until_reply("The backup of *web-1* failed")
    return await world.until_post("The backup of *web-1* failed")


async def until_tried_again(world: World, count: int = 2) -> None:
    """Wait until the backup was made once more, and let it end well."""
    await world.until(lambda: len(world.provider.creates) == count)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")


async def test_clicked_a_second_time_it_says_that_it_was_tried_already_and_does_nothing(world: World) -> None:
    card = await failed(world)
    await world.person("ana").clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)
    for handle in ("ana", "ben"):
        await world.person(handle).clicks(label="Try again", message=card)
        assert "/backup status" in (await world.until_whisper(handle, TRIED)).text
    await until_tried_again(world)
    await world.person("ben").clicks(label="Try again", message=card)
    await world.until(lambda: len([each for each in world.whispers("ben") if TRIED in each.text]) == 2)
    assert len(world.provider.creates) == 2
    assert len(world.posts()) == 2
    assert events(world) == ["requested", "started", "ended"] * 2


async def test_delivered_twice_it_is_one_operation_and_silent(world: World) -> None:
    card = await failed(world)
    world.faults.socket_duplicates = 2
    await world.person("ana").clicks(label="Try again", message=card)
    await world.until(lambda: len(world.provider.creates) == 2)
    await world.person("ana").types("/backup status")
    await world.until_whisper("ana", "1 running · 0 queued")
    world.faults.socket_duplicates = 0
    await until_tried_again(world)
    assert [each.text for each in world.whispers("ana") if TRIED in each.text] == []
    assert len(world.provider.creates) == 2
    assert len(world.posts()) == 2


async def test_delivered_again_much_later_it_is_still_the_same_click(
    world: World, delivered: list[Delivery]
) -> None:
    card = await failed(world)
    await world.person("ana").clicks(label="Try again", message=card)
    click = delivered[-1]
    await until_tried_again(world)
    await world.restart_bot()
    await world.sandbox.slack.socket_mode.deliver(click)
    assert world.whispers("ana") == []
    await world.person("ana").clicks(label="Try again", message=card)
    await world.until_whisper("ana", TRIED)
    assert len(world.provider.creates) == 2
    assert len(world.posts()) == 2


async def test_each_failure_can_be_tried_again_once(world: World) -> None:
    first = await failed(world)
    await world.person("ana").clicks(label="Try again", message=first)
    await world.until(lambda: len(world.provider.creates) == 2)
    world.provider.finish(status="failed")
    second = await world.until(
        lambda: [each for each in world.posts() if each.ts != first.ts and "failed" in each.text],
        "the second try has failed",
    )
    await world.person("ana").clicks(label="Try again", message=second[0])
    await until_tried_again(world, 3)
    assert world.whispers("ana") == []


@pytest.mark.parametrize("verb", ["delete", "restore"])
async def test_what_destroys_data_is_confirmed_anew_at_each_click(world: World, verb: str) -> None:
    backup = world.provider.add_backup("web-1", age=timedelta(hours=7))
    ana = world.person("ana")
    path = f"/backups/{backup.id}/" if verb == "delete" else "/servers/101/restore/"
    world.faults.next_provider["DELETE" if verb == "delete" else "POST", path].append(
        "429_without_retry_after"
    )
    more = {"safety": False} if verb == "restore" else {}
    await ana.types(f"/backup {verb} {backup.id}")
    await world.confirms("ana", "web-1", **more)
    card = await world.until_post(" failed")
    for _ in range(2):
        await ana.clicks(label="Try again", message=card)
        await world.until_modal("ana", "to confirm")
        await ana.closes()
    assert (world.provider.deletes, world.provider.restores) == ([], [])


async def wants_to_be_told(world: World, listing: Message) -> None:
    """Let Ana choose to be told when the backup is done, which is promised."""
    promised = len(world.whispers("ana"))
    await world.person("ana").chooses("Tell me when it's done", action_id="list_row", message=listing)
    await until_promised(world, promised)


async def until_promised(world: World, promised: int) -> None:
    """Wait until Ana is promised once more to be told."""
    await world.until(lambda: len(world.whispers("ana")) > promised, "it is promised")
    assert world.whispers("ana")[-1].text == "I'll write to you when backup 5001 of web-1 is finished."


async def watches() -> int:
    """Return how many watches there are or were."""
    return len(await DBOS.list_workflows_async(name=records.EXECUTE))


@set_up(bot_give_up_hours=0.00005)
async def test_being_told_can_be_requested_again_after_a_watch_has_ended(world: World) -> None:
    world.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    await world.person("ana").types("/backup list web-1")
    listing = await world.until_whisper("ana", "1 backup")
    await wants_to_be_told(world, listing)
    await world.until_direct("ana", "*web-1*: can't tell how backup 5001 ended")

    await world.restart_bot()
    for _ in range(2):
        await wants_to_be_told(world, listing)
    assert await watches() == 2
    world.provider.finish()
    told = await world.until_direct("ana", "Backup 5001 of *web-1* is complete")
    assert told == world.direct("ana")[-1]
    assert len(world.direct("ana")) == 2


async def test_being_told_is_not_repeated_if_the_click_is_delivered_again_after_that(
    world: World, delivered: list[Delivery]
) -> None:
    world.provider.add_backup("web-1", backup_type="automatic", status="in_progress")
    await world.person("ana").types("/backup list web-1")
    listing = await world.until_whisper("ana", "1 backup")
    world.provider.finish()
    await wants_to_be_told(world, listing)
    click = delivered[-1]
    await world.until_direct("ana", "Backup 5001 of *web-1* is complete")
    promised = len(world.whispers("ana"))
    await world.sandbox.slack.socket_mode.deliver(click)
    await until_promised(world, promised)
    assert await watches() == 1
