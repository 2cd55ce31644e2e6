"""The bot as a process that is killed and started again, over and over."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

SOURCES = Path(__file__).parents[2]
PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR", "TZ")
READY_SECONDS = 30.0
LOOK_SECONDS = 0.02


class Victim:
    """Bots one after the other, in `directory` and with `environment`. `log` holds what they all said."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self.environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.environment |= environment
        self.log = directory / "bot.log"
        self._directory = directory
        self._nursery: asyncio.subprocess.Process | None = None
        self._pid: int | None = None

    async def __aenter__(self) -> Self:
        self._nursery = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.torture.nursery",
            cwd=SOURCES,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()
        if self._nursery is not None and self._nursery.stdin is not None:
            self._nursery.stdin.close()
            await self._nursery.wait()

    async def start(self) -> None:
        """Start a bot; see `ready`."""
        order = {"environment": self.environment, "directory": str(self._directory), "log": str(self.log)}
        self._pid = await self._order(order)

    def strike(self) -> None:
        """Kill it this instant; `kill` must follow. May be called from any thread."""
        if self._pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)

    async def kill(self) -> None:
        """Kill it, if it lives, and wait until it is dead."""
        self.strike()
        if self._pid is not None:
            pid, self._pid = self._pid, None
            await self._order({"kill": pid})

    async def ready(self) -> None:
        """Wait until it says that it is connected; raise TimeoutError with its last words after 30 s."""
        address = f"http://127.0.0.1:{self.environment['BOT_PORT']}/readyz"
        try:
            async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
                while not await _says_ready(session, address):  # noqa: ASYNC110
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError:
            raise TimeoutError(f"the bot is not ready:\n{self.log.read_text()[-2000:]}") from None

    async def _order(self, order: Mapping[str, object]) -> int:
        if self._nursery is None or self._nursery.stdin is None or self._nursery.stdout is None:
            raise RuntimeError("the nursery is closed")
        self._nursery.stdin.write(f"{json.dumps(order)}\n".encode())
        return int(await self._nursery.stdout.readline())


async def _says_ready(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address, timeout=aiohttp.ClientTimeout(total=1.0)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
