"""A whole campaign: every moment for every verb, then at random until there were enough kills."""

import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import count, product

from tests.torture import moments
from tests.torture.asks import KINDS
from tests.torture.rig import Rig, rig
from tests.torture.tally import Tally

KILLS_PER_DATABASE = 120
"""Then a new one is taken, as what is recorded makes each look a little slower."""

NewDatabase = Callable[[], str | None]
Strike = Callable[[int], Awaitable[Tally | None]]


@dataclass
class Campaign:
    """Kills bots until there were `kills`, or `deadline` (monotonic seconds) has come.

    `rows` holds what was counted, by when the kill struck. `new_database` gives the address of an empty
    database, None for an SQLite file.
    """

    kills: int
    new_database: NewDatabase
    history: bool = True
    client_msg_ids: bool = False
    deadline: float = float("inf")
    rows: dict[str, Tally] = field(default_factory=dict)

    @property
    def done(self) -> int:
        """How many kills there were."""
        return sum(tally.kills for tally in self.rows.values())

    @property
    def is_over(self) -> bool:
        """Whether no more kills are wanted."""
        return self.done >= self.kills or time.monotonic() > self.deadline

    async def at_every_moment(self, seed: int) -> None:
        """Kill after each recorded step of each verb, and between each act and its record."""
        async with self._rig(seed) as one:
            for kind in KINDS:
                await self._while_there_are("step recorded", partial(moments.after_step, one, kind))
            for kind, call in product(KINDS, moments.ACTING):
                strike = partial(moments.before_record, one, kind, call)
                await self._while_there_are("acted, not recorded", strike)

    async def at_random(self, seed: int) -> None:
        """Kill at random moments."""
        for number in count():
            async with self._rig(seed * 1000 + number) as one:
                begun = self.done
                while self.done - begun < KILLS_PER_DATABASE:
                    if self.is_over:
                        return
                    self._add("random", await moments.at_random(one))

    def _rig(self, seed: int) -> AbstractAsyncContextManager[Rig]:
        return rig(self.new_database(), seed, history=self.history, client_msg_ids=self.client_msg_ids)

    async def _while_there_are(self, row: str, strike: Strike) -> None:
        for number in count(1):
            if self.is_over:
                return
            tally = await strike(number)
            if tally is None:
                return
            self._add(row, tally)

    def _add(self, row: str, tally: Tally) -> None:
        for problem in tally.problems:
            sys.stderr.write(f"{problem}\n")
        self.rows.setdefault(row, Tally()).add(tally)
        sys.stderr.write(f"{self.done} of {self.kills} kills\r")
