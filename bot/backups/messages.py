"""What is said of backups: in the menu and the help, in lists, and in the forms that confirm."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import assert_never

from bot.audit.model import RestoreProof
from bot.backups.model import Backup
from bot.operations.messages import noun
from bot.operations.progress import Ahead
from bot.servers.model import MANUAL_SLOTS, Server
from bot.slack.text import (
    age,
    ago,
    duration,
    escape_truncated,
    join_words,
    local,
    mention,
    plain_label,
    pluralize,
    safe_name,
    shorten,
    size,
    when,
)
from bot.verbs import USAGES, ChangingVerb, ConfirmedVerb, Verb

LOOK = "Look"
CHANGE = "Change"
MENU = "*Server backups.* What do you want to do?"
WATCH = "Tell me when it's done"
MAKE_TITLE = "Back up a server"
MAKE_SEVERAL_TITLE = "Back up servers"
REASON_NEEDED = "Say why: another person must approve this."
REASON = "Reason (shown in the channel and the audit trail)"
SAFETY_NET = "Safety net"
SAFETY_BACKUP = "Back up the current state first"
SAFETY_CONDITION = "The restore starts once that backup is complete"
DOWN_MEANWHILE = "VPS.org stops the server meanwhile; of snapshots it says that this takes 5 to 15 minutes."
CHANNEL = "Channel"
NO_CHANNEL = "Only to me"
CHANNEL_HINT = "I'll report there. Without a channel, I'll write to you directly."
SEARCH = "Choose a backup, or search by date or reason"
NO_ROOM_AT_ALL = (
    "There is no free slot, and no backup that I could delete to make one: a safety backup can't be made."
)
MAKE_ROOM = "Delete the oldest manual backup first"
ASK_FOR_APPROVAL = "Ask for approval"
SUBMIT_LIMIT = 24
"""Characters a modal's button takes."""
MOST_NAMED = 20

_EMOJI = {"in_progress": ":hourglass_flowing_sand:"}
_SAYS_ITS_TYPE = re.compile(
    r"\s*(?:automatic|scheduled)?\s*(?:hourly|daily|nightly|weekly)?\s*backup\W*", re.IGNORECASE
)
_TAG = re.compile(r"^#[0-9a-f]{8}\b[\s·]*|[\s·]*#[0-9a-f]{8}$")
"""The mark by which the bot finds what it made (`Operation.tag`)."""


def fitting(words: Sequence[str], count: int) -> str:
    """Return how many servers are meant with the patterns and groups that were typed."""
    named = join_words([f"“{escape_truncated(word, 60)}”" for word in words[:MOST_NAMED]])
    stand = "stands" if len(words) == 1 else "stand"
    meant = f"*{pluralize(count, 'server')}*, with all that {named} {stand} for."
    return f"{meant} Take out those that you don't want backed up."


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
            return "Backs up one server or several, and tells you when it's done."
        case Verb.RESTORE:
            return "Restores a server from a backup. Shows first what will be lost, and asks you to confirm."
        case Verb.DELETE:
            return "Deletes one backup permanently. Shows it first, and asks you to confirm."
        case Verb.STATUS:
            return "Shows what's running or queued, and what has ended in the last 24 hours."
        case Verb.SERVERS:
            return "Shows your servers, those whose backups need attention first."
        case Verb.TIMELINE:
            return (
                "Shows what was done, by whom, how long it took and how it ended: for an incident's channel, "
                "or as a file. Since: 6h, 7d, yesterday, 2026-11-01 (UTC); without it, the last 24 hours."
            )
        case Verb.SCHEDULE:
            return "Shows what is backed up by the clock, and makes schedules: pause, run now, delete."
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


def option_label(backup: Backup, now: datetime, zone: tzinfo) -> str:
    """Return a backup as an option of a menu: plain text, at most 75 characters."""
    parts = [local(backup.created_at, zone, now), age(backup.created_at, now)]
    if backup.size_mb is not None:
        parts.append(size(backup.size_mb))
    if not backup.is_complete:
        parts.append(plain_label(backup.status.replace("_", " "), 20))
    parts.append(plain_label(_purpose(backup) or backup.backup_type, 75))
    return shorten(" · ".join(parts), 75)


def age_group(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return the heading under which a backup stands in a menu."""
    days = (now.astimezone(zone).date() - moment.astimezone(zone).date()).days
    return "Today" if days <= 0 else "The last 7 days" if days <= 7 else "Older"


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


def title(verb: ChangingVerb) -> str:
    """Return the title of the forms for a verb."""
    match verb:
        case Verb.CREATE:
            return MAKE_TITLE
        case Verb.DELETE:
            return "Delete a backup"
        case Verb.RESTORE:
            return "Restore a server"
    assert_never(verb)


def submit(verb: ChangingVerb, server_name: str, *, needs_approval: bool) -> str:
    """Return what the button says that confirms."""
    if needs_approval:
        return ASK_FOR_APPROVAL
    match verb:
        case Verb.CREATE:
            return "Delete and back up"
        case Verb.DELETE:
            return "Delete permanently"
        case Verb.RESTORE:
            named = f"Restore {plain_label(server_name, SUBMIT_LIMIT)}"
            return named if len(named) <= SUBMIT_LIMIT else "Restore"
    assert_never(verb)


def consequence(verb: ChangingVerb, backup: Backup, now: datetime, zone: tzinfo) -> str:
    """Return what exactly will be lost, in at most 200 characters."""
    name, taken = escape_truncated(backup.server.name, 40), local(backup.created_at, zone, now)
    match verb:
        case Verb.CREATE:
            return f"Backup {backup.id} of {name}, taken {taken}, will be deleted permanently to make room."
        case Verb.DELETE:
            return f"Backup {backup.id} of {name}, taken {taken}, will be deleted permanently."
        case Verb.RESTORE:
            lost = duration((now - backup.created_at).total_seconds())
            return f"Everything written to {name} after {taken} is lost: {lost} of changes."
    assert_never(verb)


def only_complete(*, is_list_partial: bool) -> str:
    """Return that no other complete backup of the server is left, as far as VPS.org showed them."""
    shown = " that VPS.org showed me; it did not show all" if is_list_partial else ""
    return f"It is the only complete backup of this server{shown}."


def server_field(server: Server, *, has_namesake: bool) -> str:
    """Return the server that is meant, in a form."""
    parts = [safe_name(server.name)]
    if has_namesake:
        parts.append(f"id {server.id}")
    parts += [escape_truncated(each, 50) for each in (server.status, server.ip_address) if each]
    return f"*Server*\n{' · '.join(parts)}"


def backup_field(verb: ChangingVerb, backup: Backup, now: datetime, zone: tzinfo) -> str:
    """Return the backup that is meant, in a form."""
    label = {Verb.CREATE: "Deleted first", Verb.DELETE: "Backup", Verb.RESTORE: "From"}[verb]
    taken = f"{local(backup.created_at, zone, now)} · {age(backup.created_at, now)}"
    what = " · ".join([*_what(backup), *_purposes(backup), f"`{backup.id}`"])
    return f"*{label}*\n{taken}\n{what}"


def running_field(ahead: Ahead | None, now: datetime) -> str:
    """Return what runs on the server now."""
    if ahead is None:
        return "*Running now*\nnothing"
    what = f"{mention(ahead.requested_by)}'s {noun(ahead.verb)}, requested {age(ahead.requested_at, now)}"
    return f"*Running now*\n{what}. This waits for it."


def proof_field(proof: RestoreProof | None, now: datetime, zone: tzinfo) -> str:
    """Return how long the last restore of the server took, and from which backup, as far as I saw it."""
    if proof is None:
        return "*Last restore*\nnone on record"
    took = f"took {duration(proof.seconds)} · {local(proof.at, zone, now)}"
    taken = f" of {local(proof.backup_at, zone, now)}" if proof.backup_at else ""
    return f"*Last restore*\n{took}\nfrom the backup{taken} · `{proof.backup_id}`"


def slots_field(used: int, slots: int, *, is_list_partial: bool) -> str:
    """Return how many more manual backups the server can have."""
    free = max(slots - used, 0)
    mark = ":rotating_light: " if not free else "at most " if is_list_partial else ""
    return f"*Free slots*\n{mark}{free} of {slots}"


def approval_field(approvers: Sequence[str], room_approvers: Sequence[str]) -> str:
    """Return who must approve, if anybody; `room_approvers` if a backup is to be deleted first."""
    people = join_words([mention(person) for person in (approvers or room_approvers)[:MOST_NAMED]], "or")
    condition = ", if a backup is deleted first" if room_approvers and not approvers else ""
    return f"*Approval*\n{people or 'not needed'}{condition}"


def safety_label(usual_seconds: float | None) -> str:
    """Return what can be ticked before data is lost, and how long it takes if that is known."""
    about = f" (about {max(1, round(usual_seconds / 60))} min)" if usual_seconds else ""
    return f"{SAFETY_BACKUP}{about}"


def room_choice(spare: Backup, now: datetime, zone: tzinfo) -> str:
    """Return which backup would be deleted to make room; at most 75 characters."""
    taken = f"{local(spare.created_at, zone, now)}, {age(spare.created_at, now)}"
    return f"{taken}, permanently (backup {spare.id})"[:75]


def no_slot(slots: int) -> str:
    """Return that the safety backup needs a slot that is not there."""
    return f"No free slot ({slots} of {slots} are used)"


def room_needed(server_name: str) -> str:
    """Return what stands under the choice to make room if the safety backup needs it."""
    name = plain_label(server_name, 100)
    return f"{name} has no free slot for the safety backup. Tick this, or untick the safety backup."


def untick_safety(server_name: str) -> str:
    """Return what stands under the safety backup if there can be none."""
    return f"{plain_label(server_name, 100)} has no free slot for the safety backup. Untick this to go on."


def type_name(server_name: str) -> str:
    """Return the label of the field in which the server's name is typed."""
    return f"Type the server's name, {plain_label(server_name, 300)}, to confirm"


def nothing_to(verb: ConfirmedVerb, server_name: str) -> str:
    """Return that a server has no backup that can be used for it."""
    return f"*{safe_name(server_name)}* has no backup to {verb}."


def none_before(verb: Verb, server_name: str, moment: datetime) -> str:
    """Return that a server has no backup from before a moment."""
    return f"*{safe_name(server_name)}* has no backup to {verb} from before {when(moment)}."
