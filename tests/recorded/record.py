"""`python -m tests.recorded.record`: record how far this release's operations may have come.

Writes the database, as SQL, and the pretend VPS.org, as JSON, of one operation of each kind for each step
that it takes: begun, and interrupted just before that step. Run it when a release is made; commit both
files, and keep those of earlier releases for as long as somebody may upgrade from them.
"""

import asyncio
import json
import logging
import sqlite3
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Coroutine
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS

from bot import logs
from bot.approvals.model import Vote
from bot.approvals.wait import TOPIC
from bot.notices.pace import Pace
from bot.operations.engine import process, send, start
from bot.operations.model import Operation, Verb
from bot.operations.process import Process
from tests.recorded.stage import A_CENTURY, FOR_AS_LONG_AS_IT_TAKES, KINDS, WORKFLOWS, as_json
from tests.world import World

T = TypeVar("T")

FOLDER = Path(__file__).parent


class Interrupting(Process):
    """Ends each operation, for good, before the step whose number is in the operation's id."""

    def __init__(self) -> None:
        super().__init__(pace=0.01)
        self.steps: Counter[str] = Counter()
        self.interrupted: set[str] = set()

    async def act(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, if the operation comes that far."""
        await self._step(work)
        return await super().act(work)

    async def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Do the work, if the operation comes that far."""
        await self._step(work)
        return await super().wait(work)

    async def _step(self, work: Coroutine[Any, Any, Any]) -> None:
        operation = (DBOS.workflow_id or "").removesuffix(":turn")
        self.steps[operation] += 1
        if self.steps[operation] == int(operation.rpartition("-")[2] or 0):
            work.close()
            self.interrupted.add(operation)
            await asyncio.Event().wait()


async def record(name: str) -> None:
    """Write `<name>.sql` and `<name>.json`."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "bot.sqlite")
        world.pace = Pace(posts=1000, edits=1000)
        await world.sandbox.start()
        await world.start_bot(**FOR_AS_LONG_AS_IT_TAKES)
        halting = Interrupting()
        process.plug(halting)
        for kind in KINDS:
            await _record(kind, world, halting)
        (FOLDER / f"{name}.json").write_text(json.dumps(as_json(world.provider), indent=1) + "\n")
        with closing(sqlite3.connect(world.database)) as connection:
            (FOLDER / f"{name}.sql").write_text("\n".join(connection.iterdump()) + "\n")
        await world.end()


async def _record(kind: str, world: World, halting: Interrupting) -> None:
    """Begin operations that get one step further each, until one comes to its end."""
    verb = KINDS[kind]
    for step in count(1):
        operation = _operation(verb, f"{kind}-{step}", world)
        if kind == "agreed":
            operation = operation.model_copy(update={"approval_minutes": A_CENTURY})
        await start(WORKFLOWS[verb], operation.id, operation)
        if operation.approval_minutes is not None:
            await _approve(operation)
        if await _ended(operation.id, halting):
            sys.stdout.write(f"{kind}: {step - 1} steps\n")
            return


def _operation(verb: Verb, name: str, world: World) -> Operation:
    server = world.provider.add_server(name)
    operation = Operation(
        id=name,
        verb=verb,
        server_id=server.id,
        server_name=server.name,
        asked_by="UANA",
        channel="UANA" if verb == "watch" else "COPS",
        asked_at=datetime.now(UTC),
        safety_backup=verb == "restore",
    )
    if verb == "create":
        return operation
    backup = world.provider.add_backup(server)
    moment = backup.created_at.replace(microsecond=0)  # As VPS.org tells it.
    return operation.model_copy(update={"backup_id": backup.id, "backup_moment": moment})


async def _approve(operation: Operation) -> None:
    vote = Vote(choice="approved", person="UBEN", shown=operation.shown, at=datetime.now(UTC))
    await send(operation.id, TOPIC, vote.model_dump(mode="json"), f"{operation.id}:vote")


async def _ended(operation: str, halting: Interrupting) -> bool:
    """Wait until the operation is interrupted (False) or has ended (True)."""
    while operation not in halting.interrupted:
        [row] = await DBOS.list_workflows_async(workflow_ids=[operation])
        if row.status != "PENDING":
            return True
        await asyncio.sleep(0.01)
    return False


if __name__ == "__main__":
    logs.set_up("ERROR", "text", [])
    logging.getLogger("dbos").setLevel(logging.ERROR)
    project = tomllib.loads((FOLDER.parents[1] / "pyproject.toml").read_text())["project"]
    asyncio.run(record(project["version"]))
