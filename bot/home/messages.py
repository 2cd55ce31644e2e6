"""What is said in a person's Home."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import assert_never

from bot.alerts.messages import mark
from bot.alerts.model import Kind, Trouble
from bot.audit.model import RestoreProof
from bot.errors import BotError
from bot.home.model import DAYS, Day, Page, Row
from bot.servers.model import MANUAL_SLOTS
from bot.slack.messages import explain, lines
from bot.slack.text import (
    ago,
    duration,
    escape_truncated,
    join_words,
    plain_label,
    pluralize,
    safe_name,
    when,
)

TITLE = "Backups of your servers"
ASKING = ":hourglass_flowing_sand: I'm asking VPS.org for your servers and their backups."
TO_DECIDE = "*Waiting for your approval*"
RUNNING = "*Running and waiting now*"
RECENT = "*Your last operations*"
NO_SERVERS = "There are no servers that you can see."
NOTHING_FITS = "No server fits this."
FIND_LABEL = "Find a server by a part of its name or address, then press Enter"
SHOW = "Which servers"
SHOW_ALL = "Show all"
ALL = "All servers"
NEEDY = "Needing attention"
LEGEND = "Each square is a day, today last: 🟩 a good backup · 🟥 only failed ones · ⬜ none that is kept"

_SQUARES = {Day.GOOD: "🟩", Day.FAILED: "🟥", Day.NONE: "⬜"}
_MOST_DAYS = 3
"""So many days are named at most; of more, it is said how many they are."""


def title(page: Page) -> str:
    """Return how many servers there are, and how many need attention; plain text."""
    attention = f" · {page.needy} {'needs' if page.needy == 1 else 'need'} attention" if page.needy else ""
    return f"{pluralize(page.total, 'server')}{attention}"


def as_of(moment: datetime) -> str:
    """Return when VPS.org listed what is shown."""
    return f"As VPS.org listed them {ago(moment)}"


def trouble(error: BotError) -> str:
    """Return why VPS.org or the database could not be asked, and what to do."""
    return "\n".join([f":warning: {said}" if not n else said for n, said in enumerate(lines(explain(error)))])


def closed(error: BotError) -> str:
    """Return why a person can see nothing here, and whom or where to ask."""
    return "\n".join(["Hello! Here I show servers and their backups.", *lines(explain(error))])


def group(name: str) -> str:
    """Return the choice of a group of servers; plain text."""
    return plain_label(f"Group: {name}", 75)


def server(row: Row, proof: RestoreProof | None, *, is_partial: bool, today: date) -> str:
    """Return a server: what is wrong, its last days in squares and in words, and what else is known."""
    mark_of_it = f"{mark(row.troubles[0].severity)} " if row.troubles else ""
    kinds = {each.kind for each in row.troubles}
    reasons = join_words([_trouble(each) for each in row.troubles])
    head = f"{mark_of_it}*{safe_name(row.server.name)}*{f' · {reasons}' if reasons else ''}"
    free = max(0, MANUAL_SLOTS - row.fresh.manual)
    known = [
        _last_good(row) if Kind.NO_GOOD_BACKUP not in kinds else "",
        f"{'at most ' if is_partial else ''}{free} of {MANUAL_SLOTS} slots free"
        if Kind.SLOTS not in kinds
        else "",
        f"next to expire {when(row.expires_at)}" if row.expires_at else "",
        f"restored {ago(proof.at)} in {duration(proof.seconds)}" if proof else "",
    ]
    squares = "".join(_SQUARES[day] for day in row.days)
    return "\n".join([head, f"{squares}  {days(row.days, today)}", " · ".join(filter(None, known))])


def unknown_server(row: Row) -> str:
    """Return a server of whose backups nothing is known."""
    status = escape_truncated(row.server.status or "status unknown", 30)
    return f"*{safe_name(row.server.name)}* · {status} · backups not known"


def days(found: Sequence[Day], today: date) -> str:
    """Return what the squares show in words, for those who can't see them."""
    good = found.count(Day.GOOD)
    if good == len(found):
        return f"a good backup on each of the last {DAYS} days"
    parts = [f"good on {good} of {DAYS} days"]
    parts += [f"failed {_dates(found, Day.FAILED, today)}"] if Day.FAILED in found else []
    parts += [f"none {_dates(found, Day.NONE, today)}"] if good and Day.NONE in found else []
    return ", ".join(parts)


def _dates(found: Sequence[Day], wanted: Day, today: date) -> str:
    dates = [today - timedelta(days=DAYS - 1 - place) for place, day in enumerate(found) if day is wanted]
    if len(dates) > _MOST_DAYS:
        return f"on {len(dates)}"
    return f"on {join_words([f'{each:%a} {each.day} {each:%b}' for each in dates])}"


def _last_good(row: Row) -> str:
    return f"last good backup {ago(row.fresh.last_complete)}" if row.fresh.last_complete else ""


def _trouble(found: Trouble) -> str:
    match found.kind:
        case Kind.NO_GOOD_BACKUP if found.at:
            return f"last good backup {ago(found.at)}"
        case Kind.NO_GOOD_BACKUP:
            return "no good backup"
        case Kind.EXPIRING if found.at:
            return f"the last good backup expires {when(found.at)}"
        case Kind.EXPIRING:
            return "the last good backup expires soon"
        case Kind.AUTOMATIC_FAILED:
            return "the last automatic backup failed"
        case Kind.STUCK if found.at:
            return f"a backup has been running since {when(found.at)}"
        case Kind.STUCK:
            return "a backup takes far longer than usual"
        case Kind.SLOTS if found.used >= MANUAL_SLOTS:
            return f"no free slot ({found.used} of {MANUAL_SLOTS})"
        case Kind.SLOTS:
            return f"{found.used} of {MANUAL_SLOTS} slots used"
        case Kind.MADE_OUTSIDE | Kind.DELETED_OUTSIDE | Kind.UNREADABLE:
            return "changed outside of this bot"
    assert_never(found.kind)


def page_range(page: Page, first: int) -> str:
    """Return which servers are shown, of how many."""
    return f"{first + 1}–{first + len(page.rows)} of {page.fitting}"


def more_to_decide(count: int) -> str:
    """Return how many requests are not shown."""
    return f"and {count} more, see `/backup status`"
