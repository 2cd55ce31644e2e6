"""What is said of the last days of a server's backups, in a chart and in a sentence beside it."""

from collections.abc import Sequence
from datetime import UTC, date, tzinfo

from bot.backups.model import Day
from bot.slack.text import join_words, pluralize

COMPLETE = "Complete"
FAILED = "Failed"
UNFINISHED = "Not finished"
MOST_NAMED = 4
"""Days that are named; of more, it is said how many they are."""


def title(days: Sequence[Day], backup_type: str | None) -> str:
    """Return what the chart shows, in at most 50 characters."""
    kind = f"{backup_type.capitalize()} backups" if backup_type else "Backups"
    return f"{kind} of the last {len(days)} days"


def zone_label(zone: tzinfo) -> str:
    """Return when days begin if it is not in the reader's own zone."""
    return "Days in UTC" if zone is UTC else ""


def day_label(day: date) -> str:
    """Return a day as the chart names it."""
    return f"{day.day} {day:%b}"


def summary(days: Sequence[Day]) -> str:
    """Return the same in words, for those who can't see the chart, and which days lack a complete one."""
    counts = {
        "complete": sum(day.complete for day in days),
        "failed": sum(day.failed for day in days),
        "not finished": sum(day.unfinished for day in days),
    }
    counted = join_words([f"{count} {word}" for word, count in counts.items() if count or word == "complete"])
    lacking = [day_label(each.day) for each in _kept(days)[:-1] if not each.complete]
    which = join_words(lacking) if len(lacking) <= MOST_NAMED else pluralize(len(lacking), "day")
    return f"The last {len(days)} days: {counted}{f' · no complete one of {which}' if lacking else ''}"


def _kept(days: Sequence[Day]) -> Sequence[Day]:
    """Return the days from the first on of which something is left: what is older has gone as it should."""
    first = next((place for place, day in enumerate(days) if not day.is_empty), len(days))
    return days[first:]
