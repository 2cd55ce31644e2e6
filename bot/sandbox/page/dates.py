"""Moments, drawn so that the browser can show them in the person's time zone and keep them ticking."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from htpy import Node, a, time

from bot.sandbox.page.links import safe_address

_LATEST = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def moment(unix: float, pattern: str, fallback: str, address: str = "") -> Node:
    """Draw a Slack date: `pattern` holds its `{date_short}`-like tokens, `fallback` is for no script.

    `unix` is in seconds, UTC; where it is out of range, the fallback alone is drawn.
    """
    if not 0 <= unix <= _LATEST:
        return fallback
    stamp = datetime.fromtimestamp(unix, UTC)
    shown = time(
        datetime=stamp.isoformat(),
        data_pattern=pattern,
        title=stamp.strftime("%Y-%m-%d %H:%M:%S UTC"),
    )[fallback]
    href = safe_address(address)
    return a(href=href, target="_blank", rel="noopener noreferrer")[shown] if href else shown


def clock(unix: float) -> Node:
    """Draw a message's time of day."""
    return moment(unix, "{time}", datetime.fromtimestamp(unix, UTC).strftime("%H:%M"))


def day(unix: float, zone: str = "UTC") -> str:
    """Return the day of a moment in a time zone; where it changes, the list of messages is divided."""
    return datetime.fromtimestamp(unix, ZoneInfo(zone)).date().isoformat()
