"""Sessions that PostgreSQL watches, whatever else the database's address asks for."""

from contextlib import closing

import psycopg
import pytest
import sqlalchemy as sa

from bot.operations.session import watched
from tests.operations.postgres import Postgres

TIMES = ("keepalives_idle", "keepalives_interval", "keepalives_count", "user_timeout")


@pytest.mark.parametrize(
    ("options", "limit"),
    [
        ("", "8s"),
        ("&options=-c%20lock_timeout=1s", "8s"),
        ("&options=-c%20idle_in_transaction_session_timeout=1min", "1min"),
    ],
)
def test_a_session_is_watched_unless_the_address_says_otherwise(
    postgres: Postgres, options: str, limit: str
) -> None:
    engine = sa.create_engine(watched(sa.make_url(postgres.new_database() + options)))
    with engine.connect() as session:
        assert session.exec_driver_sql("show idle_in_transaction_session_timeout").scalar() == limit
    engine.dispose()


def test_a_session_by_tcp_is_given_up_when_nothing_is_heard_from_it(postgres: Postgres) -> None:
    address = postgres.new_database()
    with postgres.listening():
        url = watched(sa.make_url(postgres.over_tcp(address)))
        _, where = url.get_dialect()().create_connect_args(url)
        with closing(psycopg.connect(**where)) as session:
            found = [session.execute(f"show tcp_{name}".encode()).fetchone() for name in TIMES]
    assert found == [("4",), ("2",), ("2",), ("8000",)]
