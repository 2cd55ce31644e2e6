"""What this process is running, and how it comes to a clean stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")

BEGIN_SECONDS = 0.02
TURNS = 16
"""Calls of workflows to VPS.org at once. Its client has 20 connections: the others are for people."""


class Runner:
    """Lets steps that act finish, ends those that only wait, and begins no new ones once it stops.

    A step that is not begun, or that is ended, never returns here: its workflow is carried on by the next
    process. What a workflow has done by then is recorded first. Each step awaits `give_way` before it begins.
    """

    def __init__(self, give_way: Callable[[], Awaitable[None]] | None = None) -> None:
        self.give_way = give_way or _at_once
        self._line = asyncio.Lock()
        self._turns = asyncio.Semaphore(TURNS)
        self._busy: set[asyncio.Task[Any] | None] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._running: dict[str, asyncio.Task[Any] | None] = {}
        self._over: dict[str, asyncio.Event] = {}
        self.suspended: set[str] = set()
        """Workflows that can't go on because the database failed; see `suspend`."""

    def is_running(self, workflow_id: str) -> bool:
        """True while this process works on that workflow."""
        return workflow_id in self._running

    @contextmanager
    def running(self, workflow_id: str) -> Iterator[None]:
        """Say that this process works on that workflow, for as long as the context lasts."""
        self._running[workflow_id] = task = asyncio.current_task()
        self.suspended.discard(workflow_id)
        _workflow_task.set(task)
        self._is_busy()
        # Not before the task's end, as the engine records in it what came of the workflow.
        if task is not None:
            task.add_done_callback(self._is_done)
            task.add_done_callback(lambda _: self.release(workflow_id))
        try:
            yield
        finally:
            if self._running.get(workflow_id) is task:
                del self._running[workflow_id]

    async def suspend(self, workflow_id: str, error: Exception) -> None:
        """Stop working on that: it stays recorded as running, and is resumed later.

        Returns when a later run has ended it, here or elsewhere, so that this one can end too. For failures
        of the database, after which it is not known what is recorded: anything that went on would take them
        for failures of the work.
        """
        log.error("workflow_suspended", workflow=workflow_id, reason=str(error).splitlines()[0][:200])
        self._running.pop(workflow_id, None)
        self.suspended.add(workflow_id)
        over = self._over.setdefault(workflow_id, asyncio.Event())
        self._is_done(_worker())
        await _kept_waiting(over)

    @property
    def awaited(self) -> set[str]:
        """The suspended workflows of which a later run has not ended."""
        return set(self._over)

    def release(self, workflow_id: str) -> None:
        """Say that a workflow has ended, to the run of it that was suspended if there is one."""
        self.suspended.discard(workflow_id)
        if over := self._over.pop(workflow_id, None):
            over.set()

    async def critical(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns; a stop waits for it."""
        if self._stopping.is_set():
            work.close()
            await self._never()
        self._is_busy()
        try:
            return await work
        finally:
            if _workflow_task.get() is None:
                self._is_done(asyncio.current_task())

    async def interruptible_inside(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, in the middle of critical work. A stop does not wait for it.

        After a stop it never returns.
        """
        was_busy = _worker() in self._busy
        self._is_done(_worker())
        try:
            return await work
        finally:
            if self._stopping.is_set():
                await self._never()
            if was_busy:
                self._is_busy()

    async def begin_in_line(self) -> None:
        """Return at once, but at most 50 times a second; first come first served."""
        await self._line.acquire()
        asyncio.get_running_loop().call_later(BEGIN_SECONDS, self._line.release)

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait in line, first come first served, in the middle of critical work; a stop ends the wait."""
        if self._turns.locked():
            await self.interruptible_inside(self._turns.acquire())
        else:
            await self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release()

    async def interruptible(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns; a stop ends it."""
        if self._stopping.is_set():
            work.close()
            await self._never()
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        try:
            await asyncio.wait({task, stop}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return await task
            task.cancel()
            await self._never()
        finally:
            task.cancel()
            stop.cancel()

    async def stop(self, seconds: float) -> None:
        """Begin no new step, and return when nothing acts any more, after `seconds` at the latest."""
        self._stopping.set()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            log.warning("steps_cut_off", count=len(self._busy))

    def _is_busy(self) -> None:
        self._busy.add(_worker())
        self._idle.clear()

    def _is_done(self, task: asyncio.Task[Any] | None) -> None:
        self._busy.discard(task)
        if not self._busy:
            self._idle.set()

    async def _never(self) -> NoReturn:
        self._is_done(_worker())
        await _for_ever()


_workflow_task: ContextVar[asyncio.Task[Any] | None] = ContextVar("the workflow's own task", default=None)


def _worker() -> asyncio.Task[Any] | None:
    """Return the task of the current workflow, since a step may run in a task of its own."""
    return _workflow_task.get() or asyncio.current_task()


async def _at_once() -> None:
    pass


_waiting: set[asyncio.Task[Any] | None] = set()
"""Nobody else refers to those who wait for ever: they would be collected as garbage, with an error each."""


async def _kept_waiting(event: asyncio.Event) -> None:
    task = asyncio.current_task()
    _waiting.add(task)
    try:
        await event.wait()
    finally:
        _waiting.discard(task)


async def _for_ever() -> NoReturn:
    while True:
        await _kept_waiting(asyncio.Event())
