"""`world`: the bot wired to the sandbox, and ways to wait for what becomes true there."""

import asyncio
import gc
import logging
import shutil
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import structlog
from hypothesis import HealthCheck, settings
from pydantic import SecretStr

from bot.alerts.store import AlertStore
from bot.audit.store import AuditTrail
from bot.operations.database import open_database
from bot.operations.launch import Engine
from bot.sandbox.server import Sandbox
from bot.slack.auth import SlackClient, web_client
from tests.distribution import Together
from tests.economy import log_plainly, one_compiled_cache
from tests.operations.postgres import Postgres
from tests.world import World

# Enough examples to find what we fear; a busy machine is no failure.
settings.register_profile("bot", max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("bot")

log_plainly()
# Nothing that is loaded goes again, so that there is nothing to collect until all of it is.
gc.disable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Let each worker take the next test as soon as it is idle."""
    return Together(config, log)


def pytest_collection_finish() -> None:
    """What is loaded by now stays; the garbage collector need not look at it over and over."""
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def statements_compiled_once() -> Iterator[None]:
    """Every test has databases of its own, but all of them are asked the same."""
    with one_compiled_cache():
        yield


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that a bot has used before, since it takes a second to get to know a new one."""
    path = tmp_path_factory.mktemp("engine") / "bot.sqlite"

    async def use() -> None:
        database = open_database(f"sqlite:///{path}")
        engine, trail, alerts = Engine(database), AuditTrail(database), AlertStore(database)
        await engine.launch()
        await trail.prepare()
        await alerts.prepare()
        await engine.stop()
        await trail.aclose()
        await alerts.aclose()
        # Else all of it would still stand in the journal, which nobody copies.
        database.dispose()

    asyncio.run(use())
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL, one for all (see `distribution`); if it can't run, its tests are skipped."""
    try:
        server = Postgres()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL can't run here: {error}")
    yield server
    server.remove()


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox without servers, backups and a bot."""
    sandbox = Sandbox(seeded=False)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


@pytest.fixture
def client(sandbox: Sandbox) -> SlackClient:
    """The bot's client of the sandbox's Slack."""
    return web_client(SecretStr(sandbox.workspace.app.bot_token), sandbox.slack_api_url)


@pytest.fixture
def logging_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Puts back what setting up logs changes for the whole process."""
    loggers = (logging.getLogger(), logging.getLogger("dbos"))
    changed = [*product(loggers, ("handlers", "level")), (sys, "excepthook"), (threading, "excepthook")]
    for owner, name in changed:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    events = structlog.get_config()
    yield
    logging.captureWarnings(False)
    structlog.configure(**events)


@pytest.fixture
def busy_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot gives its database nearly all the time that Slack allows, as many bots may run side by side."""
    monkeypatch.setattr("bot.operations.engine.RECORD_SECONDS", 2.5)


@pytest_asyncio.fixture
async def world(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    empty_database: Path,
    busy_machine: None,  # noqa: ARG001
) -> AsyncIterator[World]:
    """A running bot in a small world: web-1 and db-1, backups that end only when told. See `set_up`."""
    living = World(Path(shutil.copy(empty_database, tmp_path / "bot.sqlite")))
    await living.begin(**getattr(request, "param", {}))
    yield living
    await living.end()
