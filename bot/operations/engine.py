"""The durable engine: the only door to dbos. What is started here is carried on after a crash.

A workflow is a function that is replayed from its recorded steps; a step is a piece of work whose result
is recorded. Arguments and results are pydantic types, stored as JSON. Names are stored too: never rename.
No workflow waits for another (DBOS.md, section 13): it starts the next one and ends.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, wraps
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar
from uuid import uuid4

import structlog
from dbos import DBOS, PropagateOtelContext, SetEnqueueOptions, SetWorkflowID
from dbos import error as dbos_error
from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy.exc import SQLAlchemyError
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

from bot import tracing
from bot.errors import NotRecorded, Unrecorded
from bot.metrics.instruments import DATABASE_ERRORS, UNCONFIRMED
from bot.operations.runner import Runner

log = structlog.get_logger()

P = ParamSpec("P")
R = TypeVar("R")

APPLICATION_VERSION = "2"
"""Pinned, so that a new release carries on what an older one began (DBOS.md, section 8)."""
QUEUE = "servers"
RECORD_SECONDS = 1.0
"""How long recording may take, after the look-ups: Slack's ack is due after 3 s."""
NEXT_SECONDS = 0.05
"""How long the engine may take to record that a queued workflow has finished, until the next is fetched."""
MAX_RECOVERIES = 10_000
"""However often the process dies, a workflow is taken up again."""

NOT_BUGS = (SQLAlchemyError, dbos_error.DBOSException)
"""What a workflow must let pass: its run ends, and the work is carried on by another."""
_workflows: dict[str, "Workflow[Any]"] = {}
_UNCONFIRMED = (TimeoutError, SQLAlchemyError, dbos_error.DBOSException)
_runner: list[Runner] = []
_nudge: list[Callable[[], None]] = []


def set_runner(runner: Runner, nudge: Callable[[], None]) -> None:
    """Run everything in this runner from now on; `nudge` has the queue looked at."""
    _runner[:] = [runner]
    _nudge[:] = [nudge]


def runner() -> Runner:
    """Return what runs everything in this process."""
    return _runner[0]


class Execution(BaseModel):
    """Which run of a workflow began it, when (UTC), and how many seconds after it was requested."""

    model_config = ConfigDict(frozen=True)

    id: str
    started_at: AwareDatetime
    delay_seconds: float = 0.0


@dataclass
class _Run:
    """One run of a workflow in this process; `execution` is of the run that began the work."""

    id: str
    execution: Execution | None = None


_run: ContextVar[_Run | None] = ContextVar("the current run of a workflow", default=None)


def _current() -> _Run:
    return _run.get() or _Run("outside a workflow")


def new_execution(requested_at: datetime | None = None) -> Execution:
    """Return this run as the one that begins the work.

    The first step of a workflow returns it, and `adopt` then tells a first run from a recovery.
    """
    now = datetime.now(UTC)
    return Execution(
        id=_current().id, started_at=now, delay_seconds=(now - (requested_at or now)).total_seconds()
    )


def adopt(execution: Execution) -> None:
    """Remember which run began the work, as the first step recorded it."""
    was_known = _current().execution is not None
    _current().execution = execution
    if is_recovery() and not was_known:
        log.info("workflow_recovered", workflow=DBOS.workflow_id)


def execution() -> Execution:
    """Return which run began the work."""
    return _current().execution or new_execution()


def is_recovery() -> bool:
    """True if another run began this work, so that its calls may have been made already."""
    run = _current()
    return run.execution is not None and run.execution.id != run.id


@contextmanager
def _new_run() -> Iterator[None]:
    token = _run.set(_Run(uuid4().hex))
    try:
        yield
    finally:
        _run.reset(token)


Fields = Callable[..., Mapping[str, str]]
"""Takes a workflow's arguments; returns the fields of each line that it logs: ids of what it is about."""


class Workflow(Generic[P]):
    """A durable function. Call it through `start`, `start_next` or `enqueue`."""

    def __init__(
        self, name: str, body: Callable[P, Awaitable[None]], *, is_queued: bool, about: Fields
    ) -> None:
        # Built when first needed: to build those of all workflows and steps would slow the start.
        @cache
        def arguments() -> list[TypeAdapter[Any]]:
            parameters = inspect.signature(body, eval_str=True).parameters.values()
            return [TypeAdapter(each.annotation) for each in parameters]

        async def replay(*stored: Any) -> None:
            given = [kind.validate_python(value) for kind, value in zip(arguments(), stored, strict=False)]
            workflow_id = DBOS.workflow_id or name
            # The fields are those of what began this one, in a copy, as this runs in a task of its own.
            clear_contextvars()
            bind_contextvars(**about(*given))
            with runner().running(workflow_id), _new_run(), tracing.marking_end():
                try:
                    await body(*given)  # type: ignore[call-arg]
                except SQLAlchemyError as error:
                    await _suspend(workflow_id, error)
            if is_queued:
                # Others may wait for this one to finish, which it has once the engine has recorded it.
                asyncio.get_running_loop().call_later(NEXT_SECONDS, fetch_queued)

        self.name = name
        self.about = about
        self.recorded = DBOS.workflow(name=name, max_recovery_attempts=MAX_RECOVERIES)(replay)
        self._arguments = arguments
        _workflows[name] = self

    def store(self, *values: Any) -> list[Any]:
        """Return the arguments as they are stored."""
        return [
            kind.dump_python(value, mode="json")
            for kind, value in zip(self._arguments(), values, strict=False)
        ]


async def _suspend(workflow_id: str, error: SQLAlchemyError) -> NoReturn:
    """Leave a workflow to a later run; once that has ended it, let the engine take that run's outcome."""
    await runner().suspend(workflow_id, error)
    raise dbos_error.DBOSWorkflowConflictIDError(workflow_id)


def named(name: str) -> Workflow[Any]:
    """Return the workflow of that name, for those that can't import it."""
    return _workflows[name]


def workflow(
    name: str, *, is_queued: bool = False, about: Fields = lambda *_: {}
) -> Callable[[Callable[P, Awaitable[None]]], Workflow[P]]:
    """Make a function durable under `name`; `is_queued` if it is run in a server's queue.

    `about` takes its arguments, and returns the fields of every line that it logs.
    """
    return lambda body: Workflow(name, body, is_queued=is_queued, about=about)


def step(
    name: str, *, interruptible: bool = False
) -> Callable[[Callable[P, Coroutine[Any, Any, R]]], Callable[P, Awaitable[R]]]:
    """Make a function a step: its result is recorded, so that a replay does not do it again.

    It may still run twice, if the process dies before the result is recorded. Expected failures must be
    results, since errors do not survive a replay. `interruptible` steps may be ended at any moment.
    """

    def decorate(body: Callable[P, Coroutine[Any, Any, R]]) -> Callable[P, Awaitable[R]]:
        @cache
        def result() -> TypeAdapter[Any]:
            return TypeAdapter(inspect.signature(body, eval_str=True).return_annotation)

        @DBOS.step(name=name, preemptible=interruptible)
        async def recorded(*args: P.args, **kwargs: P.kwargs) -> Any:
            run = runner().interruptible if interruptible else runner().critical
            try:
                with tracing.marking_end():
                    return result().dump_python(await run(body(*args, **kwargs)), mode="json")
            except SQLAlchemyError as error:
                if DBOS.workflow_id is None:
                    raise
                await _suspend(DBOS.workflow_id, error)

        @wraps(body)
        async def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if DBOS.workflow_id is not None:
                await runner().give_way()
            value: R = result().validate_python(await recorded(*args, **kwargs))
            return value

        return call

    return decorate


@step("begin")
async def _begin() -> Execution:
    return new_execution()


async def begin() -> None:
    """Begin a workflow whose first step has nothing else to record than which run began the work."""
    adopt(await _begin())


async def interruptible_inside(work: Coroutine[Any, Any, R]) -> R:
    """Return what the work returns, in the middle of a step: a stop need not wait for it."""
    return await runner().interruptible_inside(work)


async def begin_in_line() -> None:
    """Return at once, but at most 50 times a second.

    If a thousand operations began at once, each would wait for the database longer than its steps may take.
    """
    await runner().begin_in_line()


def turn() -> AbstractAsyncContextManager[None]:
    """Return a context that waits until few other workflows call VPS.org; outside workflows it does not wait.

    Else a thousand that begin at once would keep people waiting, and each other until time is over.
    """
    return nullcontext() if DBOS.workflow_id is None else runner().turn()


async def start(work: Workflow[P], workflow_id: str, *args: P.args, **_: P.kwargs) -> None:
    """Record the work under its id, and let it run. A second start under the same id changes nothing.

    Raises:
        NotRecorded: the database did not confirm within 1 s.
    """
    with bound_contextvars(**work.about(*args)):
        try:
            await asyncio.wait_for(start_next(work, workflow_id, *args), RECORD_SECONDS)  # type: ignore[call-arg]
        except _UNCONFIRMED as error:
            DATABASE_ERRORS.labels(UNCONFIRMED).inc()
            log.warning("workflow_unconfirmed", workflow=workflow_id, error=type(error).__name__)
            raise NotRecorded(Unrecorded.OPERATION) from error
        log.info("workflow_recorded", workflow=workflow_id)


def is_in_workflow() -> bool:
    """True inside a workflow or a step."""
    return DBOS.workflow_id is not None


async def start_apart(work: Workflow[P], workflow_id: str, *args: P.args, **_: P.kwargs) -> None:
    """Do as `start` does, from a workflow or a step, of which dbos would let only a workflow start others."""
    starting = start_next(work, workflow_id, *args)  # type: ignore[call-arg]
    await asyncio.create_task(starting, context=tracing.fresh_context())


async def start_next(work: Workflow[P], workflow_id: str, *args: P.args, **_: P.kwargs) -> None:
    """Do as `start` does, from a workflow, which then need not wait for it."""
    with SetWorkflowID(workflow_id), _same_trace():
        await DBOS.start_workflow_async(work.recorded, *work.store(*args))


async def enqueue(server_id: int, work: Workflow[P], workflow_id: str, *args: P.args, **_: P.kwargs) -> None:
    """Have the work done in its server's queue: one at a time per server, first come first served."""
    partition = SetEnqueueOptions(queue_partition_key=str(server_id))
    with SetWorkflowID(workflow_id), partition, _same_trace():
        await DBOS.enqueue_workflow_async(QUEUE, work.recorded, *work.store(*args))
    fetch_queued()


def _same_trace() -> AbstractContextManager[object]:
    """Record the current trace with what is started, so that it belongs to it after a restart, too."""
    return PropagateOtelContext() if tracing.is_on() else nullcontext()


def fetch_queued() -> None:
    """Have the queue looked at soon: something in it may be due."""
    _nudge[0]()


async def send(workflow_id: str, topic: str, value: dict[str, Any], key: str) -> None:
    """Send a workflow a message, durably; the same idempotency `key` twice sends it once.

    Raises:
        NotRecorded: the database did not confirm within 1 s.
    """
    try:
        sending = DBOS.send_async(workflow_id, value, topic=topic, idempotency_key=key)
        await asyncio.wait_for(sending, RECORD_SECONDS)
    except _UNCONFIRMED as error:
        DATABASE_ERRORS.labels(UNCONFIRMED).inc()
        raise NotRecorded(Unrecorded.ANSWER) from error


async def receive(topic: str, seconds: float) -> Any:
    """Return the next message to this workflow, as soon as it comes; None after so many seconds."""
    return await runner().interruptible(DBOS.recv_async(topic, timeout_seconds=seconds))


async def set_event(name: str, value: str) -> None:
    """Make something about this workflow known, durably."""
    await DBOS.set_event_async(name, value)


async def event(workflow_id: str, name: str) -> str:
    """Return what a workflow made known under that name; empty if nothing."""
    # Of all, as the call for one can't be cancelled while the database does not answer.
    return str((await DBOS.get_all_events_async(workflow_id)).get(name) or "")


async def exists(workflow_id: str) -> bool:
    """Tell whether work was recorded under that id."""
    return bool(
        await DBOS.list_workflows_async(workflow_ids=[workflow_id], load_input=False, load_output=False)
    )
