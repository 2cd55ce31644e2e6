"""This run of the bot: what it is called, and how it comes to a clean stop."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NoReturn, TypeVar
from uuid import uuid4

import structlog

log = structlog.get_logger()

T = TypeVar("T")

APPLICATION_VERSION = "1"
"""Pinned, so that a new release carries on what an older one began (DBOS.md, section 8)."""


class Process:
    """Lets steps that act come to their end, ends those that only wait, and begins no new ones.

    A step that is not begun, or that is ended, never returns here: its operation is carried on by the
    next process. What an operation has done by then is recorded first. `pace` is how often the database is
    asked for what has become due, in seconds.
    """

    def __init__(self, pace: float = 0.2) -> None:
        self.boot = uuid4().hex
        self.pace = pace
        self._busy: set[asyncio.Task[Any] | None] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopping = asyncio.Event()
        self._carried: set[str] = set()
        self.dropped: set[str] = set()
        """Work that can't go on because the database failed; see `drop`."""

    def is_carrying(self, workflow_id: str) -> bool:
        """True while this process works on that."""
        return workflow_id in self._carried

    @contextmanager
    def carrying(self, workflow_id: str) -> Iterator[None]:
        """Say that this process works on that, for as long as the context lasts."""
        self._carried.add(workflow_id)
        self.dropped.discard(workflow_id)
        _carrier.set(task := asyncio.current_task())
        self._is_busy()
        # Not before the task's end, as the engine records in it what came of the work.
        if task is not None:
            task.add_done_callback(self._is_done)
        try:
            yield
        finally:
            self._carried.discard(workflow_id)

    async def drop(self, workflow_id: str, error: Exception) -> NoReturn:
        """Stop working on that, and never return: it stays recorded as running, and is taken up again later.

        For failures of the database, after which it is not known what is recorded: anything that went on
        would take them for failures of the work.
        """
        log.error("not_recorded", workflow=workflow_id, error=str(error).splitlines()[0][:200])
        self._carried.discard(workflow_id)
        self.dropped.add(workflow_id)
        await self._never()

    def renew(self) -> None:
        """Take a new name, so that work taken up again knows that it may have been done already."""
        self.boot = uuid4().hex

    async def act(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns; a stop waits for it."""
        if self._stopping.is_set():
            work.close()
            await self._never()
        self._is_busy()
        try:
            return await work
        finally:
            if _carrier.get() is None:
                self._is_done(asyncio.current_task())

    async def pause(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work returns, in the middle of work that acts. A stop does not wait for it.

        After a stop it never returns.
        """
        was_busy = _worker() in self._busy
        self._is_done(_worker())
        result = await work
        if self._stopping.is_set():
            await self._never()
        if was_busy:
            self._is_busy()
        return result

    async def wait(self, work: Coroutine[Any, Any, T]) -> T:
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
        """Begin no new step, and return when nobody is busy any more, after `seconds` at the latest."""
        self._stopping.set()
        try:
            async with asyncio.timeout(seconds):
                await self._idle.wait()
        except TimeoutError:
            return

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


_carrier: ContextVar[asyncio.Task[Any] | None] = ContextVar("the task that carries this work", default=None)


def _worker() -> asyncio.Task[Any] | None:
    """Return the task that carries the current work, since a step may run in a task of its own."""
    return _carrier.get() or asyncio.current_task()


_waiting: set[asyncio.Task[Any] | None] = set()
"""Nobody else refers to those who wait for ever: they would be collected as garbage, with an error each."""


async def _for_ever() -> NoReturn:
    task = asyncio.current_task()
    _waiting.add(task)
    try:
        while True:
            await asyncio.Event().wait()
    finally:
        _waiting.discard(task)
