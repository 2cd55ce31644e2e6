"""The Homes that people have open, and keeping them up to date.

Slack tells when a Home is opened, not when it is closed; so it counts as open for a while. What changes in
this process shows at once; what other replicas change shows at the next look into the database. While no Home
is open, neither the database nor VPS.org is asked. Of several replicas, the one that showed a Home last keeps
it up to date: Slack refuses the others, as the hash that they know is out of date.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.audit.model import Entry
from bot.errors import NotChecked, NotRecorded
from bot.home import views
from bot.home.cache import InventoryCache
from bot.home.gather import Gathered, gather, in_time, read_recorded
from bot.notifications.rate_limit import Priority, SlackRateLimits
from bot.operations.shared_read import SharedRead
from bot.services import services
from bot.slack import ids
from bot.slack.auth import PASSING, UNANSWERED, error_name
from bot.slack.forms import HomeForm
from bot.slack.interaction import Interaction

log = structlog.get_logger()

OPEN_SECONDS, MOST_OPEN = 3600.0, 200
"""For how long after its person used it a Home counts as open, and how many do at most."""
SETTLE_SECONDS = 0.3
"""How long after a change a Home is shown again: changes that come together are shown together."""
SPACING_SECONDS = 4.0
"""How long a Home stays as it is after it was shown, whatever others do."""
LOOK_SECONDS = 20.0
"""How often the database is asked what other replicas have changed."""
LISTED_SECONDS = 300.0
"""How old a listing may be that an open Home shows, if nothing is known to have changed."""
OPENED_SECONDS, TURNED_SECONDS = 2.0, 60.0
"""How old a listing may be when a Home is opened, and when another part of it is shown."""
TIMEOUT_SECONDS, SHORT_TIMEOUT_SECONDS = 0.25, 0.05
"""How long a person waits for VPS.org before their Home is drawn without it, or with what is known of it."""
_QUIET = frozenset({"refused", "reminded", "alarmed"})
"""Entries of the audit trail that change nothing of what a Home shows."""


@dataclass(eq=False)
class _Home:
    """A Home that is open; moments are the event loop's.

    `hash` is Slack's for what is shown now, `content` what that is. `due_at`: when it is to be shown anew.
    `asked` waits to show it to its person, with a listing that is at most `within` seconds old.
    """

    person: str
    team: str
    form: HomeForm
    used_at: float
    hash: str = ""
    content: str = ""
    shown_at: float = float("-inf")
    due_at: float | None = None
    is_urgent: bool = False
    within: float = float("inf")
    asked: asyncio.Task[None] | None = None
    showing: asyncio.Task[None] | None = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def next_at(self) -> float | None:
        """When it is to be shown anew: not too soon after it was shown, unless it is urgent."""
        if self.due_at is None or self.is_urgent:
            return self.due_at
        return max(self.due_at, self.shown_at + SPACING_SECONDS)

    @property
    def is_busy(self) -> bool:
        """True while it is being shown anew."""
        return self.showing is not None and not self.showing.done()


class Homes:
    """All open Homes of this process."""

    def __init__(self, slack: AsyncWebClient, limits: SlackRateLimits) -> None:
        self._slack = slack
        self._limits = limits
        self.cache = InventoryCache()
        """What VPS.org listed last."""
        self._recorded = SharedRead(read_recorded)
        self._open: OrderedDict[str, _Home] = OrderedDict()
        self._woken = asyncio.Event()
        self._runner: asyncio.Task[Any] | None = None
        self._looked_at = 0.0
        self._last_look: object = None

    async def show(self, interaction: Interaction, form: HomeForm, *, is_opened: bool = False) -> None:
        """Show a person their Home, or another part of it, because they asked for it.

        Who asks again while that still waits for its turn is shown once, what they asked for last: this
        returns at once then, so that nothing piles up behind Slack's limit.
        Raises SlackApiError, or one of `UNANSWERED`, if Slack does not take it.
        """
        one = self._used(interaction, form)
        one.within = min(one.within, OPENED_SECONDS if is_opened else TURNED_SECONDS)
        if one.asked is None:
            one.asked = asyncio.create_task(self._show_asked(one))
            await asyncio.shield(one.asked)

    async def _show_asked(self, one: _Home) -> None:
        await self._limits.publish(Priority.OUTCOME)
        async with one.lock:
            within, one.within, one.asked = one.within, float("inf"), None
            give_up_after = SHORT_TIMEOUT_SECONDS if self.cache.known else TIMEOUT_SECONDS
            try:
                gathered = await self._gather(one, within, give_up_after)
            except NotChecked as error:
                gathered = Gathered(views.closed(error))
            await self._publish(one, gathered.view, {})
        if not gathered.is_whole:
            self._mark(one, self._now(), is_urgent=True)

    def on_entry(self, entry: Entry) -> None:
        """Have open Homes shown again if an entry of the audit trail changes what they show."""
        if not self._open or entry.event in _QUIET:
            return
        if entry.event == "ended":
            self.cache.outdate()
        self._mark_all()

    def on_interaction(self, interaction: Interaction) -> None:
        """Have a person's own Home shown again, with what came of their click."""
        if interaction.body.get("type") not in {"block_actions", "view_submission"}:
            return
        view = interaction.view
        if view.get("callback_id") == ids.HOME and interaction.person not in self._open:
            form = HomeForm.remembered(interaction.private_metadata)
            self._used(interaction, form).hash = str(view.get("hash") or "")
        one = self._open.get(interaction.person)
        if one and self._now() - one.shown_at > SETTLE_SECONDS:
            one.used_at = self._now()
            self._open.move_to_end(interaction.person)
            self._mark(one, self._now() + SETTLE_SECONDS, is_urgent=True)

    async def run(self) -> None:
        """Keep open Homes up to date until cancelled or closed."""
        self._runner = asyncio.current_task()
        try:
            while True:
                await self._until_due()
                self._forget_old()
                try:
                    await self._look()
                except Exception:  # What is a bug here must not end all else that the bot does.
                    log.exception("homes_not_looked_after")
                for one in self._due():
                    one.due_at, one.is_urgent = None, False
                    one.showing = asyncio.create_task(self._show_anew(one))
        finally:
            tasks = [task for one in self._open.values() for task in (one.asked, one.showing) if task]
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def aclose(self) -> None:
        """Show nothing any more: the engine, which is asked what there is to show, is about to stop."""
        if self._runner is not None:
            self._runner.cancel()
            await asyncio.wait({self._runner})

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _used(self, interaction: Interaction, form: HomeForm) -> _Home:
        person = interaction.person
        if not self._open:
            self._looked_at, self._last_look = self._now(), None
        one = self._open.pop(person, None) or _Home(person, interaction.team, form, self._now())
        one.form, one.used_at = form, self._now()
        self._open[person] = one
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)
        self._woken.set()
        return one

    def _mark(self, one: _Home, at: float, *, is_urgent: bool = False) -> None:
        one.due_at = at if one.due_at is None else min(one.due_at, at)
        one.is_urgent |= is_urgent
        self._woken.set()

    def _mark_all(self) -> None:
        for one in self._open.values():
            self._mark(one, self._now() + SETTLE_SECONDS)

    async def _until_due(self) -> None:
        """Return when a Home is due, it is time to look, or something has changed; or never, if none is."""
        moments = [at for one in self._open.values() if (at := one.next_at) is not None and not one.is_busy]
        if self._open:
            moments.append(self._looked_at + LOOK_SECONDS)
        seconds = max(min(moments) - self._now(), 0.0) if moments else None
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
        self._woken.clear()

    def _due(self) -> Iterator[_Home]:
        now = self._now()
        for one in [*self._open.values()]:
            if (at := one.next_at) is not None and at <= now and not one.is_busy:
                yield one

    def _forget_old(self) -> None:
        while self._open:
            oldest = next(iter(self._open.values()))
            if self._now() - oldest.used_at < OPEN_SECONDS:
                return
            del self._open[oldest.person]

    async def _look(self) -> None:
        """Have all Homes shown anew if something was changed elsewhere since the last look."""
        if not self._open or self._now() < self._looked_at + LOOK_SECONDS:
            return
        self._looked_at = self._now()
        recorded = await in_time(self._recorded)
        if isinstance(recorded, NotRecorded):
            return
        overview = recorded.overview
        ended = tuple(one.operation.id for one in overview.ended)
        seen = tuple((one.operation.id, one.stage) for one in overview.unfinished), ended
        if self._last_look not in {None, seen}:
            self.cache.outdate()
        if self._last_look is None or not self.cache.is_fresh(services().now(), LISTED_SECONDS):
            self._mark_all()
        self._last_look = seen

    async def _show_anew(self, one: _Home) -> None:
        try:
            # Before the lock, as whoever asks meanwhile goes first.
            await self._limits.publish(Priority.PROGRESS)
            async with one.lock:
                gathered = await self._gather(one, LISTED_SECONDS, None)
                if json.dumps(gathered.view.to_dict()) != one.content:
                    await self._publish(one, gathered.view, {"hash": one.hash} if one.hash else {})
        except (NotChecked, SlackApiError, *UNANSWERED) as error:
            reason = error_name(error) if isinstance(error, SlackApiError) else ""
            log.info("home_not_shown_anew", error=reason or type(error).__name__)
            if reason and reason not in PASSING:
                # With another hash another replica has shown it since, which looks after it now.
                self._open.pop(one.person, None)
            else:
                self._mark(one, self._now() + LOOK_SECONDS)
        except Exception:  # What shows one Home must not end what shows all the others.
            log.exception("home_broke")
        finally:
            self._woken.set()

    async def _gather(self, one: _Home, within: float, give_up_after: float | None) -> Gathered:
        return await gather(
            one.person,
            one.team,
            one.form,
            self.cache,
            self._recorded,
            listed_within=within,
            give_up_after=give_up_after,
        )

    async def _publish(self, one: _Home, view: View, known: dict[str, Any]) -> None:
        content = view.to_dict()
        answer = await self._slack.views_publish(user_id=one.person, view=content, **known)
        one.hash = str((answer.get("view") or {}).get("hash") or "")
        one.content, one.shown_at = json.dumps(content), self._now()
