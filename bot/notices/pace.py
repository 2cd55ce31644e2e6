"""How fast we talk: no faster than Slack allows, and what matters most first.

Slack takes about one message a second per channel, in short bursts more, and 50 `chat.update` a minute in all
(https://docs.slack.dev/apis/web-api/rate-limits). Answers to people go through their `response_url`, which
is not limited so, and don't pass here.
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


class Urgency(IntEnum):
    """Who goes first where not all can go at once: the least."""

    OUTCOME = 0
    NOTICE = 1
    PROGRESS = 2
    RECORD = 3


class Gate:
    """Lets at most so many through within any so many seconds, the most urgent first.

    Goes by the event loop's clock. `most` may be changed at any time.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self.most = most
        self._seconds = seconds
        self._passed: deque[float] = deque()
        self._waiting: list[tuple[Urgency, int, asyncio.Future[None]]] = []
        self._arrivals = count()
        self._opening: asyncio.TimerHandle | None = None

    async def pass_through(self, urgency: Urgency) -> None:
        """Return when it is our turn. Whoever is cancelled while waiting takes nobody's turn."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._arrivals), turn))
        self._open()
        await turn

    def _open(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            turn = self._waiting[0][-1]
            opens_at = self._opens_at(loop.time())
            if turn.done():
                heapq.heappop(self._waiting)
            elif opens_at is not None:
                self._open_at(opens_at)
                return
            else:
                heapq.heappop(self._waiting)
                self._passed.append(loop.time())
                turn.set_result(None)

    def _opens_at(self, now: float) -> float | None:
        """Return the moment at which the next may pass; None where it may at once."""
        while self._passed and self._passed[0] + self._seconds <= now:
            self._passed.popleft()
        surplus = len(self._passed) - self.most
        return None if surplus < 0 else self._passed[surplus] + self._seconds

    def _open_at(self, moment: float) -> None:
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_at(moment, self._open)


class Pace:
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
        self._processes = 1
        self._posts = defaultdict[str, Gate](lambda: Gate(self._part(posts), posts_seconds))
        self._edits = Gate(edits, edits_seconds)

    def share(self, processes: int) -> None:
        """Take this process's part of the limits, which hold for all processes together."""
        if processes == self._processes:
            return
        log.info("pace_shared", processes=processes)
        self._processes = processes
        self._edits.most = self._part(self._most_edits)
        for gate in self._posts.values():
            gate.most = self._part(self._most_posts)

    async def post(self, channel: str, urgency: Urgency) -> None:
        """Return when a message may be posted in that channel, or written to that person."""
        await self._posts[channel].pass_through(urgency)

    async def edit(self, urgency: Urgency) -> None:
        """Return when a message may be edited."""
        await self._edits.pass_through(urgency)

    def _part(self, limit: int) -> int:
        return max(1, limit // self._processes)
