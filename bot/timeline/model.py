"""A timeline: what was done on one server or on all, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.audit.model import AuditedOperation, Entry
from bot.operations.visibility import told_together


@dataclass(frozen=True)
class Timeline:
    """The operations between two moments (UTC), oldest first, without what people were denied.

    `server_name` is empty for all servers. `has_earlier`: there are more, which are older than these.
    """

    since: datetime
    until: datetime
    operations: Sequence[AuditedOperation]
    server_name: str = ""
    has_earlier: bool = False


@dataclass(frozen=True)
class Story:
    """Operations that are told together: those of one batch, else one alone; oldest first."""

    operations: Sequence[AuditedOperation]

    @property
    def entries(self) -> list[Entry]:
        """All that happened to them, in the order it happened."""
        chained = [each for operation in self.operations for each in operation.entries]
        return [each.entry for each in sorted(chained, key=lambda each: each.seq)]

    @property
    def unreadable(self) -> int:
        """How many of their entries can't be read, since somebody changed them."""
        return sum(operation.unreadable for operation in self.operations)


def stories(operations: Sequence[AuditedOperation]) -> list[Story]:
    """Return what is told together, by what of it came first."""
    return [Story(each) for each in told_together(operations, _batch_of)]


def _batch_of(operation: AuditedOperation) -> str:
    return next((each.entry.batch_id for each in operation.entries), "")
