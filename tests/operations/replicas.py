"""Several bots as processes over one PostgreSQL, between one pretend Slack and one pretend VPS.org."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import aiohttp
import sqlalchemy as sa

from bot.sandbox.bot_process import COMMAND, BotProcess
from bot.sandbox.server import EVENTS_PATH, Mode, Sandbox
from bot.sandbox.slack.workspace import Message
from bot.sandbox.vps.model import Backup
from tests import forked
from tests.operations.postgres import Postgres

T = TypeVar("T")

REPLY_SECONDS = 25.0
"""A bot that does most of the work waits for its share of Slack's limits, which is of 10 s."""
SERVERS = ("web-1", *(f"db-{number}" for number in range(1, 24)))

UNFINISHED = """
select count(*) from dbos.workflow_status
where status in ('PENDING', 'ENQUEUED') and name = 'execute_operation'
"""
RUNNING = """
select executor_id, count(*) from dbos.workflow_status
where status = 'PENDING' and name = '{name}' group by executor_id
"""
HOLDER = """
select pid from pg_locks where locktype = 'advisory' and objid = {number} and objsubid = 2
and database = (select oid from pg_database where datname = current_database())
"""


class Replicas:
    """A sandbox in which backups end only when told, and bots over one database, with the same settings."""

    def __init__(self, postgres: Postgres, folder: Path, mode: Mode = "socket", **settings: str) -> None:
        self.sandbox = Sandbox(seeded=False, speed=20)
        self.provider = self.sandbox.provider
        self.database = postgres.new_database()
        self.bots: list[BotProcess] = []
        self.command: Sequence[str] = COMMAND
        self.most_at_once = 0
        self._postgres = postgres
        self._mode: Mode = mode
        self._settings = settings
        self._folder = folder
        self._changed = asyncio.Event()

    async def start(self, count: int) -> None:
        """Start the sandbox, and that many bots at once on an empty database."""
        self.provider.hold()
        for name in SERVERS:
            self.provider.add_server(name)
        self.sandbox.workspace.listen(lambda _: self._changed.set())
        self.provider.listen(self._count_at_once)
        await self.sandbox.start()
        await asyncio.gather(*(self.add().start() for _ in range(count)))
        await asyncio.gather(*(bot.ready() for bot in self.bots))

    def add(self, **more: str) -> BotProcess:
        """Return one more bot, not started yet."""
        environment = self.sandbox.bot_environment(mode=self._mode) | {"DATABASE_URL": self.database}
        environment |= self._settings | more
        bot = BotProcess(
            environment,
            directory=self._folder,
            command=self.command,
            spawn=forked.spawn,
            changed=self._changed.set,
        )
        self.bots.append(bot)
        return bot

    async def stop(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(bot.kill() for bot in self.bots))
        await self.sandbox.stop()

    async def finish(self, count: int) -> None:
        """Finish each backup as soon as VPS.org makes it, until so many were reported, each once."""
        while len(self.replies()) < count:
            await self.until(lambda: self.in_progress() or len(self.replies()) >= count, REPLY_SECONDS)
            self.provider.finish()
        await self.until(lambda: not self.unfinished())
        assert len(self.posts()) == len(self.replies()) == len(self.provider.creates) == count
        assert self.most_at_once == 1

    async def request(self, *servers: str) -> None:
        """Request a backup of each, as Ana."""
        for server in servers:
            await self.sandbox.people.person("ana").types(f"/backup create {server}")

    def reach(self, bot: BotProcess) -> None:
        """Let Slack reach this bot alone, in HTTP mode."""
        address = f"http://127.0.0.1:{bot.environment['BOT_PORT']}{EVENTS_PATH}"
        self.sandbox.workspace.app.request_url = address

    def bot_with(self, lease: str) -> BotProcess:
        """Return the bot that holds this lease."""
        return next(bot for bot in self.bots if logged(bot, f"lease_claimed.*lease={lease}"))

    def running(self, name: str = "execute_operation") -> dict[str, int]:
        """Return how many workflows of that name are running under each lease."""
        rows = self.query(RUNNING.format(name=name))
        return Counter({str(lease): int(str(number)) for lease, number in rows})

    def unfinished(self) -> int:
        """Return how many operations are carried out or wait in their server's queue."""
        [(number,)] = self.query(UNFINISHED)
        return int(str(number))

    async def until_all_work(self) -> None:
        """Request backups of one server after the other, until every bot carries one out."""
        servers = iter(SERVERS)
        while len(self.running()) < len(self.bots):
            await asyncio.gather(self.until_more(self.in_progress), self.request(next(servers)))
        await self.until_recorded()

    async def until_recorded(self) -> None:
        """Wait until every operation that was announced has its place in its server's queue."""
        await self.until(lambda: self.unfinished() == len(self.posts()))

    def cut_off(self, number: int) -> None:
        """End the session that holds the lease of that number."""
        [(pid,)] = self.query(HOLDER.format(number=number))
        self.query(f"select pg_terminate_backend({pid})")

    def in_progress(self) -> list[Backup]:
        """Return the backups that VPS.org is making."""
        return [backup for backup in self.provider.creates if backup.status == "in_progress"]

    def logged(self, words: str) -> list[str]:
        """Return the lines of all bots' logs in which this expression is found."""
        return [line for bot in self.bots for line in logged(bot, words)]

    def posts(self) -> list[Message]:
        """Return the bots' messages in the channel, replies left out."""
        return [message for message in self._said() if not message.is_reply and not message.ephemeral_to]

    def replies(self) -> list[Message]:
        """Return the bots' replies in the channel's threads."""
        return [message for message in self._said() if message.is_reply]

    def whispers(self) -> list[Message]:
        """Return what the bots showed single people in the channel."""
        return [message for message in self._said() if message.ephemeral_to]

    def direct(self, handle: str) -> list[Message]:
        """Return what the bots wrote to this person directly."""
        return self._said(self.sandbox.workspace.im_of(self.sandbox.people.person(handle).person.id).id)

    def query(self, statement: str) -> list[tuple[object, ...]]:
        """Run one statement on the bots' database; return its rows."""
        return self._postgres.execute(statement, sa.make_url(self.database).database or "")

    async def until(self, condition: Callable[[], T], seconds: float = 15.0) -> T:
        """Wait for something to become true, looking whenever anything changes; return it."""
        try:
            async with asyncio.timeout(seconds):
                while not (found := condition()):
                    self._changed.clear()
                    await asyncio.wait({asyncio.create_task(self._changed.wait())}, timeout=0.1)
        except TimeoutError:
            lines = [line for bot in self.bots for line in ["---", bot.state, *list(bot.lines)[-15:]]]
            raise AssertionError("\n".join(["never happened", *lines])) from None
        return found

    async def until_posted(self, words: str) -> Message:
        """Wait until a bot posts something in the channel that holds these words; return it."""
        return (await self.until(lambda: [post for post in self.posts() if words in post.text]))[-1]

    async def until_replied(self, words: str) -> Message:
        """Wait until a bot replies in the channel with something that holds these words; return it."""
        return (await self.until(lambda: [reply for reply in self.replies() if words in reply.text]))[-1]

    async def confirms(self, handle: str, server: str) -> None:
        """Wait until this person is asked for the server's name, type it and submit."""
        person = self.sandbox.people.person(handle)
        await self.until(lambda: person.modal and "to confirm" in str(person.modal.payload))
        await person.fills(typed_name=server, reason="to make room")
        await person.submits()

    async def until_more(self, things: Callable[[], Sequence[object]]) -> None:
        """Wait until there are more of these things than now."""
        before = len(things())
        await self.until(lambda: len(things()) > before)

    def _count_at_once(self) -> None:
        servers = Counter(backup.server.name for backup in self.in_progress())
        self.most_at_once = max(self.most_at_once, *servers.values(), 0)
        self._changed.set()

    def _said(self, channel: str = "COPS") -> list[Message]:
        return [message for message in self.sandbox.workspace.messages.get(channel, []) if message.by_bot]


def logged(bot: BotProcess, words: str) -> list[str]:
    """Return the lines of a bot's log in which this expression is found."""
    return [line for line in bot.lines if re.search(words, line)]


async def readiness(bot: BotProcess) -> dict[str, bool]:
    """Return what the bot says at `/readyz`; empty while it can't be asked."""
    address = f"http://127.0.0.1:{bot.environment['BOT_PORT']}/readyz"
    try:
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            checks: dict[str, bool] = await answer.json()
            return checks
    except aiohttp.ClientError:
        return {}
