"""What an earlier release has begun, this one finishes: see tests/recorded/record.py."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.notices.pace import Pace
from bot.operations.process import APPLICATION_VERSION
from tests.recorded import stage
from tests.world import World

FOLDER = Path(stage.__file__).parent
RELEASES = sorted(path.stem for path in FOLDER.glob("*.sql"))
STORY_BEGUN = """
select workflow_uuid from operation_outputs where function_name = 'begin'
group by workflow_uuid having count(*) > (workflow_uuid like 'create%')
"""
"""Who makes a backup begins twice: first it looks whether there is room."""
ROOT_WORK = "parent_workflow_id is null and name like '%_backup'"


@pytest.mark.parametrize("release", RELEASES)
async def test_operations_of_an_earlier_release_are_finished_and_told_once(
    release: str, tmp_path: Path
) -> None:
    database = tmp_path / "bot.sqlite"
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript((FOLDER / f"{release}.sql").read_text())
    unfinished = _read(
        database, f"select workflow_uuid from workflow_status where status = 'PENDING' and {ROOT_WORK}"
    )
    begun = set(unfinished) & set(_read(database, STORY_BEGUN))
    world = World(database)
    world.pace = Pace(posts=1000, edits=1000)
    recorded = json.loads((FOLDER / f"{release}.json").read_text())
    stage.build(world.provider, recorded)
    had = {backup.server.name for backup in world.provider.backups.values()}
    await world.sandbox.start()
    await world.start_bot(**stage.FOR_AS_LONG_AS_IT_TAKES)
    try:
        told = await world.until(lambda: _told(world, set(unfinished)), seconds=40)
        await world.until(
            lambda: not _read(database, "select 1 from workflow_status where status <> 'SUCCESS'")
        )
    finally:
        await world.end()
    assert told == dict.fromkeys(unfinished, 1)
    made = [backup.server.name for backup in world.provider.creates]
    assert len(made) == len(set(made))
    assert not {name for name in made if name.startswith("create")} & had
    agreed = {name for name in begun if name.startswith("agreed")}
    assert agreed
    left = "\n".join(text for text in _texts(world) if "so I left it." in text)
    told_left = {name for name in unfinished if f"*{name}*" in left}
    assert told_left == {name for name in unfinished if not name.startswith("watch")} - begun
    deleted = "\n".join(text for text in _texts(world) if "Deleted backup" in text)
    assert not {name for name in agreed if f"*{name}*" not in deleted}
    restored = [name for name, _ in world.provider.restores]
    assert len(restored) == len(set(restored))
    assert not set(restored) & set(recorded["restored"])


def test_a_recording_is_of_a_version_that_is_carried_on() -> None:
    assert RELEASES
    for release in RELEASES:
        assert f"'{APPLICATION_VERSION}'" in (FOLDER / f"{release}.sql").read_text()


def _told(world: World, operations: set[str]) -> dict[str, int]:
    """Return how often whoever asked was told of each, as soon as all were."""
    texts = _texts(world)
    told = {operation: sum(f"*{operation}*" in text for text in texts) for operation in operations}
    return told if all(told.values()) else {}


def _texts(world: World) -> list[str]:
    """Return what whoever asked was told."""
    return [message.text for message in [*world.replies(), *world.direct("ana")]]


def _read(database: Path, question: str) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [str(value) for (value,) in connection.execute(question)]
