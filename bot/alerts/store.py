"""What the watch remembers, in tables of its own beside the audit trail: alerts, answers, the last snapshot.

Only the replica that leads writes alerts and snapshots; the one that handles a click writes the answer.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from pydantic import BaseModel, ValidationError
from sqlalchemy.dialects import postgresql, sqlite

from bot.alerts.alert import Alert, Answer
from bot.alerts.model import Kind
from bot.operations.database import making_tables
from bot.operations.leader import Leader

log = structlog.get_logger()

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_LOCK = 7_210_533_904
"""Names the lock on PostgreSQL of the replica that watches."""
_PREPARING = 7_210_533_905
"""Names the lock under which the tables are made."""

_metadata = sa.MetaData()


def _table(name: str) -> sa.Table:
    key = sa.Column("name", sa.Text, primary_key=True)
    return sa.Table(name, _metadata, key, sa.Column("value", sa.Text, nullable=False))


_cards, _answers, _memory = _table("alert_cards"), _table("alert_answers"), _table("alert_memory")


@dataclass(frozen=True)
class Remembered:
    """What is remembered: alerts, answers by the alert's id, and values by their name, as JSON."""

    alerts: list[Alert]
    answers: dict[str, Answer]
    memory: Mapping[str, str] = field(default_factory=dict)


class AlertStore:
    """Remembers it. Everything raises SQLAlchemyError if the database can't be asked."""

    def __init__(self, database: sa.Engine) -> None:
        self._database = database
        self._leader = Leader(database, _LOCK, "alerts")

    async def prepare(self) -> None:
        """Make the tables there are none of yet."""
        await self._leader.in_thread(self._prepare)

    async def lead(self) -> Remembered | None:
        """Return what is remembered, if this replica watches; None while another does."""
        return await self._leader.run(_read_all)

    async def remember(
        self,
        alerts: Iterable[Alert] = (),
        memory: Mapping[str, str] | None = None,
        *,
        forget: Iterable[str] = (),
        over: Iterable[Answer] = (),
    ) -> bool:
        """Remember alerts and values, all or nothing; tell whether this replica still watches.

        `forget` are ids of alerts, `over` answers that hold no longer, unless there is a newer one.
        """

        def write(connection: sa.Connection) -> bool:
            for alert in alerts:
                _put(connection, _cards, alert.id, alert.model_dump_json(exclude_defaults=True))
            for name, value in (memory or {}).items():
                _put(connection, _memory, name, value)
            for name in forget:
                for table in (_cards, _answers):
                    connection.execute(table.delete().where(table.c.name == name))
            for answer in over:
                is_it = sa.and_(_answers.c.name == answer.card, _answers.c.value == answer.model_dump_json())
                connection.execute(_answers.delete().where(is_it))
            return True

        return bool(await self._leader.run(write))

    async def find(self, alert_id: str) -> tuple[Alert | None, Answer | None]:
        """Return an alert and the answer to it, on any replica."""

        def read(connection: sa.Connection) -> tuple[Alert | None, Answer | None]:
            return _get(connection, _cards, alert_id, Alert), _get(connection, _answers, alert_id, Answer)

        return await self._in_transaction(read)

    async def open_kinds(self) -> list[Kind]:
        """Return the kind of each open trouble: told, on any replica, and not over."""

        def read(connection: sa.Connection) -> list[Kind]:
            alerts = [readable(Alert, value) for _, value in _rows(connection, _cards)]
            return [told.trouble.kind for alert in alerts if alert for told in alert.lasting]

        return await self._in_transaction(read)

    async def put_answer(self, answer: Answer) -> None:
        """Remember the newest answer to an alert, on any replica."""

        def write(connection: sa.Connection) -> None:
            _put(connection, _answers, answer.card, answer.model_dump_json())

        await self._in_transaction(write)

    async def aclose(self) -> None:
        """Leave the watch to others."""
        await self._leader.aclose()

    async def _in_transaction(self, work: Callable[[sa.Connection], T]) -> T:
        def run() -> T:
            with self._database.begin() as connection:
                return work(connection)

        return await asyncio.to_thread(run)

    def _prepare(self) -> None:
        with making_tables(self._database, _PREPARING) as connection:
            _metadata.create_all(connection)


def _read_all(connection: sa.Connection) -> Remembered:
    alerts = [alert for _, value in _rows(connection, _cards) if (alert := readable(Alert, value))]
    answers = {
        name: found for name, value in _rows(connection, _answers) if (found := readable(Answer, value))
    }
    ordered = sorted(alerts, key=lambda alert: (alert.at, alert.id))
    return Remembered(ordered, answers, dict(_rows(connection, _memory)))


def readable(kind: type[M], value: str) -> M | None:
    """Return what is stored; None if it can't be read, which is logged, and no reason to stop watching."""
    try:
        return kind.model_validate_json(value)
    except ValidationError:
        log.exception("alert_row_unreadable", kind=kind.__name__)
        return None


def _rows(connection: sa.Connection, table: sa.Table) -> list[tuple[str, str]]:
    return [(str(name), str(value)) for name, value in connection.execute(sa.select(table)).all()]


def _get(connection: sa.Connection, table: sa.Table, name: str, kind: type[M]) -> M | None:
    value = connection.scalar(sa.select(table.c.value).where(table.c.name == name))
    return None if value is None else readable(kind, str(value))


def _put(connection: sa.Connection, table: sa.Table, name: str, value: str) -> None:
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    insert = dialect.insert(table).values(name=name, value=value)
    connection.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
