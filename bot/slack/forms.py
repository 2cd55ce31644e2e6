"""What buttons, menus and modals remember between two clicks. Read back, it is checked, never trusted."""

import hmac
from hashlib import sha256
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from bot.errors import NotUnderstood

T = TypeVar("T", bound=BaseModel)

_SEAL_LENGTH = 32
_keys = [b""]

DestructiveVerb = Literal["delete", "restore"]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)

    def kept(self) -> str:
        """Return the form as a button's value or a modal's private metadata."""
        return self.model_dump_json(exclude_defaults=True)


class _SealedForm(_Form):
    """A form whose content decides where rights are looked up, so that an edited one must not be read."""

    def kept(self) -> str:
        """Return the form with a seal over it, as a modal's private metadata."""
        content = super().kept()
        return content + _seal(content)


class ListForm(_Form):
    """Which part of the list somebody is looking at; pages count from 0."""

    server_id: int | None = None
    backup_type: Literal["manual", "automatic"] | None = None
    page: int = 0


class CreateForm(_SealedForm):
    """Where the modal that makes a backup was opened."""

    channel: str = ""


class PickForm(_SealedForm):
    """For what a backup is being picked, and of which server so far."""

    verb: DestructiveVerb
    channel: str = ""
    server_id: int | None = None


class ConfirmForm(_SealedForm):
    """What somebody was shown before they confirm it, and when (UTC)."""

    verb: DestructiveVerb
    channel: str = ""
    server_id: int
    backup_id: int
    backup_moment: AwareDatetime
    shown_at: AwareDatetime


class AgainForm(_Form):
    """What to try again."""

    verb: Literal["create", "delete", "restore"]
    server_id: int
    backup_id: int | None = None
    reason: str = ""


class RequestForm(_Form):
    """Which request is decided on, and a digest of what is shown of it."""

    operation: str
    shown: str


class AuditForm(_Form):
    """Which part of the audit trail somebody is looking at.

    `server` is a name or an id. The page ends before the entry with the number `before`, or begins after
    `after`; else it has the newest.
    """

    server: str = ""
    person: str = ""
    since: AwareDatetime | None = None
    before: int | None = None
    after: int | None = None


class BackupChoice(_Form):
    """One backup and what to do with it, as a menu's option carries it (at most 150 characters)."""

    verb: Literal["delete", "restore", "watch"]
    server_id: int
    backup_id: int

    def option(self) -> str:
        """Return the choice as an option's value."""
        return f"{self.verb}:{self.server_id}:{self.backup_id}"

    @classmethod
    def chosen(cls, value: str) -> "BackupChoice":
        """Return the choice an option's value stands for; raises NotUnderstood where it stands for none."""
        verb, _, numbers = value.partition(":")
        server_id, _, backup_id = numbers.partition(":")
        return _checked(cls, {"verb": verb, "server_id": server_id, "backup_id": backup_id})


def read(form: type[T], kept: str) -> T:
    """Return what was remembered.

    Raises:
        NotUnderstood: it is from a version that wrote it otherwise, or not from us.
    """
    if issubclass(form, _SealedForm):
        kept, seal = kept[:-_SEAL_LENGTH], kept[-_SEAL_LENGTH:]
        if not hmac.compare_digest(seal.encode(errors="replace"), _seal(kept).encode()):
            raise NotUnderstood(*_TOO_OLD)
    try:
        return form.model_validate_json(kept)
    except ValidationError as error:
        raise NotUnderstood(*_TOO_OLD) from error


def seal_with(secret: str) -> None:
    """Use a key made of this secret from now on; forms sealed with another can't be read any more."""
    _keys[0] = sha256(f"forms of the backup bot: {secret}".encode()).digest() if secret else b""


def _seal(content: str) -> str:
    return hmac.new(_keys[0], content.encode(errors="replace"), sha256).hexdigest()[:_SEAL_LENGTH]


def _checked(form: type[T], values: dict[str, str]) -> T:
    try:
        return form.model_validate(values)
    except ValidationError as error:
        raise NotUnderstood(*_TOO_OLD) from error


_TOO_OLD = (
    "I can't read what this button stands for; the message may be too old.",
    "Start again with `/backup`.",
)
