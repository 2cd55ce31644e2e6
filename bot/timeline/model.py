"""A timeline: what was done on one server or on all, oldest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.audit.model import AuditedOperation


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
