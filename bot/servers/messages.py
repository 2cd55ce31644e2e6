"""What is said of servers."""

from collections.abc import Sequence
from datetime import UTC, tzinfo

from bot.servers.model import MANUAL_SLOTS, Concern, Freshness, Server
from bot.slack.text import ago, escape_truncated, join_words, plain_label, pluralize, safe_name

ALL_SERVERS = "All servers"
SEE_BACKUPS = "See a server's backups"
BACK_UP = "Back up…"
BACKUPS = "Backups"


def title(count: int, needy: int, part: str) -> str:
    """Return how many servers there are, and how many need attention; plain text."""
    like = f" like “{plain_label(part, 60)}”" if part else ""
    attention = f" · {needy} {'needs' if needy == 1 else 'need'} attention" if needy else ""
    return f"{pluralize(count, 'server')}{like}{attention}"


def needy(server: Server, concerns: Sequence[Concern], fresh: Freshness, *, is_partial: bool) -> str:
    """Return why a server needs attention, and below it what is known of it."""
    reasons = join_words([_concern(each, fresh) for each in concerns])
    known = [
        _status(server),
        escape_truncated(server.ip_address, 50),
        escape_truncated(server.location, 50),
        f"last backup {ago(fresh.last_complete)}"
        if fresh.last_complete and Concern.OLD not in concerns
        else "",
        _slots(fresh, is_partial=is_partial) if Concern.NO_FREE_SLOT not in concerns else "",
    ]
    return f":warning: *{safe_name(server.name)}* · {reasons}\n{' · '.join(each for each in known if each)}"


def caption(*, are_others: bool) -> str:
    """Return what the table is of: all servers, or those that are left."""
    return "Other servers" if are_others else "Servers"


def columns(zone: tzinfo) -> tuple[str, ...]:
    """Return the header of the table."""
    return "Server", "Status", f"Last backup{' (UTC)' if zone is UTC else ''}", "Manual slots"


def cells(server: Server, fresh: Freshness, zone: tzinfo, *, is_partial: bool) -> tuple[str, ...]:
    """Return a row of the table, plain text, in the order of its columns; moments in the person's zone."""
    # The year first, as people sort by it.
    last = f"{fresh.last_complete.astimezone(zone):%Y-%m-%d %H:%M}" if fresh.last_complete else "none shown"
    status = plain_label(server.status or "unknown", 30)
    return plain_label(server.name, 100), status, last, _slots(fresh, is_partial=is_partial)


def not_shown(servers: int, backups: int) -> str:
    """Return how many servers and backups VPS.org has and did not show; empty if it showed all."""
    missing = [
        pluralize(servers, "server") if servers else "",
        pluralize(backups, "backup") if backups else "",
    ]
    said = join_words([each for each in missing if each])
    return f"VPS.org counts {said} more that it did not show" if said else ""


def _concern(concern: Concern, fresh: Freshness) -> str:
    match concern:
        case Concern.NO_BACKUP:
            return "no complete backup"
        case Concern.NEWEST_FAILED:
            return "the newest backup failed"
        case Concern.OLD:
            return f"last backup {ago(fresh.last_complete)}" if fresh.last_complete else "no recent backup"
        case Concern.NO_FREE_SLOT:
            return f"no free slot ({fresh.manual} of {MANUAL_SLOTS})"


def _status(server: Server) -> str:
    return escape_truncated(server.status or "status unknown", 30)


def _slots(fresh: Freshness, *, is_partial: bool) -> str:
    return f"{'at least ' if is_partial else ''}{fresh.manual} of {MANUAL_SLOTS} slots"
