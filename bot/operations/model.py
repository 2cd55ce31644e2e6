"""What operations are, how they move on, and how they end: facts alone, which `messages.py` words.

Stored by the engine: only add fields that have a default, and never change a name or a value.
"""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from bot.errors import Failure
from bot.verbs import Verb


class StoredModel(BaseModel):
    """What the engine or a table stores: only add fields with a default, never change a name or a value."""

    model_config = ConfigDict(frozen=True)


class BackupRef(StoredModel):
    """A backup as the person was shown it."""

    id: int
    created_at: AwareDatetime


class ApprovalTerms(StoredModel):
    """How long a second person has to approve, and whether the requester can go ahead alone."""

    minutes: float
    break_glass: bool = False


class BaseRequest(StoredModel):
    """What an operation and a batch of operations have in common: who requested it, where, when and why.

    `id` is made of Slack's own ids, or of a schedule's, so that a repeated delivery finds the same one.
    `delivery_id` is that of the click or command. `thread_ts` is the thread of the channel in which it is
    told, empty for the channel itself; `about` is the address of the message that it was begun from.
    `schedule_id` is the schedule by which it runs, empty if a person requested it; `by_hand`: a person has
    that schedule run now.
    """

    id: str
    requested_by: str
    requester_name: str = ""
    team: str = ""
    channel: str
    thread_ts: str = ""
    about: str = ""
    requested_at: AwareDatetime
    delivery_id: str = ""
    reason: str = ""
    schedule_id: str = ""
    by_hand: bool = False

    @property
    def is_by_clock(self) -> bool:
        """True if nobody requested it just now: a schedule was due."""
        return bool(self.schedule_id) and not self.by_hand


class BaseOperation(BaseRequest):
    """What all operations have in common.

    `id` begins with the server's. `approval` is None if no second person is needed. `function_execution_id`
    is the run of a workflow's step that waits for its end, `batch_id` the batch that it is a part of, which
    tells of it in its own message.
    """

    server_id: int
    server_name: str
    approval: ApprovalTerms | None = None
    approved_by: str = ""
    approved_at: AwareDatetime | None = None
    broke_glass: bool = False
    break_glass_reason: str = ""
    function_execution_id: str = ""
    batch_id: str = ""

    @property
    def tag(self) -> str:
        """A short mark, put in the description of what we create, by which it is found again."""
        return f"#{sha256(self.id.encode()).hexdigest()[:8]}"

    @property
    def confirmed_at(self) -> datetime:
        """The moment from which on the age of what was agreed on counts."""
        return self.approved_at or self.requested_at


class _BackingUp(BaseOperation):
    """Makes a backup; if there is no free slot for it, `delete_first` is deleted before."""

    delete_first: BackupRef | None = None


class CreateOperation(_BackingUp):
    """Make a backup of a server.

    For a schedule: of its own backups of the server the newest `keep` are kept, all of them if None, and
    `makes_room` if the oldest of these can go when no slot is free.
    """

    verb: Literal[Verb.CREATE] = Verb.CREATE
    keep: int | None = None
    makes_room: bool = False


class DeleteOperation(BaseOperation):
    """Delete a backup permanently; `shown_at` is when the person was shown what would be lost.

    For a schedule, which keeps the newest `keep` of its own backups: one of its own that is older.
    """

    verb: Literal[Verb.DELETE] = Verb.DELETE
    backup: BackupRef
    shown_at: AwareDatetime
    keep: int | None = None


class RestoreOperation(_BackingUp):
    """Reset a server to a backup, after a backup of its current state if `safety_backup`."""

    verb: Literal[Verb.RESTORE] = Verb.RESTORE
    backup: BackupRef
    shown_at: AwareDatetime
    safety_backup: bool = True


class WatchOperation(BaseOperation):
    """Tell a person when a backup that somebody else made is finished."""

    verb: Literal[Verb.WATCH] = Verb.WATCH
    backup_id: int


ConfirmedOperation = DeleteOperation | RestoreOperation
"""Those that destroy data, as a person was shown it."""
BackingUpOperation = CreateOperation | RestoreOperation
NEED_A_COMPLETE_BACKUP = frozenset({Verb.RESTORE})
RESET_A_SERVER = frozenset({Verb.RESTORE})

Operation = CreateOperation | DeleteOperation | RestoreOperation | WatchOperation
AnyOperation = Annotated[Operation, Field(discriminator="verb")]
"""An operation as it is stored."""


def backup_id_of(operation: Operation) -> int | None:
    """Return the id of the backup an operation is about; None if it makes a new one."""
    match operation:
        case CreateOperation():
            return None
        case DeleteOperation() | RestoreOperation():
            return operation.backup.id
        case WatchOperation():
            return operation.backup_id


class State(StrEnum):
    """How an operation ended, as far as is known."""

    DONE = "done"
    ACCEPTED = "accepted"
    """VPS.org took the call; whether it is finished can't be seen."""
    REFUSED = "refused"
    """Nothing was changed."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The call may or may not have been carried out."""


class _Outcome(StoredModel):
    """`deleted_first` is the id of the backup that was deleted to make room, if one was."""

    ended_at: AwareDatetime
    deleted_first: int | None = None


class BackedUp(_Outcome):
    """The backup is complete; `size_mb` is in MB, `seconds` is how long it took.

    `rotates` are the ids of older backups of the schedule that made it, which go now.
    """

    kind: Literal["backed_up"] = "backed_up"
    state: ClassVar[State] = State.DONE
    backup_id: int
    size_mb: int | None = None
    seconds: float | None = None
    rotates: tuple[int, ...] = ()


class Deleted(_Outcome):
    """The backup is gone; `was_gone`: before we deleted it."""

    kind: Literal["deleted"] = "deleted"
    state: ClassVar[State] = State.DONE
    backup_id: int
    was_gone: bool = False


class Restored(_Outcome):
    """The server changed its status from `before` to `during` and back; `words` are VPS.org's own.

    `answer_lost`: VPS.org's answer did not arrive, the change of status told.
    """

    kind: Literal["restored"] = "restored"
    state: ClassVar[State] = State.DONE
    before: str
    during: str
    words: str = ""
    answer_lost: bool = False
    seconds: float
    safety_backup_id: int | None = None
    safety_backup_seconds: float | None = None


class Accepted(_Outcome):
    """VPS.org accepted the restore, and more can't be seen; `status` is the server's, if it can be read."""

    kind: Literal["accepted"] = "accepted"
    state: ClassVar[State] = State.ACCEPTED
    status: str = ""
    before: str = ""
    during: str = ""
    words: str = ""
    answer_lost: bool = False
    safety_backup_id: int | None = None


class BackupFailed(_Outcome):
    """The backup ended without being usable; `status` is VPS.org's word for it."""

    kind: Literal["backup_failed"] = "backup_failed"
    state: ClassVar[State] = State.FAILED
    backup_id: int
    status: str


class BackupVanished(_Outcome):
    """The backup is no longer listed: it failed, or somebody deleted it while it ran."""

    kind: Literal["backup_vanished"] = "backup_vanished"
    state: ClassVar[State] = State.FAILED
    backup_id: int


class StillRunning(_Outcome):
    """The backup was watched for `hours` and had not ended when it was last seen.

    `unseen_since` is set if VPS.org could not be asked since then, and `failure` says why.
    """

    kind: Literal["still_running"] = "still_running"
    state: ClassVar[State] = State.UNKNOWN
    backup_id: int
    hours: float
    unseen_since: AwareDatetime | None = None
    failure: Failure | None = None


class NotDone(_Outcome):
    """A check or VPS.org refused, and nothing was changed but that a restore's safety backup was made."""

    kind: Literal["not_done"] = "not_done"
    failure: Failure
    safety_backup_id: int | None = None

    @property
    def state(self) -> State:
        """Refused by what we check, or failed at VPS.org."""
        ours = {"SlotsFull", "StaleConfirmation", "NotAllowed", "NotRecorded", "UnknownServer"}
        return State.REFUSED if self.failure.kind in ours else State.FAILED


class NotKnown(_Outcome):
    """The call may or may not have been carried out, and looking did not tell."""

    kind: Literal["not_known"] = "not_known"
    state: ClassVar[State] = State.UNKNOWN
    failure: Failure
    safety_backup_id: int | None = None


class Ending(StrEnum):
    """How a request to a second person ended."""

    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    BREAK_GLASS = "break_glass"
    EXPIRED = "expired"
    STALE = "stale"


class NotApproved(_Outcome):
    """No second person approved; `by` declined or withdrew it, with a `comment` of theirs."""

    kind: Literal["not_approved"] = "not_approved"
    state: ClassVar[State] = State.REFUSED
    ending: Ending
    by: str = ""
    comment: str = ""
    minutes: float = 0.0
    failure: Failure | None = None


class Cancelled(_Outcome):
    """Somebody cancelled it before it acted; `safety_backup_id` is what a restore had made by then."""

    kind: Literal["cancelled"] = "cancelled"
    state: ClassVar[State] = State.REFUSED
    by: str
    safety_backup_id: int | None = None


class InternalError(_Outcome):
    """A bug of ours in the middle of it."""

    kind: Literal["internal_error"] = "internal_error"
    state: ClassVar[State] = State.UNKNOWN


class Unworded(_Outcome):
    """How it ended, if a bug of ours keeps us from saying more."""

    kind: Literal["unworded"] = "unworded"
    state: State


NoBackup = Annotated[
    BackupFailed | BackupVanished | StillRunning | NotDone | NotKnown, Field(discriminator="kind")
]


class NoSafetyBackup(_Outcome):
    """The safety backup was not seen complete, so that the restore was not started."""

    kind: Literal["no_safety_backup"] = "no_safety_backup"
    state: ClassVar[State] = State.REFUSED
    cause: NoBackup


class NoRoom(_Outcome):
    """The backup that was to make room could not be deleted, so nothing else was begun.

    `may_be_gone`: it may be deleted all the same.
    """

    kind: Literal["no_room"] = "no_room"
    state: ClassVar[State] = State.FAILED
    backup_id: int
    failure: Failure
    may_be_gone: bool = False


Outcome = (
    BackedUp
    | Deleted
    | Restored
    | Accepted
    | BackupFailed
    | BackupVanished
    | StillRunning
    | NotDone
    | NotKnown
    | NotApproved
    | Cancelled
    | InternalError
    | Unworded
    | NoSafetyBackup
    | NoRoom
)
AnyOutcome = Annotated[Outcome, Field(discriminator="kind")]
"""An outcome as it is stored."""


def acts_late(operation: Operation) -> bool:
    """Tell whether it may run for a good while before it acts, as a restore does that backs up first."""
    return isinstance(operation, RestoreOperation) and operation.safety_backup


class Refused(Exception):
    """Ends an operation before it acts. Raised by workflow code, from a value that a step returned."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.kind)
        self.outcome = outcome
