"""The durable engine: the only door to dbos. What is started here is carried on after a crash.

A workflow is a function that is replayed from its recorded steps; a step is a piece of work whose result
is recorded. Arguments and results are pydantic types, stored as JSON. Names are stored too: never rename.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar

from dbos import DBOS, SetEnqueueOptions, SetWorkflowID
from dbos import error as dbos_error
from pydantic import TypeAdapter
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import NotRecorded
from bot.operations.model import Began
from bot.operations.ports import Port
from bot.operations.process import Process

P = ParamSpec("P")
R = TypeVar("R")

QUEUE = "turns"
RECORD_SECONDS = 1.0
"""How long recording may take, after the look-ups: Slack's ack is due after 3 s."""
MOST_RECOVERIES = 10_000
"""However often the process dies, an operation is taken up again."""


process: Port[Process] = Port("the process")


class Workflow(Generic[P, R]):
    """A durable function. Call it through `start` or `in_turn`."""

    def __init__(self, name: str, body: Callable[P, Awaitable[R]]) -> None:
        signature = inspect.signature(body, eval_str=True)
        arguments = [TypeAdapter[Any](each.annotation) for each in signature.parameters.values()]
        result = TypeAdapter[Any](signature.return_annotation)

        async def replay(*stored: Any) -> Any:
            given = [kind.validate_python(value) for kind, value in zip(arguments, stored, strict=False)]
            workflow_id = DBOS.workflow_id or name
            with process().carrying(workflow_id):
                try:
                    return result.dump_python(await body(*given), mode="json")  # type: ignore[call-arg]
                except SQLAlchemyError as error:
                    await process().drop(workflow_id, error)

        self.name = name
        self.recorded = DBOS.workflow(name=name, max_recovery_attempts=MOST_RECOVERIES)(replay)
        self._arguments = arguments
        self._result = result

    def store(self, *values: Any) -> list[Any]:
        """Return the arguments as they are stored."""
        return [
            kind.dump_python(value, mode="json") for kind, value in zip(self._arguments, values, strict=False)
        ]

    def read(self, stored: Any) -> R:
        """Return a stored result."""
        value: R = self._result.validate_python(stored)
        return value


def workflow(name: str) -> Callable[[Callable[P, Awaitable[R]]], Workflow[P, R]]:
    """Make a function durable under `name`."""
    return lambda body: Workflow(name, body)


def step(
    name: str, *, waits: bool = False
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Awaitable[R]]]:
    """Make a function a step: its result is recorded, so that a replay does not do it again.

    It may still run twice, when the process dies before the result is recorded. Expected failures must be
    results, since errors do not survive a replay. `waits` is for steps that may be ended at any moment.
    """

    def decorate(body: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
        result = TypeAdapter[Any](inspect.signature(body, eval_str=True).return_annotation)

        @DBOS.step(name=name, preemptible=waits)
        async def recorded(*args: P.args, **kwargs: P.kwargs) -> Any:
            run = process().wait if waits else process().act
            try:
                return result.dump_python(await run(body(*args, **kwargs)), mode="json")
            except SQLAlchemyError as error:
                if DBOS.workflow_id is None:
                    raise
                await process().drop(DBOS.workflow_id, error)

        @wraps(body)
        async def run(*args: P.args, **kwargs: P.kwargs) -> R:
            value: R = result.validate_python(await recorded(*args, **kwargs))
            return value

        return run

    return decorate


@step("begin")
async def begin(asked_at: datetime | None = None) -> Began:
    """Return who executes this work for the first time, when (UTC), and how long after `asked_at`."""
    now = datetime.now(UTC)
    return Began(boot=process().boot, at=now, waited=(now - (asked_at or now)).total_seconds())


def is_replayed(began: Began) -> bool:
    """True where another process began this work, so that its calls may already have been made."""
    return began.boot != process().boot


async def pause(work: Coroutine[Any, Any, R]) -> R:
    """Return what the work returns, in the middle of a step: a stop need not wait for it."""
    return await process().pause(work)


async def start(work: Workflow[P, R], workflow_id: str, *args: P.args, **_: P.kwargs) -> None:
    """Record the work under its id, and let it run. A second start under the same id changes nothing.

    Raises:
        NotRecorded: the database did not confirm within 1 s.
    """
    try:
        with SetWorkflowID(workflow_id):
            await asyncio.wait_for(
                DBOS.start_workflow_async(work.recorded, *work.store(*args)), RECORD_SECONDS
            )
    except (TimeoutError, SQLAlchemyError, dbos_error.DBOSException) as error:
        raise NotRecorded(
            "I could not confirm that this was recorded, so I don't promise it.",
            "It may still happen: look at `/backup status` in a minute before you ask again.",
        ) from error


async def send(workflow_id: str, topic: str, value: dict[str, Any], once: str) -> None:
    """Tell a workflow something, durably; the same `once` twice tells it once.

    Raises:
        NotRecorded: the database did not confirm within 1 s.
    """
    try:
        telling = DBOS.send_async(workflow_id, value, topic=topic, idempotency_key=once)
        await asyncio.wait_for(telling, RECORD_SECONDS)
    except (TimeoutError, SQLAlchemyError, dbos_error.DBOSException) as error:
        raise NotRecorded("I could not confirm that this was recorded.", "Try again in a moment.") from error


async def receive(topic: str, seconds: float) -> Any:
    """Return what the workflow was told, as soon as it is told; None after so many seconds."""
    return await process().wait(DBOS.recv_async(topic, timeout_seconds=seconds))


async def reach(milestone: str) -> None:
    """Make it known, durably, how far this workflow has come."""
    await DBOS.set_event_async(milestone, True)


async def has_reached(workflow_id: str, milestone: str) -> bool:
    """Tell whether a workflow has come that far."""
    return bool(await DBOS.get_event_async(workflow_id, milestone, timeout_seconds=0))


async def in_turn(server_id: int, work: Workflow[P, R], *args: P.args, **_: P.kwargs) -> R:
    """Run part of a workflow in its server's turn: one at a time per server, first come first served."""
    turn_id = f"{DBOS.workflow_id}:turn"

    async def queued() -> Any:
        with SetWorkflowID(turn_id), SetEnqueueOptions(queue_partition_key=str(server_id)):
            handle = await DBOS.enqueue_workflow_async(QUEUE, work.recorded, *work.store(*args))
        return await handle.get_result(polling_interval_sec=process().pace)

    return work.read(await process().wait(queued()))
