"""What one replica does for all: one at a time, by the database's word, also when that is lost."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.operations.database import open_database
from bot.operations.leader import Leader

LOCK = 4711
_numbers = sa.Table("numbers", sa.MetaData(), sa.Column("number", sa.BigInteger, nullable=False))


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty table in a database of each kind."""
    address = f"sqlite:///{tmp_path}/bot.sqlite"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgres").new_database()
    opened = open_database(address)
    _numbers.metadata.create_all(opened)
    yield opened
    opened.dispose()


def insert(connection: sa.Connection) -> bool:
    connection.execute(_numbers.insert().values(number=1))
    return True


def insert_and_break(connection: sa.Connection) -> None:
    insert(connection)
    raise LookupError


def end_session(connection: sa.Connection) -> None:
    connection.execute(sa.text("select pg_terminate_backend(pg_backend_pid())"))


def count(database: sa.Engine) -> int:
    with database.connect() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(_numbers)) or 0)


async def takes_over(leader: Leader) -> None:
    """Let it lead: PostgreSQL may take a moment until it notices that a session has ended."""
    for _ in range(500):
        if await leader.run(insert):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody leads")


async def test_what_breaks_is_undone_and_the_lead_is_kept(database: sa.Engine) -> None:
    leader = Leader(database, LOCK, "test")
    with pytest.raises(LookupError):
        await leader.run(insert_and_break)
    assert count(database) == 0
    assert await leader.run(insert) is True
    assert count(database) == 1
    await leader.aclose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_one_leads_at_a_time_and_another_when_it_is_gone(database: sa.Engine) -> None:
    first, second = Leader(database, LOCK, "first"), Leader(database, LOCK, "second")
    other = Leader(database, LOCK + 1, "other")
    assert [await each.run(insert) for each in (first, second, other)] == [True, None, True]
    with pytest.raises(sa.exc.SQLAlchemyError):
        await first.run(end_session)
    assert [await each.run(insert) for each in (second, first)] == [True, None]
    await second.aclose()
    await takes_over(first)
    assert count(database) == 4
    await first.aclose()
    await other.aclose()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
async def test_a_claim_that_breaks_leaves_neither_a_session_nor_the_lock(database: sa.Engine) -> None:
    def break_off(*_: object) -> None:
        sa.event.remove(database, "after_cursor_execute", break_off)
        raise sa.exc.SQLAlchemyError

    first, second = Leader(database, LOCK, "first"), Leader(database, LOCK, "second")
    sa.event.listen(database, "after_cursor_execute", break_off)
    with pytest.raises(sa.exc.SQLAlchemyError) as broken:
        await first.run(insert)
    assert database.pool.checkedout() == 0, broken  # type: ignore[attr-defined]
    await takes_over(second)
    await first.aclose()
    await second.aclose()
