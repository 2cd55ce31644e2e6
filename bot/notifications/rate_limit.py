"""Slack's rate limits: we talk no faster than they allow, and what matters most goes first.

Slack takes about one message a second per channel, in short bursts more, and in all 50 `chat.update` and 100
`views.publish` a minute (https://docs.slack.dev/apis/web-api/rate-limits). Answers to people go through their
`response_url`, which is not limited so, and don't pass here.
"""

import asyncio
import heapq
from collections import defaultdict, deque
from enum import IntEnum
from itertools import count

import structlog

log = structlog.get_logger()

POSTS, POSTS_SECONDS = 10, 10.0
EDITS, EDITS_SECONDS = 50, 60.0
HOMES, HOMES_SECONDS = 100, 60.0
MOST_CHANNELS = 1_000
"""How many channels and people have a limiter; if there would be more, the idle ones are dropped."""


class Priority(IntEnum):
    """Who goes first if not all can go at once: the least."""

    ALARM = 0
    OUTCOME = 1
    NOTICE = 2
    PROGRESS = 3
    RECORD = 4


class RateLimiter:
    """Lets at most so many through within any so many seconds, the most urgent first.

    Goes by the event loop's clock. `limit` may be changed at any time.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self._seconds = seconds
        self._passed: deque[float] = deque()
        self._waiting: list[tuple[Priority, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._opening: asyncio.TimerHandle | None = None

    @property
    def is_idle(self) -> bool:
        """True if nobody waits, and nothing has passed so lately that it could make the next one wait."""
        since = asyncio.get_running_loop().time() - self._seconds
        return not self._waiting and (not self._passed or self._passed[-1] <= since)

    async def acquire(self, priority: Priority) -> None:
        """Return as soon as one more may go through; a caller that is cancelled meanwhile uses nothing up."""
        permit = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._arrivals), permit))
        self._open()
        await permit

    def _open(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            permit = self._waiting[0][-1]
            opens_at = self._opens_at(loop.time())
            if permit.done():
                heapq.heappop(self._waiting)
            elif opens_at is not None:
                self._open_at(opens_at)
                return
            else:
                heapq.heappop(self._waiting)
                self._passed.append(loop.time())
                permit.set_result(None)

    def _opens_at(self, now: float) -> float | None:
        """Return the moment at which the next may pass; None if it may at once."""
        while self._passed and self._passed[0] + self._seconds <= now:
            self._passed.popleft()
        surplus = len(self._passed) - self.limit
        return None if surplus < 0 else self._passed[surplus] + self._seconds

    def _open_at(self, moment: float) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_at(moment, self._open)


class SlackRateLimits:
    """Slack's limits for all that we say by ourselves: so many posts and edits in so many seconds."""

    def __init__(
        self,
        posts: int = POSTS,
        edits: int = EDITS,
        *,
        posts_seconds: float = POSTS_SECONDS,
        edits_seconds: float = EDITS_SECONDS,
    ) -> None:
        self._most_posts = posts
        self._most_edits = edits
        self._replicas = 1
        self._posts = defaultdict[str, RateLimiter](lambda: RateLimiter(self._part(posts), posts_seconds))
        self._edits = RateLimiter(edits, edits_seconds)
        self._homes = RateLimiter(HOMES, HOMES_SECONDS)

    def set_replicas(self, replicas: int) -> None:
        """Take this process's part of the limits, which hold for all replicas together."""
        if replicas == self._replicas:
            return
        log.info("rate_limits_shared", replicas=replicas)
        self._replicas = replicas
        self._edits.limit = self._part(self._most_edits)
        self._homes.limit = self._part(HOMES)
        for limiter in self._posts.values():
            limiter.limit = self._part(self._most_posts)

    async def post(self, channel: str, priority: Priority) -> None:
        """Return when a message may be posted in that channel, or written to that person."""
        if channel not in self._posts and len(self._posts) >= MOST_CHANNELS:
            for each in [each for each, limiter in self._posts.items() if limiter.is_idle]:
                del self._posts[each]
        await self._posts[channel].acquire(priority)

    async def edit(self, priority: Priority) -> None:
        """Return when a message may be edited."""
        await self._edits.acquire(priority)

    async def publish(self, priority: Priority) -> None:
        """Return when somebody's Home may be shown."""
        await self._homes.acquire(priority)

    def _part(self, limit: int) -> int:
        return max(1, limit // self._replicas)
