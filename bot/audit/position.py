"""How far the trail has been copied to a channel, kept beside it: a restart loses and doubles nothing.

Of several replicas one copies at a time (`operations/leader.py`).
"""

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from bot.audit import table
from bot.audit.model import GENESIS
from bot.operations.database import making_tables
from bot.operations.leader import Leader

_LOCK = 7_210_533_902
"""Names the lock on PostgreSQL of the replica that copies."""
_PREPARING = 7_210_533_903
"""Names the lock under which the table is made."""

_positions = sa.Table(
    "audit_mirror",
    sa.MetaData(),
    sa.Column("channel", sa.Text, primary_key=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("refusals", sa.BigInteger, nullable=False),
    sa.Column("merging", sa.BigInteger, nullable=False),
)


class Position(BaseModel):
    """The last entry that was copied, by number and hash ("" if that is not known).

    Refusals are copied later than others, merged: up to number `refusals`, and now up to `merging`, if that
    is more.
    """

    model_config = ConfigDict(frozen=True)

    seq: int = 0
    hash: str = GENESIS
    refusals: int = 0
    merging: int = 0

    @property
    def is_merging(self) -> bool:
        """True if refusals were about to be copied."""
        return self.merging > self.refusals

    def past(self, seq: int, last_hash: str, *, is_refusal: bool) -> "Position":
        """Return the position after the next entry; a refusal is passed by, to be copied later."""
        if is_refusal or self.refusals < self.seq:
            return self.model_copy(update={"seq": seq, "hash": last_hash})
        return Position(seq=seq, hash=last_hash, refusals=seq, merging=seq)


class MirrorPosition:
    """The position of one channel. Everything raises SQLAlchemyError if the database can't be asked."""

    def __init__(self, database: sa.Engine, channel: str) -> None:
        self._database = database
        self._channel = channel
        self._leader = Leader(database, _LOCK, "audit-mirror")

    async def prepare(self) -> None:
        """Begin at the end of the trail, if nothing was ever copied to this channel."""
        await self._leader.in_thread(self._prepare)

    async def claim(self) -> Position | None:
        """Return where to go on; None while another replica copies."""
        return await self._leader.run(lambda connection: _read(connection, self._channel))

    async def move(self, position: Position) -> None:
        """Record how far it has come."""

        def write(connection: sa.Connection) -> None:
            where = _positions.c.channel == self._channel
            connection.execute(_positions.update().where(where).values(position.model_dump()))

        await self._leader.run(write)

    async def end_of_trail(self) -> Position:
        """Return the position at which nothing is left to copy."""
        return await self._leader.in_thread(self._end_of_trail)

    async def aclose(self) -> None:
        """Leave the copying to others."""
        await self._leader.aclose()

    def _prepare(self) -> None:
        with making_tables(self._database, _PREPARING) as connection:
            _positions.metadata.create_all(connection)
            if _read(connection, self._channel) is None:
                at_end = _end_of_trail(connection).model_dump()
                connection.execute(_positions.insert().values(channel=self._channel, **at_end))

    def _end_of_trail(self) -> Position:
        with self._database.connect() as connection:
            return _end_of_trail(connection)


def _end_of_trail(connection: sa.Connection) -> Position:
    seq, last_hash = table.end_of_trail(connection)
    return Position(seq=seq, hash=last_hash, refusals=seq, merging=seq)


def _read(connection: sa.Connection, channel: str) -> Position | None:
    found = connection.execute(sa.select(_positions).where(_positions.c.channel == channel))
    row = found.mappings().first()
    return Position.model_validate(dict(row)) if row else None
