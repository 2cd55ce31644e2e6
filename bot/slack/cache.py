"""A cache of what Slack said about several things: asked again when old, kept a while if that fails."""

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

MAX_ENTRIES = 10_000
"""Values kept at once; those stored first are forgotten first."""
LONGEST_SECONDS = 900.0
"""How old a value may be that is kept because a new one can't be had."""
FINAL_ERRORS = frozenset(
    {"account_inactive", "invalid_auth", "missing_scope", "not_authed", "token_expired", "token_revoked"}
)
"""Slack's errors that no waiting mends: what it said before they came holds no longer."""
Clock = Callable[[], float]


@dataclass(frozen=True)
class _Entry(Generic[T]):
    value: T
    at: float


class StaleIfErrorCache(Generic[T]):
    """Values by id, each asked of Slack at most once at a time, however many wait for it.

    `ask` returns a value or raises what slack_sdk raises. `keep_seconds`: how long a value counts as fresh.
    `timeout` is how many seconds anybody waits; a slow answer is still remembered when it comes.
    """

    def __init__(
        self,
        kind: str,
        ask: Callable[[str], Awaitable[T]],
        *,
        keep_seconds: float,
        timeout: float,
        clock: Clock = time.monotonic,
    ) -> None:
        self._kind = kind
        self._ask = ask
        self._keep_seconds = keep_seconds
        self._timeout = timeout
        self._clock = clock
        self._entries: dict[str, _Entry[T]] = {}
        self._asking: dict[str, asyncio.Task[None]] = {}

    def known(self, key: str) -> T | None:
        """Return the last known value, if it is not older than 15 minutes; None if there is none."""
        entry = self._entries.get(key)
        return entry.value if entry and self._clock() - entry.at < LONGEST_SECONDS else None

    async def fresh(self, key: str) -> T | None:
        """Return the value, asked for anew if it is old; the last known if that fails."""
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry.at >= self._keep_seconds:
            await self.refresh(key)
        return self.known(key)

    async def refresh(self, key: str) -> None:
        """Ask anew, however fresh the value is; keep the last known, and log so, if that fails."""
        task = self._asking.get(key)
        if task is None:
            task = self._asking[key] = asyncio.create_task(self._ask_slack(key))
            task.add_done_callback(lambda _: self._asking.pop(key, None))
        done, _ = await asyncio.wait([task], timeout=self._timeout)
        if done:
            task.result()
        else:
            self._log_kept(key, "TimeoutError")

    async def _ask_slack(self, key: str) -> None:
        try:
            value = await self._ask(key)
        except SlackApiError as error:
            name = error_name(error)
            if name in FINAL_ERRORS:
                self._entries.clear()
            self._log_kept(key, name or "unreadable")
        except UNANSWERED as error:
            self._log_kept(key, type(error).__name__)
        else:
            self._entries.pop(key, None)
            self._entries[key] = _Entry(value, self._clock())
            if len(self._entries) > MAX_ENTRIES:
                del self._entries[next(iter(self._entries))]

    def _log_kept(self, key: str, error: str) -> None:
        if self.known(key) is None:
            log.warning("value_unknown", kind=self._kind, id=key, error=error)
        else:
            age = round(self._clock() - self._entries[key].at)
            log.warning("stale_value_kept", kind=self._kind, id=key, error=error, age_seconds=age)
