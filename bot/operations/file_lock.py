"""The only lease there is on a SQLite file: a lock on it, which the system frees when the process dies."""

import asyncio
import errno
import fcntl
import os
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import structlog

from bot.errors import BotError, ConfigurationError, DatabaseInUse
from bot.operations.leases import LOOK_SECONDS, lease_name, terminate_process

log = structlog.get_logger()

_IS_LINUX = sys.platform == "linux"
LOCKED_BYTE = 2**40
"""Which byte of the file is locked: far from those SQLite locks (https://sqlite.org/lockingv3.html)."""


class FileLock:
    """Keeps other bots from a SQLite file.

    The lock is on the file itself, where nobody can delete it, at a byte of no concern to SQLite. Only Linux
    has such locks; elsewhere, for trying the bot out, it is on a file beside. `terminate` ends the process.
    """

    def __init__(self, database: Path, *, terminate: Callable[[], object] = terminate_process) -> None:
        self._database = database
        self._locked = database if _IS_LINUX else Path(f"{database}.lock")
        self._terminate = terminate
        self._file: int | None = None

    async def claim(self) -> str:
        """Take the file, and make it if it is missing.

        Raises:
            DatabaseInUse: another process has it.
            ConfigurationError: it is none that can be used.
            OSError: it can't be opened.
        """
        if self._database.exists() and not self._database.is_file():
            raise ConfigurationError(f"DATABASE_URL: {self._database} is not a file.", hint="Name a file.")
        self._database.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._locked, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _set_lock(file, fcntl.F_WRLCK)
        except OSError as error:
            os.close(file)
            raise self._refused(error) from error
        self._file = file
        return lease_name(0)

    async def hold(self) -> None:
        """End the process when its file is deleted or replaced, as what it records would be lost."""
        while True:
            if await asyncio.to_thread(self._is_gone):
                break
            await asyncio.sleep(LOOK_SECONDS)
        log.critical("database_gone")
        self._terminate()

    async def live_leases(self) -> set[str]:
        """Return our lease."""
        return {lease_name(0)}

    async def release(self) -> None:
        """Leave the file to others."""
        if self._file is not None:
            # It stays open: to close it would take from SQLite the locks of its own on this file
            # (https://sqlite.org/howtocorrupt.html, section 2.2).
            _set_lock(self._file, fcntl.F_UNLCK)
            self._file = None

    def _is_gone(self) -> bool:
        if self._file is None:
            return False
        try:
            return not os.path.samestat(self._locked.stat(), os.fstat(self._file))
        except FileNotFoundError:
            return True
        except OSError:  # Whatever it is, it may pass.
            return False

    def _refused(self, error: OSError) -> BotError:
        if error.errno in {errno.EAGAIN, errno.EACCES}:
            return DatabaseInUse(str(self._database))
        return ConfigurationError(
            f"DATABASE_URL: {self._database} can't be locked ({error.strerror}), so a second bot could "
            "use it at the same time.",
            hint="Put it on a local disk, as network drives often have no locks; or use PostgreSQL.",
        )


def _set_lock(file: int, kind: int) -> None:
    """Lock an open file, or unlock it; raises OSError if another process has it."""
    if _IS_LINUX:
        # The kind of lock that another open of the file doesn't share, and its close doesn't free (fcntl(2)).
        lock = struct.pack("hhqqi0q", kind, os.SEEK_SET, LOCKED_BYTE, 1, 0)
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock)
    else:
        fcntl.flock(file, fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB)
