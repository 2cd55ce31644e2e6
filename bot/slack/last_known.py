"""What Slack said last about each of several things: asked again when old, kept while it can't be asked."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from slack_sdk.errors import SlackApiError

from bot.slack.auth import UNANSWERED, error_name

log = structlog.get_logger()

T = TypeVar("T")

MOST_REMEMBERED = 10_000
"""Values kept at once; those heard first are forgotten first."""
Clock = Callable[[], float]


@dataclass(frozen=True)
class _Heard(Generic[T]):
    value: T
    at: float


class LastKnown(Generic[T]):
    """Values by id, each asked of Slack at most once at a time, however many wait for it.

    `ask` returns a value or raises what slack_sdk raises. `keep_seconds`: how long a value counts as fresh.
    `patience` bounds in seconds how long anybody waits; a slow answer is still remembered when it comes.
    """

    def __init__(
        self,
        what: str,
        ask: Callable[[str], Awaitable[T]],
        *,
        keep_seconds: float,
        patience: float,
        clock: Clock = time.monotonic,
    ) -> None:
        self._what = what
        self._ask = ask
        self._keep_seconds = keep_seconds
        self._patience = patience
        self._clock = clock
        self._heard: dict[str, _Heard[T]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def known(self, key: str) -> T | None:
        """Return the last known value, however old; None where nothing was ever heard."""
        heard = self._heard.get(key)
        return heard.value if heard else None

    async def fresh(self, key: str) -> T | None:
        """Return the value, asked for anew where it is old; the last known where that fails."""
        heard = self._heard.get(key)
        if heard is None or self._clock() - heard.at >= self._keep_seconds:
            await self.refresh(key)
        return self.known(key)

    async def refresh(self, key: str) -> None:
        """Ask anew, however fresh the value is; keep the last known, and log so, where that fails."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._hear(key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        done, _ = await asyncio.wait([task], timeout=self._patience)
        if done:
            task.result()
        else:
            self._log_kept(key, "no answer in time")

    async def _hear(self, key: str) -> None:
        try:
            value = await self._ask(key)
        except SlackApiError as error:
            self._log_kept(key, error_name(error) or "an unreadable answer")
        except UNANSWERED as error:
            self._log_kept(key, type(error).__name__)
        else:
            self._heard.pop(key, None)
            self._heard[key] = _Heard(value, self._clock())
            if len(self._heard) > MOST_REMEMBERED:
                del self._heard[next(iter(self._heard))]

    def _log_kept(self, key: str, reason: str) -> None:
        heard = self._heard.get(key)
        age = {} if heard is None else {"age_seconds": round(self._clock() - heard.at)}
        log.warning(
            "last_known_kept" if heard else "never_known", what=self._what, id=key, reason=reason, **age
        )
