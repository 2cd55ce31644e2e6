"""What schedules are, how they are changed, and which of their runs are due: facts alone.

Stored by the engine: only add fields that have a default, and never change a name or a value.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime

from bot.audit.model import Entry
from bot.errors import Failure
from bot.operations.model import State, StoredModel
from bot.timing import Timing, is_second_time, local_minute

LATE = timedelta(minutes=10)
"""A run that begins later than this after its time was missed."""
GRACE = timedelta(minutes=1)
"""How long the engine has to begin a run, until it counts as not begun."""
TOO_LATE = timedelta(days=31)
"""What was missed so long ago is not made up any more."""
MOST = 100
"""Schedules there can be: the engine has a thread for each."""


class Schedule(StoredModel):
    """Backs up servers by the clock, with the rights that its owner has when it runs.

    `servers` are names, patterns and groups, selected anew at each run. `zone` is the IANA name of the zone
    by whose clocks it runs. Of its own backups of a server it keeps the newest `keep`, all of them if that is
    None; `makes_room` if the oldest of these can go when no slot is free. A run that was missed is made up
    once if `makes_up`. What was due before `active_since` never runs.
    """

    id: str
    servers: tuple[str, ...]
    timing: Timing
    zone: str
    owner: str
    owner_name: str = ""
    team: str = ""
    channel: str
    keep: int | None = None
    makes_room: bool = False
    makes_up: bool = True
    active_since: AwareDatetime
    is_paused: bool = False

    @property
    def deletes(self) -> bool:
        """True if it deletes backups of its own, so that changing it takes the right to."""
        return self.keep is not None or self.makes_room

    @property
    def clock(self) -> tzinfo:
        """The zone by whose clocks it runs."""
        return zone_of(self.zone)


def zone_of(name: str) -> tzinfo:
    """Return the zone with an IANA name; UTC if there is none such here."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return UTC


class Change(StrEnum):
    """What can be done with a schedule. Stored: never change a value."""

    CREATED = "schedule_created"
    CHANGED = "schedule_changed"
    PAUSED = "schedule_paused"
    RESUMED = "schedule_resumed"
    DELETED = "schedule_deleted"
    RUN = "schedule_run"


class ScheduleChange(StoredModel):
    """A change that a person made, with the schedule as it is after it.

    `failure` is why the bot itself paused it. `key` is the same if Slack delivers the same thing twice.
    `by_name` and `team` are as Slack gave them.
    """

    change: Change
    schedule: Schedule
    by: str
    at: AwareDatetime
    key: str
    by_name: str = ""
    team: str = ""
    failure: Failure | None = None


class Requester(StoredModel):
    """With whose rights a run is done, if not with those of the schedule's owner."""

    id: str = ""
    name: str = ""
    team: str = ""


class Skipped(StoredModel):
    """A server that a run does not back up, or not as it should, and why."""

    name: str
    failure: Failure


class LastRun(StoredModel):
    """How a schedule's last run went: when it began (UTC), and how many of its backups ended how."""

    at: AwareDatetime
    done: int = 0
    failed: int = 0
    running: int = 0
    permalink: str = ""


def run_key(schedule: Schedule, at: datetime) -> str:
    """Return what the run of that moment is known by: the time its clocks show, which comes once."""
    return f"schedule:{schedule.id}:{local_minute(at, schedule.clock)}"


def is_due(schedule: Schedule | None, at: datetime, now: datetime) -> bool:
    """Tell whether the run of the moment `at` is to begin now, which may be later.

    What is late was missed, because nobody ran the bot. It is made up if the schedule says so, once: only the
    last one that was missed.
    """
    if schedule is None or schedule.is_paused or at <= schedule.active_since:
        return False
    if is_second_time(at, schedule.clock):
        return False
    if schedule.timing.last_run(at, schedule.clock) != at.astimezone(UTC):
        # The engine has not noticed yet that it runs at other times now.
        return False
    if now - at <= LATE:
        return True
    is_last = schedule.timing.last_run(now, schedule.clock) == at.astimezone(UTC)
    return schedule.makes_up and is_last and now - at <= TOO_LATE


def missed_run(schedule: Schedule, fired_at: datetime | None, now: datetime) -> datetime | None:
    """Return the moment (UTC) of a run that is due and that the engine has not begun; None if there is none.

    `fired_at` is for which moment the engine has begun one last.
    """
    at = schedule.timing.last_run(now - GRACE, schedule.clock)
    is_begun = fired_at is not None and fired_at >= at
    return at if not is_begun and is_due(schedule, at, now) else None


def last_run(entries: Sequence[Entry]) -> LastRun | None:
    """Return how a run went, of which these are the entries, oldest first; None if there are none."""
    if not entries:
        return None
    last = {entry.operation: entry for entry in entries}
    states = [entry.state for entry in last.values()]
    done, running = states.count(State.DONE), states.count("")
    return LastRun(
        at=entries[0].at,
        done=done,
        failed=len(states) - done - running,
        running=running,
        permalink=entries[-1].permalink,
    )
