"""What is said of the audit trail's entries."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import assert_never

from pydantic import ValidationError

from bot.audit.alert_messages import what_it_was
from bot.audit.model import AuditedOperation, ChainedEntry, Entry, Event
from bot.errors import Failure
from bot.operations.messages import THROUGH_A_WORKFLOW
from bot.operations.model import (
    Accepted,
    BackedUp,
    BackupFailed,
    BackupVanished,
    Cancelled,
    Deleted,
    InternalError,
    NoRoom,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    NotKnown,
    Outcome,
    Restored,
    State,
    StillRunning,
    Unworded,
)
from bot.operations.outcome_messages import facts
from bot.slack.forms import AuditForm
from bot.slack.messages import in_short
from bot.slack.text import (
    duration,
    escape_truncated,
    join_first,
    join_words,
    link,
    mention,
    pluralize,
    quoted,
    safe_name,
    truncate_mrkdwn,
    when,
)
from bot.timing import Timing, describe

NO_ENTRIES = "There are no entries."
MOST_QUOTED = 200
MOST_NAMED = 20
MOST_PEOPLE = 10
MOST_VERBS = 5
MOST_OF_RESULT = 400
"""Characters of what people wrote, and of how it ended: ten entries must fit into one message."""

_HEADLINES: dict[Event, str] = {
    "requested": ":memo: *Requested",
    "refused": ":no_entry_sign: *Refused",
    "approval_requested": ":raising_hand: *Approval requested",
    "reminded": ":bell: *Approvers reminded",
    "approved": ":white_check_mark: *Approved",
    "declined": ":x: *Declined",
    "withdrawn": ":leftwards_arrow_with_hook: *Withdrawn",
    "expired": ":hourglass: *Expired",
    "stale": ":warning: *Out of date",
    "break_glass": ":rotating_light: *Break-glass",
    "alarmed": ":loudspeaker: *Approvers alarmed",
    "cancelled": ":octagonal_sign: *Cancelled",
    "started": ":arrow_forward: *Started",
    "ended": ":checkered_flag: *Ended",
    "acknowledged": ":eyes: *Alert acknowledged",
    "snoozed": ":zzz: *Alert snoozed",
    "schedule_created": ":calendar: *Schedule created",
    "schedule_changed": ":calendar: *Schedule changed",
    "schedule_paused": ":double_vertical_bar: *Schedule paused",
    "schedule_resumed": ":calendar: *Schedule resumed",
    "schedule_deleted": ":wastebasket: *Schedule deleted",
    "schedule_run": ":calendar: *Schedule run by hand",
}
_ENDED = {
    "done": (":white_check_mark:", "done"),
    "accepted": (":ballot_box_with_check:", "accepted"),
    "refused": (":no_entry_sign:", "not done"),
    "failed": (":x:", "failed"),
    "unknown": (":grey_question:", "not known"),
}
_GOES_ON: frozenset[Event] = frozenset({"requested", "approved", "break_glass", "alarmed", "started"})
_DECISIONS: dict[Event, str] = {
    "refused": "refused",
    "approved": "approved",
    "declined": "declined",
    "withdrawn": "withdrawn",
    "expired": "nobody answered",
    "stale": "out of date",
    "break_glass": "*break-glass*",
    "cancelled": "cancelled",
}
_ANSWERS: frozenset[Event] = frozenset({"acknowledged", "snoozed"})
"""Events of alerts, which nobody requested."""
_WITH_RESULT: frozenset[Event] = frozenset({"refused", "ended", *_ANSWERS})
_DOING = {"create": "back up"}
TITLE = "Audit trail"
DETAILS = "Details"
DETAILS_TITLE = "What happened"
ANY_SERVER = "Any server"
ANY_PERSON = "Anybody"
ANY_TIME = "Any time"
SHOW_ALL = "Show all"
EXPORT = "Export CSV"
SINCE = {0: "Any time", 1: "Last 24 hours", 7: "Last 7 days", 30: "Last 30 days", 365: "Last year"}
"""How far back the filter reaches, by days."""
_CHANNEL = re.compile(r"[CG][A-Z0-9]+")


def what_is_shown(form: AuditForm, *, is_whole: bool) -> str:
    """Return which part of the trail this is, and what of it the person can't read here."""
    parts = ["Newest first"]
    if form.server:
        parts.append(f"of *{safe_name(form.server)}*")
    if form.person:
        parts.append(f"involving {mention(form.person)}")
    if form.since:
        parts.append(f"since {when(form.since)}")
    left_out = "" if is_whole else " · without servers whose audit trail you can't read here"
    return f"{', '.join(parts)}{left_out}"


def no_entries(*, is_filtered: bool) -> str:
    """Return what is said where nothing is on record."""
    return "There are no entries for this." if is_filtered else NO_ENTRIES


def sent(count: int, unreadable: int, *, is_all: bool) -> str:
    """Return that a file with so many entries is in the person's direct messages."""
    number = "1 entry" if count == 1 else f"{count} entries"
    which = "" if is_all else ", the newest; `backup-bot audit export` gives all"
    said = f"I sent you {number} as a CSV file, in a direct message{which}."
    return f"{said} {left_out(0, unreadable)}".rstrip()


def operation_lines(operation: AuditedOperation) -> str:
    """Return an operation in a few lines: how it stands, to what, when, who decided, how long it took."""
    everything = [chained.entry for chained in operation.entries]
    if not everything:
        return f":warning: {left_out(0, operation.unreadable)}"
    if len(everything) > 1 and {entry.event for entry in everything} == {"refused"}:
        return refusals(operation.entries)
    # That somebody was refused something, such as to approve it, changes nothing.
    entries = [entry for entry in everything if entry.event != "refused"] or everything
    first, last = entries[0], entries[-1]
    if last.event in _ANSWERS:
        # Each of them is for itself.
        first = last
    with_backup = next((each for each in reversed(entries) if each.backup_id is not None), first)
    backup = f" → backup {with_backup.backup_id}" if with_backup.backup_id is not None else ""
    server = f" {safe_name(first.server_name)}" if first.server_name else ""
    thing = f"{escape_truncated(_DOING.get(first.verb, first.verb), 50)}{server}"
    lines = [
        f"{standing(entries)} *{thing}*{backup} · {when(first.at)}",
        " · ".join(part for part in (mention(first.person), *_decisions(entries), _ending(entries)) if part),
        quoted(first.reason, MOST_QUOTED) if first.reason else terms(last),
        result(last) if last.event in _WITH_RESULT and last.state != State.DONE else "",
    ]
    if place := _place(last if last.permalink else first):
        lines[1] += f" · {place}"
    if operation.unreadable:
        lines.append(f":warning: {left_out(0, operation.unreadable)}")
    return "\n".join(line for line in lines if line)


def event_name(event: Event) -> str:
    """Return what an event is called."""
    return _HEADLINES[event].partition("*")[2]


def terms(entry: Entry) -> str:
    """Return what a schedule that was changed backs up, when, and what becomes of older backups."""
    if not entry.cron:
        return ""
    named = join_first([safe_name(each) for each in entry.servers], MOST_NAMED)
    kept = "all" if entry.keep is None else f"the newest {entry.keep}"
    rest = ["makes room"] if entry.makes_room else []
    rest.append("makes up a missed run" if entry.makes_up else "skips missed runs")
    runs = f"{escape_truncated(_timing(entry.cron), 200)} ({escape_truncated(entry.zone, 60)})"
    return " · ".join([named, runs, f"keeps {kept}", *rest])


def _timing(cron: str) -> str:
    try:
        return describe(Timing(cron=cron))
    except ValueError:
        # Somebody has changed the entry.
        return cron


def left_out(earlier: int, unreadable: int) -> str:
    """Return what is said of entries that are not shown; "" if all are."""
    parts = []
    if earlier:
        parts.append(f"{pluralize(earlier, 'earlier event')} left out.")
    if unreadable:
        parts.append(
            f"Entries that can't be read, because they were changed: {unreadable}. "
            "See why with `backup-bot audit verify`."
        )
    return " ".join(parts)


def standing(entries: Sequence[Entry]) -> str:
    """Return the emoji of how an operation ended, or of what happened last."""
    if ended := _end_of(entries):
        return _ENDED.get(ended.state, _ENDED["unknown"])[0]
    last = entries[-1].event
    return ":arrow_forward:" if last in _GOES_ON else _HEADLINES[last].partition(" ")[0]


def _end_of(entries: Sequence[Entry]) -> Entry | None:
    return next((each for each in reversed(entries) if each.event == "ended"), None)


def _decisions(entries: Sequence[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.event in _DECISIONS:
            by = f" by {mention(entry.decided_by)}" if entry.decided_by else ""
            yield f"{_DECISIONS[entry.event]}{by}"


def _ending(entries: Sequence[Entry]) -> str:
    ended = _end_of(entries)
    if ended is None:
        return ""
    started = next((each.at for each in entries if each.event == "started"), None)
    took = f" after {duration((ended.at - started).total_seconds())}" if started else ""
    return f"{_ENDED.get(ended.state, _ENDED['unknown'])[1]}{took}"


def entry_lines(chained: ChainedEntry) -> str:
    """Return an entry: what happened, to what, who, why, how it ended, where."""
    entry = chained.entry
    what, why = (
        [_headline(entry), _who(entry), terms(entry)],
        [_quoted(entry.reason), _quoted(entry.comment)],
    )
    said = [*what, *why, _reached(entry)]
    return "\n".join(line for line in (*said, result(entry), _where(chained)) if line)


def later_entry_lines(chained: ChainedEntry, first: Entry) -> str:
    """Return an entry below the first of its operation: what was not said there."""
    entry = chained.entry
    other = mention(entry.person) if entry.person != first.person else ""
    decided = f"by {mention(entry.decided_by)}" if entry.decided_by else ""
    who = " · ".join(part for part in (other, decided, when(entry.at)) if part)
    # Refusals of one person may be about different things.
    what = _headline(entry) if entry.event == "refused" else _event(entry)
    said = [what, who, terms(entry), _quoted(entry.comment), _reached(entry)]
    return "\n".join(line for line in (*said, result(entry), f"Entry {chained.seq}") if line)


def page_range(newest: int, oldest: int) -> str:
    """Return which entries are shown."""
    return f"Entries {oldest} to {newest}"


def entry_hash(chained: ChainedEntry) -> str:
    """Return the hash, by which a trail that was cut off or rewritten is found out."""
    return f"Hash `{chained.hash}`"


def refusals(refused: Sequence[ChainedEntry]) -> str:
    """Return how often who was refused what, those first who were refused most often."""
    of_person: dict[str, list[Entry]] = {}
    for chained in refused:
        of_person.setdefault(chained.entry.person, []).append(chained.entry)
    most_first = sorted(of_person.values(), key=len, reverse=True)
    first, last = refused[0].entry.at, refused[-1].entry.at
    lines = [f":no_entry_sign: *{len(refused)} refusals* from {when(first)} to {when(last)}"]
    lines += [_refused_so_often(entries) for entries in most_first[:MOST_PEOPLE]]
    if others := most_first[MOST_PEOPLE:]:
        lines.append(f"Others: {len(others)} people, {sum(map(len, others))} times")
    return "\n".join(lines)


def _refused_so_often(entries: Sequence[Entry]) -> str:
    verbs = Counter(entry.verb or "other" for entry in entries).most_common(MOST_VERBS)
    what = ", ".join(f"{escape_truncated(verb, 30)} {count}" for verb, count in verbs)
    times = "once" if len(entries) == 1 else f"{len(entries)} times"
    why = _failure(entries[-1].failure) if entries[-1].failure else ""
    return f"{mention(entries[-1].person)} was refused {times} ({what}). {truncate_mrkdwn(why, 150)}"


def entry_range_and_hash(first: ChainedEntry, last: ChainedEntry) -> str:
    """Return among which entries they are, and the hash of the last."""
    return f"Among entries {first.seq} to {last.seq} · {entry_hash(last)}"


def _event(entry: Entry) -> str:
    state = f" ({escape_truncated(entry.state, 50)})" if entry.state else ""
    return f"{_HEADLINES[entry.event]}{state}*"


def _headline(entry: Entry) -> str:
    parts = [_event(entry)]
    if entry.verb and entry.event not in _ANSWERS:
        parts.append(escape_truncated(entry.verb, 50))
    if entry.server_name:
        parts.append(f"*{safe_name(entry.server_name)}*")
    if entry.backup_id is not None:
        made = f" of {when(entry.backup_at)}" if entry.backup_at else ""
        parts.append(f"backup {entry.backup_id}{made}")
    if entry.batch_id:
        parts.append("one of several servers")
    if entry.delete_first is not None:
        parts.append(f"deletes backup {entry.delete_first} first")
    return " · ".join(parts)


def _who(entry: Entry) -> str:
    if entry.event in _ANSWERS:
        return f"By {mention(entry.person)} · {when(entry.at)}"
    answer = _DECISIONS.get(entry.event, "answered")
    decided = f", {answer} by {mention(entry.decided_by)}" if entry.decided_by else ""
    workflow = THROUGH_A_WORKFLOW if entry.function_execution_id else ""
    return f"Requested by {mention(entry.person)}{workflow}{decided} · {when(entry.at)}"


def _quoted(text: str) -> str:
    return quoted(text, MOST_QUOTED) if text else ""


def _reached(entry: Entry) -> str:
    reached = f"Reached: {_mentions(entry.reached)}" if entry.reached else ""
    missed = f"*Not reached*: {_mentions(entry.not_reached)}" if entry.not_reached else ""
    return " · ".join(part for part in (reached, missed) if part)


def _mentions(people: tuple[str, ...]) -> str:
    return join_words([mention(person) for person in people[:MOST_NAMED]])


def result(entry: Entry) -> str:
    """Return why something was refused, and what came of an operation; safe to show, and "" for nothing."""
    parts = [_failure(entry.failure)] if entry.failure else []
    if entry.outcome:
        parts.append(_outcome(entry.outcome))
    if entry.event in _ANSWERS:
        parts.append(what_it_was(entry))
    return truncate_mrkdwn(" ".join(part for part in parts if part), MOST_OF_RESULT)


def _failure(failure: Failure) -> str:
    try:
        return in_short(failure.error)
    except (KeyError, ValidationError):
        # Entries are kept permanently: another version may have written this one.
        return escape_truncated(f"{failure.kind} {failure.facts}")


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case NotDone() | NotKnown():
            return _failure(outcome.failure)
        case NoSafetyBackup():
            return f"No safety backup. {_outcome(outcome.cause)}"
        case NoRoom():
            return f"No room. {_failure(outcome.failure)}"
        case BackupFailed():
            return f"The backup's status is “{escape_truncated(outcome.status, 50)}”."
        case BackupVanished():
            return "The backup is no longer listed."
        case StillRunning():
            return "The backup had not ended when it was last seen."
        case InternalError():
            return "A bug of the bot's own."
        case Restored() | Accepted():
            return " · ".join(part for part in (_quoted(outcome.words), facts(outcome)) if part)
        case BackedUp() | Deleted() | NotApproved() | Cancelled() | Unworded():
            return facts(outcome)
    assert_never(outcome)


def _where(chained: ChainedEntry) -> str:
    entry = chained.entry
    parts = [f"Entry {chained.seq}", _place(entry), escape_truncated(entry.tag, 50)]
    return " · ".join(part for part in parts if part)


def _place(entry: Entry) -> str:
    parts = []
    if _CHANNEL.fullmatch(entry.channel):
        parts.append(f"<#{entry.channel}>")
    elif entry.channel:
        parts.append("direct message")
    if address := link(entry.permalink, "message"):
        parts.append(address)
    return " · ".join(parts)
