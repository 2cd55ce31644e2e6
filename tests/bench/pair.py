"""Two bots over one PostgreSQL, and what becomes of the backups that are asked for meanwhile."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.slack.workspace import Change, Message
from bot.sandbox.vps.model import Server
from tests.bench.creates import backups_ending, taken
from tests.bench.stage import Command, Stage
from tests.bench.subjects import START_SECONDS, Bench, bots_on
from tests.operations.postgres import Postgres
from tests.torture.records import Records

POLL_SECONDS = 0.5
"""How often the bots look at their backups: so often that this wait is not what is measured."""
ENDED_EVERY = 0.2
BEGUN = """
select split_part(workflow_uuid, ':', 1) from dbos.workflow_status
where status = 'PENDING' and executor_id = '{lease}'
"""
"""An operation's id begins with its server's."""
UNFINISHED = """
select split_part(workflow_uuid, ':', 1) from dbos.workflow_status where status in ('PENDING', 'ENQUEUED')
"""
LOOK_SECONDS = 0.05
LEASE = re.compile(r"lease-\d+")
PROBLEMS = ("lost", "doubled", "untrue")


class Pair:
    """Two bots, and backups that are asked for, each of a server and in a channel of its own.

    `commands` are what was typed, by the server's name.
    """

    def __init__(self, stage: Stage, server: Postgres, database: str, bots: Sequence[BotProcess]) -> None:
        self.stage = stage
        self.bots = bots
        self.commands: dict[str, Command] = {}
        self.leases = {bot: _lease(bot) for bot in bots}
        self._server = server
        self._database = database
        self._numbers = {each.name: number for number, each in enumerate(stage.servers)}
        self._acted: dict[str, float] = {}
        stage.workspace.listen(self._heard)

    async def ask(self, server: Server) -> None:
        """Ask for a backup of a server, of which none was asked for before."""
        number = self._numbers[server.name]
        self.commands[server.name] = await self.stage.command(f"create {server.name}", number)

    async def start_again(self, bot: BotProcess) -> None:
        """Start a bot that has ended, and wait until it is ready."""
        await bot.start()
        await bot.ready(START_SECONDS)
        self.leases[bot] = _lease(bot)

    def begun_by(self, bot: BotProcess) -> list[Server]:
        """Return the servers of which a bot is recorded as carrying something out."""
        ids = self._ids(BEGUN.format(lease=self.leases[bot]))
        return [each for each in self.stage.servers if str(each.id) in ids]

    async def carried_on(self, servers: Sequence[Server], seconds: float) -> list[float]:
        """Return when a bot next did something for each of them; infinite where none did within that time.

        It asked VPS.org for the backup, or posted or edited a message; or all was done already, and it has
        found that out and recorded it.
        """
        since, found = time.perf_counter(), dict[str, float]()
        self._acted = {}
        while len(found) < len(servers) and time.perf_counter() < since + seconds:
            await asyncio.sleep(LOOK_SECONDS)
            unfinished = self._ids(UNFINISHED)
            for each in servers:
                made = self.stage.made.get(each.id, 0.0)
                moments = [self._acted.get(each.name, 0.0), made if made > since else 0.0]
                if moment := min(filter(None, moments), default=0.0):
                    found.setdefault(each.name, moment)
                elif str(each.id) not in unfinished:
                    found.setdefault(each.name, time.perf_counter())
        return [found.get(each.name, float("inf")) for each in servers]

    def _ids(self, statement: str) -> set[str]:
        rows = self._server.execute(statement, sa.make_url(self._database).database or "")
        return {str(server_id) for (server_id,) in rows}

    async def settled(self, seconds: float) -> dict[str, int]:
        """Let backups end until all is told, within so many seconds; return how many promises were broken."""
        records = Records(self._database)
        async with backups_ending(self.stage, ENDED_EVERY):
            stuck = await asyncio.to_thread(records.wait_until_all_is_done, seconds)
        broken = await asyncio.to_thread(records.broken)
        records.close()
        found = dict.fromkeys(PROBLEMS, 0)
        found["lost"] = len(stuck) + len(broken)
        for name, command in self.commands.items():
            for problem in self._problems(name, command):
                found[problem] += 1
        return found

    def told(self) -> list[str]:
        """Return the names of the servers of which it was told how their backups ended."""
        return [name for name in self.commands if any(each.is_reply for each in self._said(name))]

    def _problems(self, name: str, command: Command) -> list[str]:
        said = self._said(name)
        cards = [each for each in said if not each.is_reply]
        replies = [each for each in said if each.is_reply]
        made = sum(backup.server.name == name for backup in self.stage.provider.creates)
        found = []
        if (taken(command) and not made) or ((made or cards) and not replies):
            found.append("lost")
        if max(made, len(cards), len(replies)) > 1:
            found.append("doubled")
        if any(made != each.text.startswith(":white_check_mark:") for each in cards):
            found.append("untrue")
        return found

    def _said(self, name: str) -> list[Message]:
        channel = self.stage.places[self._numbers[name]].id
        said = self.stage.workspace.messages.get(channel, [])
        return [each for each in said if each.by_bot and not each.ephemeral_to]

    def _heard(self, change: Change) -> None:
        if change.kind == "message" and change.person is None and change.channel:
            place = next((n for n, each in enumerate(self.stage.places) if each.id == change.channel), None)
            if place is not None:
                self._acted.setdefault(self.stage.servers[place].name, time.perf_counter())


@asynccontextmanager
async def pair_on(
    bench: Bench, stage: Stage, server: Postgres, database: str, **first: str
) -> AsyncIterator[Pair]:
    """Two bots, until the end of the block; `first` is in the environment of the first alone."""
    often = dict.fromkeys(("BOT_POLL_SECONDS", "BOT_POLL_MAX_SECONDS"), str(POLL_SECONDS))
    async with bots_on(bench, stage, database, often | first, often) as bots:
        yield Pair(stage, server, database, bots)


def words(asked: int, broken: dict[str, int]) -> str:
    """Return what became of so many in words."""
    return f"of {asked}: " + ", ".join(f"{count} {problem}" for problem, count in broken.items())


def _lease(bot: BotProcess) -> str:
    [*_, claimed] = [line for line in bot.lines if "lease_claimed" in line]
    return str(LEASE.findall(claimed)[-1])
