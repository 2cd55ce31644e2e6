"""A copy of the trail in a channel: nothing missing, nothing twice, and nobody pushes anything else out."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.audit.check import AuditCheck
from bot.audit.mirror import AuditMirror
from bot.audit.model import Broken, ChainedEntry
from bot.audit.position import MirrorPosition
from bot.audit.store import AuditTrail
from bot.errors import Denial, Failure, NotAllowed
from bot.notifications.rate_limit import SlackRateLimits
from bot.notifications.slack_messages import SlackMessages
from bot.operations.database import open_database
from bot.slack.auth import web_client
from tests.audit.facts import entry
from tests.audit.test_store import unprotect
from tests.world import World, set_up

GUEST = Failure.of(NotAllowed(Denial.NOT_A_MEMBER))


class Stage:
    """A trail of its own, and a mirror of it in #ops that can be started and stopped."""

    def __init__(self, world: World, database_url: str) -> None:
        self.world = world
        self.database_url = database_url
        self.database = open_database(database_url)
        self.trail = AuditTrail(self.database)
        self.quiet_seconds = 600.0
        self._count = 0

    @asynccontextmanager
    async def mirroring(self) -> AsyncIterator[AuditMirror]:
        """Mirror meanwhile, as a process of its own would."""
        client = web_client(SecretStr(self.world.workspace.app.bot_token), self.world.sandbox.slack_api_url)
        database = open_database(self.database_url)
        position = MirrorPosition(database, "COPS")
        await position.prepare()
        # Slack's limit of one message a second would only keep the tests waiting.
        messages = SlackMessages(client, SlackRateLimits(posts=1000))
        mirror = AuditMirror(
            messages,
            "COPS",
            self.trail,
            position,
            look_seconds=0.05,
            give_up_after=0.3,
            quiet_seconds=self.quiet_seconds,
        )
        running = asyncio.create_task(mirror.run())
        try:
            yield mirror
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await position.aclose()
            database.dispose()

    async def append(self, **more: Any) -> ChainedEntry:
        """Append one more entry."""
        self._count += 1
        return await self.trail.append(entry(self._count, **more))

    async def refuse(self, times: int = 1, person: str = "UGUS", **more: Any) -> list[ChainedEntry]:
        """Append refusals of a person."""
        about = {"event": "refused", "verb": "create", "person": person, "failure": GUEST} | more
        return [await self.append(**about) for _ in range(times)]

    @property
    def told(self) -> list[str]:
        """What the mirror has posted: the first line of each message."""
        return [post.text.splitlines()[0] for post in self.world.posts()]

    async def until_told(self, count: int) -> list[str]:
        """Wait until so many messages are posted, and none more soon after."""
        await self.world.until(lambda: len(self.told) >= count, f"{count} messages")
        await asyncio.sleep(0.12)
        assert len(self.told) == count
        return self.told


@pytest_asyncio.fixture
async def stage(world: World, database_url: str) -> AsyncIterator[Stage]:
    """An empty trail on each kind of database, whose mirroring has begun once."""
    world.workspace.app.scopes = (*world.workspace.app.scopes, "channels:history")
    built = Stage(world, database_url)
    await built.trail.prepare()
    async with built.mirroring():
        pass
    yield built
    await built.trail.aclose()
    built.database.dispose()


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def test_entries_are_posted_in_order_with_their_hashes(stage: Stage) -> None:
    stage.world.workspace.app.scopes = stage.world.workspace.app.scopes[:-1]
    async with stage.mirroring():
        written = [await stage.append() for _ in range(3)]
        await stage.until_told(3)
    # A stop waits for what is being posted to be recorded, for a second.
    async with stage.mirroring():
        await stage.until_told(3)
    for number, (post, each) in enumerate(zip(stage.world.posts(), written, strict=True), 1):
        assert f"Entry {number} " in post.text
        assert each.hash in post.text


@sqlite
async def test_what_was_written_while_nobody_mirrored_is_caught_up_once(stage: Stage) -> None:
    async with stage.mirroring():
        await stage.append()
        await stage.until_told(1)
    for _ in range(3):
        await stage.append()
    async with stage.mirroring():
        await stage.append()
        await stage.until_told(5)
    async with stage.mirroring():
        await stage.until_told(5)
    assert entry_numbers(stage) == [1, 2, 3, 4, 5]


@sqlite
@pytest.mark.parametrize("trouble", ["down", "is_archived", "internal_error", "internal_error_after_acting"])
async def test_trouble_at_slack_loses_and_doubles_nothing(stage: Stage, trouble: str) -> None:
    async with stage.mirroring():
        with capture_logs() as logs:
            if trouble == "down":
                stage.world.faults.slack_fail = "down"
            else:
                stage.world.faults.next_slack["chat.postMessage"] += [trouble] * 3
            await stage.append()
            await stage.append()
            if trouble != "internal_error_after_acting":
                await stage.world.until(lambda: any(line["event"] == "audit_not_mirrored" for line in logs))
            stage.world.faults.slack_fail = None
            await stage.world.until(lambda: entry_numbers(stage) == [1, 2], "both are there", 20)
    async with stage.mirroring():
        await stage.append()
        await stage.world.until(lambda: 3 in entry_numbers(stage), "the next is there", 20)
    assert entry_numbers(stage) == [1, 2, 3]


@sqlite
async def test_after_a_crash_before_it_was_recorded_a_message_is_found_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(*_: object) -> None:
        await asyncio.Event().wait()

    await stage.append()
    with monkeypatch.context() as dying:
        dying.setattr(MirrorPosition, "move", crash)
        async with stage.mirroring():
            await stage.until_told(1)
    async with stage.mirroring():
        await stage.append()
        await stage.until_told(2)
    assert entry_numbers(stage) == [1, 2]


@sqlite
async def test_a_write_that_was_not_confirmed_in_time_is_mirrored_all_the_same(
    stage: Stage,
) -> None:
    async with stage.mirroring():
        # Written by another process, or by this one after it had given up: nobody tells the mirror.
        other = AuditTrail(stage.database)
        await other.append(entry(1))
        await other.aclose()
        await stage.until_told(1)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_of_several_replicas_one_mirrors_and_another_goes_on_after_it(stage: Stage) -> None:
    async with stage.mirroring():
        async with stage.mirroring():
            for _ in range(3):
                await stage.append()
            await stage.until_told(3)
        await stage.append()
        await stage.until_told(4)
    async with stage.mirroring():
        await stage.append()
        await stage.until_told(5)
    assert entry_numbers(stage) == [1, 2, 3, 4, 5]


@sqlite
async def test_a_channel_that_is_new_gets_what_comes_from_now_on(world: World, database_url: str) -> None:
    stage = Stage(world, database_url)
    await stage.trail.prepare()
    for _ in range(3):
        await stage.append()
    async with stage.mirroring():
        await stage.append()
        await stage.until_told(1)
    assert entry_numbers(stage) == [4]
    await stage.trail.aclose()
    stage.database.dispose()


@sqlite
async def test_refusals_of_a_person_are_merged_and_come_last(stage: Stage) -> None:
    await stage.refuse(150)
    await stage.append()
    last = (await stage.refuse(162, verb="audit"))[-1]
    async with stage.mirroring():
        first, second = await stage.until_told(2)
    assert first.startswith(":arrow_forward: *Started*")
    assert second.startswith(":no_entry_sign: *312 refusals* from ")
    text = stage.world.posts()[1].text
    assert "<@UGUS> was refused 312 times (audit 162, create 150). Only full members" in text
    assert f"Among entries 1 to 313 · Hash `{last.hash}`" in text


@sqlite
async def test_the_first_refusal_is_told_at_once_and_further_ones_later_together(stage: Stage) -> None:
    stage.quiet_seconds = 0.6
    async with stage.mirroring():
        [only] = await stage.refuse()
        await stage.until_told(1)
        assert f"Entry {only.seq} " in stage.world.posts()[0].text
        await stage.refuse(5)
        await stage.append()
        told = await stage.until_told(2)
        assert told[-1].startswith(":arrow_forward: *Started*")
        await stage.world.until(lambda: any("*5 refusals*" in line for line in stage.told))
    async with stage.mirroring():
        await stage.until_told(3)


@sqlite
async def test_refusals_of_others_are_not_kept_back(stage: Stage) -> None:
    async with stage.mirroring():
        await stage.refuse(1, "UGUS")
        await stage.until_told(1)
        await stage.refuse(4, "UGUS")
        await stage.refuse(1, "UANA")
        await stage.until_told(2)
    text = stage.world.posts()[1].text
    assert "*5 refusals*" in text
    assert text.index("<@UGUS> was refused 4 times") < text.index("<@UANA> was refused once")


@sqlite
async def test_after_a_crash_the_same_refusals_are_merged(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.quiet_seconds = 0.0
    move, moves = MirrorPosition.move, 0

    async def crash(self: MirrorPosition, position: Any) -> None:
        nonlocal moves
        moves += 1
        if moves == 3:  # The first two say how far it has read, and what it is going to merge.
            await asyncio.Event().wait()
        await move(self, position)

    await stage.refuse(3)
    with monkeypatch.context() as dying:
        dying.setattr(MirrorPosition, "move", crash)
        async with stage.mirroring():
            await stage.until_told(1)
    await stage.refuse(2)
    async with stage.mirroring():
        await stage.until_told(2)
    assert ["*3 refusals*" in stage.told[0], "*2 refusals*" in stage.told[1]] == [True, True]


Tamper = Callable[[Stage], Awaitable[None]]


def changing(*statements: str) -> Tamper:
    async def tamper(stage: Stage) -> None:
        unprotect(stage.database_url)
        with stage.database.begin() as connection:
            for statement in statements:
                connection.execute(sa.text(statement))

    return tamper


@sqlite
@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (changing("delete from audit_entries where seq = 4"), "entry 4: it was removed"),
        (changing("update audit_entries set person = 'UEVE' where seq = 4"), "entry 4: it was edited"),
        (changing("update audit_entries set written = '{}' where seq = 5"), "entry 5: it was edited"),
        (changing("delete from audit_entries where seq > 2"), "the end was cut off or written anew"),
        (
            changing("update audit_entries set hash = 'x' where seq = 3"),
            "the end was cut off or written anew",
        ),
    ],
)
async def test_a_trail_that_was_changed_is_told_once_and_mirrored_on(
    stage: Stage, tamper: Tamper, words: str
) -> None:
    async with stage.mirroring():
        for _ in range(3):
            await stage.append()
        await stage.until_told(3)
    for _ in range(3):
        await stage.append()
    await tamper(stage)
    async with stage.mirroring():
        alarm = await stage.world.until_post(":rotating_light: *The audit trail is broken at ")
        assert words in alarm.text
        newest = await stage.append()
        await stage.world.until_post(newest.hash)
    async with stage.mirroring():
        newest = await stage.append()
        await stage.world.until_post(newest.hash)
    assert len([line for line in stage.told if "rotating_light" in line]) == 1


@sqlite
async def test_what_is_written_while_a_cut_trail_is_told_is_mirrored(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage.mirroring():
        for _ in range(3):
            await stage.append()
        await stage.until_told(3)
    await changing("delete from audit_entries where seq > 2")(stage)
    found = AuditMirror._found

    async def appending(self: AuditMirror, broken: Broken) -> None:
        await found(self, broken)
        await stage.append()

    monkeypatch.setattr(AuditMirror, "_found", appending)
    async with stage.mirroring():
        await stage.world.until(lambda: entry_numbers(stage) == [1, 2, 3, 3])
    assert len([line for line in stage.told if "rotating_light" in line]) == 1


@sqlite
async def test_the_whole_trail_is_checked_again_and_again(stage: Stage) -> None:
    async with stage.mirroring() as mirror:
        for _ in range(3):
            await stage.append()
        await stage.until_told(3)
        check = AuditCheck(stage.trail, mirror.alarm, first_seconds=0.0, every_seconds=0.01)
        checking = asyncio.create_task(check.run())
        await asyncio.sleep(0.1)
        assert check.is_intact
        await changing("update audit_entries set person = 'UEVE' where seq = 2")(stage)
        await stage.world.until_post("The audit trail is broken at entry 2: it was edited")
        assert not check.is_intact
        checking.cancel()
    assert len([line for line in stage.told if "rotating_light" in line]) == 1


@set_up(bot_audit_channel="CRANDOM")
async def test_the_bot_mirrors_what_is_requested(world: World) -> None:
    await world.person("ana").types("/backup create web-1 before the upgrade")
    post = await world.until_post("*Requested*", "random")
    assert "before the upgrade" in post.text
    assert "Hash" in post.text


def entry_numbers(stage: Stage) -> list[int]:
    """Return the numbers of the entries that were posted."""
    return [
        int(found[1])
        for post in stage.world.posts()
        if (found := re.search(r"^Entry (\d+)", post.text, re.MULTILINE))
    ]
