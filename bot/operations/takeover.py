"""Carrying on what a process left behind, in the queues it was in."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence

from dbos import DBOS, WorkflowStatus

from bot.operations.process import APPLICATION_VERSION


class Recovery:
    """Hands a dead process's operations to whoever is alive."""

    async def has_left(self, slots: Sequence[str]) -> set[str]:
        """Return those of the slots that have an operation recorded as running."""
        rows = await DBOS.list_workflows_async(
            status="PENDING",
            executor_id=list(slots),
            app_version=APPLICATION_VERSION,
            load_input=False,
            load_output=False,
        )
        return {row.executor_id for row in rows if row.executor_id}

    async def take_over(self, slot: str) -> int:
        """Put all that a slot was doing back into its queue; return how much that was.

        Done row by row, and only where the row is still running in that slot: what was cancelled, finished
        or taken over in between is left alone, so that it may be repeated or cut short at any moment.
        """
        # The public `resume_workflows` has no such condition: it would revive what was cancelled.
        recover = DBOS._recover_pending_workflows  # noqa: SLF001
        return len(await asyncio.to_thread(recover, [slot]))


async def resume(rows: Iterable[WorkflowStatus]) -> None:
    """Begin interrupted workflows again, each in its own queue, so that servers keep their turns."""
    queues: defaultdict[str | None, list[str]] = defaultdict(list)
    for row in rows:
        queues[row.queue_name].append(row.workflow_id)
    for queue, ids in queues.items():
        await DBOS.resume_workflows_async(ids, queue_name=queue)
