"""Taking over: only what was really taken is told of."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.operations import slots as module
from bot.operations.slots import Slots
from tests.operations.postgres import Postgres

SECONDS = 10.0


class LateHeir:
    """One to whom nothing is left, as another was quicker."""

    def __init__(self) -> None:
        self.tries = asyncio.Semaphore(0)

    async def has_left(self, slots: Sequence[str]) -> set[str]:
        return {"slot-7"} & set(slots)

    async def take_over(self, slot: str) -> int:
        assert slot == "slot-7"
        self.tries.release()
        return 0


async def test_what_another_was_quicker_to_take_is_not_told_of(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.02)
    heir = LateHeir()
    slots = Slots(sa.make_url(postgres.new_database()), heir)
    await slots.claim()
    with capture_logs() as lines:
        watching = asyncio.create_task(slots.watch())
        async with asyncio.timeout(SECONDS):
            for _ in range(2):
                await heir.tries.acquire()
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
    await slots.release()
    assert lines == []
