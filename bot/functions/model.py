"""A run of one of the bot's steps in Workflow Builder, and what came of it; stored like operations."""

from enum import StrEnum

from pydantic import AwareDatetime

from bot.errors import Failure
from bot.operations.model import CreateOperation, StoredModel


class Function(StrEnum):
    """What can be a step of a workflow. Stored by Slack in people's workflows: never change a value."""

    BACK_UP = "back_up_and_wait"
    FIND_BACKUP = "find_last_backup"


class FunctionRun(StoredModel):
    """One run of a step: `id` is Slack's own for it, `at` when it came (UTC).

    `person` is who started the workflow as Slack itself says, empty if it does not. `channel` is where to
    tell of it, empty for the person's direct messages.
    """

    id: str
    function: Function
    at: AwareDatetime
    person: str = ""
    team: str = ""
    channel: str = ""
    server: str = ""
    reason: str = ""


class Problem(StrEnum):
    """Why a step can't be done, besides what keeps a command from being done."""

    NO_PERSON = "no_person"
    NO_SERVER = "no_server"
    NO_REASON = "no_reason"
    NO_BACKUP = "no_backup"
    INTERNAL_ERROR = "internal_error"


class FoundBackup(StoredModel):
    """The newest complete backup of a server, as it was listed at the moment `seen_at` (UTC)."""

    id: int
    created_at: AwareDatetime
    seen_at: AwareDatetime
    size_mb: int | None = None

    @property
    def age_seconds(self) -> float:
        """How old it was when it was looked for."""
        return max(0.0, (self.seen_at - self.created_at).total_seconds())


class Result(StoredModel):
    """What came of a run: an operation that now tells how it ends, a backup that was found, or neither."""

    operation: CreateOperation | None = None
    found: FoundBackup | None = None
    problem: Problem | None = None
    failure: Failure | None = None
    server_name: str = ""
