"""The watch: looks at all servers on a clock, and tells what is wrong, once, in Slack.

One replica watches (`operations/leader.py`). What it is about to tell is remembered first, so that whoever
goes on after a crash, or after another replica, finds its message instead of posting it twice.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

import sqlalchemy as sa
import structlog

from bot.alerts import views
from bot.alerts.card import AlertCard, Answer, Round, next_cards
from bot.alerts.messages import PARTIAL
from bot.alerts.model import AlertPolicy, Kind, Trouble
from bot.alerts.outside import Look, look_at
from bot.alerts.report import DailyReport, ReportTime, counted, due_on, is_first_of_month, unproven
from bot.alerts.shown import Shown, done_outside, find_all, see
from bot.alerts.store import AlertStore, Remembered, readable
from bot.errors import NotRecorded
from bot.notifications.model import MessageRef
from bot.notifications.slack_messages import SlackMessages
from bot.operations.records import MOST_ENDED
from bot.services import services
from bot.slack.message import Message

log = structlog.get_logger()

RETRY_SECONDS = 30.0
"""How long to wait after the first look that could not be told of; then twice as long each time."""
POST_SECONDS = 15.0
STOP_SECONDS = 1.0
BLIND_ROUNDS = 3
"""After so many looks in a row at which VPS.org could not be read, that is told itself."""

_LOOK, _BLIND, _REPORTED = "look", "blind", "reported"


class _NotTold(Exception):
    """Slack did not take a message, for now."""


class _NotLeading(Exception):
    """Another replica watches by now."""


@dataclass(frozen=True)
class Clock:
    """How often to look, and when people are first reminded."""

    every: timedelta = timedelta(minutes=5)
    remind: timedelta = timedelta(hours=1)


@dataclass(frozen=True)
class Daily:
    """Where the daily report is told, and when; `proof_days`: see `DailyReport`, None leaves that out."""

    channel: str
    at: ReportTime
    proof_days: float | None = None


class AlertWatch:
    """Watches until cancelled. `ping` is called after each look at which all went well."""

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
        """Look, and tell, again and again."""
        every = self._clock.every.total_seconds()
        retry = RETRY_SECONDS
        while True:
            pause = every
            try:
                await self._look()
                retry = RETRY_SECONDS
            except (_NotTold, _NotLeading, NotRecorded, sa.exc.SQLAlchemyError) as error:
                self._is_unsure = True
                log.warning("alerts_put_off", reason=type(error).__name__)
                pause, retry = min(retry, every), 2 * retry
            except Exception:  # The next look may go well; nobody would notice that none came.
                self._is_unsure = True
                log.exception("alert_watch_broke")
            await asyncio.sleep(pause)

    async def _look(self) -> None:
        known = await self._store.lead()
        if known is None:
            self._is_unsure, self._leads = True, False
            return
        if not self._leads:
            self._leads = True
            log.info("watching_servers", every_seconds=self._clock.every.total_seconds())
        now = services().now()
        seen = await see()
        if seen.failure:
            cards, memory = self._blind(known, seen, now)
        else:
            cards, memory = await self._judged(known, seen, now)
        await self._remember(cards, memory)
        is_told = await self._tell_all(cards, known, now, is_blind=bool(seen.failure))
        await self._report(known, seen, now)
        if not is_told:
            raise _NotTold
        self._is_unsure = False
        if self._ping and not seen.failure:
            await self._ping()

    async def _tell_all(
        self, cards: list[AlertCard], known: Remembered, now: datetime, *, is_blind: bool
    ) -> bool:
        """Tell of all alerts; return False if a channel did not take all of them, which keeps no other."""
        old = {card.id for card in known.cards}
        closed: set[str] = set()
        for card in cards:
            if card.channel not in closed:
                answer, is_new = known.answers.get(card.id), card.id not in old
                try:
                    await self._tell(card, answer, now, is_new=is_new, is_blind=is_blind)
                except _NotTold:
                    closed.add(card.channel)
        return not closed

    def _blind(self, known: Remembered, seen: Shown, now: datetime) -> tuple[list[AlertCard], dict[str, str]]:
        """Return the alerts if VPS.org can't be read: that alone is told, after a few looks."""
        since, rounds = _blind_since(known, now)
        troubles = []
        if rounds + 1 >= BLIND_ROUNDS:
            status = PARTIAL if seen.failure == PARTIAL else ""
            troubles = [Trouble(kind=Kind.UNREADABLE, at=since, status=status, used=seen.not_shown)]
        found = Round(now, troubles, lambda kind: bool(troubles) and kind is Kind.UNREADABLE, frozenset())
        log.warning("alerts_blind", reason=seen.failure, not_shown=seen.not_shown)
        return self._next(known, found), {_BLIND: f"{rounds + 1} {since.isoformat()}"}

    async def _judged(
        self, known: Remembered, seen: Shown, now: datetime
    ) -> tuple[list[AlertCard], dict[str, str]]:
        # In a thread, as of many thousand backups it takes a while.
        before, after = await asyncio.to_thread(_looks, known, seen, now)
        troubles = await find_all(seen.servers, seen.listing, now, self._policy, after)
        troubles += await done_outside(before, after, seen)
        found = Round(now, troubles, lambda _: True, frozenset(server.id for server in seen.servers))
        looked = await asyncio.to_thread(after.model_dump_json)
        return self._next(known, found), {_LOOK: looked, _BLIND: ""}

    def _next(self, known: Remembered, found: Round) -> list[AlertCard]:
        return next_cards(known.cards, known.answers, found, self._policy.channel, self._clock.remind)

    async def _tell(
        self, card: AlertCard, answer: Answer | None, now: datetime, *, is_new: bool, is_blind: bool
    ) -> None:
        """Post an alert, edit it if it says something else by now, remind of it; forget what is done."""
        may_be_there = self._is_unsure or not is_new
        if not card.ts and not card.is_open and not await self._messages.find([card.channel], _key(card)):
            # It was over before it could be told.
            await self._remember(forget=[card.id])
            return
        card = await self._posted(card, answer, now, may_be_there=may_be_there)
        over = answer if answer and not answer.holds(now) else None
        holds = None if over else answer
        card = await self._edited(card, views.alert(card, holds), answer)
        if card.is_due(answer, now, is_blind=is_blind):
            key = f"{_key(card)}:remind:{card.reminders}"
            await self._post(card.channel, views.reminder(card, over), key, thread_ts=card.ts)
            await self._remember([card.reminded(now, self._clock.remind)], over=[over] if over else [])
        elif card.is_done(now):
            await self._remember(forget=[card.id])

    async def _posted(
        self, card: AlertCard, answer: Answer | None, now: datetime, *, may_be_there: bool
    ) -> AlertCard:
        if card.ts:
            return card
        message = views.alert(card, answer if answer and answer.holds(now) else None)
        ref = await self._post(card.channel, message, _key(card), may_be_there=may_be_there)
        link = await self._messages.permalink(ref)
        # A message that was found may say what was so before.
        shown = "" if may_be_there else _digest(message, answer)
        posted = card.model_copy(
            update={"channel": ref.channel, "ts": ref.ts, "permalink": link, "shown": shown}
        )
        await self._remember([posted])
        return posted

    async def _edited(self, card: AlertCard, message: Message, answer: Answer | None) -> AlertCard:
        # An answer was shown by whoever took it, even if it holds no longer.
        shown = _digest(message, answer)
        if card.shown == shown:
            return card
        ref = MessageRef(channel=card.channel, ts=card.ts)
        try:
            async with asyncio.timeout(POST_SECONDS):
                # One that somebody has deleted is not told a second time.
                await self._messages.edit_finally(ref, message)
        except TimeoutError:
            raise _NotTold from None
        edited = card.model_copy(update={"shown": shown})
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
        """Post a message. A stop gives it a second, as it might come again otherwise."""
        posting = asyncio.create_task(
            self._messages.post_once(
                [channel],
                message.arguments(),
                key,
                thread_ts=thread_ts,
                is_recovery=self._is_unsure if may_be_there is None else may_be_there,
                give_up_after=POST_SECONDS,
            )
        )
        try:
            ref = await asyncio.shield(posting)
        except asyncio.CancelledError:
            await asyncio.wait({posting}, timeout=STOP_SECONDS)
            posting.cancel()
            raise
        if not ref.ts:
            raise _NotTold
        return ref

    async def _remember(
        self,
        cards: list[AlertCard] | None = None,
        memory: dict[str, str] | None = None,
        *,
        forget: list[str] | None = None,
        over: list[Answer] | None = None,
    ) -> None:
        if not await self._store.remember(cards or [], memory, forget=forget or [], over=over or []):
            raise _NotLeading

    async def _report(self, known: Remembered, seen: Shown, now: datetime) -> None:
        """Tell the daily report, if it is time."""
        daily = self._daily
        if daily is None:
            return
        last = date.fromisoformat(known.memory[_REPORTED]) if known.memory.get(_REPORTED) else None
        day = due_on(daily.at, last, now)
        if day is None:
            return
        report = await daily_report(seen, day, now, self._policy)
        if daily.proof_days and is_first_of_month(day, last):
            proofs = await services().audit.last_restores()
            names = unproven(seen.servers, proofs, daily.proof_days, now)
            report = replace(report, unproven=names, proof_days=daily.proof_days)
        # It may be there already, if this replica or another died before it remembered.
        key = f"daily-report:{daily.channel}:{day.isoformat()}"
        await self._post(daily.channel, views.daily_report(report), key, may_be_there=True)
        await self._remember(memory={_REPORTED: day.isoformat()})


async def daily_report(seen: Shown, day: date, now: datetime, policy: AlertPolicy) -> DailyReport:
    """Return how the servers are, and what ran lately."""
    ended = (await services().overview()).ended
    done, failed, others = counted(ended)
    name, is_part = f"{day:%A} {day.day} {day:%B}", len(ended) >= MOST_ENDED
    report = DailyReport(name, None, (), done, failed, others, is_part)
    if seen.failure:
        return report
    troubles = await find_all(seen.servers, seen.listing, now, policy)
    return replace(report, servers=len(seen.servers), troubles=troubles)


def _looks(known: Remembered, seen: Shown, now: datetime) -> tuple[Look | None, Look]:
    """Return what was seen at the look before, if there was one, and what is seen now."""
    before = readable(Look, known.memory[_LOOK]) if _LOOK in known.memory else None
    return before, look_at(seen.listing.backups, [server.id for server in seen.servers], now, before)


def _blind_since(known: Remembered, now: datetime) -> tuple[datetime, int]:
    """Return since when VPS.org can't be read, and at how many looks in a row."""
    rounds, _, since = known.memory.get(_BLIND, "").partition(" ")
    return (datetime.fromisoformat(since), int(rounds)) if since else (now, 0)


def _key(card: AlertCard) -> str:
    return f"alert:{card.id}"


def _digest(message: Message, answer: Answer | None) -> str:
    said = json.dumps([message.drawn(), answer and answer.model_dump(mode="json")], sort_keys=True)
    return sha256(said.encode()).hexdigest()[:16]
