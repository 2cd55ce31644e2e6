"""The disk is full for a while: nothing is promised, nothing is lost, and everything is reported later."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest
import pytest_asyncio

from bot.sandbox.bot_process import BotProcess
from bot.sandbox.server import Sandbox
from bot.sandbox.slack.workspace import Message
from tests import forked
from tests.operations.replicas import readiness

T = TypeVar("T")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB; only root can have one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "small", str(disk)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a small disk can't be mounted here; it takes root")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


@pytest_asyncio.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox(seeded=False, speed=20, spawn=forked.spawn)
    sandbox.provider.hold()
    for name in ("web-1", "db-1"):
        sandbox.provider.add_server(name)
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def test_a_full_disk_costs_nothing_but_time(sandbox: Sandbox, small_disk: Path) -> None:
    bot = await sandbox.start_bot(small_disk / "bot.sqlite")
    await bot.ready()
    ana, provider = sandbox.people.person("ana"), sandbox.provider
    await ana.types("/backup create web-1")
    await _until(sandbox, lambda: provider.creates)
    filler = small_disk / "filler"
    _fill(filler)
    provider.finish()
    await ana.types("/backup create db-1")
    await _until(sandbox, lambda: [text for text in _texts(sandbox) if "couldn't confirm" in text])
    await _until_ready(bot, False)
    assert len(provider.creates) == 1
    assert not [text for text in _texts(sandbox) if "is backed up" in text]

    filler.unlink()
    await _until(sandbox, lambda: _reports(sandbox, "web-1"))
    await _until_ready(bot, True)
    assert bot.state == "running"
    await ana.types("/backup create db-1")
    await _until(sandbox, lambda: len(provider.creates) == 2)
    provider.finish()
    await _until(sandbox, lambda: _reports(sandbox, "db-1"))
    assert sorted(backup.server.name for backup in provider.creates) == ["db-1", "web-1"]
    assert [len(_reports(sandbox, server)) for server in ("web-1", "db-1")] == [1, 1]


def _fill(file: Path) -> None:
    with suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(4096))


def _texts(sandbox: Sandbox) -> list[str]:
    messages: list[Message] = sandbox.workspace.messages.get("COPS", [])
    return [message.text for message in messages if message.by_bot]


def _reports(sandbox: Sandbox, server: str) -> list[str]:
    report = f"<@UANA> :white_check_mark: *{server}* is backed up"
    return [text for text in _texts(sandbox) if text.startswith(report)]


async def _until_ready(bot: BotProcess, database: bool) -> None:
    async with asyncio.timeout(20.0):
        while (await readiness(bot)).get("database") is not database:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def _until(sandbox: Sandbox, condition: Callable[[], T]) -> T:
    changed = asyncio.Event()
    forget = [sandbox.workspace.listen(lambda _: changed.set()), sandbox.provider.listen(changed.set)]
    try:
        async with asyncio.timeout(20.0):
            while not (found := condition()):
                changed.clear()
                await changed.wait()
    finally:
        for leave in forget:
            leave()
    return found
