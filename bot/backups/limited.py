"""Waiting out VPS.org's rate limit: what it limited (429) it did not carry out, so it is called again."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Protocol, TypeVar

from bot.errors import Busy, Failure
from bot.operations.engine import step

MOST_WAITS = 5
LONGEST_WAIT = 30.0
"""Seconds; if VPS.org asks for more, the requester is told instead."""


class _Result(Protocol):
    @property
    def failure(self) -> Failure | None: ...


R = TypeVar("R", bound=_Result)


async def while_limited(
    call: Callable[[], Awaitable[R]], before_repeat: Callable[[], Awaitable[object]] | None = None
) -> R:
    """Return what a call came to; while VPS.org limits it and says for how long, wait and call again.

    `before_repeat` looks whether it may still be made.
    """
    for _ in range(MOST_WAITS):
        result = await call()
        seconds = _asked_to_wait(result.failure)
        if seconds is None or seconds > LONGEST_WAIT:
            return result
        await pause(seconds)
        if before_repeat:
            await before_repeat()
    return await call()


def _asked_to_wait(failure: Failure | None) -> float | None:
    error = failure.error if failure else None
    is_limited = isinstance(error, Busy) and error.status == HTTPStatus.TOO_MANY_REQUESTS
    return error.retry_after if isinstance(error, Busy) and is_limited and not error.may_have_acted else None


@step("pause", interruptible=True)
async def pause(seconds: float) -> None:
    """Wait so long, and a little more, so that not all come back at the same moment."""
    await asyncio.sleep(seconds + random.uniform(0.0, 0.5))  # noqa: S311
