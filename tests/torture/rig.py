"""A sandbox, a database and a bot to kill: asking, killing, starting again, settling, counting."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from itertools import count as counting
from pathlib import Path
from random import Random

from bot.notifications.client_msg_ids import Proof, store_proof
from bot.operations.database import open_database
from bot.sandbox.bot_process import BotProcess
from bot.sandbox.clock import RealClock
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Person
from tests import forked
from tests.torture.asks import (
    CANCELS,
    GUARDED,
    HELD,
    QUEUED,
    Ask,
    Kind,
    approve,
    cancel,
    prepare,
    until,
    utter,
)
from tests.torture.records import Records
from tests.torture.tally import Tally, count

SERVERS = tuple(f"{kind}-{number}" for kind in ("web", "db") for number in range(1, 6))
PEOPLE = ("ana", "ben", "cleo")
APPROVER = Person("UDORA", "dora", "Dora Ruiz", "approver")
RULES = f"""
[[rule]]
servers = {list(GUARDED)}
second_person = ["delete"]
approvers = ["{APPROVER.id}"]
"""
SPEED = 100.0
SETTLE_SECONDS = 60.0
REPEATED_AFTER = (0.0, 0.5, 2.0)
"""When Slack repeats an event that was not acknowledged: sooner than the real one, which waits minutes."""
AHEAD_SECONDS = 2.0
"""How long people wait until what goes ahead has begun, before they request what they will cancel."""
LATE_SECONDS = 0.15
"""Less than the time that VPS.org takes for the slower half of the backups."""
_numbers = counting(1)


class Rig:
    """One bot in a world of its own. `random` decides everything that is left to chance."""

    def __init__(self, sandbox: Sandbox, victim: BotProcess, records: Records, random: Random) -> None:
        self.sandbox = sandbox
        self.victim = victim
        self.records = records
        self.random = random
        self.kills = 0
        self._asks: list[Ask] = []
        self._answering: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Start the bot and wait until Slack has it."""
        await self.victim.start()
        await self.victim.ready()

    def strike(self) -> None:
        """Kill the bot this instant; `kill` must follow. May be called from any thread."""
        pid = self.victim.pid
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    async def kill(self) -> None:
        """Kill the bot, if it lives, and wait until it is dead."""
        await self.victim.kill()
        self.kills += 1

    async def ask(self, kinds: Sequence[Kind]) -> None:
        """Let people request these things at the same time, each person one after the other.

        What has to be approved or is to be cancelled is so until the next `settled`.
        """
        asks = [prepare(self.sandbox, next(_numbers), kind, self.random.choice(SERVERS)) for kind in kinds]
        for each in asks:
            if each.kind in QUEUED:
                each.ahead = Ask(next(_numbers), "create", each.server)
                self._asks.append(each.ahead)
        self._asks += asks
        lanes = [asks[lane :: len(PEOPLE)] for lane in range(len(PEOPLE))]
        await asyncio.gather(*(self._one_by_one(*each) for each in zip(PEOPLE, lanes, strict=True)))

    async def settled(self, seconds: float = SETTLE_SECONDS) -> Tally:
        """Wait until nothing is left to do, and count what became of all asks since the last time.

        What has not ended after so many seconds is counted as lost.
        """
        await self.sandbox.slack.dispatcher.settled()
        stuck = await asyncio.to_thread(self.records.wait_until_all_is_done, seconds)
        stuck += await asyncio.to_thread(self.records.broken)
        for task in self._answering:
            task.cancel()
        for ended in await asyncio.gather(*self._answering, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended
        self._answering = []
        tally = count(self.sandbox, self._asks, stuck)
        tally.kills, self.kills = self.kills, 0
        self._asks = []
        self._tidy()
        return tally

    async def _one_by_one(self, handle: str, asks: list[Ask]) -> None:
        person = self.sandbox.people.person(handle)
        if asks:
            await person.opens_home()  # It is then drawn anew at each change, beside all else.
        for ask in asks:
            if ask.ahead:
                await utter(self.sandbox, ask.ahead, person)
                await self._until_made(ask.ahead)
            if ask.kind in CANCELS:
                self._answer(cancel(self.sandbox, ask, person))
            if ask.kind == "approved delete":
                self._answer(approve(self.sandbox, ask, self.sandbox.people.person(APPROVER.id)))
            await utter(self.sandbox, ask, person)

    async def _until_made(self, ahead: Ask) -> None:
        provider = self.sandbox.provider
        with suppress(TimeoutError):
            async with asyncio.timeout(AHEAD_SECONDS if ahead.acked else 0.0):
                await until(
                    self.sandbox, lambda: any(ahead.word in each.description for each in provider.creates)
                )

    def _answer(self, answering: Coroutine[None, None, None]) -> None:
        self._answering.append(asyncio.create_task(answering))

    def _tidy(self) -> None:
        provider = self.sandbox.provider
        for backup in [each for each in provider.backups.values() if each.status != "in_progress"]:
            del provider.backups[backup.id]
        self.sandbox.workspace.messages.clear()


@asynccontextmanager
async def rig(
    database: str | None,
    seed: int,
    *,
    history: bool = True,
    client_msg_ids: bool = False,
    ahead: float = 0.0,
) -> AsyncIterator[Rig]:
    """A running bot with `database` (None: an SQLite file of its own), stopped at the end.

    `history`: whether the bot has the optional scopes to look for what it has already posted.
    `client_msg_ids`: whether Slack honours them, and the bot knows. `ahead`: how many seconds the provider's
    clock is ahead.
    """
    random = Random(seed)
    with tempfile.TemporaryDirectory(prefix="torture-") as name:
        folder = Path(name)
        sandbox = Sandbox(seeded=False, speed=SPEED, clock=RealClock(ahead), spawn=forked.spawn)
        sandbox.workspace.event_retry_seconds = REPEATED_AFTER
        app = sandbox.workspace.app
        if not history:
            app.scopes = tuple(scope for scope in app.scopes if not scope.endswith(":history"))
        sandbox.workspace.people[APPROVER.id] = APPROVER
        for server in (*SERVERS, *GUARDED, *HELD):
            sandbox.provider.add_server(server, disk_mb=random.choice((1000, 8000)))
            sandbox.provider.server(server).backups_appear_after = random.choice((0.0, 0.05))
        for server in HELD:
            sandbox.provider.server(server).backups_end = "never"
        await sandbox.start()
        (folder / "rules.toml").write_text(RULES)
        address = database or f"sqlite:///{folder / 'bot.sqlite'}"
        sandbox.workspace.faults.client_msg_ids_honoured = client_msg_ids
        if client_msg_ids:
            await asyncio.to_thread(_store_proof, address, app.team_id)
        victim = await sandbox.start_bot(
            DATABASE_URL=address,
            BOT_RULES_FILE=str(folder / "rules.toml"),
            BOT_SETTLE_SECONDS="0.15",
            BOT_RESTORE_WATCH_MINUTES="0.05",
            BOT_LATE_MINUTES=str(LATE_SECONDS / 60),
            BOT_NOTIFY=random.choice(("all", "outcomes")),
        )
        records = Records(address)
        try:
            await victim.ready()
            yield Rig(sandbox, victim, records, random)
        finally:
            records.close()
            await sandbox.stop()


def _store_proof(address: str, team_id: str) -> None:
    database = open_database(address)
    store_proof(database, team_id, Proof(is_honoured=True, at=datetime.now(UTC)))
    database.dispose()
