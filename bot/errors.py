"""The tree of expected failures: facts, which `slack/messages.py` puts into words.

BotError
├── UsageError             the command or form makes no sense
├── NotAllowed             this person can't do this
│   └── NotChecked         it can't be told just now whether they can
├── UnknownServer          no server that the person can see goes by that name
│   └── HiddenServer       one does that they can't see
├── UnknownBackup          no backup that the person can see has that id
│   └── HiddenBackup       one has that they can't see
├── StaleConfirmation      what a person confirmed is no longer so
├── NotRecorded            the database did not confirm, so nothing was promised
├── AlreadyTried           this button was used before
├── AskedTooOften          this person looks all the time
├── ConfigurationError     the bot can't start as configured
├── Unavailable            what the bot needs at its start is not there, for now
│   ├── DatabaseUnavailable  the database can't be reached
│   ├── DatabaseInUse        another bot works on the file
│   └── AddressUnavailable   the address on which it listens can't be had
└── ProviderError          VPS.org refused, or could not be asked
    ├── BadRequest         it found fault with the request
    ├── Unauthorized       it did not accept the token
    ├── NotFound           it has no such thing
    ├── SlotsFull          the server has all the manual backups it can have
    ├── Busy               it is busy or limits us
    ├── Unreachable        no usable answer came back
    └── InvalidResponse    the answer could not be read

Anything else that is raised is a bug. Errors don't survive a replay (DBOS.md, section 3), so that steps
return a `Failure`, which holds an error's facts and gives the error back.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic_core import to_jsonable_python


class BotError(Exception):
    """An expected failure. Its fields are plain facts; outside text in them is not escaped for Slack."""


class Misuse(StrEnum):
    """What a person wrote that makes no sense, or a button that can't be read."""

    UNKNOWN_VERB = "unknown_verb"
    OPEN_QUOTE = "open_quote"
    UNKNOWN_WORDS = "unknown_words"
    UNKNOWN_OPTION = "unknown_option"
    NO_TYPE = "no_type"
    UNKNOWN_TYPE = "unknown_type"
    ONE_SERVER = "one_server"
    ONE_BACKUP = "one_backup"
    TOO_MANY_SERVERS = "too_many_servers"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_TIME = "unknown_time"
    UNKNOWN_MOMENT = "unknown_moment"
    NO_HASH = "no_hash"
    UNKNOWN_FILTER = "unknown_filter"
    NO_SERVER_NAME = "no_server_name"
    ONE_FILTER = "one_filter"
    OLD_BUTTON = "old_button"
    UNKNOWN_BUTTON = "unknown_button"
    INCOMPLETE_PAYLOAD = "incomplete_payload"
    DECIDED_ALREADY = "decided_already"
    OTHER_REQUEST = "other_request"
    NOT_CANCELLABLE = "not_cancellable"
    ALERT_OVER = "alert_over"
    UNKNOWN_TIMING = "unknown_timing"
    NEVER_RUNS = "never_runs"
    TOO_OFTEN = "too_often"
    NO_TIMING = "no_timing"
    NO_KEEP = "no_keep"
    NO_SUCH_SCHEDULE = "no_such_schedule"
    TOO_MANY_SCHEDULES = "too_many_schedules"


@dataclass(eq=False)
class UsageError(BotError):
    """The command or the form makes no sense; `text` is what was typed, `verb` the one that was meant.

    `rest` is what was typed after the verb.
    """

    misuse: Misuse
    text: str = ""
    verb: str | None = None
    rest: str = ""


class Denial(StrEnum):
    """Why a person can't do something."""

    NOT_A_MEMBER = "not_a_member"
    OTHER_CHANNEL = "other_channel"
    NO_ROLE = "no_role"
    NO_APPROVER = "no_approver"
    OWN_REQUEST = "own_request"
    NOT_THE_REQUESTER = "not_the_requester"
    NO_BREAK_GLASS = "no_break_glass"
    NEEDS_APPROVAL_NOW = "needs_approval_now"
    APPROVER_LOST_ROLE = "approver_lost_role"
    VOTE_TOO_LATE = "vote_too_late"
    VOTE_ON_OTHER = "vote_on_other"
    DECIDED_ALREADY = "decided_already"
    UNKNOWN_PERSON = "unknown_person"
    NOT_IN_TIME = "not_in_time"
    NEEDS_APPROVAL_ALONE = "needs_approval_alone"
    NOT_BY_THE_CLOCK = "not_by_the_clock"


@dataclass(eq=False)
class NotAllowed(BotError):
    """The person can't do this.

    `action` is the verb (or "approve", "cancel"), `setting` the variable that gives the role, `who` the ids
    of the people and user groups who can, `where` those of the channels in which it can be requested.
    """

    denial: Denial
    action: str = ""
    setting: str = ""
    who: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


@dataclass(eq=False)
class NotChecked(NotAllowed):
    """It can't be told just now whether the person can, so they can't; later they may."""


@dataclass(eq=False)
class UnknownServer(BotError):
    """No server that the person can see, or none alone, goes by `wanted`.

    `ids` and `names` are of servers that fit equally well, `near` are names that look like it. `is_stale`: a
    new server would not be known, since VPS.org does not answer. `is_list_partial`: as far as VPS.org showed
    them. `verb` is what was to be done with it, and `rest` what was typed after it. `is_wide`: it is a
    pattern or a group, and fits none. `before` is what was typed before it.
    """

    wanted: str = ""
    ids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    is_stale: bool = False
    is_list_partial: bool = False
    verb: str = ""
    rest: str = ""
    is_wide: bool = False
    before: str = ""


@dataclass(eq=False)
class HiddenServer(UnknownServer):
    """There is one, which the person can't see: told as if there were none, and put on record."""

    server_name: str = ""


@dataclass(eq=False)
class UnknownBackup(BotError):
    """No backup that the person can see has that id; `is_list_partial`: as far as VPS.org showed them."""

    backup_id: int
    is_list_partial: bool = False


@dataclass(eq=False)
class HiddenBackup(UnknownBackup):
    """There is one, of a server that the person can't see: told as if there were none, and put on record."""

    server_name: str = ""


class Stale(StrEnum):
    """What is no longer as a person confirmed it."""

    GONE = "gone"
    DATE_CHANGED = "date_changed"
    NOT_RESTORABLE = "not_restorable"
    NOT_THE_OLDEST = "not_the_oldest"
    NOT_SURPLUS = "not_surplus"
    RENAMED = "renamed"
    NEWER_OPERATION = "newer_operation"
    STARTED_TOO_LATE = "started_too_late"
    TOO_OLD = "too_old"


@dataclass(eq=False)
class StaleConfirmation(BotError):
    """What the person confirmed is no longer so, and nothing was done.

    `status` is the backup's, `verb` that of the newer operation, `seconds` how much time has passed,
    `shown_name` what the server was called.
    """

    stale: Stale
    backup_id: int | None = None
    server_name: str = ""
    status: str = ""
    verb: str = ""
    seconds: float = 0.0
    shown_name: str = ""


class Unrecorded(StrEnum):
    """What the database did not confirm."""

    OPERATION = "operation"
    ANSWER = "answer"
    LOOK_UP = "look_up"
    AUDIT = "audit"


@dataclass(eq=False)
class NotRecorded(BotError):
    """The database did not confirm in time; an operation may run all the same."""

    what: Unrecorded


@dataclass(eq=False)
class AlreadyTried(BotError):
    """The button was used before, and stands for one thing to do."""


@dataclass(eq=False)
class AskedTooOften(BotError):
    """The person has looked so often that they have to wait; `seconds` until they can look again."""

    seconds: float


@dataclass(eq=False)
class ConfigurationError(BotError):
    """The bot can't start as configured; each problem is a line for whoever runs it."""

    problems: tuple[str, ...]
    hint: str = ""

    def __init__(self, *problems: str, hint: str = "") -> None:
        super().__init__(*problems)
        self.problems = problems
        self.hint = hint


@dataclass(eq=False)
class Unavailable(BotError):
    """What the bot needs at its start is not there, for now: to start again may help."""


@dataclass(eq=False)
class DatabaseUnavailable(Unavailable):
    """The database could not be reached for as long as the bot waits for it at the start."""

    reason: str


@dataclass(eq=False)
class DatabaseInUse(Unavailable):
    """Another bot works on the SQLite file."""

    file: str


@dataclass(eq=False)
class AddressUnavailable(Unavailable):
    """The address on which the bot listens is not there, or taken; `reason` is the system's."""

    address: str
    reason: str


@dataclass(eq=False, kw_only=True)
class ProviderError(BotError):
    """VPS.org refused, or could not be asked.

    `status` is HTTP's, if there was an answer; `words` are VPS.org's own, on one line, or OpenSSL's about its
    certificate. `may_have_acted`:
    the request may have been carried out all the same, so it must be looked up and never blindly repeated.
    """

    status: int | None = None
    words: str = ""
    may_have_acted: bool = False


@dataclass(eq=False, kw_only=True)
class BadRequest(ProviderError):
    """It found fault with the request (400, 422)."""


@dataclass(eq=False, kw_only=True)
class Unauthorized(ProviderError):
    """It did not accept the token (401), or does not let it do this (403)."""


@dataclass(eq=False, kw_only=True)
class NotFound(ProviderError):
    """It has no such thing (404, 410); `is_listed`: and yet it lists it."""

    is_listed: bool = False


@dataclass(eq=False, kw_only=True)
class SlotsFull(ProviderError):
    """The server already has all the manual backups it can have."""

    server_name: str = ""
    used: int
    limit: int


@dataclass(eq=False, kw_only=True)
class Busy(ProviderError):
    """It is busy or limits us (409, 423, 425, 429, 503); `retry_after` is in seconds, if it said."""

    retry_after: float | None = None


class Silence(StrEnum):
    """Why no usable answer came."""

    NOT_REACHED = "not_reached"
    CERTIFICATE = "certificate"
    TIMED_OUT = "timed_out"
    BROKE_OFF = "broke_off"
    SERVER_ERROR = "server_error"
    INTERRUPTED = "interrupted"


@dataclass(eq=False, kw_only=True)
class Unreachable(ProviderError):
    """No usable answer came back; `retry_after` is in seconds, if it said."""

    silence: Silence
    retry_after: float | None = None


class Nonsense(StrEnum):
    """What can't be made sense of in an answer."""

    NOT_JSON = "not_json"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_A_LIST = "not_a_list"
    NOT_A_BACKUP = "not_a_backup"
    NOT_AN_ACCOUNT = "not_an_account"
    ENDLESS_PAGES = "endless_pages"
    FOREIGN_PAGE = "foreign_page"
    REDIRECT = "redirect"
    PARTIAL_LIST = "partial_list"
    NOT_THE_API = "not_the_api"
    ONLY_ACCEPTED = "only_accepted"


@dataclass(eq=False, kw_only=True)
class InvalidResponse(ProviderError):
    """The answer could not be read: HTML, cut JSON, the wrong shape, or not all that it should hold."""

    nonsense: Nonsense


def _all_of(error: type[BotError]) -> Iterator[type[BotError]]:
    yield error
    for each in error.__subclasses__():
        yield from _all_of(each)


_KINDS = {kind.__name__: kind for kind in _all_of(BotError) if kind is not BotError}
_reader = cache(lambda kind: TypeAdapter[BotError](_KINDS[kind]))


class Failure(BaseModel):
    """An expected failure as a value that can be stored: the error's class and its fields."""

    model_config = ConfigDict(frozen=True)

    kind: str
    facts: dict[str, Any]

    @classmethod
    def of(cls, error: BotError) -> "Failure":
        """Return the error as a value; fields that say nothing are left out."""
        facts = {name: value for name, value in vars(error).items() if not _says_nothing(value)}
        return cls(kind=type(error).__name__, facts=to_jsonable_python(facts))

    @property
    def error(self) -> BotError:
        """The error again; raises ValidationError or KeyError for what is none."""
        return _reader(self.kind).validate_python(self.facts)


def _says_nothing(value: object) -> bool:
    return value is None or value is False or value in {"", ()}
