"""Alerts: one message for each trouble, or for many that come at once; what each says, and when. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pydantic import AwareDatetime

from bot.alerts.model import HAPPENED, Kind, Trouble, gravest_first
from bot.operations.model import StoredModel

MERGE_ABOVE = 5
"""Alerts a channel gets within an hour; what comes beyond that is merged into one."""
RECENT = timedelta(hours=1)
REMIND_TIMES = 4.0
"""Each reminder waits so many times as long as the one before."""
LONGEST_PAUSE = timedelta(days=7)
FORGET_AFTER = timedelta(days=30)
"""How long what happened, and does not end, can be acknowledged."""


class TrackedTrouble(StoredModel):
    """A trouble that is told, since when (UTC), and when it ended; `is_gone`: with its server."""

    trouble: Trouble
    since: AwareDatetime
    ended_at: AwareDatetime | None = None
    is_gone: bool = False

    @property
    def is_open(self) -> bool:
        """True until it has ended."""
        return self.ended_at is None

    @property
    def lasts(self) -> bool:
        """True if it is a state that goes on, not something that happened."""
        return self.is_open and self.trouble.kind not in HAPPENED


class Answer(StoredModel):
    """What a person said to an alert: acknowledged, or snoozed until a moment (UTC), and why."""

    card: str
    by: str
    at: AwareDatetime
    reason: str
    until: AwareDatetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether it keeps the alert quiet."""
        return self.until is None or now < self.until


class Alert(StoredModel):
    """An alert's message: which troubles it tells, since `at` (UTC), and where it is once it is posted.

    `shown` is a digest of what it said last, `remind_at` when it is reminded of for the next time.
    """

    id: str
    channel: str
    at: AwareDatetime
    troubles: tuple[TrackedTrouble, ...]
    remind_at: AwareDatetime
    reminders: int = 0
    ts: str = ""
    permalink: str = ""
    shown: str = ""

    @property
    def is_open(self) -> bool:
        """True while anything that it tells has not ended."""
        return any(told.is_open for told in self.troubles)

    @property
    def lasting(self) -> list[TrackedTrouble]:
        """What it tells that goes on."""
        return [told for told in self.troubles if told.lasts]

    def is_done(self, now: datetime) -> bool:
        """Tell whether it can be forgotten: nothing more is said of it, and it counts no more for merging."""
        is_old = now - self.at > (FORGET_AFTER if self.is_open else RECENT)
        return is_old and not self.lasting

    def is_due(self, answer: Answer | None, now: datetime, *, is_blind: bool = False) -> bool:
        """Tell whether people are to be reminded of it: when it is time, or a snooze is over.

        While VPS.org can't be read (`is_blind`), of nothing but that.
        """
        if not self.lasting or (answer and answer.holds(now)):
            return False
        if is_blind and all(told.trouble.kind is not Kind.UNREADABLE for told in self.lasting):
            return False
        return answer is not None or now >= self.remind_at

    def reminded(self, now: datetime, first: timedelta) -> "Alert":
        """Return it after a reminder; the next is due after ever longer pauses, the first after `first`."""
        # In seconds: a timedelta holds no more than so many days.
        longer = first.total_seconds() * REMIND_TIMES ** min(self.reminders + 1, 20)
        pause = timedelta(seconds=min(longer, LONGEST_PAUSE.total_seconds()))
        return self.model_copy(update={"reminders": self.reminders + 1, "remind_at": now + pause})


@dataclass(frozen=True)
class Findings:
    """What one scan of VPS.org tells, `now` (UTC).

    `judges` tells for which kinds of troubles this scan can show that they have ended. `servers` are the ids
    of those there are.
    """

    now: datetime
    troubles: Sequence[Trouble]
    judges: Callable[[Kind], bool]
    servers: frozenset[int]


def next_alerts(
    alerts: Iterable[Alert],
    answers: Mapping[str, Answer],
    found: Findings,
    channel_of: Callable[[Trouble], str],
    first: timedelta,
) -> list[Alert]:
    """Return the alerts after a scan: those there were, with what has ended, and new ones, not posted yet.

    `channel_of` is where a trouble is told, "" for nowhere. `first` is when people are reminded first.
    """
    followed = [_followed(_placed(alert, channel_of), found) for alert in alerts]
    known = {told.trouble.key for alert in followed for told in alert.troubles if told.is_open}
    new: dict[str, list[Trouble]] = defaultdict(list)
    for trouble in gravest_first(found.troubles):
        if trouble.key not in known and (channel := channel_of(trouble)):
            new[channel].append(trouble)
    by_id = {alert.id: alert for alert in followed}
    for channel, troubles in new.items():
        others = [alert for alert in followed if alert.channel == channel]
        unanswered = [alert for alert in others if alert.id not in answers]
        for alert in _told(troubles, channel, others, unanswered, found.now, first):
            by_id[alert.id] = alert
    return list(by_id.values())


def _placed(alert: Alert, channel_of: Callable[[Trouble], str]) -> Alert:
    """Return the alert; if it is not posted yet, with the channel in which the rules want it now."""
    channel = channel_of(alert.troubles[0].trouble)
    return alert if alert.ts or not channel else alert.model_copy(update={"channel": channel})


def _followed(alert: Alert, found: Findings) -> Alert:
    now_so = {trouble.key: trouble for trouble in found.troubles}
    return alert.model_copy(
        update={"troubles": tuple(_follow(told, now_so, found) for told in alert.troubles)}
    )


def _follow(told: TrackedTrouble, now_so: Mapping[str, Trouble], found: Findings) -> TrackedTrouble:
    trouble = told.trouble
    if not told.lasts or not found.judges(trouble.kind):
        return told
    if trouble.key in now_so:
        return told.model_copy(update={"trouble": now_so[trouble.key]})
    is_gone = trouble.server_id is not None and trouble.server_id not in found.servers
    return told.model_copy(update={"ended_at": found.now, "is_gone": is_gone})


def _told(
    troubles: Sequence[Trouble],
    channel: str,
    others: Sequence[Alert],
    unanswered: Sequence[Alert],
    now: datetime,
    first: timedelta,
) -> list[Alert]:
    """Return the alerts that tell these: one each, or if there are too many, one for all.

    What is about no server has one of its own in any case.
    """
    alone = [trouble for trouble in troubles if trouble.server_id is None]
    if alone:
        rest = [trouble for trouble in troubles if trouble.server_id is not None]
        own = [_new_alert([trouble], channel, now, first) for trouble in alone]
        return [*own, *(_told(rest, channel, others, unanswered, now, first) if rest else [])]
    recent = [alert for alert in others if now - alert.at < RECENT]
    if len(troubles) + len(recent) <= MERGE_ABOVE:
        return [_new_alert([trouble], channel, now, first) for trouble in troubles]
    merged = [alert for alert in recent if alert in unanswered and alert.is_open and len(alert.troubles) > 1]
    if not merged:
        return [_new_alert(troubles, channel, now, first)]
    joined = max(merged, key=lambda alert: alert.at)
    more = tuple(TrackedTrouble(trouble=trouble, since=now) for trouble in troubles)
    # An edit alone would not be noticed.
    return [joined.model_copy(update={"troubles": joined.troubles + more, "remind_at": now})]


def _new_alert(troubles: Sequence[Trouble], channel: str, now: datetime, first: timedelta) -> Alert:
    told = tuple(TrackedTrouble(trouble=trouble, since=now) for trouble in troubles)
    mark = sha256(f"{channel}:{troubles[0].key}:{now.isoformat()}".encode()).hexdigest()[:16]
    return Alert(id=mark, channel=channel, at=now, troubles=told, remind_at=now + first)
