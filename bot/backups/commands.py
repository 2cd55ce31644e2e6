"""Between what people type after `/backup` and what they ask for."""

import re
import shlex
from collections.abc import Callable
from typing import get_args

from bot.backups.model import (
    BackupType,
    CreateBackup,
    DeleteBackup,
    ListBackups,
    Request,
    RestoreBackup,
    ShowHelp,
    ShowMenu,
)
from bot.errors import NotUnderstood
from bot.verbs import VERBS, near_verb, usage, verb_of

_TYPES: tuple[str, ...] = get_args(BackupType)
_DASHES = re.compile(r"(?<!\S)[—–](?=type\b)")
_CURLY = str.maketrans("“”„‘’", '"""\'\'')


def parse(text: str) -> Request | None:
    """Return what the text asks for; None where the verb belongs to another folder.

    Keyboards that turn `--` into a dash and quotes into curly ones are understood.

    Raises:
        NotUnderstood: nothing else ever; the hint suggests the nearest verb or shows the usage.
    """
    verb, rest = verb_of(text), " ".join(text.split(maxsplit=1)[1:])
    if reader := _READERS.get(verb):
        return reader(rest)
    if verb in VERBS:
        return None
    raise NotUnderstood(f"I don't know “{verb}”.", near_verb(verb))


def as_text(request: Request) -> str:
    """Return a command that `parse` reads as this request."""
    match request:
        case ListBackups(server, backup_type):
            words = ["list", _quoted(server), f"--type {backup_type}" if backup_type else ""]
        case CreateBackup(server, reason):
            words = ["create", _quoted(server), reason]
        case DeleteBackup(backup_id):
            words = ["delete", str(backup_id or "")]
        case RestoreBackup(backup_id, server):
            words = ["restore", str(backup_id or ""), _quoted(server)]
        case ShowHelp(verb):
            words = ["help", verb or ""]
        case ShowMenu():
            words = []
    return " ".join(word for word in words if word)


def _list(rest: str) -> ListBackups:
    words = _words(_DASHES.sub("--", rest), "list")
    backup_type: BackupType | None = None
    servers: list[str] = []
    while words:
        word = words.pop(0)
        if word == "--type" or word.startswith("--type="):
            value = word.removeprefix("--type").removeprefix("=") or (words.pop(0) if words else "")
            backup_type = _backup_type(value)
        elif word.startswith("--"):
            raise NotUnderstood(f"I don't know the option “{word}”.", usage("list"))
        else:
            servers.append(word)
    if len(servers) > 1:
        raise NotUnderstood("I can list one server at a time.", usage("list"))
    return ListBackups(servers[0] if servers else None, backup_type)


def _backup_type(value: str) -> BackupType:
    for known in _TYPES:
        if value and known.startswith(value.lower()):
            return "manual" if known == "manual" else "automatic"
    raise NotUnderstood(f"“{value}” is no type of backup.", "Types are `manual` and `automatic`.")


def _create(rest: str) -> CreateBackup:
    if not rest:
        return CreateBackup()
    if rest.translate(_CURLY).startswith(('"', "'")):
        quoted = re.match(r"""(["'])(.*?)\1\s*(.*)""", rest.translate(_CURLY), re.DOTALL)
        if not quoted:
            raise NotUnderstood("A quote is not closed.", usage("create"))
        return CreateBackup(quoted[2] or None, quoted[3])
    server, *reason = rest.split(maxsplit=1)
    return CreateBackup(server, "".join(reason))


def _delete(rest: str) -> DeleteBackup:
    words = _words(rest, "delete")
    if not words:
        return DeleteBackup()
    backup_id = _backup_id(words[0])
    if backup_id is None or len(words) > 1:
        raise NotUnderstood("I delete one backup at a time, by its number.", usage("delete"))
    return DeleteBackup(backup_id)


def _restore(rest: str) -> RestoreBackup:
    words = _words(rest, "restore")
    if len(words) > 1:
        raise NotUnderstood("I restore one server at a time.", usage("restore"))
    if not words:
        return RestoreBackup()
    backup_id = _backup_id(words[0])
    return RestoreBackup(backup_id) if backup_id is not None else RestoreBackup(server=words[0])


def _help(rest: str) -> ShowHelp:
    verb = verb_of(rest)
    if verb and verb not in VERBS:
        raise NotUnderstood(f"I don't know “{verb}”.", near_verb(verb))
    return ShowHelp(verb or None)


_READERS: dict[str, Callable[[str], Request]] = {
    "": lambda _: ShowMenu(),
    "list": _list,
    "create": _create,
    "delete": _delete,
    "restore": _restore,
    "help": _help,
}


def _words(text: str, verb: str) -> list[str]:
    try:
        return shlex.split(text.translate(_CURLY))
    except ValueError as error:
        raise NotUnderstood("A quote is not closed.", usage(verb)) from error


def _backup_id(word: str) -> int | None:
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _quoted(server: str | None) -> str:
    return f'"{server}"' if server else ""
