"""What buttons, menus and modals remember between two clicks. Rights are decided anew when they are used."""

from typing import Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from bot.errors import Misuse, UsageError
from bot.verbs import ChangingVerb, ConfirmedVerb, Verb

T = TypeVar("T", bound=BaseModel)

REASON_LIMIT = 200
"""Characters that are kept of why somebody wants something."""


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)

    def as_json(self) -> str:
        """Return the form as a button's value or a modal's private metadata."""
        return self.model_dump_json(exclude_defaults=True)


class ListForm(_Form):
    """Which part of the list somebody is looking at; pages count from 0."""

    server_id: int | None = None
    backup_type: Literal["manual", "automatic"] | None = None
    page: int = 0


class ServersForm(_Form):
    """Which servers somebody is looking at: `part` is of their names or addresses; pages count from 0."""

    part: str = ""
    page: int = Field(0, ge=0, le=10_000)


class HomeForm(_Form):
    """Which servers somebody looks at in their Home; pages count from 0.

    `part` is of their names or addresses, `group` a group that the rules name; `only_needy`: those that need
    attention.
    """

    part: str = Field("", max_length=100)
    group: str = Field("", max_length=100)
    only_needy: bool = False
    page: int = Field(0, ge=0, le=10_000)

    @classmethod
    def remembered(cls, stored: str) -> "HomeForm":
        """Return what a Home remembers; the first page of all if another version wrote it otherwise."""
        try:
            return cls.model_validate_json(stored)
        except ValidationError:
            return cls()


class PlacedForm(_Form):
    """A modal remembers where it was opened: the channel, and the thread in it if it was one."""

    channel: str = ""
    thread_ts: str = ""

    @property
    def is_in_no_channel(self) -> bool:
        """True if it was opened where only the person is, such as in their Home."""
        return self.channel.startswith(("U", "W"))

    def told_in(self, channel: str) -> Self:
        """Return the form for another channel, if one was chosen in it."""
        is_channel = self.is_in_no_channel and channel.startswith(("C", "G"))
        return self.model_copy(update={"channel": channel}) if is_channel else self


class NoteForm(PlacedForm):
    """The command that a modal with bad news runs when it is submitted."""

    command: str


class CreateForm(PlacedForm):
    """A backup is to be made; `about` is the address of the message that it was begun from, if it was one."""

    about: str = ""


class PickForm(PlacedForm):
    """For what a backup is being picked, of which server so far, and why if that was said before."""

    verb: ConfirmedVerb
    server_id: int | None = None
    reason: str = ""


NAME_KEPT = 255
"""Characters of a server's name: a modal remembers 3,000 in all."""


class ConfirmForm(PlacedForm):
    """What somebody was shown before they confirm it, and when (UTC); of the server's name the beginning.

    `spare_id` is the backup they can choose to have deleted first, since the server is full. To make a backup
    on a full server is confirmed like this as well: then it is the backup that is deleted.
    """

    verb: ChangingVerb
    server_id: int
    server_name: str
    backup_id: int
    backup_moment: AwareDatetime
    is_full: bool = False
    spare_id: int | None = None
    spare_moment: AwareDatetime | None = None
    shown_at: AwareDatetime


class AgainForm(_Form):
    """What to try again."""

    verb: ChangingVerb
    server_id: int
    backup_id: int | None = None
    reason: str = ""


class SchedulesForm(_Form):
    """Which schedule a button is about, and which page of the list is shown; pages count from 0.

    `shown` is when it was (in ms since 1970): a button that was shown once stands for one thing to do.
    """

    schedule: str = ""
    shown: int = 0
    page: int = Field(0, ge=0, le=10_000)


class ScheduleForm(PlacedForm):
    """Which schedule is changed in the form; a new one if that is empty. `zone` is its zone's IANA name."""

    schedule: str = ""
    zone: str = "UTC"


class StatusForm(_Form):
    """Of which server the status is shown; of all if `server_id` is None."""

    server_id: int | None = None


class OperationForm(_Form):
    """Which operation a button is about."""

    operation: str


class BatchForm(_Form):
    """Which batch a button is about."""

    batch: str


class RequestForm(_Form):
    """Which request is decided on, and a digest of what is shown of it."""

    operation: str
    shown: str

    def as_option(self, choice: str) -> str:
        """Return a choice about the request as an option's value."""
        return f"{choice}:{self.shown}:{self.operation}"

    @classmethod
    def chosen(cls, value: str) -> tuple[str, "RequestForm"]:
        """Return the choice that an option's value stands for, and about which request."""
        choice, _, rest = value.partition(":")
        shown, _, operation = rest.partition(":")
        return choice, cls(operation=operation, shown=shown)


class AlertForm(_Form):
    """Which alert is answered, and whether it is snoozed or acknowledged."""

    card: str
    is_snooze: bool = False


class AuditForm(_Form):
    """Which part of the audit trail somebody is looking at.

    A server by id, by name, or by both if it still exists. The page ends before the entry with the number
    `before`, or begins after `after`; else it has the newest.
    """

    server: str = ""
    server_id: int | None = None
    person: str = ""
    since: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None


class TimelineForm(_Form):
    """Which operations somebody is looking at: of a server by id, by name, or by both if it still exists.

    Since a moment, and until another one; None is for now.
    """

    server: str = ""
    server_id: int | None = None
    since: AwareDatetime
    until: AwareDatetime | None = None


class BackupChoice(_Form):
    """One backup and what to do with it, as a menu's option carries it (at most 150 characters)."""

    verb: ConfirmedVerb | Literal[Verb.WATCH]
    server_id: int
    backup_id: int

    def as_option(self) -> str:
        """Return the choice as an option's value."""
        return f"{self.verb}:{self.server_id}:{self.backup_id}"

    @classmethod
    def chosen(cls, value: str) -> "BackupChoice":
        """Return the choice an option's value stands for; raises UsageError if it stands for none."""
        verb, _, numbers = value.partition(":")
        server_id, _, backup_id = numbers.partition(":")
        return checked_form(cls, {"verb": verb, "server_id": server_id, "backup_id": backup_id})


class ServerChoice(_Form):
    """One server and what to do with it, as a menu's option carries it (at most 150 characters)."""

    verb: Literal[Verb.LIST, Verb.CREATE] | ConfirmedVerb
    server_id: int

    def as_option(self) -> str:
        """Return the choice as an option's value."""
        return f"{self.verb}:{self.server_id}"

    @classmethod
    def chosen(cls, value: str) -> "ServerChoice":
        """Return the choice an option's value stands for; raises UsageError if it stands for none."""
        verb, _, server_id = value.partition(":")
        return checked_form(cls, {"verb": verb, "server_id": server_id})


def read_form(form: type[T], stored: str) -> T:
    """Return what was remembered; raises UsageError if another version wrote it otherwise."""
    try:
        return form.model_validate_json(stored)
    except ValidationError as error:
        raise UsageError(Misuse.OLD_BUTTON) from error


def checked_form(form: type[T], values: dict[str, object]) -> T:
    """Return a form with these values; raises UsageError if they don't fit."""
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise UsageError(Misuse.OLD_BUTTON) from error


def read_id(value: str) -> int:
    """Return the id a picker's option stands for; raises UsageError if it is none."""
    if not (value.isascii() and value.isdecimal() and len(value) <= 19):
        raise UsageError(Misuse.OLD_BUTTON)
    return int(value)
