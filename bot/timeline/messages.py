"""What is said of what was done, event by event."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bot.audit.messages import left_out, result, standing
from bot.audit.model import AuditedOperation, Entry, Event
from bot.operations.messages import VERDICTS, noun
from bot.operations.model import Cancelled, NotApproved, State
from bot.operations.outcome_messages import facts
from bot.slack.text import (
    clock,
    duration,
    escape_truncated,
    in_utc,
    link,
    mention,
    plain_label,
    pluralize,
    quoted,
    safe_name,
    when,
)
from bot.timeline.markdown import as_markdown
from bot.timeline.model import Timeline
from bot.verbs import Verb

POST = "Post in channel"
SEND = "Send me the file"
LAST_WEEK = "Last 7 days"
SENT = "I sent you the timeline as a Markdown file, in a direct message."
MOST_QUOTED = 200
MOST_EVENTS = 12
"""Lines of an operation in a message; the file has all."""
QUICKLY_SECONDS = 60.0
"""An operation that starts as soon after what is said before need not be said to have started."""

_EVENTS: dict[Event, str] = {
    "requested": "requested by {person}",
    "approval_requested": "approval requested",
    "reminded": "approvers reminded",
    "approved": "approved by {by}",
    "declined": "declined by {by}",
    "withdrawn": "withdrawn by {by}",
    "expired": "no answer in time",
    "stale": "out of date",
    "break_glass": ":rotating_light: *break-glass*: {by} ran it without approval",
    "alarmed": "approvers alarmed",
    "cancelled": "cancelled by {by}",
    "started": "started",
}
_MENTION = re.compile(r"<@(\w+)>")
_DECISIONS: frozenset[Event] = frozenset({"approved", "declined", "withdrawn", "break_glass"})


def title(server_name: str) -> str:
    """Return of what the timeline is, for a header."""
    return f"Timeline of {plain_label(server_name, 120) if server_name else 'all servers'}"


def span(timeline: Timeline) -> str:
    """Return from when to when it reaches, and how much there is."""
    counted = pluralize(len(timeline.operations), "operation")
    more = "the newest " if timeline.has_earlier else ""
    return f"{when(timeline.since)} to {when(timeline.until)} · {more}{counted}, oldest first"


def nothing(timeline: Timeline) -> str:
    """Return that nothing was done in that time."""
    where = f" on *{safe_name(timeline.server_name)}*" if timeline.server_name else ""
    return f"Nothing was done{where} from {when(timeline.since)} to {when(timeline.until)}."


def earlier(count: int, *, is_posted: bool) -> str:
    """Return that earlier operations are not in the message."""
    left = f"{pluralize(count, 'earlier operation')} left out."
    return left if is_posted else f"{left} The file has them."


def posted_by(person: str) -> str:
    """Return who showed the timeline to everybody."""
    return f"Posted by {mention(person)}"


def operation_lines(operation: AuditedOperation) -> str:
    """Return what was done, why, and below it what happened when, in the order it happened."""
    entries = [chained.entry for chained in operation.entries]
    if not entries:
        return f":warning: {left_out(0, operation.unreadable)}"
    events = [*_events(entries)]
    if len(events) > MOST_EVENTS:
        half = MOST_EVENTS // 2
        events = [*events[:half], "…", *events[-half:]]
    return "\n".join([*_heading(entries), *events, *_unreadable(operation)])


def file_text(timeline: Timeline, names: Mapping[str, str], reader: str, zone: tzinfo, now: datetime) -> str:
    """Return the timeline as a Markdown document for the postmortem; people's `names` are by id."""
    reach = f"From {in_utc(timeline.since)} to {in_utc(timeline.until)}"
    counted = pluralize(len(timeline.operations), "operation")
    lines = [
        f"# {as_markdown(safe_name(title(timeline.server_name)), names)}",
        f"{reach}: {counted}, oldest first.{' Earlier ones are left out.' * timeline.has_earlier}",
        as_markdown(_zone(reader, zone, now), names),
    ]
    for operation in timeline.operations:
        entries = [chained.entry for chained in operation.entries]
        if entries:
            heading, *reason = _heading(entries)
            lines += [
                _headline(heading, names),
                *(f"> {as_markdown(why, names)}" for why in reason),
            ]
        events = [*_events(entries, is_whole=True), *_unreadable(operation)]
        lines.append("\n".join(f"- {as_markdown(event, names)}" for event in events))
    return "\n\n".join(lines) + "\n"


def _headline(heading: str, names: Mapping[str, str]) -> str:
    return f"## {as_markdown(heading, names).replace('*', '')}"


def without_mentions(text: str, names: Mapping[str, str]) -> str:
    """Return safe text with the names of people in the place of their mentions: nobody is called by it."""
    return _MENTION.sub(lambda found: _named(found, names), text)


def _named(found: re.Match[str], names: Mapping[str, str]) -> str:
    return f"@{safe_name(names[found[1]])}" if found[1] in names else found[0]


def _zone(reader: str, zone: tzinfo, now: datetime) -> str:
    if zone is UTC:
        return "All times are in UTC."
    offset = f"{now.astimezone(zone):%z}"
    of_reader = f"{mention(reader)}, who asked for this file, is in {zone} (UTC{offset[:3]}:{offset[3:]} now)"
    return f"All times are in UTC. {of_reader}."


def _heading(entries: Sequence[Entry]) -> list[str]:
    """Return what was done, how long it took and where it is told, and the reason."""
    first, last = entries[0], entries[-1]
    length = duration((last.at - first.at).total_seconds())
    took = f"took {length} in all" if last.state in {State.DONE, State.ACCEPTED} else f"ended after {length}"
    parts = [
        f"{standing(entries)} *{when(first.at)}*",
        _thing(first),
        took if last.event == "ended" else "has not ended",
        _link(next((each.permalink for each in reversed(entries) if each.permalink), "")),
    ]
    reason = [quoted(first.reason, MOST_QUOTED)] if first.reason else []
    return [" · ".join(part for part in parts if part), *reason]


def _thing(entry: Entry) -> str:
    """Return what an operation is, as a thing."""
    name = f"*{safe_name(entry.server_name)}*"
    if entry.verb == Verb.CREATE:
        thing = f"{noun(Verb.CREATE)} of {name}"
    elif entry.verb == Verb.DELETE:
        thing = f"{noun(Verb.DELETE)} of backup {entry.backup_id} of {name}{_made(entry)}"
    else:
        kind = noun(Verb(entry.verb)) if entry.verb in {*Verb} else escape_truncated(entry.verb, 50)
        backup = f" from backup {entry.backup_id}{_made(entry)}" if entry.backup_id is not None else ""
        thing = f"{kind} of {name}{backup}"
    first = f", deleting backup {entry.delete_first} first" if entry.delete_first is not None else ""
    return f"{thing}{first}"


def _made(entry: Entry) -> str:
    return f" made {when(entry.backup_at)}" if entry.backup_at else ""


def _link(address: str) -> str:
    """Return a link to the operation's message, unless that is a direct one, which others can't open."""
    return "" if "/archives/D" in address else link(address, "message")


def _events(entries: Sequence[Entry], *, is_whole: bool = False) -> Iterator[str]:
    said = entries[:1]
    for entry in entries:
        if is_whole or _is_worth_a_line(entry, said[-1]):
            said = [*said, entry]
            at = clock(entry.at) if entry.at.date() == entries[0].at.date() else when(entry.at)
            yield f"{at} {_event(entry)}"


def _is_worth_a_line(entry: Entry, before: Entry) -> bool:
    """Tell whether an event says more than those around it."""
    if entry.event == "started":
        return (entry.at - before.at).total_seconds() > QUICKLY_SECONDS
    is_told_by_the_decision = isinstance(entry.outcome, NotApproved | Cancelled)
    return entry.event != "reminded" and not is_told_by_the_decision


def _event(entry: Entry) -> str:
    if entry.event == "ended":
        return _end(entry)
    by = mention(entry.decided_by or entry.person)
    words = _EVENTS.get(entry.event, entry.event).format(person=mention(entry.person), by=by)
    said = f": {quoted(entry.comment, MOST_QUOTED)}" if entry.comment else ""
    why = f": {result(entry)}" if entry.event not in _DECISIONS and entry.failure else ""
    return f"{words}{said}{why}"


def _end(entry: Entry) -> str:
    """Return the verdict, in the words that the requester was told, and the numbers or the reason."""
    verdicts = VERDICTS[Verb(entry.verb)] if entry.verb in {*Verb} and Verb(entry.verb) in VERDICTS else {}
    verdict = verdicts.get(State(entry.state), "") if entry.state in {*State} else ""
    if not verdict or entry.outcome is None:
        return f"ended: {result(entry)}".removesuffix(": ")
    moment = when(entry.backup_at) if entry.backup_at else f"backup {entry.backup_id}"
    words = verdict.format(name=safe_name(entry.server_name), backup=entry.backup_id, moment=moment)
    if entry.state == State.DONE:
        known = facts(entry.outcome)
        return f"{words} ({known})" if known else words
    why = result(entry)
    return f"{words}. {why}" if why else words


def _unreadable(operation: AuditedOperation) -> list[str]:
    return [f":warning: {left_out(0, operation.unreadable)}"] if operation.unreadable else []
