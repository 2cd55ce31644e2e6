"""What is said of what was done, event by event."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

from bot.audit.messages import event_name, left_out, result, standing, terms
from bot.audit.model import Entry, Event
from bot.operations.messages import THROUGH_A_WORKFLOW, VERDICTS, noun
from bot.operations.model import Cancelled, NotApproved, State
from bot.operations.outcome_messages import facts
from bot.slack.text import (
    clock,
    duration,
    escape_truncated,
    in_utc,
    join_first,
    link,
    mention,
    plain_label,
    pluralize,
    quoted,
    safe_name,
    when,
)
from bot.timeline.markdown import as_markdown
from bot.timeline.model import Story, Timeline, stories
from bot.verbs import CHANGING, Verb

POST = "Post in channel"
SEND = "Send me the file"
LAST_WEEK = "Last 7 days"
SENT = "I sent you the timeline as a Markdown file, in a direct message."
MOST_QUOTED = 200
MOST_EVENTS = 12
"""Lines of what is told together in a message; the file has all."""
MOST_NAMED = 5
"""Servers of a batch that are named."""
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
_LOOK_FIRST = (":x:", ":grey_question:", ":arrow_forward:", ":no_entry_sign:", ":octagonal_sign:")
_MENTION = re.compile(r"<@(\w+)>")
_GROUP = re.compile(r"<!subteam\^(\w+)>")
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


def story_lines(story: Story) -> str:
    """Return what was done, why, and below it what happened when, in the order it happened."""
    if not story.entries:
        return f":warning: {left_out(0, story.unreadable)}"
    events = [*_events(story)]
    if len(events) > MOST_EVENTS and len(story.operations) > 1:
        events = [*_events(story, is_short=True), _done(story.entries)]
    if len(events) > MOST_EVENTS:
        half = MOST_EVENTS // 2
        events = [*events[:half], "…", *events[-half:]]
    return "\n".join([*_heading(story), *events, *_unreadable(story)])


def file_text(timeline: Timeline, names: Mapping[str, str], reader: str, zone: tzinfo, now: datetime) -> str:
    """Return the timeline as a Markdown document for the postmortem; people's `names` are by id."""
    reach = f"From {in_utc(timeline.since)} to {in_utc(timeline.until)}"
    counted = pluralize(len(timeline.operations), "operation")
    lines = [
        f"# {as_markdown(safe_name(title(timeline.server_name)), names)}",
        f"{reach}: {counted}, oldest first.{' Earlier ones are left out.' * timeline.has_earlier}",
        as_markdown(_zone(reader, zone, now), names),
    ]
    for story in stories(timeline.operations):
        heading, *reason = _heading(story) if story.entries else [""]
        lines += [_headline(heading, names)] if heading else []
        lines += [f"> {as_markdown(why, names)}" for why in reason]
        events = [*_events(story, is_whole=True), *_unreadable(story)]
        lines.append("\n".join(f"- {as_markdown(event, names)}" for event in events))
    return "\n\n".join(lines) + "\n"


def _headline(heading: str, names: Mapping[str, str]) -> str:
    return f"## {as_markdown(heading, names).replace('*', '')}"


def without_mentions(text: str, names: Mapping[str, str]) -> str:
    """Return safe text with the names of people in the place of their mentions: nobody is called by it."""
    named = _MENTION.sub(lambda found: f"@{safe_name(names.get(found[1]) or found[1])}", text)
    return _GROUP.sub(r"@\1", named)


def mentioned(timeline: Timeline) -> frozenset[str]:
    """Return the ids of the people whom a timeline mentions."""
    said = (event for story in stories(timeline.operations) for event in _events(story, is_whole=True))
    return frozenset(_MENTION.findall("\n".join(said)))


def _zone(reader: str, zone: tzinfo, now: datetime) -> str:
    if zone is UTC:
        return "All times are in UTC."
    offset = f"{now.astimezone(zone):%z}"
    of_reader = f"{mention(reader)}, who asked for this file, is in {zone} (UTC{offset[:3]}:{offset[3:]} now)"
    return f"All times are in UTC. {of_reader}."


def _heading(story: Story) -> list[str]:
    """Return what was done, how long it took and where it is told, and the reason."""
    entries = story.entries
    first = entries[0]
    parts = [
        f"{_mark(story)} *{when(first.at)}*",
        _things(entries) if len(story.operations) > 1 else _thing(first),
        _took(entries, len(story.operations)) if first.verb in CHANGING else "",
        _link(next((each.permalink for each in reversed(entries) if each.permalink), "")),
    ]
    reason = [quoted(first.reason, MOST_QUOTED)] if first.reason and first.event == "requested" else []
    return [" · ".join(part for part in parts if part), *reason]


def _mark(story: Story) -> str:
    """Return the emoji of how it stands; of several the one that needs a look most."""
    of_each = [[chained.entry for chained in each.entries] for each in story.operations if each.entries]
    marks = [standing(entries) for entries in of_each]
    return next((mark for mark in _LOOK_FIRST if mark in marks), marks[0])


def _took(entries: Sequence[Entry], operations: int) -> str:
    ends = [entry for entry in entries if entry.event == "ended"]
    if len(ends) < operations:
        return "has not ended"
    length = duration((ends[-1].at - entries[0].at).total_seconds())
    is_well = all(each.state in {State.DONE, State.ACCEPTED} for each in ends)
    return f"took {length} in all" if is_well else f"ended after {length}"


def _things(entries: Sequence[Entry]) -> str:
    """Return what operations of several servers are, as a thing."""
    servers = [*dict.fromkeys(f"*{safe_name(entry.server_name)}*" for entry in entries)]
    return f"{_kind(entries[0])} of {join_first(servers, MOST_NAMED)}"


def _thing(entry: Entry) -> str:
    """Return what an operation is, as a thing."""
    name = f"*{safe_name(entry.server_name)}*"
    if entry.verb not in CHANGING:
        return name
    if entry.verb == Verb.CREATE or entry.backup_id is None:
        thing = f"{_kind(entry)} of {name}"
    elif entry.verb == Verb.DELETE:
        thing = f"{_kind(entry)} of backup {entry.backup_id} of {name}{_made(entry)}"
    else:
        thing = f"{_kind(entry)} of {name} from backup {entry.backup_id}{_made(entry)}"
    first = f", deleting backup {entry.delete_first} first" if entry.delete_first is not None else ""
    return f"{thing}{first}{' as one of several' * bool(entry.batch_id)}"


def _kind(entry: Entry) -> str:
    return noun(Verb(entry.verb)) if entry.verb in {*Verb} else escape_truncated(entry.verb, 50)


def _made(entry: Entry) -> str:
    return f" made {when(entry.backup_at)}" if entry.backup_at else ""


def _link(address: str) -> str:
    """Return a link to the operation's message, unless that is a direct one, which others can't open."""
    return "" if "/archives/D" in address else link(address, "message")


def _done(entries: Sequence[Entry]) -> str:
    """Return how many ended well, in the place of a line for each."""
    count = [entry.state for entry in entries if entry.event == "ended"].count(State.DONE)
    return f"{count} done, which are left out here"


def _events(story: Story, *, is_whole: bool = False, is_short: bool = False) -> Iterator[str]:
    """Yield what happened.

    `is_whole`: also what says no more than what is around it; `is_short`: nothing of what ended well.
    """
    are_several = len(story.operations) > 1
    entries = [each for each in story.entries if not (is_short and each.state == State.DONE)]
    said = entries[:1]
    for entry in entries:
        is_again = are_several and entry.event in {"requested", "started"} and entry is not entries[0]
        if is_whole or (not is_again and _is_worth_a_line(entry, said[-1])):
            said = [*said, entry]
            at = clock(entry.at) if entry.at.date() == entries[0].at.date() else when(entry.at)
            # The verdict names its server.
            is_of_one = are_several and entry.event != "ended" and (is_whole or entry is not entries[0])
            yield f"{at} {f'*{safe_name(entry.server_name)}*: ' * is_of_one}{_event(entry)}"


def _is_worth_a_line(entry: Entry, before: Entry) -> bool:
    """Tell whether an event says more than those around it."""
    if entry.event == "started":
        return (entry.at - before.at).total_seconds() > QUICKLY_SECONDS
    is_told_by_the_decision = isinstance(entry.outcome, NotApproved | Cancelled)
    return entry.event != "reminded" and not is_told_by_the_decision


def _event(entry: Entry) -> str:
    if entry.event == "ended":
        return _end(entry)
    person, by = mention(entry.person), mention(entry.decided_by or entry.person)
    if entry.event not in _EVENTS:
        # Such as an answer to an alert: nobody requested it, so that each has a reason of its own.
        told = quoted(entry.reason, MOST_QUOTED) if entry.reason else terms(entry)
        said = f"{event_name(entry.event).lower()} by {by}{f': {told}' if told else ''}"
        return f"{said}. {result(entry)}".removesuffix(". ")
    words = _EVENTS[entry.event].format(person=person, by=by)
    if entry.event == "requested" and entry.schedule_id:
        words = f"begun by a schedule of {person}"
    elif entry.event == "requested" and entry.function_execution_id:
        words = f"{words}{THROUGH_A_WORKFLOW}"
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


def _unreadable(story: Story) -> list[str]:
    return [f":warning: {left_out(0, story.unreadable)}"] if story.unreadable else []
