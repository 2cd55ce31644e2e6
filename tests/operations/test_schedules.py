"""The engine's schedules: stored, fired once, paused, and gone."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import AwareDatetime, BaseModel

from bot.operations import schedules
from bot.operations.engine import workflow
from tests.operations.harness import EngineHarness
from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas

EVERY_SECOND = "* * * * * *"
"""As only the engine understands it: seconds first."""


class Remembered(BaseModel):
    name: str


@workflow("harness_fired")
async def fired(at: AwareDatetime, remembered: Remembered) -> None:
    assert abs((datetime.now(UTC) - at).total_seconds()) < 60
    EngineHarness.log.add(f"{remembered.name} fired for {at.isoformat()}")


async def test_a_schedule_fires_at_its_moments_with_what_it_remembers(harness: EngineHarness) -> None:
    name = "every second"
    await schedules.put(name, fired, EVERY_SECOND, "Europe/Berlin", {"name": "one"})
    await harness.log.until(lambda lines: sum("one fired" in line for line in lines) >= 2)
    moments = [line for line in harness.log.lines if "one fired" in line]
    assert len(set(moments)) == len(moments)
    stored = await schedules.find(name)
    assert stored
    assert stored.fired_at
    assert not stored.is_paused
    await schedules.pause(name)
    await schedules.put(name, fired, EVERY_SECOND, "UTC", {"name": "two"})
    paused = await schedules.find(name)
    assert paused
    assert (paused.is_paused, paused.context) == (True, {"name": "two"})
    await schedules.remove(name)
    assert await schedules.find(name) is None
    assert await schedules.every(lambda _: True) == []


WATCHFUL = """
from datetime import timedelta
from bot.__main__ import main
from bot.schedules import model, run
run.LOOK_SECONDS, model.GRACE = 0.2, timedelta(seconds=1)
main(["run"])
"""
"""A bot that looks often for runs that were missed."""


async def test_of_two_replicas_one_runs_it_and_the_other_carries_on_when_that_dies(
    postgres: Postgres, tmp_path: Path
) -> None:
    replicas = Replicas(postgres, tmp_path, "http")
    replicas.command = (sys.executable, "-c", WATCHFUL)
    try:
        await replicas.start(2)
        replicas.reach(replicas.bots[0])
        ana = replicas.sandbox.people.person("ana")
        await ana.types("/backup schedule create web-1 every day at 03:00 keep 2")
        await replicas.until_posted("scheduled backups of *web-1*")
        since = datetime.now(UTC) - timedelta(days=3)
        replicas.query(
            "update dbos.workflow_schedules set context = regexp_replace(context, "
            f'\'"active_since": ?"[^"]*"\', \'"active_since":"{since.isoformat()}"\')'
        )
        await replicas.until(lambda: replicas.provider.creates)
        [lease] = await replicas.until(replicas.running)
        await replicas.bot_with(lease).kill()
        await replicas.until(lambda: set(replicas.running()) - {lease})
        replicas.provider.finish()
        await replicas.until_posted("*web-1* is backed up")
        assert len(replicas.provider.creates) == 1
        assert len([post for post in replicas.posts() if "backed up" in post.text]) == 1
    finally:
        await replicas.stop()
