"""What is said of troubles, of answers to them, and once a day of how all servers are."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import assert_never

from bot.alerts.alert import Alert, Answer, TrackedTrouble
from bot.alerts.model import Kind, Severity, Trouble, gravest_first
from bot.servers.model import MANUAL_SLOTS
from bot.slack.text import (
    ago,
    duration,
    join_first,
    join_words,
    mention,
    plain_label,
    pluralize,
    quoted,
    safe_name,
    when,
)

BACK_UP_NOW = "Back up now"
BACKUPS = "Backups"
SERVERS = "Servers"
ACKNOWLEDGE = "Acknowledge…"
SNOOZE = "Snooze…"
ACKNOWLEDGE_TITLE = "Acknowledge alert"
SNOOZE_TITLE = "Snooze alert"
ACKNOWLEDGE_SUBMIT = "Acknowledge"
SNOOZE_SUBMIT = "Snooze"
REASON = "Reason (shown in the channel and the audit trail)"
REASON_NEEDED = "Say why, so that others know what is being done."
HOW_LONG = "How long"
SNOOZES = {1: "1 hour", 4: "4 hours", 24: "1 day", 72: "3 days", 168: "1 week"}
"""How long an alert can be snoozed, by hours."""
MOST_LISTED = 20
MOST_NAMED = 5
MOST_QUOTED = 200
PARTIAL = "partial"
"""The status of a list that is not whole."""

UNTIL_READ = "Until all can be read, I can't tell how backups are, and raise no other alert."

_MARKS = {
    Severity.CRITICAL: ":rotating_light:",
    Severity.WARNING: ":warning:",
    Severity.NOTICE: ":information_source:",
}


def mark(severity: Severity) -> str:
    """Return the emoji for how grave something is."""
    return _MARKS[severity]


def what(trouble: Trouble) -> str:
    """Return what is wrong, as a sentence without a full stop; safe to show."""
    name = f"*{safe_name(trouble.server_name)}*"
    match trouble.kind:
        case Kind.UNREADABLE:
            return "VPS.org can't be read"
        case Kind.NO_GOOD_BACKUP:
            return f"{name} has no good backup{_within(trouble)}"
        case Kind.EXPIRING:
            return f"The last good backup of {name} expires soon"
        case Kind.AUTOMATIC_FAILED:
            return f"The last automatic backup of {name} failed"
        case Kind.STUCK:
            return f"A backup of {name} is taking far longer than usual"
        case Kind.DELETED_OUTSIDE:
            return f"A backup of {name} was deleted, but not with this bot"
        case Kind.MADE_OUTSIDE:
            return f"A backup of {name} was made, but not with this bot"
        case Kind.SLOTS:
            left = MANUAL_SLOTS - trouble.used
            slots = f"only {pluralize(left, 'slot')} left" if left > 0 else "no free slot"
            return f"{name} has {slots} for manual backups"
    assert_never(trouble.kind)


def detail(trouble: Trouble) -> str:
    """Return what is known of it; safe to show."""
    number, at = trouble.backup_id, trouble.at
    match trouble.kind:
        case Kind.UNREADABLE:
            return f"{_unreadable(trouble)} {UNTIL_READ}"
        case Kind.NO_GOOD_BACKUP:
            return f"The last one is of {when(at)} ({ago(at)})." if at else "There is none at all."
        case Kind.EXPIRING:
            expires = f" expires {when(at)}" if at else " expires"
            return f"Backup {number}{expires}, and no newer one is complete."
        case Kind.AUTOMATIC_FAILED:
            return f"Backup {number}{_begun(trouble)} has the status “{safe_name(trouble.status)}”."
        case Kind.STUCK:
            usual = trouble.usual_seconds
            usually = f" Usually it takes about {duration(usual)}." if usual else ""
            return f"Backup {number}{_begun(trouble)} has the status “{safe_name(trouble.status)}”.{usually}"
        case Kind.DELETED_OUTSIDE:
            return f"Backup {number}{_begun(trouble)} is gone, and nobody had me delete it."
        case Kind.MADE_OUTSIDE:
            begun = f" was started {when(at)}. It" if at else ""
            return f"Backup {number}{begun} takes one of the {MANUAL_SLOTS} manual slots."
        case Kind.SLOTS:
            return f"{trouble.used} of {MANUAL_SLOTS} manual backups. Delete one that isn't needed any more."
    assert_never(trouble.kind)


def _within(trouble: Trouble) -> str:
    return f" of the last {_hours(trouble.limit_hours)}" if trouble.at and trouble.limit_hours else ""


def _hours(hours: float) -> str:
    return pluralize(round(hours), "hour") if hours >= 1 else duration(hours * 3600)


def _begun(trouble: Trouble) -> str:
    return f", started {when(trouble.at)}," if trouble.at else ""


def _unreadable(trouble: Trouble) -> str:
    since = f" since {when(trouble.at)}" if trouble.at else ""
    if trouble.status == PARTIAL:
        return f"It counts {trouble.used} more than it shows{since}."
    return f"It hasn't answered{since}."


def short(trouble: Trouble) -> str:
    """Return it on one line, for lists."""
    if trouble.kind is Kind.NO_GOOD_BACKUP:
        last = f": the last is of {when(trouble.at)}" if trouble.at else ": there is none"
        return f"{mark(trouble.severity)} *{safe_name(trouble.server_name)}* has no good backup{last}"
    number = "" if trouble.backup_id is None else f" ({trouble.backup_id})"
    return f"{mark(trouble.severity)} {what(trouble)}{number}"


def headline(told: TrackedTrouble) -> str:
    """Return the verdict on a trouble: that it is there, or that it is over and how long it lasted."""
    trouble = told.trouble
    if told.ended_at is None:
        return f"{mark(trouble.severity)} {what(trouble)}"
    if told.is_gone:
        return f":heavy_minus_sign: *{safe_name(trouble.server_name)}* is no longer listed at VPS.org"
    lasted = duration((told.ended_at - told.since).total_seconds())
    return f":white_check_mark: Recovered after {lasted}: {_well(trouble)}"


def _well(trouble: Trouble) -> str:
    name = f"*{safe_name(trouble.server_name)}*"
    match trouble.kind:
        case Kind.UNREADABLE:
            return "VPS.org can be read again"
        case Kind.NO_GOOD_BACKUP | Kind.EXPIRING:
            return f"{name} has a good backup again"
        case Kind.AUTOMATIC_FAILED:
            return f"the failed automatic backup of {name} is no longer its last one"
        case Kind.STUCK:
            return f"backup {trouble.backup_id} of {name} has ended"
        case Kind.SLOTS:
            return f"{name} has free backup slots again"
        case Kind.DELETED_OUTSIDE | Kind.MADE_OUTSIDE:
            return f"backup {trouble.backup_id} of {name}"
    assert_never(trouble.kind)


def was(told: TrackedTrouble) -> str:
    """Return, of a trouble that is over, what it was."""
    trouble = told.trouble
    known = _unreadable(trouble) if trouble.kind is Kind.UNREADABLE else detail(trouble)
    return f"It was: {what(trouble)}. {known}"


def since(told: TrackedTrouble) -> str:
    """Return when it was found, and when it ended."""
    until = f" · over {when(told.ended_at)}" if told.ended_at else ""
    return f"Found {when(told.since)}{until}"


def merged_headline(alert: Alert) -> str:
    """Return how many of an alert's troubles have not ended."""
    left = [told for told in alert.troubles if told.is_open]
    if not left:
        return f":white_check_mark: All {len(alert.troubles)} problems are over"
    grave = max(told.trouble.severity for told in left)
    ended = len(alert.troubles) - len(left)
    recovered = f", {ended} recovered" if ended else ""
    servers = pluralize(len({told.trouble.server_id for told in left}), "server")
    return f"{mark(grave)} {pluralize(len(left), 'problem')} on {servers}{recovered}"


def merged_lines(alert: Alert) -> list[str]:
    """Return a line for each of an alert's troubles that has not ended, the gravest first, and the rest."""
    left = [told.trouble for told in alert.troubles if told.is_open]
    if not left:
        names = list(dict.fromkeys(safe_name(told.trouble.server_name) for told in alert.troubles))
        return [f"They were on {join_first(names, MOST_LISTED)}."]
    return lines_of(left)


def merged_note(alert: Alert) -> str:
    """Return why there is one message for many."""
    return f"So many came at once that they share this message. Found from {when(alert.at)} on."


def answered(answer: Answer) -> str:
    """Return who acknowledged or snoozed it, until when, and why."""
    said = quoted(answer.reason, MOST_QUOTED)
    if answer.until is None:
        return f":eyes: {mention(answer.by)} acknowledged this {when(answer.at)}: {said}"
    return f":zzz: {mention(answer.by)} snoozed this until {when(answer.until)}: {said}"


def reminder(alert: Alert, snoozed: Answer | None) -> str:
    """Return the reply that reminds people of it; `snoozed` is the answer whose time is over."""
    begin = f"{mention(snoozed.by)}'s snooze is over." if snoozed else "Reminder."
    lasting = [told.trouble for told in alert.lasting]
    if len(alert.troubles) == 1:
        return f"{begin} {what(lasting[0])}. {detail(lasting[0])}"
    servers = list(dict.fromkeys(safe_name(each.server_name) for each in gravest_first(lasting)))
    return f"{begin} {pluralize(len(lasting), 'problem')} left, on {join_first(servers, MOST_NAMED)}."


def asked(alert: Alert, *, is_snooze: bool) -> str:
    """Return what a person is about to acknowledge or snooze, and what that does."""
    about = (
        f"{what(alert.troubles[0].trouble)}."
        if len(alert.troubles) == 1
        else f"{pluralize(len(alert.troubles), 'problem')} in one message."
    )
    if is_snooze:
        return f"{about}\nI'll be quiet about it for as long as you say, then remind the channel."
    if not alert.lasting:
        return f"{about}\nThe channel sees that you know of it."
    return f"{about}\nI won't remind anybody of it any more, but say when it has recovered."


def title_of_day(day: str) -> str:
    """Return the title of the daily report; plain text."""
    return f"Daily report · {plain_label(day, 60)}"


def servers_of_day(count: int, needy: int) -> str:
    """Return how many servers are well."""
    if not count:
        return "There are no servers."
    if not needy:
        all_of_them = "The server is" if count == 1 else f"All {count} servers are"
        return f":white_check_mark: {all_of_them} well backed up."
    return f":warning: {needy} of {pluralize(count, 'server')} {'needs' if needy == 1 else 'need'} attention."


def unreadable_day() -> str:
    """Return what is said of servers when VPS.org can't be read."""
    return ":warning: VPS.org can't be read just now, so I can't say how the servers are."


def lines_of(troubles: Iterable[Trouble]) -> list[str]:
    """Return a line for each trouble, the gravest first, and the rest."""
    ordered = gravest_first(troubles)
    lines = [short(trouble) for trouble in ordered[:MOST_LISTED]]
    if len(ordered) > MOST_LISTED:
        lines.append(f"…and {len(ordered) - MOST_LISTED} more. See them with `/backup servers`.")
    return lines


def ran_of_day(done: dict[str, int], failed: int, others: int, *, is_part: bool) -> str:
    """Return what ended in the last 24 hours: how many of which kind went well, and how many did not."""
    parts = [pluralize(count, noun) for noun, count in done.items()]
    parts += [f"{failed} failed or not known"] if failed else []
    parts += [f"{others} not carried out"] if others else []
    said = join_words(parts) if parts else "nothing was requested here"
    return f"In the last 24 hours{', at least' * is_part}: {said}."


def never_restored(names: Sequence[str], days: float) -> str:
    """Return which servers nobody has restored for so many days; safe to show."""
    those = join_first([safe_name(name) for name in names], MOST_LISTED)
    long = duration(timedelta(days=days).total_seconds())
    return (
        f":thinking_face: Nobody has restored {those} for {long}, or ever. "
        "Only a restore proves that a backup is good."
    )
