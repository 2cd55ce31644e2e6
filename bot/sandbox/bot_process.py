"""The unmodified bot as a child process, told everything by environment variables."""

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import aiohttp

from bot.sandbox.child import Child, Spawn, spawn

COMMAND = (sys.executable, "-m", "bot", "run")
SOURCES = Path(__file__).parents[2]

KEPT_LINES = 500
STOP_SECONDS = 10.0
READY_CHECK_SECONDS = 0.05

PASSED_ON = frozenset({"HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ"})
"""The only variables the bot gets from ours: no tokens, and no proxies, which would be used for loopback."""


class BotStopped(Exception):
    """The bot ended before it was ready; the message holds its last words."""


class BotProcess:
    """The bot's process, and the last lines of its log.

    `state` is "starting", "running", "stopped" or "exited N" (the exit code, or minus the signal's number).
    `environment` must hold `BOT_PORT`, where the bot answers `/readyz`. `directory` is where it runs: one
    without an `.env` file, which the bot would read. `changed` is called at each change of state and each
    new line. `spawn` starts it.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        directory: Path,
        command: Sequence[str] = COMMAND,
        spawn: Spawn = spawn,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.environment = dict(environment)
        self.state = "stopped"
        self.lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._directory = directory
        self._command = command
        self._spawn = spawn
        self._changed = changed
        self._process: Child | None = None
        self._watching: asyncio.Task[None] | None = None
        self._asked_to_stop = False
        self._settled = asyncio.Event()
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """The process id while there is a process."""
        return self._process.pid if self._process else None

    @property
    def metrics_address(self) -> str:
        """Where it tells Prometheus what it has measured."""
        return f"http://127.0.0.1:{self.environment['BOT_PORT']}/metrics"

    async def start(self) -> None:
        """Start it, unless it runs; see `ready`."""
        async with self._turn:
            await self._start()

    async def stop(self) -> None:
        """Ask it to end (SIGTERM); after 10 s, make it."""
        async with self._turn:
            await self._end(signal.SIGTERM)

    async def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        async with self._turn:
            await self._end(signal.SIGKILL)

    async def restart(self) -> None:
        """Stop it and start it again."""
        async with self._turn:
            await self._end(signal.SIGTERM)
            await self._start()

    async def ready(self, seconds: float = 30.0) -> None:
        """Wait until it says that it is ready.

        Raises:
            BotStopped: it ended instead.
            TimeoutError: neither happened within that many seconds.
        """
        async with asyncio.timeout(seconds):
            await self._settled.wait()
        if self.state != "running":
            raise BotStopped("\n".join([f"The bot has {self.state}.", *list(self.lines)[-20:]]))

    async def ended(self) -> None:
        """Wait until there is no process."""
        if self._watching is not None:
            await asyncio.wait({self._watching})

    async def _start(self) -> None:
        if self._process is not None:
            return
        self._settled.clear()
        self._asked_to_stop = False
        inherited = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        environment = {**inherited, "PYTHONPATH": str(SOURCES), "PYTHONUNBUFFERED": "1", **self.environment}
        self._process = await self._spawn(self._command, self._directory, environment)
        self._become("starting")
        self._watching = asyncio.create_task(self._watch(self._process))

    async def _end(self, how: signal.Signals) -> None:
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        self._asked_to_stop = how == signal.SIGTERM
        with suppress(ProcessLookupError):
            process.send_signal(how)
        await asyncio.wait({watching}, timeout=STOP_SECONDS)
        if not watching.done():
            with suppress(ProcessLookupError):
                process.kill()
            await asyncio.wait({watching})

    async def _watch(self, process: Child) -> None:
        asking = asyncio.create_task(self._ask_until_ready())
        if process.stdout is not None:
            await self._read(process.stdout)
        code = await process.wait()
        asking.cancel()
        await asyncio.wait({asking})
        self._process = None
        self._become("stopped" if self._asked_to_stop else f"exited {code}")
        self._settled.set()

    async def _read(self, output: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await output.readline()
            except ValueError:  # longer than LONGEST_LINE
                line = b"(a line too long to show)\n"
            if not line:
                return
            self.lines.append(line.decode(errors="replace").rstrip())
            self._changed()

    async def _ask_until_ready(self) -> None:
        address = f"http://127.0.0.1:{self.environment['BOT_PORT']}/readyz"
        async with aiohttp.ClientSession() as session:
            while True:
                if await _says_ready(session, address):
                    break
                await asyncio.sleep(READY_CHECK_SECONDS)
        self._become("running")
        self._settled.set()

    def _become(self, state: str) -> None:
        self.state = state
        self._changed()


async def _says_ready(session: aiohttp.ClientSession, address: str) -> bool:
    try:
        async with session.get(address, timeout=aiohttp.ClientTimeout(total=1.0)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False
