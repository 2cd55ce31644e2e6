"""Reading and writing schedules: each is one of the engine's own, which remembers all of it."""

from datetime import datetime

import structlog
from pydantic import ValidationError

from bot.operations import engine, schedules
from bot.operations.schedules import Stored
from bot.schedules.model import Schedule

log = structlog.get_logger()

FIRE = "fire_schedule"
"""The stored name of the workflow that the engine starts when a run is due."""
_PREFIX = "backups:"


async def put(schedule: Schedule) -> None:
    """Store a schedule, or change one that is there."""
    name, cron = f"{_PREFIX}{schedule.id}", schedule.timing.cron
    context = schedule.model_dump(mode="json", exclude={"is_paused"})
    await schedules.put(name, engine.named(FIRE), cron, schedule.zone, context)


async def pause(schedule_id: str) -> None:
    """Let a schedule run no more for now."""
    await schedules.pause(f"{_PREFIX}{schedule_id}")


async def resume(schedule_id: str) -> None:
    """Let a schedule run again."""
    await schedules.resume(f"{_PREFIX}{schedule_id}")


async def remove(schedule_id: str) -> None:
    """Delete a schedule."""
    await schedules.remove(f"{_PREFIX}{schedule_id}")


async def find(schedule_id: str) -> Schedule | None:
    """Return a schedule as it is now; None if it is gone."""
    stored = await schedules.find(f"{_PREFIX}{schedule_id}")
    return _schedule(stored) if stored else None


async def every() -> list[tuple[Schedule, datetime | None]]:
    """Return all schedules, and for which moment (UTC) the engine has begun a run of each last."""
    found = await schedules.every(lambda name: name.startswith(_PREFIX))
    read = [(_schedule(stored), stored.fired_at) for stored in found]
    return [(schedule, fired_at) for schedule, fired_at in read if schedule]


def _schedule(stored: Stored) -> Schedule | None:
    try:
        return Schedule.model_validate({**stored.context, "is_paused": stored.is_paused})
    except ValidationError:
        log.exception("schedule_unreadable", schedule=stored.context.get("id"))
        return None
