"""What an operation is, and how it ends."""

from enum import StrEnum
from hashlib import sha256
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from bot.errors import BotError, ProviderError

Verb = Literal["create", "delete", "restore", "watch"]


class State(StrEnum):
    """Where an operation stands, as far as is known."""

    WAITING = "waiting"
    RUNNING = "running"
    LATE = "late"
    DONE = "done"
    ACCEPTED = "accepted"
    """VPS.org took the call; whether it has come to its end can't be seen."""
    REFUSED = "refused"
    """Nothing was changed."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The call may or may not have been carried out."""


class Operation(BaseModel):
    """One thing somebody asked for that changes something.

    `id` comes from Slack's own ids, so that a repeated delivery finds the same operation. `backup_id` and
    `backup_moment` say which backup is deleted or restored. `shown_at` is when the person was shown what
    would be lost. `approval_minutes` is how long a second person has to agree; None where none is needed.
    `break_glass`: the asker may go ahead alone; `broke_glass`: they did.

    Stored by the engine: only add fields that have a default.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    verb: Verb
    server_id: int
    server_name: str
    asked_by: str
    asked_by_name: str = ""
    channel: str
    asked_at: AwareDatetime
    shown_at: AwareDatetime | None = None
    reason: str = ""
    backup_id: int | None = None
    backup_moment: AwareDatetime | None = None
    safety_backup: bool = False
    team: str = ""
    approval_minutes: float | None = None
    break_glass: bool = False
    approved_by: str = ""
    broke_glass: bool = False

    @property
    def shown(self) -> str:
        """A digest of what a second person is shown, so that their decision is bound to exactly that."""
        seen = self.model_dump_json(exclude={"approved_by", "broke_glass"})
        return sha256(seen.encode()).hexdigest()[:16]

    @property
    def tag(self) -> str:
        """A short mark, put in the description of what we create, by which it is found again."""
        return f"#{sha256(self.id.encode()).hexdigest()[:8]}"


class Outcome(BaseModel):
    """How an operation ended: in a sentence, with what to do next and the facts that are known.

    `size_mb` is in MB, `seconds` is how long the work took, `oldest_manual_id` is the backup to delete when a
    server has no room for another, `decided_by` who denied it.
    """

    model_config = ConfigDict(frozen=True)

    state: State
    what: str = ""
    hint: str = ""
    ended_at: AwareDatetime
    seconds: float | None = None
    backup_id: int | None = None
    size_mb: int | None = None
    safety_backup_id: int | None = None
    oldest_manual_id: int | None = None
    decided_by: str = ""


class Failure(BaseModel):
    """An expected failure as a value, since errors do not survive a replay (DBOS.md, section 3)."""

    model_config = ConfigDict(frozen=True)

    kind: str
    what: str
    hint: str = ""
    may_have_acted: bool = False

    @classmethod
    def of(cls, error: BotError) -> "Failure":
        """Return the error as a value that can be stored."""
        may_have_acted = isinstance(error, ProviderError) and error.may_have_acted
        return cls(kind=type(error).__name__, what=error.what, hint=error.hint, may_have_acted=may_have_acted)


class Began(BaseModel):
    """Who first executed a piece of work, and when: tells a replay from a first run (DBOS.md, section 3).

    `waited` is how long that was after the work was asked for, in seconds, where that is known.
    """

    model_config = ConfigDict(frozen=True)

    boot: str
    at: AwareDatetime
    waited: float = 0.0
