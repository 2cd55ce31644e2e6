"""A new, empty database for each bot that is measured."""

from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import Protocol

import sqlalchemy as sa

from tests.operations.postgres import Postgres


class Databases(Protocol):
    """Gives addresses as DATABASE_URL takes them."""

    def new(self) -> str:
        """Return the address of a database that nobody has used."""

    def remove(self) -> None:
        """Take away all that were given."""


class Files:
    """SQLite files in a folder, which goes with all that is in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    def new(self) -> str:
        """Return the address of a file that is not there yet."""
        return f"sqlite:///{self._folder / f'bench-{next(self._numbers)}.sqlite'}"

    def remove(self) -> None:
        """Leave them to whoever removes the folder."""


class OwnServer:
    """Databases of a PostgreSQL server that lives as long as the bench."""

    def __init__(self) -> None:
        self._server = Postgres()

    def new(self) -> str:
        """Return the address of a new database."""
        return self._server.new_database()

    def remove(self) -> None:
        """Stop the server and remove all it has written."""
        self._server.remove()


class GivenServer:
    """Databases beside the one at that address, whose user must be allowed to make some."""

    def __init__(self, address: str) -> None:
        self._address = sa.make_url(address)
        self._made: list[str] = []

    def new(self) -> str:
        """Return the address of a new database."""
        name = f"backup_bot_bench_{token_hex(4)}"
        self._execute(f'create database "{name}"')
        self._made.append(name)
        return self._address.set(database=name).render_as_string(hide_password=False)

    def remove(self) -> None:
        """Drop the databases."""
        for name in self._made:
            self._execute(f'drop database if exists "{name}" with (force)')

    def _execute(self, statement: str) -> None:
        engine = sa.create_engine(self._address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()


def databases(wanted: str, folder: Path) -> Databases:
    """Return those that "sqlite", "postgresql" or the address of a PostgreSQL database stand for."""
    if wanted == "sqlite":
        return Files(folder)
    return OwnServer() if wanted == "postgresql" else GivenServer(wanted)
