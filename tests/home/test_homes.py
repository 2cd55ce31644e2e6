"""Open Homes are kept up to date, each by one replica; those that are closed cost nothing."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from pydantic import SecretStr

from bot.audit.model import Entry
from bot.home import homes
from bot.home.homes import Homes
from bot.notifications.rate_limit import SlackRateLimits
from bot.sandbox.slack import modals
from bot.services import services
from bot.slack.auth import web_client
from tests.backups.facts import NOON
from tests.stories.test_home import shown, until_home
from tests.world import World

TURNS = 50
"""Of the event loop: more than it takes from one look to the next, if there is nothing to wait for."""


@pytest.fixture(autouse=True)
def quick_homes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Homes are shown anew at once, as nobody else is there to be kept waiting."""
    monkeypatch.setattr(homes, "SETTLE_SECONDS", 0.02)
    monkeypatch.setattr(homes, "SPACING_SECONDS", 0.1)


async def open_homes(world: World, *handles: str) -> None:
    """Let these people open their Homes, one after the other."""
    for handle in handles:
        await world.person(handle).opens_home()
        await until_home(world, handle, "*web-1*")


async def test_what_another_replica_has_changed_shows_at_the_next_look(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "LOOK_SECONDS", 0.1)
    services().audit.listeners.clear()  # As if another process wrote it.
    await open_homes(world, "ben")
    await world.person("ana").types("/backup create web-1")
    await until_home(world, "ben", "Running and waiting now", "Backing up *web-1*")


async def test_a_home_that_another_replica_has_shown_since_is_left_to_it(world: World) -> None:
    await open_homes(world, "ben", "cleo")
    theirs: dict[str, Any] = {"type": "home", "blocks": [{"type": "divider"}]}
    modals.publish(world.workspace, "UBEN", theirs)
    left = shown(world, "ben")
    await world.person("ana").types("/backup create web-1")
    await until_home(world, "cleo", "Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until(lambda: "Backing up" not in shown(world, "cleo"), "Cleo sees that it has ended")
    assert shown(world, "ben") == left
    await open_homes(world, "ben")


async def test_what_slack_does_not_take_for_now_is_shown_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await open_homes(world, "ben")
    monkeypatch.setattr(homes, "LOOK_SECONDS", 0.05)
    failures = ["internal_error", "500", "down"]
    world.faults.next_slack["views.publish"] = failures
    await world.person("ana").types("/backup create web-1")
    await until_home(world, "ben", "Backing up *web-1*")
    assert failures == []


async def test_a_swarm_of_changes_shows_a_home_anew_only_every_so_often(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "SPACING_SECONDS", 0.3)
    await open_homes(world, "ben")
    # Changes come also while a Home is just being shown.
    world.faults.slack_latency = 0.1
    shows: list[float] = []
    loop = asyncio.get_running_loop()
    leave = world.workspace.listen(
        lambda change: shows.append(loop.time()) if change.kind == "home" else None
    )
    for name in ("web-1", "db-1"):
        await world.person("ana").types(f"/backup create {name}")
    await world.until(lambda: len(world.provider.creates) == 2)
    await until_home(world, "ben", "Backing up *web-1*", "Backing up *db-1*")
    world.provider.finish()
    await world.until(lambda: "Backing up" not in shown(world, "ben"), "Ben sees that all has ended")
    leave()
    assert [later - earlier for earlier, later in pairwise(shows) if later - earlier < 0.25] == []


async def test_so_many_homes_are_kept_up_to_date_and_no_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes, "MOST_OPEN", 2)
    await open_homes(world, "ben", "cleo")
    await world.person("ben").types("/backup")
    menu = await world.until_whisper("ben", "What do you want")
    await world.person("ben").clicks("ask_servers", message=menu)
    await world.until_whisper("ben", "2 servers")
    await world.until(lambda: [*services().homes._open] == ["UCLEO", "UBEN"], "Ben's counts as used")
    await open_homes(world, "ana")
    await world.person("ana").types("/backup create web-1")
    await until_home(world, "ben", "Backing up *web-1*")
    assert "Backing up" not in shown(world, "cleo"), "hers was used least lately"


def handled_now() -> int:
    """How many events are being handled."""
    names = [each.get_coro().__qualname__ for each in asyncio.all_tasks()]  # type: ignore[union-attr]
    return sum(name.startswith("Events.") for name in names)


@pytest.mark.parametrize("is_drawn_anew", [False, True])
async def test_whoever_opens_their_home_again_and_again_waits_for_one_turn(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_drawn_anew: bool
) -> None:
    await open_homes(world, "ben")
    limiter = services().homes._limits._homes
    monkeypatch.setattr(limiter, "limit", len(limiter._passed))
    if is_drawn_anew:
        await world.person("ana").types("/backup create web-1")
        await world.until(lambda: limiter._waiting, "Ben's is about to be shown anew")
    before = len(limiter._waiting)
    for _ in range(5):
        await world.person("ben").opens_home()
    await world.until(lambda: len(limiter._waiting) > before, "Ben's waits for its turn")
    assert len(limiter._waiting) == before + 1
    await world.until(lambda: handled_now() == 1, "no other opening is kept until then")
    shows = []
    leave = world.workspace.listen(lambda change: shows.append(1) if change.kind == "home" else None)
    # Room for one: that is for the person, not for what changes by itself.
    monkeypatch.setattr(limiter, "limit", len(limiter._passed) + 1)
    limiter._open()
    await world.until(lambda: shows, "Ben's Home is shown")
    leave()
    assert services().homes._open["UBEN"].asked is None


async def test_while_no_home_is_open_nothing_looks_and_nothing_wakes(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float | None] = []
    timeout = asyncio.timeout

    def noted(seconds: float | None) -> asyncio.Timeout:
        waits.append(seconds)
        return timeout(seconds)

    monkeypatch.setattr(asyncio, "timeout", noted)
    monkeypatch.setattr(homes, "LOOK_SECONDS", 0.0)
    none_open = Homes(web_client(SecretStr("xoxb-none"), "http://127.0.0.1:1/"), SlackRateLimits())
    running = asyncio.create_task(none_open.run())
    none_open.on_entry(Entry(event="ended", key="1", at=NOON, person="UANA"))
    for _ in range(TURNS):
        await asyncio.sleep(0)
    assert not running.done(), "it would have failed to read, as there is no database"
    assert waits == [None]
    running.cancel()
