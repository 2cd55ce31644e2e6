"""What is said of schedules. Each fact once."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import assert_never

from bot.errors import BotError, Denial, Failure, NotAllowed, UnknownServer, UsageError
from bot.schedules.model import Change, LastRun, Schedule, ScheduleChange, Skipped
from bot.slack.messages import explain, in_short
from bot.slack.text import (
    ago,
    escape_truncated,
    join_first,
    join_words,
    link,
    local,
    mention,
    plain_label,
    pluralize,
    safe_name,
    shorten,
    when,
)
from bot.timing import describe

TITLE = "Schedules"
NONE = "There are no schedules. Make one with `/backup schedule create web-1 every day at 03:00 keep 7`."
CREATE = "New schedule…"
FORM_TITLE, CHANGE_TITLE = "New schedule", "Change schedule"
SAVE, PAUSE, RESUME, RUN, DELETE, EDIT = "Save", "Pause", "Resume", "Run now", "Delete…", "Change…"
SHOW = "All schedules"
SERVERS, SERVERS_HINT = "Servers", "Names, patterns such as db-*, or groups; selected anew at each run."
WHEN, WHEN_HINT = "When", 'Such as “every day at 03:00”, “every 6 hours”, or cron "0 3 * * *".'
KEEP, KEEP_HINT = "Keep the newest", "1 to 9 of this schedule's own backups per server. Empty: keep all."
CHANNEL = "Channel that is told"
OPTIONS = "Options"
MAKE_ROOM = "Make room if no slot is free"
MAKE_ROOM_HINT = "Deletes this schedule's own oldest backup first, and no other"
MAKE_UP = "Make up a missed run once"
MAKE_UP_HINT = "As soon as I run again; otherwise it is skipped"
NO_SERVERS = "Say which servers."
MOST_NAMED = 5
DELETE_TITLE = "Delete this schedule?"
DELETE_KEEPS = "It won't run any more. No backup is deleted."
NO, YES = "Keep it", "Delete the schedule"


def name(schedule: Schedule) -> str:
    """Return what a schedule is called: its servers, and when; safe to show."""
    return f"*{_servers(schedule)}* · {timing(schedule)}"


def _servers(schedule: Schedule) -> str:
    return join_first([safe_name(each) for each in schedule.servers], MOST_NAMED)


def timing(schedule: Schedule) -> str:
    """Return when it runs, and by the clocks of which zone."""
    return f"{escape_truncated(describe(schedule.timing), 200)} ({escape_truncated(schedule.zone, 60)})"


def reason(schedule: Schedule) -> str:
    """Return what its backups say of why they were made; as it is, for VPS.org too."""
    return f"Schedule: {describe(schedule.timing)} ({schedule.zone})"


def row(
    schedule: Schedule, runs: Sequence[datetime], last: LastRun | None, *, is_starting: bool = False
) -> str:
    """Return a schedule in a few lines: its next runs in the reader's own time, its terms, its last run."""
    state = ":double_vertical_bar: " if schedule.is_paused else ":calendar: "
    lines = [
        f"{state}{name(schedule)}",
        "*Paused*: it does not run" if schedule.is_paused else next_runs(runs),
        " · ".join([terms(schedule), f"runs with the rights of {mention(schedule.owner)}", place(schedule)]),
        last_run(last, is_starting=is_starting),
    ]
    return "\n".join(lines)


def terms(schedule: Schedule) -> str:
    """Return what becomes of older backups, and of missed runs."""
    parts = ["keeps all" if schedule.keep is None else f"keeps the newest {schedule.keep} of its own"]
    if schedule.makes_room:
        parts.append("makes room")
    parts.append("makes up a missed run" if schedule.makes_up else "skips missed runs")
    return ", ".join(parts)


def place(schedule: Schedule) -> str:
    """Return where its runs are told."""
    return f"<#{schedule.channel}>" if schedule.channel.startswith(("C", "G")) else "direct message"


def last_run(last: LastRun | None, *, is_starting: bool) -> str:
    """Return how its last run went; `is_starting` if another was just requested."""
    if is_starting:
        return ":arrows_counterclockwise: It starts now."
    if last is None:
        return "It has not run yet."
    parts = [f"{last.done} done"] if last.done else []
    parts += [f":x: {last.failed} not"] if last.failed else []
    parts += [f"{last.running} running"] if last.running else []
    address = link(last.permalink, "message")
    return " · ".join(part for part in (f"Last run {ago(last.at)}: {', '.join(parts)}", address) if part)


def changed(change: ScheduleChange) -> str:
    """Return what the channel is told of a change."""
    schedule, by = change.schedule, mention(change.by)
    match change.change:
        case Change.CREATED:
            return f":calendar: {by} scheduled backups of {name(schedule)} · {terms(schedule)}"
        case Change.CHANGED:
            said = f":calendar: {by} changed a schedule: {name(schedule)} · {terms(schedule)}"
            return f"{said}. It runs with their rights now."
        case Change.PAUSED if change.failure:
            return paused_by_itself(schedule, change.failure)
        case Change.PAUSED:
            return f":double_vertical_bar: {by} paused the schedule {name(schedule)}"
        case Change.RESUMED:
            return f":calendar: {by} resumed the schedule {name(schedule)}. It runs with their rights now."
        case Change.DELETED:
            return f":wastebasket: {by} deleted the schedule {name(schedule)}. Its backups stay."
        case Change.RUN:
            return f":calendar: {by} runs the schedule {name(schedule)} now."
    assert_never(change.change)


def next_runs(runs: Sequence[datetime]) -> str:
    """Return when it runs next, in the reader's own time."""
    return f"Next: {' · '.join(when(run) for run in runs)}"


def not_recorded(change: ScheduleChange, failure: Failure) -> str:
    """Return that a change was not made, since it could not be put on record."""
    return f":warning: Nothing was changed in the schedule {name(change.schedule)}. {in_short(failure.error)}"


def broke(schedule: Schedule) -> str:
    """Return that a bug of ours kept a schedule from what it was to do."""
    return (
        f":warning: {mention(schedule.owner)} Something went wrong on my side with the schedule "
        f"{name(schedule)}. Look with `/backup status` and `/backup schedule`; the log has it under "
        f"{schedule.id}."
    )


def paused_by_itself(schedule: Schedule, failure: Failure) -> str:
    """Return that nobody answers for a schedule any more, and what to do."""
    error = failure.error
    able = [mention(each) for each in error.who[:MOST_NAMED]] if isinstance(error, NotAllowed) else []
    who = join_words(able, "or") if able else "A person who can back up these servers"
    return (
        f":warning: I paused the schedule {name(schedule)}: it runs with the rights of "
        f"{mention(schedule.owner)}, who {_lost(error)}.\n"
        f"Nothing is backed up by it now. {who} can resume it; it then runs with their rights."
    )


def _lost(error: BotError) -> str:
    match error:
        case NotAllowed(denial=Denial.NOT_A_MEMBER):
            return "is no full member of this workspace any more"
        case NotAllowed(denial=Denial.NOT_BY_THE_CLOCK):
            return "needs another person's approval for that now"
        case NotAllowed(denial=Denial.OTHER_CHANNEL):
            return "can't do that from this channel any more"
    return "has no permission for that any more"


def not_backed_up(schedule: Schedule, skipped: Sequence[Skipped]) -> str:
    """Return which servers a run does not back up, and why; its owner should look after it."""
    lines = [f":warning: {mention(schedule.owner)} The schedule {name(schedule)} can't back up everything:"]
    lines += [f"• *{safe_name(each.name)}*: {_why(each.failure)}" for each in skipped[:MOST_NAMED]]
    return "\n".join([*lines, *_more(skipped)])


def not_rotated(schedule: Schedule, kept: Sequence[Skipped]) -> str:
    """Return on which servers a run deletes nothing, and why."""
    names = join_first([f"*{safe_name(each.name)}*" for each in kept], MOST_NAMED)
    return (
        f":warning: {mention(schedule.owner)} The schedule {name(schedule)} backs up, but deletes nothing on "
        f"{names}, so that slots will run out: {_why(kept[0].failure)}"
    )


def _more(all_of: Sequence[Skipped]) -> list[str]:
    return [f"and {len(all_of) - MOST_NAMED} more"] if len(all_of) > MOST_NAMED else []


def _why(failure: Failure) -> str:
    return in_short(failure.error)


def checked(runs: Sequence[datetime], said: str, zone: tzinfo, zone_name: str, now: datetime) -> str:
    """Return how a form's words are understood, and when that is next."""
    times = " · ".join(local(run, zone, now) for run in runs)
    return (
        f":white_check_mark: {escape_truncated(said, 200)}: next {times} ({escape_truncated(zone_name, 60)})"
    )


def zone_hint(zone_name: str) -> str:
    """Return by whose clocks a form's times are meant."""
    return (
        f"Times are in {escape_truncated(zone_name, 60)}, your time zone in Slack. Press Enter to check them."
    )


def plain_words(error: UsageError | UnknownServer) -> str:
    """Return what is wrong with what was entered in a field; Slack formats nothing there."""
    said = explain(error)
    return shorten(" ".join(part for part in (said.what, said.hint) if part).replace("`", ""), 300)


def page(first: int, last: int, count: int) -> str:
    """Return which part of the list is shown."""
    return f"{first}–{last} of {pluralize(count, 'schedule')}"


def confirm_text(schedule: Schedule) -> str:
    """Return what is asked before a schedule is deleted; Slack formats nothing in it."""
    names = ", ".join(plain_label(each, 40) for each in schedule.servers[:MOST_NAMED])
    said = shorten(f"{names}, {describe(schedule.timing)}", 200)
    return f"{said}. {DELETE_KEEPS}"
