"""The one database: a single SQLite connection, or PostgreSQL sessions that are given up when we are gone."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from bot.audit.model import Intact
from bot.audit.store import AuditTrail
from bot.operations.database import in_use, is_missing, open_database, with_keepalives
from bot.operations.engine import adopt, start, step, workflow
from tests.audit.facts import entry
from tests.metrics.growth import Growth
from tests.operations.harness import EngineHarness, Order, begin, until_ended
from tests.operations.postgres import Postgres

TIMES = ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")
GIVEN_UP_SOON = ["4", "2", "2", "8000"]
MANY = 100
SECONDS = 10.0


@pytest.fixture
def file_database(tmp_path: Path) -> Iterator[sa.Engine]:
    database = open_database(f"sqlite:///{tmp_path}/bot.sqlite")
    yield database
    database.dispose()


def test_errors_are_counted_by_their_class_and_connections_while_they_are_used(
    file_database: sa.Engine,
) -> None:
    growth = Growth()
    # The engine works with a copy that has options of its own.
    ours = file_database.execution_options(schema_translate_map={None: None})
    with ours.connect() as connection:
        assert in_use(file_database) == 1
        with pytest.raises(sa.exc.OperationalError):
            connection.execute(sa.text("select a secret"))
    assert in_use(file_database) == 0
    assert growth.of("database_errors_total") == {("OperationalError",): 1}


@step("database_test_act")
async def act(order: Order) -> str:
    EngineHarness.log.finish(order)
    return order.name


@workflow("database_test_work")
async def do_work(order: Order) -> None:
    adopt(await begin())
    await act(order)


async def test_sqlite_has_one_connection_for_which_a_second_user_waits(file_database: sa.Engine) -> None:
    with file_database.connect():
        second = asyncio.create_task(asyncio.to_thread(file_database.connect))
        await asyncio.wait({second}, timeout=0.2)
        assert not second.done()
    async with asyncio.timeout(SECONDS):
        with await second as connection:
            assert connection.exec_driver_sql("select 1").scalar() == 1


@pytest.mark.parametrize(
    ("name", "value"), [("journal_mode", "wal"), ("busy_timeout", 30_000), ("foreign_keys", 1)]
)
def test_sqlite_is_set_up_for_readers_beside_a_writer(
    file_database: sa.Engine, name: str, value: object
) -> None:
    with file_database.connect() as connection:
        assert connection.exec_driver_sql(f"pragma {name}").scalar() == value


def test_opening_connects_to_nothing_so_that_a_missing_file_is_seen(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/bot.sqlite")
    assert is_missing(database)
    with database.connect():
        pass
    assert not is_missing(database)
    database.dispose()
    assert not is_missing(open_database("postgresql+psycopg://nobody@127.0.0.1:1/nothing"))


@pytest.mark.parametrize("address", ["", "no address", "nodatabase:///x"])
def test_an_address_that_makes_no_sense_is_refused(address: str) -> None:
    with pytest.raises(sa.exc.ArgumentError):
        open_database(address)


async def test_the_audit_trail_and_the_engine_work_on_one_file_at_once(
    harness: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A busy machine is no failure here; an error of the database's is.
    monkeypatch.setattr("bot.operations.engine.RECORD_SECONDS", 30.0)
    monkeypatch.setattr("bot.audit.store.APPEND_SECONDS", 30.0)
    trail = AuditTrail(harness.database)
    await trail.prepare()
    names = [f"w{number}" for number in range(MANY)]
    chained = await asyncio.gather(
        *(trail.append(entry(number)) for number in range(MANY)),
        *(start(do_work, name, Order(name=name)) for name in names),
    )
    await until_ended(*names)
    assert {each.seq for each in chained if each} == set(range(1, MANY + 1))
    verified = await trail.verify()
    assert isinstance(verified, Intact)
    assert verified.entries == MANY
    assert harness.log.finished == {name: [(Order(name=name), False)] for name in names}
    await trail.aclose()


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ("", "8s"),
        ("&options=-c%20lock_timeout=1s", "8s"),
        ("&options=-c%20idle_in_transaction_session_timeout=1min", "1min"),
    ],
)
def test_a_session_is_given_up_unless_the_address_says_otherwise(
    postgres: Postgres, options: str, limit: str
) -> None:
    database = open_database(postgres.new_database() + options)
    with database.connect() as session:
        assert session.exec_driver_sql("show idle_in_transaction_session_timeout").scalar() == limit
    database.dispose()


def test_a_session_by_tcp_is_given_up_when_nothing_is_heard_from_it(postgres: Postgres) -> None:
    address = postgres.new_database()
    with postgres.listening():
        url = with_keepalives(sa.make_url(postgres.over_tcp(address)))
        _, where = url.get_dialect()().create_connect_args(url)
        with closing(psycopg.connect(**where)) as session:
            found = [session.execute(f"show tcp_{name}".encode()).fetchone() for name in TIMES]
        assert found == [(value,) for value in GIVEN_UP_SOON]
        database = open_database(postgres.over_tcp(address))
        with database.connect() as connection:
            shown = [connection.exec_driver_sql(f"show tcp_{name}").scalar() for name in TIMES]
        database.dispose()
    assert shown == GIVEN_UP_SOON


def test_a_session_that_was_cut_is_replaced_before_it_is_used(postgres: Postgres) -> None:
    address = f"{postgres.new_database()}&application_name=cut"
    database = open_database(address)
    for cut in (0, 1):
        assert postgres.end_sessions("cut") == cut
        with database.connect() as connection:
            assert connection.exec_driver_sql("select 1").scalar() == 1
    database.dispose()
