"""What people type after `/backup list`, `create`, `delete`, `restore` and `help`, read into types."""

import re
from dataclasses import dataclass, field, replace
from typing import get_args

from bot.backups.model import BackupType
from bot.errors import Misuse, UsageError
from bot.verbs import Verb, first_word, read_verb, read_words

_TYPES: tuple[BackupType, ...] = get_args(BackupType)
_DASH = re.compile(r"^(?:[—–]|-)(?=type\b)")


@dataclass(frozen=True)
class ListBackups:
    """Show the backups of one server, or of all."""

    server: str | None = None
    backup_type: BackupType | None = None


@dataclass(frozen=True)
class CreateBackup:
    """Make a backup of a server. Without quotes only the servers' names tell where the reason begins."""

    server: str | None = None
    reason: str = ""
    unquoted: str = field(default="", compare=False)


@dataclass(frozen=True)
class DeleteBackup:
    """Delete one backup permanently."""

    backup_id: int | None = None


@dataclass(frozen=True)
class RestoreBackup:
    """Reset a server to a backup, given by a number (a backup's or a server's) or by its server's name."""

    number: int | None = None
    server: str | None = None


def read_list(text: str) -> ListBackups:
    """Return which backups are to be listed; a keyboard that turns `--` into a dash is understood.

    Raises:
        UsageError: nothing else ever; so do the other readers.
    """
    words = read_words(text, Verb.LIST)
    backup_type: BackupType | None = None
    servers: list[str] = []
    while words:
        word, is_quoted = words.pop(0)
        option = "" if is_quoted else _DASH.sub("--", word)
        if option == "--type" or option.startswith("--type="):
            value = option.removeprefix("--type").removeprefix("=") or (words.pop(0).text if words else "")
            backup_type = _backup_type(value)
        elif option.startswith("--"):
            raise UsageError(Misuse.UNKNOWN_OPTION, word, Verb.LIST)
        else:
            servers.append(word)
    if len(servers) > 1:
        raise UsageError(Misuse.ONE_SERVER, verb=Verb.LIST)
    return ListBackups((servers or [""])[0] or None, backup_type)


def read_create(text: str) -> CreateBackup:
    """Return of which server a backup is to be made, and why."""
    if not text:
        return CreateBackup()
    server, reason = first_word(text, Verb.CREATE)
    return CreateBackup(server.text or None, reason.strip(), "" if server.is_quoted else text)


def read_delete(text: str) -> DeleteBackup:
    """Return which backup is to be deleted."""
    words = read_words(text, Verb.DELETE)
    if not words:
        return DeleteBackup()
    backup_id = _number(words[0].text)
    if backup_id is None or len(words) > 1:
        raise UsageError(Misuse.ONE_BACKUP, verb=Verb.DELETE)
    return DeleteBackup(backup_id)


def read_restore(text: str) -> RestoreBackup:
    """Return which server is to be restored, or from which backup."""
    words = read_words(text, Verb.RESTORE)
    if len(words) > 1:
        raise UsageError(Misuse.ONE_SERVER, verb=Verb.RESTORE)
    if not words:
        return RestoreBackup()
    # What is quoted is a name, even if it looks like a number.
    number = None if words[0].is_quoted else _number(words[0].text)
    return RestoreBackup(number) if number is not None else RestoreBackup(server=words[0].text or None)


def read_help(text: str) -> Verb | None:
    """Return which verb is to be explained; None for all."""
    try:
        verb, rest = read_verb(text)
    except UsageError as error:
        near = error.verb
        raise replace(error, verb=Verb.HELP if near else None, rest=near or "") from None
    if rest:
        raise UsageError(Misuse.UNKNOWN_WORDS, rest[:50], Verb.HELP)
    return verb


def _backup_type(value: str) -> BackupType:
    for known in _TYPES:
        if value and known.startswith(value.lower()):
            return known
    raise UsageError(Misuse.UNKNOWN_TYPE if value else Misuse.NO_TYPE, value)


def _number(word: str) -> int | None:
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None
