"""Slack or VPS.org is away for an hour, which passes in a moment here."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import aiohttp
import pytest

from bot.notifications.rate_limit import SlackRateLimits
from bot.sandbox.server import free_port
from tests.stories.three_verbs import DESTRUCTIVE, prepare
from tests.world import World, unstarted

OPERATIONS = 10
BURST, BURST_SECONDS = 3, 0.3
WORDS = "VPS.org is having problems (error 500)."


@pytest.fixture
def short_hours(monkeypatch: pytest.MonkeyPatch, quick_sockets: None) -> None:  # noqa: ARG001
    """The bot repeats what failed after 0.1 s at most."""
    monkeypatch.setattr("bot.notifications.retry._FIRST_WAIT", 0.02)
    monkeypatch.setattr("bot.notifications.retry._LONGEST_WAIT", 0.1)


class Away:
    """A plan of faults: all of Slack, or all of VPS.org, is away. Counts who asks all the same."""

    def __init__(self, *, slack: str | None = None, provider: str | None = None) -> None:
        self.asked: Counter[str] = Counter()
        self._slack = slack
        self._provider = provider

    def for_slack(self, method: str, channel: str) -> str | None:  # noqa: ARG002
        self.asked[method] += 1
        return self._slack

    def for_provider(self, method: str, path: str) -> str | None:
        self.asked[f"{method} {path}"] += 1
        return self._provider

    def wait(self) -> float:
        return 0.0


async def ready(port: int) -> tuple[int, dict[str, bool]]:
    """Return what the bot says at /readyz."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}/readyz") as answer,
    ):
        return answer.status, await answer.json()


async def until_ready(port: int, condition: Callable[[int, dict[str, bool]], bool]) -> None:
    """Wait until /readyz answers so."""
    pause = asyncio.Event()
    async with asyncio.timeout(10.0):
        while not condition(*await ready(port)):
            with suppress(TimeoutError):
                await asyncio.wait_for(pause.wait(), 0.02)


@pytest.mark.usefixtures("short_hours")
@unstarted
async def test_ten_backups_end_while_slack_is_away(world: World) -> None:
    port = free_port()
    names = [f"app-{number}" for number in range(OPERATIONS)]
    for name in names:
        world.provider.add_server(name)
    world.limits = SlackRateLimits(posts=BURST, posts_seconds=BURST_SECONDS, edits_seconds=BURST_SECONDS)
    await world.start_bot(bot_port=port)
    for name in names:
        assert (await world.person("ana").types(f"/backup create {name}")).acked
    await world.until(lambda: len(world.posts()) == len(world.provider.creates) == OPERATIONS)

    world.faults.plan = away = Away(slack="503")
    world.faults.socket_refused = True
    world.sandbox.slack.socket_mode.drop()
    world.provider.finish()
    await until_ready(port, lambda status, told: (status, told["slack"]) == (503, False))
    await world.until(lambda: away.asked["chat.update"] > 2 * OPERATIONS, "the bot tries again and again")
    await world.until(lambda: away.asked["apps.connections.open"] > 2)
    assert world.replies() == []

    moments: dict[str, float] = {}
    loop = asyncio.get_running_loop()
    world.workspace.listen(
        lambda _: moments.update({m.ts: loop.time() for m in world.replies() if m.ts not in moments})
    )
    world.faults.plan, world.faults.socket_refused = None, False
    await world.until(lambda: len(world.replies()) == OPERATIONS)
    await until_ready(port, lambda status, told: status == 200 and all(told.values()))
    assert (await world.person("ana").types("/backup list")).acked
    await world.until_whisper("ana", f"{OPERATIONS} backups")
    for name in names:
        told = [each for each in (*world.posts(), *world.replies()) if f"*{name}*" in each.text]
        assert ["is backed up" in each.text for each in told] == [True, True]
    assert len(world.provider.creates) == len(world.posts()) == OPERATIONS
    assert max(moments.values()) - min(moments.values()) > (OPERATIONS / BURST - 2) * BURST_SECONDS


@unstarted
async def test_vps_org_is_away_while_backups_are_watched_and_people_ask(world: World) -> None:
    prepare(world)
    port = free_port()
    await world.start_bot(bot_port=port)
    ana, ben = world.person("ana"), world.person("ben")
    for name in ("web-1", "db-1"):
        await ana.types(f"/backup create {name}")
    await world.until(lambda: len(world.provider.creates) == 2)

    world.faults.plan = away = Away(provider="500")
    await until_ready(port, lambda status, told: (status, told["vps"]) == (200, False))
    assert (await ben.types("/backup list")).acked
    await world.until_whisper("ben", WORDS)
    for verb in DESTRUCTIVE:
        await ben.types(f"/backup {verb} 5001")
        await world.until_modal("ben", WORDS)
        await ben.closes()
    await ben.types("/backup create mail-1")
    failed = await world.until_post("The backup of *mail-1* failed")
    assert "Nothing was changed." in failed.text
    world.provider.finish()
    polls = away.asked["GET /backups/"]
    await world.until(lambda: away.asked["GET /backups/"] > polls + 20, "the bot asks again and again")
    assert len(world.replies()) == 1

    world.faults.plan = None
    for name in ("web-1", "db-1"):
        await world.until_reply(f"<@UANA> :white_check_mark: *{name}* is backed up")
    await until_ready(port, lambda status, told: status == 200 and all(told.values()))
    await ben.clicks(label="Try again", message=failed)
    await world.until(lambda: len(world.provider.creates) == 3)
    world.provider.finish()
    await world.until_reply("<@UBEN> :white_check_mark: *mail-1* is backed up")
    assert len(world.replies()) == len(world.posts()) == 4
