"""`python -m tests.recorded.record`: record how far this release's operations may have come.

Writes the database, as SQL, and as JSON what must come of it. There is one operation of each kind for each
step that it takes, begun and interrupted just before that step, and for steps that act also between the act
and its record; others wait for approval or in their server's queue. Run it when a release is made; commit
both files, and keep those of earlier releases for as long as somebody may upgrade from them.
"""

import asyncio
import logging
import re
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS
from typing_extensions import override

from bot import __version__, lifecycle, logs
from bot.approvals.approval import TOPIC
from bot.approvals.model import Choice, Vote
from bot.notifications.rate_limit import SlackRateLimits
from bot.operations import engine
from bot.operations.cancel import request_cancel
from bot.operations.digest import digest_of_request
from bot.operations.launch import WORKERS
from bot.operations.model import (
    ApprovalTerms,
    BackupRef,
    CreateOperation,
    DeleteOperation,
    Operation,
    RestoreOperation,
    WatchOperation,
)
from bot.operations.nudge import QueueNudge
from bot.operations.records import execute_id, new_id, operation_id, report_id
from bot.operations.runner import Runner
from bot.verbs import Verb
from tests.recorded import stage
from tests.recorded.stage import A_CENTURY, ACTING, FOR_AS_LONG_AS_IT_TAKES, KINDS, VERBS, Interrupted, ending
from tests.world import World

T = TypeVar("T")

FOLDER = Path(__file__).parent
SPEED = 1000.0
LONGEST_SECONDS = 30.0
BEFORE, AFTER = "before", "after"
NOWHERE = f"0-{BEFORE}"
_WHERE = re.compile(r"-(?P<number>\d+)-(?P<when>before|after)$")


class Interrupting(Runner):
    """Ends each operation, for good, before or after the step whose number is in the operation's id.

    `interrupted` holds the step's name by operation.
    """

    def __init__(self) -> None:
        super().__init__()
        self.interrupted: dict[str, str] = {}
        self._steps: Counter[str] = Counter()

    @override
    async def critical(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._interrupted(super().critical(work), work)

    @override
    async def interruptible(self, work: Coroutine[Any, Any, T]) -> T:
        return await self._interrupted(super().interruptible(work), work)

    async def _interrupted(self, working: Coroutine[Any, Any, T], work: Coroutine[Any, Any, T]) -> T:
        operation = operation_id(DBOS.workflow_id or "")
        self._steps[operation] += 1
        found = _WHERE.search(operation)
        is_here = found is not None and self._steps[operation] == int(found["number"])
        if found and is_here and found["when"] == BEFORE:
            working.close()
            work.close()
        else:
            result = await working
            if not is_here:
                return result
        self.interrupted[operation] = getattr(work, "__name__", "")
        await self._never()
        raise AssertionError


async def record(name: str) -> None:
    """Write `<name>.sql` and `<name>.json`."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bot.sqlite")
        world.limits = SlackRateLimits(posts=10_000, edits=10_000)
        world.provider.speed = SPEED
        await world.sandbox.start()
        await world.start_bot(**FOR_AS_LONG_AS_IT_TAKES)
        recorder = _Recorder(world)
        for kind in KINDS:
            await recorder.at_each_step(kind)
        await recorder.waiting()
        await recorder.queued()
        found = stage.recorded(world.provider, recorder.found)
        (FOLDER / f"{name}.json").write_text(found.model_dump_json(indent=1) + "\n")
        with closing(sqlite3.connect(world.database)) as connection:
            (FOLDER / f"{name}.sql").write_text("\n".join(connection.iterdump()) + "\n")
        await world.end()


class _Recorder:
    def __init__(self, world: World) -> None:
        self.found: list[Interrupted] = []
        self._world = world
        self._runner = Interrupting()
        engine.set_runner(self._runner, QueueNudge(engine.QUEUE, WORKERS))

    async def at_each_step(self, kind: str) -> None:
        """Begin operations that get one step further each, until one ends."""
        for number in count(1):
            step = await self._interrupt(kind, f"{number}-{BEFORE}")
            if not step:
                sys.stdout.write(f"{kind}: {number - 1} steps\n")
                return
            if step in ACTING:
                await self._interrupt(kind, f"{number}-{AFTER}")

    async def waiting(self) -> None:
        """Begin an operation that waits for approval."""
        operation = self._operation("waiting", NOWHERE)
        await _start(operation)
        await _until(lambda: _has_step(operation.id, "DBOS.sleep"))
        self._keep("waiting", operation, "", "done")

    async def queued(self) -> None:
        """Begin an operation that waits in its server's queue."""
        operation = await self._behind_another("queued", NOWHERE)
        await _until(lambda: _is_in(execute_id(operation.id), "ENQUEUED"))
        self._keep("queued", operation, "", "done")

    async def _behind_another(self, kind: str, where: str) -> Operation:
        ahead = self._operation("ahead", f"of-{kind}-{where}-", server=f"{kind}-{where}")
        await _start(ahead)
        await _until(lambda: _has_step(execute_id(ahead.id), "call_create"))
        self._keep("ahead", ahead, "", "done")
        operation = self._operation(kind, where, server=ahead.server_name)
        await _start(operation)
        return operation

    async def _interrupt(self, kind: str, where: str) -> str:
        """Begin an operation and wait until it is interrupted; return at which step, "" if it has ended."""
        how = kind
        if kind == "cancelled":
            operation = await self._behind_another(kind, where)
            await _until(lambda: self._has_ended_or_is_interrupted(operation.id, operation))
            if operation.id in self._runner.interrupted:
                how = "create"
            else:
                await request_cancel(operation.id, "UBEN")
        else:
            operation = self._operation(kind, where)
            await _start(operation)
            if kind == "approved":
                await _approve(operation)
        await _until(lambda: self._has_ended_or_is_interrupted(report_id(operation.id), operation))
        step = self._runner.interrupted.get(operation.id, "")
        at = f"{where.partition('-')[2]} {step}" if step else ""
        self._keep(kind, operation, at, ending(how, step) if step else "told")
        return step

    async def _has_ended_or_is_interrupted(self, workflow_id: str, operation: Operation) -> bool:
        return operation.id in self._runner.interrupted or await _is_in(workflow_id, "SUCCESS")

    def _keep(self, kind: str, operation: Operation, at: str, how: stage.Ending) -> None:
        target = operation.backup.id if isinstance(operation, DeleteOperation | RestoreOperation) else None
        self.found.append(
            Interrupted(
                id=operation.id,
                kind=kind,
                server=operation.server_name,
                tag=operation.tag,
                target=target,
                at=at,
                ending=how,
            )
        )

    def _operation(self, kind: str, where: str, server: str = "") -> Operation:
        provider, verb = self._world.provider, VERBS[kind]
        name = server or f"{kind}-{where}"
        existing = [each for each in provider.servers.values() if each.name == name]
        found = existing[0] if existing else provider.add_server(name)
        if kind == "ahead":
            found.backups_end = "never"
        now = datetime.now(UTC)
        fields: dict[str, Any] = {
            "id": new_id(found.id, verb, f"{kind}-{where}"),
            "server_id": found.id,
            "server_name": found.name,
            "requested_by": "UANA",
            "channel": "UANA" if kind == "watch" else "COPS",
            "requested_at": now,
            "approval": ApprovalTerms(minutes=A_CENTURY) if kind in {"approved", "waiting"} else None,
        }
        if verb is Verb.CREATE:
            return CreateOperation(**fields)
        backup = provider.add_backup(found)
        if verb is Verb.WATCH:
            return WatchOperation(**fields, backup_id=backup.id)
        # As VPS.org tells it.
        fields |= {"backup": BackupRef(id=backup.id, created_at=backup.created_at.replace(microsecond=0))}
        if verb is Verb.DELETE:
            return DeleteOperation(**fields, shown_at=now)
        return RestoreOperation(**fields, shown_at=now, safety_backup=kind == "safe-restore")


async def _start(operation: Operation) -> None:
    if isinstance(operation, WatchOperation):
        await lifecycle.request_watch(operation)
    else:
        await lifecycle.request(operation)


async def _approve(operation: Operation) -> None:
    vote = Vote(
        choice=Choice.APPROVED, person="UBEN", shown=digest_of_request(operation), at=datetime.now(UTC)
    )
    await engine.send(operation.id, TOPIC, vote.model_dump(mode="json"), f"{operation.id}:vote")


async def _is_in(workflow_id: str, status: str) -> bool:
    rows = await DBOS.list_workflows_async(workflow_ids=[workflow_id], load_input=False, load_output=False)
    return [row.status for row in rows] == [status]


async def _has_step(workflow_id: str, step: str) -> bool:
    steps = await DBOS.list_workflow_steps_async(workflow_id)
    return step in {each["function_name"] for each in steps}


async def _until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(LONGEST_SECONDS):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.01)


if __name__ == "__main__":
    logs.set_up("ERROR", "text", [])
    logging.disable(logging.WARNING)
    asyncio.run(record(__version__))
