"""A bot that is cut off from PostgreSQL ends before another takes over; one that is paused keeps its work."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from bot.audit.model import Entry, Sealed
from bot.audit.store import AuditTrail
from bot.errors import NotRecorded
from bot.operations.session import KEEPALIVE_SECONDS
from bot.sandbox.bot_process import BotProcess
from tests.audit.facts import entry
from tests.operations.forwarder import Forwarder
from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas, told

TAKEOVER_SECONDS = 10.0


@pytest_asyncio.fixture
async def network(postgres: Postgres) -> AsyncIterator[Forwarder]:
    """A way to a PostgreSQL that listens."""
    with postgres.listening() as port:
        forwarder = Forwarder(port)
        yield forwarder
        await forwarder.stop()


@pytest_asyncio.fixture
async def replicas(postgres: Postgres, tmp_path: Path) -> AsyncIterator[Replicas]:
    several = Replicas(postgres, tmp_path, BOT_LATE_MINUTES="60")
    yield several
    await several.stop()


async def test_a_bot_that_is_cut_off_ends_before_another_takes_over_and_a_paused_one_goes_on(
    network: Forwarder, replicas: Replicas, postgres: Postgres
) -> None:
    await replicas.start(1)
    [heir] = replicas.bots
    lost = replicas.add(DATABASE_URL=postgres.over_tcp(replicas.database, await network.start()))
    paused = replicas.add(DATABASE_URL=postgres.over_tcp(replicas.database))
    await asyncio.gather(lost.start(), paused.start())
    await asyncio.gather(lost.ready(), paused.ready())
    await until_all_work(replicas)
    stop_for_now(paused)
    network.cut_off()
    await asyncio.wait_for(lost.ended(), KEEPALIVE_SECONDS)
    assert lost.state == "exited 70"
    assert not told(heir, "took_over")
    await network.given_up.wait()
    assert network.kept == 0
    await replicas.until(lambda: told(heir, "took_over"), TAKEOVER_SECONDS)
    go_on(paused)
    await replicas.finish(len(replicas.posts()))
    [taken] = replicas.told("took_over")
    assert replicas.bot_in(taken.rpartition("slot=")[2]) is lost
    assert paused.state == "running"


async def test_a_bot_that_is_cut_off_while_it_writes_to_the_audit_trail_does_not_keep_others_from_it(
    network: Forwarder, postgres: Postgres
) -> None:
    address = postgres.new_database()
    lost = AuditTrail(postgres.over_tcp(address, await network.start()))
    heir = AuditTrail(address)
    await lost.prepare()
    network.cut_off_after(b"pg_advisory_xact_lock")
    with pytest.raises(NotRecorded):
        await lost.append(entry(1))
    async with asyncio.timeout(TAKEOVER_SECONDS):
        written = await until_written(heir, entry(2))
    assert written.seq == 1
    await heir.aclose()


async def until_all_work(replicas: Replicas) -> None:
    """Ask, until every bot carries an operation."""
    while len(replicas.running()) < len(replicas.bots):
        await asyncio.gather(replicas.until_more(replicas.posts), replicas.asks("web-1"))
    await replicas.until(lambda: sum(replicas.running().values()) == len(replicas.posts()))


def stop_for_now(bot: BotProcess) -> None:
    """Stop the process without ending it, as its machine does that is paused."""
    assert bot.pid
    os.kill(bot.pid, signal.SIGSTOP)


def go_on(bot: BotProcess) -> None:
    assert bot.pid
    os.kill(bot.pid, signal.SIGCONT)


async def until_written(trail: AuditTrail, what: Entry) -> Sealed:
    while True:
        with suppress(NotRecorded):
            return await trail.append(what)
