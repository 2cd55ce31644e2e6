"""A batch: several servers backed up on one request, each by an operation of its own. Facts alone.

Stored by the engine: only add fields that have a default, and never change a name or a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.operations.model import BaseRequest, Cancelled, NotDone, Operation, Outcome, State, StoredModel

MOST_SERVERS = 100
"""Servers in one batch: as many as one message can tell of."""


class BatchServer(StoredModel):
    """A server as it was meant when the batch was requested; `rotates` if older backups can be deleted."""

    id: int
    name: str
    rotates: bool = True


class Batch(BaseRequest):
    """Which servers are backed up together: one at least.

    `unknown` are words of the request that fit no server. `keep` and `makes_room` are its schedule's: see
    `CreateOperation`.
    """

    servers: tuple[BatchServer, ...]
    unknown: tuple[str, ...] = ()
    keep: int | None = None
    makes_room: bool = False


class EndedBatch(StoredModel):
    """A batch that has ended; empty if it has not."""

    batch: Batch | None = None


class Group(StrEnum):
    """What has become of a server's backup, as the batch's message sorts them."""

    FAILED = "failed"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    RUNNING = "running"
    QUEUED = "queued"
    CANCELLED = "cancelled"
    DONE = "done"


_GROUPS = {
    State.DONE: Group.DONE,
    State.ACCEPTED: Group.DONE,
    State.REFUSED: Group.REFUSED,
    State.FAILED: Group.FAILED,
    State.UNKNOWN: Group.UNKNOWN,
}
TROUBLED = frozenset({Group.FAILED, Group.UNKNOWN, Group.REFUSED})
"""Servers that were not backed up, as far as is known, though nobody cancelled it."""
RIGHTS = "NotAllowed"


@dataclass(frozen=True)
class Part:
    """How far one server's backup has come: since when it runs (UTC), or how it ended; else it waits.

    `is_late`: it takes longer than it should. `operation` is None before it has begun.
    """

    server: BatchServer
    operation: Operation | None = None
    running_since: datetime | None = None
    is_late: bool = False
    outcome: Outcome | None = None

    @property
    def group(self) -> Group:
        """What has become of it."""
        if isinstance(self.outcome, Cancelled):
            return Group.CANCELLED
        if self.outcome:
            return _GROUPS[self.outcome.state]
        return Group.RUNNING if self.running_since else Group.QUEUED

    @property
    def may_be_tried_again(self) -> bool:
        """Tell whether to try again can help: not what was cancelled, nor what the person has no right to."""
        is_denied = isinstance(self.outcome, NotDone) and self.outcome.failure.kind == RIGHTS
        return self.group in TROUBLED and not is_denied


@dataclass(frozen=True)
class BatchState:
    """A batch, and how far each of its servers has come, in the order in which they were meant."""

    batch: Batch
    parts: Sequence[Part]

    def count(self, *groups: Group) -> int:
        """Return how many servers are in these groups."""
        return sum(part.group in groups for part in self.parts)

    @property
    def ended(self) -> int:
        """How many servers' backups have ended, however they did."""
        return len(self.parts) - self.count(Group.RUNNING, Group.QUEUED)

    @property
    def is_over(self) -> bool:
        """Tell whether nothing is left to wait for."""
        return self.ended == len(self.parts)

    @property
    def has_failures(self) -> bool:
        """Tell whether a backup failed, or may have."""
        return self.count(Group.FAILED, Group.UNKNOWN) > 0

    @property
    def is_all_cancelled_by_requester(self) -> bool:
        """Tell whether the requester cancelled all there was, so that they need not be told."""
        by = self.batch.requested_by
        return bool(self.parts) and all(
            isinstance(part.outcome, Cancelled) and part.outcome.by == by for part in self.parts
        )
