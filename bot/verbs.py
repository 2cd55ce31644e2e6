"""The verbs of `/backup`: how they are written, what they do, and which one a person means."""

from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Usage:
    """How a verb is written, and what it does."""

    pattern: str
    meaning: str
    example: str


VERBS = {
    "list": Usage(
        "list [server] [--type manual|automatic]",
        "Shows backups, newest first, with a menu at each to restore or delete it.",
        "list web-1 --type manual",
    ),
    "create": Usage(
        "create [server] [why…]",
        "Makes a backup of a server and tells you when it is finished.",
        "create web-1 before the upgrade",
    ),
    "restore": Usage(
        "restore [id|server]",
        "Puts a server back to a backup. Shows first what will be lost, and asks you to confirm.",
        "restore 501",
    ),
    "delete": Usage(
        "delete [id]",
        "Deletes one backup for ever. Shows it first, and asks you to confirm.",
        "delete 501",
    ),
    "status": Usage("status", "Shows what runs or waits now, for whom and since when.", "status"),
    "servers": Usage("servers", "Shows your servers and how fresh their backups are.", "servers"),
    "audit": Usage(
        "audit [server] [@person] [since]",
        "Shows who did what, and who agreed to it, for those who may read it. Since: 24h, 7d, yesterday, "
        "2026-11-01 (UTC).",
        "audit web-1 7d",
    ),
    "help": Usage("help [verb]", "Explains this command, or one verb of it.", "help restore"),
}

_SYNONYMS = {
    "ls": "list",
    "show": "list",
    "new": "create",
    "run": "create",
    "backup": "create",
    "rm": "delete",
    "remove": "delete",
    "rollback": "restore",
    "ps": "status",
    "jobs": "status",
    "hosts": "servers",
    "?": "help",
}


def verb_of(text: str) -> str:
    """Return the verb a command begins with, synonyms resolved; empty for a bare command."""
    first = (text.split(maxsplit=1) or [""])[0].casefold()
    return _SYNONYMS.get(first, first)


def near_verb(verb: str) -> str:
    """Return a hint that names the verb which looks most like this one."""
    near = get_close_matches(verb[:100], [*VERBS, *_SYNONYMS], n=1, cutoff=0.5)
    if near:
        meant = _SYNONYMS.get(near[0], near[0])
        return f"Did you mean `/backup {VERBS[meant].pattern}`?"
    return "See what I can do with `/backup help`."


def usage(verb: str) -> str:
    """Return a hint that says how a verb is written."""
    return f"Write `/backup {VERBS[verb].pattern}`, for example `/backup {VERBS[verb].example}`."
