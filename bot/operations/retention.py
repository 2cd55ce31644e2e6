"""Forgetting operations that ended long ago."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog
from dbos import DBOS

from bot.operations.engine import start, step, workflow

log = structlog.get_logger()

AT_ONCE = 500
ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]


@step("forget")
async def forget(before: datetime) -> int:
    """Delete what ended before that moment (UTC); return how much.

    An operation goes together with its turn, never before it: as long as an operation may be carried on,
    its turn must be on record, or it would be taken a second time.
    """
    count = 0
    while ids := await _ended(before):
        await DBOS.delete_workflows_async(ids, delete_children=True)
        count += len(ids)
        await asyncio.sleep(0)
    return count


@workflow("forget_old_operations")
async def forget_old(before: datetime) -> int:
    """Delete what ended before that moment (UTC)."""
    count = await forget(before)
    log.info("forgotten", operations=count, before=before.isoformat())
    return count


async def forget_daily(keep_days: float) -> None:
    """Have what ended more than `keep_days` ago forgotten, once a UTC day however many processes ask."""
    now = datetime.now(UTC)
    await start(forget_old, f"forget:{now:%Y-%m-%d}", now - timedelta(days=keep_days))


async def _ended(before: datetime) -> list[str]:
    rows = await DBOS.list_workflows_async(
        status=ENDED,
        completed_before=before.astimezone(UTC).isoformat(),
        has_parent=False,
        limit=AT_ONCE,
        load_input=False,
        load_output=False,
    )
    return [row.workflow_id for row in rows]
