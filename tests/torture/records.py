"""What the bot has recorded, read from its database while it writes there."""

import time
from collections.abc import Callable

import sqlalchemy as sa

LOOK_SECONDS, REST_SECONDS = 0.0005, 0.02
_UNFINISHED = "status in ('PENDING', 'ENQUEUED', 'DELAYED')"


class Records:
    """Looks into the engine's tables of the database at `url`."""

    def __init__(self, url: str) -> None:
        self._engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        self._schema = "" if self._engine.dialect.name == "sqlite" else "dbos."

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def steps(self) -> int:
        """Return how many steps are recorded."""
        return self._count("operation_outputs")

    def unfinished(self) -> int:
        """Return how many workflows have not ended."""
        return self._count(f"workflow_status where {_UNFINISHED}")

    def wait_until_all_is_done(self, seconds: float) -> list[str]:
        """Return the ids of workflows that have not ended after so many seconds: none, if all is well."""
        deadline = time.monotonic() + seconds
        while self.unfinished() and time.monotonic() < deadline:
            time.sleep(REST_SECONDS)
        return self._ids(_UNFINISHED)

    def broken(self) -> list[str]:
        """Return the ids of workflows that ended in an error, which none should."""
        return self._ids("status in ('ERROR', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED')")

    def _ids(self, condition: str) -> list[str]:
        query = f"select workflow_uuid from {self._schema}workflow_status where {condition}"
        with self._engine.connect() as connection:
            return [str(row[0]) for row in connection.execute(sa.text(query))]

    def wait_for_steps(self, steps: int, *, seconds: float, give_up: Callable[[], bool]) -> bool:
        """Return True once so many steps are recorded; False if there were fewer when it was given up."""
        query = sa.text(f"select count(*) from {self._schema}operation_outputs")
        deadline = time.monotonic() + seconds
        with self._engine.connect() as connection:
            while True:
                # Asked first: on a busy machine all may end between two looks.
                was_given_up = time.monotonic() > deadline or give_up()
                if int(connection.execute(query).scalar_one()) >= steps:
                    return True
                if was_given_up:
                    return False
                time.sleep(LOOK_SECONDS)

    def _count(self, what: str) -> int:
        with self._engine.connect() as connection:
            return int(connection.execute(sa.text(f"select count(*) from {self._schema}{what}")).scalar_one())
