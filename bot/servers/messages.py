"""What is said of servers."""

from collections.abc import Sequence

from bot.servers.model import Freshness, Server
from bot.slack.text import ago, escape_truncated, join_words, pluralize, safe_name, truncate_mrkdwn

ALL_SERVERS = "All servers"


def title(count: int) -> str:
    """Return how many servers there are."""
    return f"*{pluralize(count, 'server')}*"


def line(server: Server, fresh: Freshness, slots: int, *, is_partial: bool = False) -> str:
    """Return a server and how well it is backed up, in two lines, as far as its backups are known."""
    address = f" · {escape_truncated(server.ip_address, 50)}" if server.ip_address else ""
    where = f" · {escape_truncated(server.location, 50)}" if server.location else ""
    if fresh.last_complete is None:
        last = ":grey_question: no complete backup shown" if is_partial else ":warning: no complete backup"
    else:
        last = f":floppy_disk: last backup {ago(fresh.last_complete)}"
    failed = " · :x: the newest one failed" if fresh.newest_failed else ""
    used = f" · {'at least ' if is_partial else ''}{fresh.manual} of {slots} manual slots used"
    name, status = safe_name(server.name), escape_truncated(server.status or "status unknown", 30)
    return f"*{name}* · {status}{address}{where}\n{last}{failed}{used}"


def not_shown(servers: int, backups: int) -> str:
    """Return how many servers and backups VPS.org has and did not show."""
    missing = [
        pluralize(servers, "server") if servers else "",
        pluralize(backups, "backup") if backups else "",
    ]
    return f"VPS.org counts {join_words([each for each in missing if each])} more that it did not show"


def more(servers: Sequence[Server]) -> str:
    """Return the names of the servers that are not shown."""
    names = ", ".join(safe_name(server.name) for server in servers)
    return truncate_mrkdwn(f"and {len(servers)} more: {names}", 2000)
