"""Between `/backup timeline …` as it is typed and which operations are meant."""

from dataclasses import dataclass
from datetime import date, timedelta

from bot.audit import commands
from bot.audit.commands import Since
from bot.errors import Misuse, UsageError
from bot.verbs import Verb

USUAL_TIME = timedelta(days=1)


@dataclass(frozen=True)
class ShowTimeline:
    """What was done on a server by name or id (None: on all that can be seen), since when."""

    server: str | None = None
    since: Since = USUAL_TIME


def parse(text: str, today: date) -> ShowTimeline:
    """Return which operations are meant, from what follows `timeline`: as for `audit`, but without people.

    Raises:
        UsageError: nothing else ever.
    """
    wanted = commands.parse(text, today, Verb.TIMELINE)
    if wanted.person:
        raise UsageError(Misuse.UNKNOWN_WORDS, f"<@{wanted.person}>", Verb.TIMELINE)
    return ShowTimeline(wanted.server, USUAL_TIME if wanted.since is None else wanted.since)
