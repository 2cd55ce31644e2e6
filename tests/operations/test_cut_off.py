"""A bot that is cut off from PostgreSQL ends before another takes over; one that is paused keeps its work."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from bot.audit.model import ChainedEntry, Entry
from bot.audit.store import AuditTrail
from bot.errors import NotRecorded
from bot.operations.database import KEEPALIVE_SECONDS, open_database
from bot.sandbox.bot_process import BotProcess
from tests.audit.facts import entry
from tests.operations.forwarder import Forwarder
from tests.operations.postgres import Postgres
from tests.operations.replicas import Replicas, logged

FAILOVER_SECONDS = 10.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="its kernel drops the packets")


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
    [other] = replicas.bots
    lost = replicas.add(DATABASE_URL=postgres.over_tcp(replicas.database, await network.start()))
    paused = replicas.add(DATABASE_URL=postgres.over_tcp(replicas.database))
    await asyncio.gather(lost.start(), paused.start())
    await asyncio.gather(lost.ready(), paused.ready())
    await replicas.until_all_work()
    stop_for_now(paused)
    network.cut_off()
    await asyncio.wait_for(lost.ended(), KEEPALIVE_SECONDS)
    assert lost.state == "exited 70"
    assert not logged(other, "took_over")
    await replicas.until(lambda: logged(other, "took_over"), FAILOVER_SECONDS)
    # None of them is kept, for whatever it may hold.
    ports = ", ".join(map(str, network.ports))
    kept = f"select pid from pg_stat_activity where client_port in ({ports})"
    await replicas.until(lambda: not replicas.query(kept), KEEPALIVE_SECONDS)
    go_on(paused)
    await replicas.finish(len(replicas.posts()))
    [taken] = replicas.logged("took_over")
    [lease] = re.findall(r"lease=(\S+)", taken)
    assert replicas.bot_with(lease) is lost
    assert paused.state == "running"


async def test_a_bot_that_is_cut_off_while_it_writes_to_the_audit_trail_does_not_keep_others_from_it(
    network: Forwarder, postgres: Postgres
) -> None:
    address = postgres.new_database()
    databases = [open_database(postgres.over_tcp(address, await network.start())), open_database(address)]
    lost, other = map(AuditTrail, databases)
    await lost.prepare()
    network.cut_off_after(b"pg_advisory_xact_lock")
    with pytest.raises(NotRecorded):
        await lost.append(entry(1))
    async with asyncio.timeout(FAILOVER_SECONDS):
        written = await until_written(other, entry(2))
    assert written.seq == 1
    await other.aclose()
    for database in databases:
        database.dispose()


def stop_for_now(bot: BotProcess) -> None:
    """Stop the process without ending it, as its machine does that is paused."""
    assert bot.pid
    os.kill(bot.pid, signal.SIGSTOP)


def go_on(bot: BotProcess) -> None:
    assert bot.pid
    os.kill(bot.pid, signal.SIGCONT)


async def until_written(trail: AuditTrail, what: Entry) -> ChainedEntry:
    while True:
        with suppress(NotRecorded):
            return await trail.append(what)
