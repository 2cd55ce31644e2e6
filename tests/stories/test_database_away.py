"""The database does not take what people ask for: nothing is promised, and what it took is done once."""

import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest

from bot.sandbox.people.actors import Answer
from tests.operations.database_faults import unreadable
from tests.stories.asking import TWO, asks, trail
from tests.stories.three_verbs import (
    DESTRUCTIVE,
    VERBS,
    Verb,
    ask,
    calls,
    confirm,
    effects,
    endings_told,
    prepare,
    until_told,
)
from tests.world import World, set_up, unstarted

WATCH = "Tell me when it's done"
NOT_PROMISED = "I couldn't confirm that this was recorded"
NOT_LOOKED_UP = "My database isn't answering, so I did nothing."
LEFT: dict[Verb, str] = {
    "create": "Not backed up: *web-1*",
    "delete": "Not deleted: backup 5001 of *db-1*",
    "restore": "Not restored: *mail-1*",
}


@pytest.fixture
def short_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot soon looks for what nobody carries on."""
    monkeypatch.setattr("bot.operations.maintenance.MINUTE", 0.6)


@pytest.fixture(autouse=True)
def impatient(short_minutes: None, world: World, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """The bot soon gives up on its database."""
    monkeypatch.setattr("bot.operations.engine.RECORD_SECONDS", 0.2)


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Let nobody else write to the database."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield


@pytest.mark.parametrize("verb", VERBS)
async def test_what_can_t_be_recorded_in_time_is_not_promised_and_done_once_if_it_was(
    world: World, verb: Verb
) -> None:
    prepare(world)
    if verb in DESTRUCTIVE:
        await ask(world, verb)
    with locked(world.database):
        if verb in DESTRUCTIVE:
            await confirm(world, verb)
            await world.until_modal("ana", NOT_PROMISED)
        else:
            await ask(world, verb)
            await world.until_whisper("ana", NOT_PROMISED)
        assert world.posts() == []
    await until_told(world, verb, "done")
    assert effects(world) == calls(world) == [int(verb == each) for each in VERBS]
    assert len(world.replies()) == 1


@pytest.mark.parametrize("verb", VERBS)
async def test_what_could_begin_only_much_later_is_left_and_told(
    world: World, verb: Verb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.lifecycle.MAX_DELAY_SECONDS", 0.0)
    prepare(world)
    await ask(world, verb)
    await confirm(world, verb)
    card = await world.until_post(LEFT[verb])
    assert "after you requested it, so I didn't. Request it again if you still want it." in card.text
    await world.until_reply(LEFT[verb])
    assert calls(world) == [0, 0, 0]
    assert [entry.event for entry in trail(world)] == ["requested", "ended"]


@set_up(**TWO)
async def test_a_decision_that_can_t_be_recorded_in_time_is_not_promised_and_counts_once_if_it_was(
    world: World,
) -> None:
    question = await asks(world)
    cleo = world.person("cleo")
    with locked(world.database):
        await cleo.clicks("approve", message=question, confirm=True)
        await world.until(lambda: is_not_promised(world, 1), "cleo's click is answered")
        assert world.provider.deletes == []
    # As she was told; whether the first click was recorded, or not even looked at, it counts once.
    await cleo.clicks("approve", message=question, confirm=True)
    await world.until_reply("Deleted backup 5001")
    assert (
        world.provider.deletes,
        endings_told(world, "<@UANA> :white_check_mark: Deleted backup 5001"),
    ) == ([5001], 1)


@unstarted
async def test_every_click_is_answered_while_the_database_does_not(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.slack.interaction.LOOK_UP_SECONDS", 0.3)
    monkeypatch.setattr("bot.slack.interaction.DATABASE_SECONDS", 0.3)
    world.provider.add_server("new-1")
    await world.start_bot(**TWO)
    ana, cleo = world.person("ana"), world.person("cleo")
    await ana.types("/backup create db-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish(status="failed")
    failed = await world.until_post("The backup of *db-1* failed")
    await ana.types("/backup create web-1")
    await world.until(lambda: len(world.provider.creates) == 2, "web-1 is backed up")
    await ana.types("/backup create web-1")
    queued = await world.until_post("*web-1*: backup is queued")
    question = await asks(world)
    running = world.provider.add_backup("new-1", status="in_progress")
    await cleo.types("/backup list new-1")
    listing = await world.until_whisper("cleo", f"`{running.id}`")
    with locked(world.database):
        # Whoever writes has the bot's only connection, and waits.
        await ana.types("/backup create db-1")
        await world.until_whisper("ana", NOT_PROMISED)
        acts: list[tuple[str, Callable[[], Awaitable[Answer]]]] = [
            ("ana", lambda: ana.clicks("try_again", message=failed)),
            ("ana", lambda: ana.clicks("cancel_operation", message=queued)),
            ("cleo", lambda: cleo.clicks("approve", message=question, confirm=True)),
            ("cleo", lambda: cleo.chooses(WATCH, action_id="list_row", message=listing)),
            ("cleo", lambda: cleo.types("/backup status")),
        ]
        for number, (handle, act) in enumerate(acts, 2):
            assert (await act()).acked
            await world.until(partial(is_not_promised, world, number), f"what {handle} did is answered")
    assert world.provider.deletes == []


async def test_what_can_t_be_read_is_told_so(world: World) -> None:
    with unreadable():
        for command in ("status", "schedule"):
            await world.person("ana").types(f"/backup {command}")
            world.workspace.remove(await world.until_whisper("ana", NOT_LOOKED_UP))


def is_not_promised(world: World, count: int) -> bool:
    said = [*world.whispers("ana"), *world.whispers("cleo")]
    return sum(NOT_PROMISED in each.text or NOT_LOOKED_UP in each.text for each in said) == count


async def test_a_mention_that_can_not_be_recorded_is_told_so_once_and_taken_when_slack_repeats_it(
    world: World,
) -> None:
    world.workspace.event_retry_seconds = (0.0, 0.3, 0.0)
    with locked(world.database):
        assert not (await world.person("ana").types("@backup-bot create web-1")).acked
        await world.until_whisper("ana", "I couldn't record this yet.")
    await world.until_post("Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    await world.sandbox.slack.dispatcher.settled()
    assert (len(world.whispers("ana")), len(world.provider.creates), len(world.posts())) == (1, 1, 1)
