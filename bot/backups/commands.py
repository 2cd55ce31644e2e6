"""Between what people type after `/backup` and what they ask for."""

import re
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
from bot.words import first_word, in_quotes, is_plain, read_words

_TYPES: tuple[str, ...] = get_args(BackupType)
_DASH = re.compile(r"^(?:[—–]|-)(?=type\b)")


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
            words = ["create", _quoted(server) or ('""' if reason else ""), reason]
        case DeleteBackup(backup_id):
            words = ["delete", "" if backup_id is None else str(backup_id)]
        case RestoreBackup(backup_id, server):
            words = ["restore", _quoted(server) if backup_id is None else str(backup_id)]
        case ShowHelp(verb):
            words = ["help", verb or ""]
        case ShowMenu():
            words = []
    return " ".join(word for word in words if word)


def _list(rest: str) -> ListBackups:
    words = read_words(rest, usage("list"))
    backup_type: BackupType | None = None
    servers: list[str] = []
    while words:
        word, is_quoted = words.pop(0)
        option = "" if is_quoted else _DASH.sub("--", word)
        if option == "--type" or option.startswith("--type="):
            value = option.removeprefix("--type").removeprefix("=") or (words.pop(0).text if words else "")
            backup_type = _backup_type(value)
        elif option.startswith("--"):
            raise NotUnderstood(f"I don't know the option “{word}”.", usage("list"))
        else:
            servers.append(word)
    if len(servers) > 1:
        raise NotUnderstood("I can list one server at a time.", usage("list"))
    return ListBackups((servers or [""])[0] or None, backup_type)


def _backup_type(value: str) -> BackupType:
    for known in _TYPES:
        if value and known.startswith(value.lower()):
            return "manual" if known == "manual" else "automatic"
    what = f"“{value}” is no type of backup." if value else "The type is missing."
    raise NotUnderstood(what, "Types are `manual` and `automatic`.")


def _create(rest: str) -> CreateBackup:
    if not rest:
        return CreateBackup()
    server, reason = first_word(rest, usage("create"))
    return CreateBackup(server.text or None, reason.strip())


def _delete(rest: str) -> DeleteBackup:
    words = read_words(rest, usage("delete"))
    if not words:
        return DeleteBackup()
    backup_id = _backup_id(words[0].text)
    if backup_id is None or len(words) > 1:
        raise NotUnderstood("I delete one backup at a time, by its number.", usage("delete"))
    return DeleteBackup(backup_id)


def _restore(rest: str) -> RestoreBackup:
    words = read_words(rest, usage("restore"))
    if len(words) > 1:
        raise NotUnderstood("I restore one server at a time.", usage("restore"))
    if not words:
        return RestoreBackup()
    # What is quoted is a name, even where it looks like a backup's number.
    backup_id = None if words[0].is_quoted else _backup_id(words[0].text)
    return RestoreBackup(backup_id) if backup_id is not None else RestoreBackup(server=words[0].text or None)


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


def _backup_id(word: str) -> int | None:
    digits = word.removeprefix("#")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 18 else None


def _quoted(server: str | None) -> str:
    if not server or (is_plain(server) and _backup_id(server) is None):
        return server or ""
    return in_quotes(server)
