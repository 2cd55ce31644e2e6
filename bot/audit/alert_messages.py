"""What is said of answers to alerts, which the trail has besides operations."""

from bot.audit.model import Entry
from bot.slack.text import escape_truncated, when

TROUBLES = {
    "": "several problems",
    "unreadable": "VPS.org can't be read",
    "no_good_backup": "no good backup",
    "expiring": "the last good backup expires soon",
    "automatic_failed": "the last automatic backup failed",
    "stuck": "a backup takes far longer than usual",
    "deleted_outside": "a backup was deleted, but not with the bot",
    "made_outside": "a backup was made, but not with the bot",
    "slots": "no free backup slots, or nearly none",
}
"""Kinds of troubles, as entries have them."""


def what_it_was(entry: Entry) -> str:
    """Return which trouble somebody acknowledged or snoozed, and until when."""
    until = f" Snoozed until {when(entry.until)}." if entry.until else ""
    return f"It was: {TROUBLES.get(entry.trouble, escape_truncated(entry.trouble, 50))}.{until}"
