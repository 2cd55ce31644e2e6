"""The daily report: when it is due, and what it tells. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.alerts.model import Trouble
from bot.audit.model import RestoreProof
from bot.operations.messages import noun
from bot.operations.model import State
from bot.operations.records import Ended
from bot.servers.model import Server

LATEST = timedelta(hours=6)
"""How long after its time a report that was missed is made up for."""
_DONE = frozenset({State.DONE, State.ACCEPTED})
_FAILED = frozenset({State.FAILED, State.UNKNOWN})


@dataclass(frozen=True)
class ReportTime:
    """At which time of day it is told, in which time zone."""

    at: time
    zone: ZoneInfo


@dataclass(frozen=True)
class DailyReport:
    """What it tells: how many servers there are (None if VPS.org can't be read) and what is wrong with them.

    `done` is how many operations of which kind went well in the last 24 hours; `failed` those that failed or
    of which it is not known, `others` those that were not carried out; `is_part` if there were more, which
    are not counted. `unproven` are the names of servers that nobody has restored for `proof_days`.
    """

    day: str
    servers: int | None
    troubles: Sequence[Trouble] = ()
    done: dict[str, int] = field(default_factory=dict)
    failed: int = 0
    others: int = 0
    is_part: bool = False
    unproven: Sequence[str] = ()
    proof_days: float = 0.0


def due_on(wanted: ReportTime, last: date | None, now: datetime) -> date | None:
    """Return the day whose report is due and was not told, if there is one; `last` is of the last one told.

    What was missed for longer than `LATEST` is left. A night in which clocks change has one report.
    """
    there = now.astimezone(wanted.zone)
    # Yesterday's may have been missed late in the evening.
    for day in (there.date(), there.date() - timedelta(days=1)):
        begins = datetime.combine(day, wanted.at, wanted.zone)
        if (last is None or last < day) and begins <= there < begins + LATEST:
            return day
    return None


def is_first_of_month(day: date, last: date | None) -> bool:
    """Tell whether a day's report is the first of its month."""
    return last is None or (last.year, last.month) != (day.year, day.month)


def counted(ended: Iterable[Ended]) -> tuple[dict[str, int], int, int]:
    """Return how many operations of which kind went well, how many failed, how many came to nothing."""
    states = [(noun(one.operation.verb), one.outcome.state) for one in ended]
    done = Counter(what for what, state in states if state in _DONE)
    failed = sum(state in _FAILED for _, state in states)
    return dict(sorted(done.items())), failed, len(states) - sum(done.values()) - failed


def unproven(
    servers: Iterable[Server], proofs: Mapping[int, RestoreProof], days: float, now: datetime
) -> list[str]:
    """Return the names of the servers of which no restore is proven for so many days."""
    longest = timedelta(days=days)
    return sorted(
        each.name for each in servers if (proof := proofs.get(each.id)) is None or now - proof.at > longest
    )
