"""Keeping a second process off a SQLite file."""

import asyncio
import fcntl
from io import TextIOWrapper
from pathlib import Path

from bot.errors import BadSettings


class FileLock:
    """The only slot there is on a SQLite file; the system frees it when the process dies."""

    def __init__(self, database: Path) -> None:
        self._database = database
        self._file: TextIOWrapper | None = None

    async def claim(self) -> str:
        """Take the file; raises BadSettings where another process has it, OSError where it can't be had."""
        self._database.parent.mkdir(parents=True, exist_ok=True)
        file = self._database.with_name(f"{self._database.name}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise BadSettings(
                f"DATABASE_URL: another backup-bot is using {self._database}.",
                "Stop it first, or use PostgreSQL to run several.",
            ) from error
        self._file = file
        return "slot-0"

    async def watch(self) -> None:
        """Do nothing until cancelled: nobody else works on the file."""
        await asyncio.Event().wait()

    async def living(self) -> set[str]:
        """Return our slot."""
        return {"slot-0"}

    async def release(self) -> None:
        """Leave the file to others."""
        if self._file is not None:
            self._file.close()
