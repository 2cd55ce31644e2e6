"""Troubles and alerts for tests, of a day in March."""

from typing import Any

from bot.alerts.alert import Alert, Answer, TrackedTrouble
from bot.alerts.model import Kind, Trouble
from tests.backups.facts import NOON, hours

HOUR = hours(1)


def trouble(kind: Kind = Kind.NO_GOOD_BACKUP, server: int | None = 1, **more: Any) -> Trouble:
    """Return a trouble of web-1."""
    facts: dict[str, Any] = {"server_name": "" if server is None else f"web-{server}", "at": NOON - hours(60)}
    facts |= {} if kind in (Kind.UNREADABLE, Kind.SLOTS) else {"backup_id": 501}
    return Trouble(kind=kind, server_id=server, **facts | more)


def an_alert(*troubles: Trouble, **more: Any) -> Alert:
    """Return an alert in ops since noon about these, one of web-1 if there are none."""
    told = tuple(TrackedTrouble(trouble=each, since=NOON) for each in troubles or (trouble(),))
    facts: dict[str, Any] = {"at": NOON, "troubles": told, "remind_at": NOON + HOUR, "ts": "1.2"}
    return Alert(**{"id": "card", "channel": "COPS"} | facts | more)


def answer(**more: Any) -> Answer:
    """Return that Ana acknowledged it at noon."""
    return Answer(**{"card": "card", "by": "UANA", "at": NOON, "reason": "new <disk> tomorrow"} | more)
