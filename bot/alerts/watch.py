"""The watch: looks at all servers on a clock, and tells what is wrong, once, in Slack.

One replica watches (`operations/leader.py`). What it is about to tell is remembered first, so that the
replica that goes on after a crash finds its message instead of posting it twice.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import sha256

import sqlalchemy as sa
import structlog

from bot.alerts import views
from bot.alerts.alert import Alert, Answer, Findings, next_alerts
from bot.alerts.daily_report import DailyReport, ReportTime, counted, due_on, is_first_of_month, unproven
from bot.alerts.messages import PARTIAL
from bot.alerts.model import AlertPolicy, Kind, Trouble
from bot.alerts.ping import ping
from bot.alerts.scan import Scan, done_outside, find_all, scan_all
from bot.alerts.snapshot import Snapshot, take_snapshot
from bot.alerts.store import AlertStore, Remembered, readable
from bot.errors import NotRecorded
from bot.notifications.model import MessageRef
from bot.notifications.slack_messages import SlackMessages, finishing
from bot.operations.records import MOST_ENDED
from bot.services import services
from bot.settings import Settings
from bot.settings_types import read_time_of_day
from bot.slack.message import Message

log = structlog.get_logger()

RETRY_SECONDS = 30.0
"""How long to wait after the first scan that could not be told of; then twice as long each time."""
POST_SECONDS = 15.0
BLIND_SCANS = 3
"""After so many scans in a row at which VPS.org could not be read, that is told itself."""

_LOOK, _BLIND, _REPORTED = "look", "blind", "reported"


class _NotTold(Exception):
    """Slack did not take a message, for now."""


class _NotLeading(Exception):
    """Another replica watches by now."""


_PUT_OFF = (_NotTold, _NotLeading, NotRecorded, sa.exc.SQLAlchemyError)
"""What may go better at another look, or in another replica."""


@dataclass(frozen=True)
class Clock:
    """How often to scan, and when people are first reminded."""

    every: timedelta = timedelta(minutes=5)
    remind: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Daily:
    """Where the daily report is told, and when; `proof_days`: see `DailyReport`, None leaves that out."""

    channel: str
    at: ReportTime
    proof_days: float | None = None


class AlertWatch:
    """Watches until cancelled. `ping` is called after each scan at which all went well."""

    def __init__(
        self,
        store: AlertStore,
        messages: SlackMessages,
        policy: AlertPolicy,
        clock: Clock,
        *,
        daily: Daily | None = None,
        ping: Callable[[], Awaitable[object]] | None = None,
    ) -> None:
        self._store = store
        self._messages = messages
        self._policy = policy
        self._clock = clock
        self._daily = daily
        self._ping = ping
        # What is posted next may be there already.
        self._is_unsure = True
        self._leads = False

    async def run(self) -> None:
        """Scan, and tell, again and again."""
        every = self._clock.every.total_seconds()
        retry = RETRY_SECONDS
        while True:
            pause = every
            try:
                await self._scan()
                retry = RETRY_SECONDS
            except _PUT_OFF as error:
                self._is_unsure = True
                log.warning("alerts_put_off", error=type(error).__name__)
                pause, retry = min(retry, every), 2 * retry
            except Exception:  # The next scan may go well; nobody would notice that none came.
                self._is_unsure = True
                log.exception("alert_watch_broke")
            await asyncio.sleep(pause)

    async def _scan(self) -> None:
        known = await self._store.lead()
        if known is None:
            self._is_unsure, self._leads = True, False
            return
        if not self._leads:
            self._leads = True
            log.info("watching_servers", every_seconds=self._clock.every.total_seconds())
        now = services().now()
        scan = await scan_all()
        if scan.failure:
            alerts, memory = self._blind(known, scan, now)
        else:
            alerts, memory = await self._judged(known, scan, now)
        await self._remember(alerts, memory)
        is_told = await self._tell_all(alerts, known, now, is_blind=bool(scan.failure))
        await self._report(known, scan, now)
        if not is_told:
            raise _NotTold
        self._is_unsure = False
        if self._ping and not scan.failure:
            await self._ping()

    async def _tell_all(
        self, alerts: list[Alert], known: Remembered, now: datetime, *, is_blind: bool
    ) -> bool:
        """Tell of all alerts; return False if that can't be done of all of them, which keeps no other."""
        old = {alert.id for alert in known.alerts}
        closed: set[str] = set()
        broken = 0
        for alert in alerts:
            if alert.channel not in closed:
                answer, is_new = known.answers.get(alert.id), alert.id not in old
                try:
                    await self._tell(alert, answer, now, is_new=is_new, is_blind=is_blind)
                except _NotTold:
                    closed.add(alert.channel)
                except _PUT_OFF:
                    raise
                except Exception:  # A bug with one is no reason to be silent about others.
                    log.exception("alert_broke", alert=alert.id)
                    broken += 1
        return not closed and not broken

    def _blind(self, known: Remembered, scan: Scan, now: datetime) -> tuple[list[Alert], dict[str, str]]:
        """Return the alerts if VPS.org can't be read: that alone is told, after a few scans."""
        since, scans = _blind_since(known, now)
        troubles = []
        if scans + 1 >= BLIND_SCANS:
            status = PARTIAL if scan.failure == PARTIAL else ""
            troubles = [Trouble(kind=Kind.UNREADABLE, at=since, status=status, used=scan.not_shown)]
        found = Findings(now, troubles, lambda kind: bool(troubles) and kind is Kind.UNREADABLE, frozenset())
        log.warning("alerts_blind", error=scan.failure, not_shown=scan.not_shown)
        return self._next(known, found), {_BLIND: f"{scans + 1} {since.isoformat()}"}

    async def _judged(
        self, known: Remembered, scan: Scan, now: datetime
    ) -> tuple[list[Alert], dict[str, str]]:
        # In a thread, as of many thousand backups it takes a while.
        before, after = await asyncio.to_thread(_snapshots, known, scan, now)
        troubles = await find_all(scan.servers, scan.listing, now, self._policy, after)
        troubles += await done_outside(before, after, scan)
        found = Findings(now, troubles, lambda _: True, frozenset(server.id for server in scan.servers))
        looked = await asyncio.to_thread(after.model_dump_json)
        return self._next(known, found), {_LOOK: looked, _BLIND: ""}

    def _next(self, known: Remembered, found: Findings) -> list[Alert]:
        return next_alerts(known.alerts, known.answers, found, self._policy.channel, self._clock.remind)

    async def _tell(
        self, alert: Alert, answer: Answer | None, now: datetime, *, is_new: bool, is_blind: bool
    ) -> None:
        """Post an alert, edit it if it says something else by now, remind of it; forget what is done."""
        may_be_there = self._is_unsure or not is_new
        if not alert.ts and not alert.is_open and not await self._is_told(alert):
            # It was over before it could be told.
            await self._remember(forget=[alert.id])
            return
        alert = await self._posted(alert, answer, now, may_be_there=may_be_there)
        over = answer if answer and not answer.holds(now) else None
        holds = None if over else answer
        alert = await self._edited(alert, views.alert_message(alert, holds), answer)
        if alert.is_due(answer, now, is_blind=is_blind):
            key = f"{_key(alert)}:remind:{alert.reminders}"
            await self._post(alert.channel, views.reminder(alert, over), key, thread_ts=alert.ts)
            await self._remember([alert.reminded(now, self._clock.remind)], over=[over] if over else [])
        elif alert.is_done(now):
            await self._remember(forget=[alert.id])

    async def _is_told(self, alert: Alert) -> bool:
        """Tell whether an alert was posted, though that was not remembered."""
        try:
            async with asyncio.timeout(POST_SECONDS):
                return bool(await self._messages.find([alert.channel], _key(alert)))
        except TimeoutError:
            raise _NotTold from None

    async def _posted(
        self, alert: Alert, answer: Answer | None, now: datetime, *, may_be_there: bool
    ) -> Alert:
        if alert.ts:
            return alert
        message = views.alert_message(alert, answer if answer and answer.holds(now) else None)
        ref = await self._post(alert.channel, message, _key(alert), may_be_there=may_be_there)
        link = await self._messages.permalink(ref)
        # A message that was found may say what was so before.
        shown = "" if may_be_there else _digest(message, answer)
        posted = alert.model_copy(
            update={"channel": ref.channel, "ts": ref.ts, "permalink": link, "shown": shown}
        )
        await self._remember([posted])
        return posted

    async def _edited(self, alert: Alert, message: Message, answer: Answer | None) -> Alert:
        # The handler that took an answer showed it, even if it holds no longer.
        shown = _digest(message, answer)
        if alert.shown == shown:
            return alert
        ref = MessageRef(channel=alert.channel, ts=alert.ts)
        try:
            async with asyncio.timeout(POST_SECONDS):
                # One that somebody has deleted is not told a second time.
                await self._messages.edit_finally(ref, message)
        except TimeoutError:
            raise _NotTold from None
        edited = alert.model_copy(update={"shown": shown})
        await self._remember([edited])
        return edited

    async def _post(
        self,
        channel: str,
        message: Message,
        key: str,
        *,
        thread_ts: str = "",
        may_be_there: bool | None = None,
    ) -> MessageRef:
        ref = await finishing(
            self._messages.post_once(
                [channel],
                message.arguments(),
                key,
                thread_ts=thread_ts,
                is_recovery=self._is_unsure if may_be_there is None else may_be_there,
                give_up_after=POST_SECONDS,
            )
        )
        if not ref.ts:
            raise _NotTold
        return ref

    async def _remember(
        self,
        alerts: list[Alert] | None = None,
        memory: dict[str, str] | None = None,
        *,
        forget: list[str] | None = None,
        over: list[Answer] | None = None,
    ) -> None:
        if not await self._store.remember(alerts or [], memory, forget=forget or [], over=over or []):
            raise _NotLeading

    async def _report(self, known: Remembered, scan: Scan, now: datetime) -> None:
        """Tell the daily report, if it is time."""
        daily = self._daily
        if daily is None:
            return
        last = date.fromisoformat(known.memory[_REPORTED]) if known.memory.get(_REPORTED) else None
        day = due_on(daily.at, last, now)
        if day is None:
            return
        report = await daily_report(scan, day, now, self._policy)
        if daily.proof_days and is_first_of_month(day, last):
            proofs = await services().audit.last_restores()
            names = unproven(scan.servers, proofs, daily.proof_days, now)
            report = replace(report, unproven=names, proof_days=daily.proof_days)
        # It may be there already, if this replica or another died before it remembered.
        key = f"daily-report:{daily.channel}:{day.isoformat()}"
        await self._post(daily.channel, views.daily_report(report), key, may_be_there=True)
        await self._remember(memory={_REPORTED: day.isoformat()})


def watch_of(
    settings: Settings, store: AlertStore, messages: SlackMessages, policy: AlertPolicy
) -> AlertWatch | None:
    """Return the watch over all servers; None if nobody is to be told of anything."""
    every = timedelta(minutes=settings.bot_alert_minutes)
    clock = Clock(every, timedelta(minutes=settings.bot_alert_remind_minutes))
    daily, ping_url = None, settings.bot_ping_url
    if settings.bot_digest_channel:
        at = ReportTime(*read_time_of_day(settings.bot_digest_at))
        daily = Daily(settings.bot_digest_channel, at, settings.bot_restore_proof_days)
    if not (policy.rules.alert_channels or daily or ping_url):
        return None
    calls = partial(ping, ping_url) if ping_url else None
    return AlertWatch(store, messages, policy, clock, daily=daily, ping=calls)


async def daily_report(scan: Scan, day: date, now: datetime, policy: AlertPolicy) -> DailyReport:
    """Return how the servers are, and what ran lately."""
    ended = (await services().overview()).ended
    done, failed, others = counted(ended)
    name, is_part = f"{day:%A} {day.day} {day:%B}", len(ended) >= MOST_ENDED
    report = DailyReport(name, None, (), done, failed, others, is_part)
    if scan.failure:
        return report
    troubles = await find_all(scan.servers, scan.listing, now, policy)
    return replace(report, servers=len(scan.servers), troubles=troubles)


def _snapshots(known: Remembered, scan: Scan, now: datetime) -> tuple[Snapshot | None, Snapshot]:
    """Return what was seen at the scan before, if there was one, and what is seen now."""
    before = readable(Snapshot, known.memory[_LOOK]) if _LOOK in known.memory else None
    return before, take_snapshot(scan.listing.backups, [server.id for server in scan.servers], now, before)


def _blind_since(known: Remembered, now: datetime) -> tuple[datetime, int]:
    """Return since when VPS.org can't be read, and at how many scans in a row."""
    scans, _, since = known.memory.get(_BLIND, "").partition(" ")
    return (datetime.fromisoformat(since), int(scans)) if since else (now, 0)


def _key(alert: Alert) -> str:
    return f"alert:{alert.id}"


def _digest(message: Message, answer: Answer | None) -> str:
    said = json.dumps([message.drawn(), answer and answer.model_dump(mode="json")], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]
