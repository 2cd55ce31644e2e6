"""The engine's own schedules (DBOS.md, section 6): stored in its database, and fired once by all replicas.

The engine looks for new and changed ones every 30 s, and lets each wait in a thread. It fires by starting a
workflow with the moment and what it was given to remember. What was missed it does not make up.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dbos import DBOS

from bot.operations.engine import Workflow


@dataclass(frozen=True)
class Stored:
    """A schedule as it is stored: what it remembers, and for which moment (UTC) it has fired last."""

    context: dict[str, Any]
    is_paused: bool
    fired_at: datetime | None


async def put(name: str, work: Workflow[Any], cron: str, zone: str, context: dict[str, Any]) -> None:
    """Store a schedule that fires, or change one that is there, which stays paused if it is.

    `zone` is an IANA name. From a step, or from outside workflows.
    """
    wanted: Any = {
        "schedule_name": name,
        "workflow_fn": work.recorded,
        "schedule": cron,
        "cron_timezone": zone,
        "context": context,
    }
    await asyncio.to_thread(DBOS.apply_schedules, [wanted])


async def pause(name: str) -> None:
    """Let a schedule fire no more; nothing happens if there is none of that name, here and below."""
    await asyncio.to_thread(DBOS.pause_schedule, name)


async def resume(name: str) -> None:
    """Let a schedule fire again."""
    await asyncio.to_thread(DBOS.resume_schedule, name)


async def remove(name: str) -> None:
    """Delete a schedule for good."""
    await asyncio.to_thread(DBOS.delete_schedule, name)


async def find(name: str) -> Stored | None:
    """Return a schedule; None if there is none of that name."""
    row = await asyncio.to_thread(DBOS.get_schedule, name)
    return _stored(row) if row else None


async def every(is_ours: Callable[[str], bool]) -> list[Stored]:
    """Return all schedules whose names are ours."""
    rows = await asyncio.to_thread(DBOS.list_schedules)
    return [_stored(row) for row in rows if is_ours(row["schedule_name"])]


def _stored(row: Any) -> Stored:
    fired_at = row.get("last_fired_at")
    context = row["context"] if isinstance(row["context"], dict) else {}
    return Stored(context, row["status"] != "ACTIVE", datetime.fromisoformat(fired_at) if fired_at else None)
