"""What is said of backups: in the menu and the help, in lists, and in the forms that confirm."""

from collections.abc import Sequence
from datetime import datetime
from typing import assert_never

from bot.backups.model import Backup
from bot.slack.text import (
    ago,
    duration,
    escape_truncated,
    in_utc,
    join_words,
    mention,
    plain_label,
    pluralize,
    safe_name,
    size,
    when,
)
from bot.verbs import USAGES, ConfirmedVerb, Verb

MENU = "*Server backups.* What do you want to do?"
ASKING = ":hourglass_flowing_sand: Asking VPS.org…"
NO_BACKUPS = "No backups yet. Make one with `/backup create`."
WATCH = "Tell me when it's done"
MAKE_TITLE = "Back up a server"
REASON = "Reason (shown in the channel and the audit trail)"
SAFETY_NET = "Safety net"
SAFETY_BACKUP = "Back up the current state first"
SAFETY_CONDITION = "The restore starts once that backup is complete"
ASK_FOR_APPROVAL = "Ask for approval"
MOST_NAMED = 20

_EMOJI = {"completed": ":floppy_disk:", "in_progress": ":hourglass_flowing_sand:"}


def safety_purpose(backup_id: int) -> str:
    """Return what the description of a safety backup says, for those who see it at VPS.org."""
    return f"Safety backup before restoring backup {backup_id}."


def meaning(verb: Verb) -> str:
    """Return what a verb does."""
    match verb:
        case Verb.LIST:
            return "Shows backups, newest first, with a menu at each to restore or delete it."
        case Verb.CREATE:
            return "Backs up a server and tells you when it's done."
        case Verb.RESTORE:
            return "Restores a server from a backup. Shows first what will be lost, and asks you to confirm."
        case Verb.DELETE:
            return "Deletes one backup permanently. Shows it first, and asks you to confirm."
        case Verb.STATUS:
            return "Shows what's running or queued."
        case Verb.SERVERS:
            return "Shows your servers and how fresh their backups are."
        case Verb.AUDIT:
            return (
                "Shows who did what, and who approved it, for those who can read it. Since: 24h, 7d, "
                "yesterday, 2026-11-01 (UTC)."
            )
        case Verb.HELP:
            return "Explains this command, or one verb of it."
        case Verb.WATCH:
            return "Tells you when a backup is done."
    assert_never(verb)


def help_line(verb: Verb) -> str:
    """Return how a verb is typed and what it does."""
    return f"`/backup {USAGES[verb].pattern}`\n{meaning(verb)}"


def help_text(verb: Verb) -> str:
    """Return the same with an example."""
    return f"{help_line(verb)}\nFor example: `/backup {USAGES[verb].example}`"


def list_title(count: int, backup_type: str | None, server_name: str | None, *, is_partial: bool) -> str:
    """Return how many backups there are, of what; of a part only how many were shown."""
    kind = f"{backup_type} backup" if backup_type else "backup"
    where = f"of *{safe_name(server_name)}*" if server_name else "of all servers"
    return f"*{pluralize(count, kind)}{' shown' if is_partial else ''}* {where}"


def line(backup: Backup, *, with_server: bool) -> str:
    """Return a backup in two lines: when and where, then what is known of it."""
    emoji = ":x:" if backup.has_failed else _EMOJI.get(backup.status, ":grey_question:")
    where = f" · *{safe_name(backup.server.name)}*" if with_server else ""
    return f"{emoji} *{when(backup.created_at)}* · {ago(backup.created_at)}{where}\n{facts(backup)}"


def facts(backup: Backup) -> str:
    """Return number, type, size, status, expiry and description."""
    parts = [f"`{backup.id}`", escape_truncated(backup.backup_type, 30)]
    if backup.size_mb is not None:
        parts.append(size(backup.size_mb))
    if not backup.is_complete:
        parts.append(escape_truncated(backup.status.replace("_", " "), 30))
    if backup.expires_at:
        parts.append(f"expires {ago(backup.expires_at)}")
    if backup.description:
        parts.append(f"“{escape_truncated(backup.description, 150)}”")
    return " · ".join(parts)


def option_label(backup: Backup) -> str:
    """Return a backup as an option of a menu: plain text, at most 75 characters."""
    known = f", {size(backup.size_mb)}" if backup.size_mb is not None else ""
    return f"{backup.id}: {in_utc(backup.created_at)}, {plain_label(backup.backup_type, 12)}{known}"[:75]


def page_range(first: int, shown: int, count: int, not_shown: int, unreadable: int) -> str:
    """Return which part of the list this is, and how many there are that VPS.org did not show readably."""
    parts = [f"{first + 1}–{first + shown} of {count}, newest first"] if shown else ["Nothing to show"]
    if unreadable:
        parts.append(f"{unreadable} could not be read")
    if not_shown > unreadable:
        parts.append(f"VPS.org counts {not_shown - unreadable} more that it did not show")
    return " · ".join(parts)


def shared_by(person: str, which: str) -> str:
    """Return who showed the list to everybody, and which part of it that is."""
    return f"{which} · Shared by {mention(person)}"


def title(verb: ConfirmedVerb) -> str:
    """Return the title of the forms for a verb."""
    match verb:
        case Verb.DELETE:
            return "Delete a backup"
        case Verb.RESTORE:
            return "Restore a server"
    assert_never(verb)


def submit(verb: ConfirmedVerb, *, needs_approval: bool) -> str:
    """Return what the button says that confirms."""
    if needs_approval:
        return ASK_FOR_APPROVAL
    match verb:
        case Verb.DELETE:
            return "Delete permanently"
        case Verb.RESTORE:
            return "Restore"
    assert_never(verb)


def consequence(
    verb: ConfirmedVerb, backup: Backup, now: datetime, *, last_good: bool, is_list_partial: bool = False
) -> str:
    """Return what exactly will be lost."""
    name = safe_name(backup.server.name)
    taken = f"{when(backup.created_at)} ({ago(backup.created_at)})"
    match verb:
        case Verb.DELETE:
            shown = " that VPS.org showed me; it did not show all" if is_list_partial else ""
            warning = (
                f"\n:rotating_light: It is the *only complete backup* of {name}{shown}." if last_good else ""
            )
            return f"*Backup {backup.id} of {name}*, taken {taken}, will be deleted *permanently*.{warning}"
        case Verb.RESTORE:
            lost = duration((now - backup.created_at).total_seconds())
            return (
                f"*{name}* will be reset to its state of {taken}.\n"
                f":rotating_light: *Everything written to it since then will be lost*: {lost} of changes."
            )
    assert_never(verb)


def about(backup: Backup) -> str:
    """Return what is known of the backup that is confirmed."""
    return f"Backup {facts(backup)}"


def needs_approval(approvers: Sequence[str]) -> str:
    """Return who must approve."""
    people = join_words([mention(person) for person in approvers[:MOST_NAMED]], "or")
    return f":raised_hand: {people} must approve before anything happens."


def type_name(server_name: str) -> str:
    """Return the label of the field in which the server's name is typed."""
    return f"Type the server's name, {plain_label(server_name, 300)}, to confirm"


def nothing_to(verb: ConfirmedVerb, server_name: str) -> str:
    """Return that a server has no backup that can be used for it."""
    return f"*{safe_name(server_name)}* has no backup to {verb}."
