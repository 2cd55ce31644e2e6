"""Child processes: a command whose output we read, and which does not outlive us."""

import asyncio
import ctypes
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

LONGEST_LINE = 1 << 20
"""How long a line of output may be, in bytes."""

PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child(Protocol):
    """What we use of a child process; `asyncio.subprocess.Process` has it."""

    pid: int
    stdout: asyncio.StreamReader | None

    def send_signal(self, signal: int, /) -> None:
        """Send it a signal."""

    def kill(self) -> None:
        """End it at once (SIGKILL)."""

    async def wait(self) -> int:
        """Return its exit code, or minus the number of the signal that ended it, once it has ended."""


Spawn = Callable[[Sequence[str], Path, Mapping[str, str]], Awaitable[Child]]
"""Starts a command in a folder, with an environment, as `spawn` does."""


async def spawn(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Child:
    """Start a command whose output and errors come as `stdout`.

    On Linux it is asked to end when this process ends, however that happens.
    """
    return await asyncio.create_subprocess_exec(
        *command,
        cwd=directory,
        env=environment,
        limit=LONGEST_LINE,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in a terminal is for us; we then stop the child in our own time
        preexec_fn=die_with_parent,
    )


def die_with_parent(how: signal.Signals = signal.SIGTERM) -> None:
    """Have this new process sent a signal when the one that started it ends; does nothing but on Linux."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, how)
