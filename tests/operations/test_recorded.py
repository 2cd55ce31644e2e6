"""What an earlier release has begun, this one finishes: see tests/recorded/record.py."""

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.approvals.approval import TOPIC
from bot.approvals.model import Choice, Vote
from bot.notifications.rate_limit import SlackRateLimits
from bot.operations import engine, records
from bot.operations.digest import digest_of_request
from bot.operations.engine import APPLICATION_VERSION
from bot.verbs import Verb
from tests.recorded import stage
from tests.recorded.stage import VERBS, Ending, Interrupted, Recorded
from tests.stories.asking import trail
from tests.world import World

FOLDER = Path(stage.__file__).parent
RELEASES = sorted(path.stem for path in FOLDER.glob("*.sql"))
TOLD: dict[Ending, tuple[str, ...]] = {
    "done": (":white_check_mark:", ":ballot_box_with_check:"),
    "left": (":no_entry_sign:",),
    "unknown": (":grey_question:",),
    "cancelled": (":no_entry_sign:",),
}
WORDS: dict[Ending, str] = {
    "left": "after you requested it",
    "unknown": "can't tell whether the restore was started",
    "cancelled": "<@UBEN> cancelled the backup of",
}
"""How the requester is told of each ending; nobody is told again of what was told before."""
CANCELLED = ("cancelled", "told")
"""The one whose cancellation was told before."""


@pytest.mark.parametrize("release", RELEASES)
async def test_operations_of_an_earlier_release_are_finished_and_told_once(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However new the recording is.
    monkeypatch.setattr("bot.lifecycle.MAX_DELAY_SECONDS", 0.0)
    database = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((FOLDER / f"{release}.sql").read_text())
    recorded = Recorded.model_validate_json((FOLDER / f"{release}.json").read_text())
    untold = [each for each in recorded.operations if each.ending != "told"]
    world = World(database)
    world.limits = SlackRateLimits(posts=10_000, edits=10_000)
    stage.build(world.provider, recorded)
    await world.sandbox.start()
    # So many are watched at once that they would do nothing else but ask.
    await world.start_bot(**stage.FOR_AS_LONG_AS_IT_TAKES, bot_poll_seconds=0.2, bot_poll_max_seconds=0.4)
    try:
        waiting = [each for each in untold if each.kind == "waiting"]
        others = [each for each in untold if each.kind != "waiting"]
        await world.until(lambda: len(_told(world, others)) == len(others), "all are told", seconds=40)
        assert _told(world, waiting) == {}
        for each in waiting:
            assert each.target in world.provider.backups
            await _approve(each)
        await world.until(lambda: len(_told(world, untold)) == len(untold), "what was approved is told")
        await world.until(
            lambda: not _read(database, "select 1 from workflow_status where status <> 'SUCCESS'")
        )
        told = _told(world, recorded.operations)
    finally:
        await world.end()
    assert {each: len(texts) for each, texts in told.items()} == {each.id: 1 for each in untold}
    for each in untold:
        [text] = told[each.id]
        assert any(mark in text for mark in TOLD[each.ending]), (each, text)
        assert WORDS.get(each.ending, "") in text, (each, text)
    for each in recorded.operations:
        _check_effects(world, recorded, each)
    ended = Counter(entry.operation for entry in trail(world) if entry.event == "ended")
    assert ended == {each.id: 1 for each in recorded.operations if VERBS[each.kind] is not Verb.WATCH}


def test_a_recording_is_of_a_version_that_is_carried_on() -> None:
    assert RELEASES
    for release in RELEASES:
        assert f"'{APPLICATION_VERSION}'" in (FOLDER / f"{release}.sql").read_text()


@pytest.mark.parametrize("release", RELEASES)
def test_a_recording_has_all_that_may_be_interrupted(release: str) -> None:
    recorded = Recorded.model_validate_json((FOLDER / f"{release}.json").read_text())
    found = {(each.kind, each.at) for each in recorded.operations}
    assert found >= {
        ("waiting", ""),
        ("queued", ""),
        ("safe-restore", "before await_backup"),
        *((kind, f"after call_{VERBS[kind]}") for kind in ("create", "delete", "restore", "safe-restore")),
        *((kind, "before show_outcome") for kind in stage.KINDS if kind != "watch"),
        *((kind, "before tell_requester") for kind in stage.KINDS if kind != "cancelled"),
    }


async def _approve(waiting: Interrupted) -> None:
    found = await records.find(waiting.id)
    assert found
    shown = digest_of_request(found.operation)
    vote = Vote(choice=Choice.APPROVED, person="UBEN", shown=shown, at=datetime.now(UTC))
    await engine.send(waiting.id, TOPIC, vote.model_dump(mode="json"), f"{waiting.id}:vote")


def _check_effects(world: World, recorded: Recorded, operation: Interrupted) -> None:
    """Check that each was done as often as it must be, before and after the change of the release."""
    provider = world.provider
    is_left = operation.ending in {"left", "cancelled"} or (operation.kind, operation.ending) == CANCELLED
    tagged = [each for each in provider.backups.values() if operation.tag in each.description]
    match operation.kind:
        case "create" | "ahead" | "queued" | "cancelled":
            assert len(tagged) == (not is_left), operation
        case "delete" | "approved" | "waiting":
            assert (operation.target in provider.backups) == is_left, operation
        case "restore" | "safe-restore":
            assert len(tagged) == (operation.kind == "safe-restore" and not is_left), operation
            before = recorded.restored.count(operation.server)
            called = [name for name, _ in provider.restores].count(operation.server)
            if operation.ending == "unknown":
                assert called == 0, operation
            else:
                assert before + called == (not is_left), operation


def _told(world: World, operations: list[Interrupted]) -> dict[str, list[str]]:
    """Return what the requester was told of each of these, if anything."""
    said: dict[str, list[str]] = {}
    for message in [*world.replies(), *world.direct("ana")]:
        payload = (message.metadata or {}).get("event_payload") or {}
        operation, _, part = str(payload.get("key", "")).rpartition(":")
        if part == "reply":
            said.setdefault(operation, []).append(message.text)
    return {each.id: said[each.id] for each in operations if each.id in said}


def _read(database: Path, question: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [str(value) for (value,) in connection.execute(question)]
