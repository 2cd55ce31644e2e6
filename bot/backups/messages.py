"""What is said of backups: in the menu and the help, in lists, and in the forms that confirm."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from bot.backups.model import Backup
from bot.servers.model import MANUAL_SLOTS
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

LOOK = "Look"
CHANGE = "Change"
MENU = "*Server backups.* What do you want to do?"
ASKING = ":hourglass_flowing_sand: Asking VPS.org…"
WATCH = "Tell me when it's done"
MAKE_TITLE = "Back up a server"
REASON = "Reason (shown in the channel and the audit trail)"
SAFETY_NET = "Safety net"
SAFETY_BACKUP = "Back up the current state first"
SAFETY_CONDITION = "The restore starts once that backup is complete"
ASK_FOR_APPROVAL = "Ask for approval"
MOST_NAMED = 20

_EMOJI = {"in_progress": ":hourglass_flowing_sand:"}
_SAYS_ITS_TYPE = re.compile(
    r"\s*(?:automatic|scheduled)?\s*(?:hourly|daily|nightly|weekly)?\s*backup\W*", re.IGNORECASE
)
_TAG = re.compile(r"^#[0-9a-f]{8}\b[\s·]*|[\s·]*#[0-9a-f]{8}$")
"""The mark by which the bot finds what it made (`Operation.tag`)."""


def safety_purpose(backup_id: int) -> str:
    """Return what the description of a safety backup says, for those who see it at VPS.org."""
    return f"Safety backup before restoring backup {backup_id}."


def meaning(verb: Verb) -> str:
    """Return what a verb does."""
    match verb:
        case Verb.LIST:
            return (
                "Shows a server's backups, newest first, with a menu at each; or the newest of each server."
            )
        case Verb.CREATE:
            return "Backs up a server and tells you when it's done."
        case Verb.RESTORE:
            return "Restores a server from a backup. Shows first what will be lost, and asks you to confirm."
        case Verb.DELETE:
            return "Deletes one backup permanently. Shows it first, and asks you to confirm."
        case Verb.STATUS:
            return "Shows what's running or queued, and what has ended in the last 24 hours."
        case Verb.SERVERS:
            return "Shows your servers, those whose backups need attention first."
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


def help_group(title: str, verbs: Sequence[Verb]) -> str:
    """Return an example of each verb, and what it does."""
    lines = [f"`/backup {USAGES[verb].example}`\n{meaning(verb)}" for verb in verbs]
    return "\n".join([f"*{title}*", *lines])


def help_text(verb: Verb) -> str:
    """Return what a verb does, how it is typed, and an example."""
    usage = USAGES[verb]
    return f"{meaning(verb)}\n`/backup {usage.pattern}`\nFor example: `/backup {usage.example}`"


def only_looking(operators: Sequence[str]) -> str:
    """Return that the person can only look, and who can do more."""
    if not operators:
        return "You can look. Nobody can back up or restore until `BOT_OPERATORS` names people."
    people = join_words([mention(person) for person in operators[:MOST_NAMED]], "or")
    return f"You can look. Ask {people} to back up or restore."


def list_title(backup_type: str | None, server_name: str | None) -> str:
    """Return of what the list is, for a header."""
    kind = f"{backup_type.capitalize()} backups" if backup_type else "Backups"
    return f"{kind} of {plain_label(server_name, 120) if server_name else 'all servers'}"


def all_summary(count: int, backup_type: str | None, servers: int, *, is_partial: bool) -> str:
    """Return how many backups there are of how many servers; of a part only how many were shown."""
    return f"{_count(count, backup_type, is_partial=is_partial)} of {pluralize(servers, 'server')}"


def summary(
    count: int,
    backup_type: str | None,
    manual: int | None,
    newest_at: datetime | None,
    status: str,
    *,
    is_partial: bool,
) -> str:
    """Return how well one server is backed up, and its status; `manual` is None where it is not known."""
    parts = [_count(count, backup_type, is_partial=is_partial)]
    if manual is not None:
        parts.append(f"{'at least ' if is_partial else ''}{manual} of {MANUAL_SLOTS} manual slots")
    if newest_at is not None:
        parts.append(f"newest {ago(newest_at)}")
    if status:
        parts.append(f"status {escape_truncated(status, 30)}")
    return " · ".join(parts)


def _count(count: int, backup_type: str | None, *, is_partial: bool) -> str:
    kind = f"{backup_type} backup" if backup_type else "backup"
    return f"{pluralize(count, kind)}{' shown' if is_partial else ''}"


def no_backups(backup_type: str | None) -> str:
    """Return that there are none."""
    return f"No {backup_type} backups." if backup_type else "No backups yet."


def open_list(count: int) -> str:
    """Return what the button says that shows all backups of a server."""
    return f"Backups ({count})"


def row(backup: Backup) -> str:
    """Return a backup of the server that the list is about: when and what, and below it what it is for."""
    expires = [f"expires {ago(backup.expires_at)}"] if backup.expires_at else []
    first = [f"{_mark(backup)}*{when(backup.created_at)}*", ago(backup.created_at), *_what(backup)]
    return _two_lines(first, [*_purposes(backup), *expires, f"`{backup.id}`"])


def server_row(backup: Backup) -> str:
    """Return a server and its newest backup."""
    first = [
        f"{_mark(backup)}*{safe_name(backup.server.name)}*",
        when(backup.created_at),
        ago(backup.created_at),
    ]
    return _two_lines(first, [*_what(backup), *_purposes(backup), f"`{backup.id}`"])


def _two_lines(first: Sequence[str], second: Sequence[str]) -> str:
    return f"{' · '.join(first)}\n{' · '.join(second)}"


def _mark(backup: Backup) -> str:
    if backup.is_complete:
        return ""
    return f"{':x:' if backup.has_failed else _EMOJI.get(backup.status, ':grey_question:')} "


def _what(backup: Backup) -> Iterator[str]:
    if backup.has_failed:
        yield f"{_status(backup)} – nothing to restore"
    elif not backup.is_complete:
        yield _status(backup)
    elif backup.size_mb is not None:
        yield size(backup.size_mb)
    yield escape_truncated(backup.backup_type, 30)


def _purposes(backup: Backup) -> list[str]:
    purpose = escape_truncated(_purpose(backup), 150)
    return [purpose] if purpose else []


def _status(backup: Backup) -> str:
    return escape_truncated(backup.status.replace("_", " "), 30) or "status unknown"


def _purpose(backup: Backup) -> str:
    """Return what the backup is for: its description without our own tag, and none that its type tells."""
    if not backup.is_manual and _SAYS_ITS_TYPE.fullmatch(backup.description):
        return ""
    said = _TAG.sub("", backup.description).strip()
    reason, by, person = said.rpartition(" · by ")
    return f"{reason} — {person}" if by else said


def facts(backup: Backup) -> str:
    """Return number, type, size, status, expiry and purpose."""
    parts = [f"`{backup.id}`", escape_truncated(backup.backup_type, 30)]
    if backup.size_mb is not None:
        parts.append(size(backup.size_mb))
    if not backup.is_complete:
        parts.append(_status(backup))
    if backup.expires_at:
        parts.append(f"expires {ago(backup.expires_at)}")
    if purpose := _purpose(backup):
        parts.append(f"“{escape_truncated(purpose, 150)}”")
    return " · ".join(parts)


def option_label(backup: Backup) -> str:
    """Return a backup as an option of a menu: plain text, at most 75 characters."""
    known = f", {size(backup.size_mb)}" if backup.size_mb is not None else ""
    return f"{backup.id}: {in_utc(backup.created_at)}, {plain_label(backup.backup_type, 12)}{known}"[:75]


def page_range(first: int, shown: int, count: int, not_shown: int, unreadable: int) -> str:
    """Return which part of the list this is, and how many there are that VPS.org did not show readably."""
    parts = [f"{first + 1}–{first + shown} of {count}, newest first"] if shown else []
    if unreadable:
        parts.append(f"{unreadable} could not be read")
    if not_shown > unreadable:
        parts.append(f"VPS.org counts {not_shown - unreadable} more that it did not show")
    return " · ".join(parts)


def shared_by(person: str, which: str) -> str:
    """Return who showed the list to everybody, and which part of it that is."""
    return " · ".join(part for part in (which, f"Shared by {mention(person)}") if part)


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
