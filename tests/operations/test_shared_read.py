"""One read for all who ask at once, and never one that is older than the question."""

import asyncio

import pytest

from bot.operations.shared_read import SharedRead


class Source:
    """A number that changes, and takes until `open` is set to be read."""

    def __init__(self) -> None:
        self.number = 0
        self.reads = 0
        self.open = asyncio.Event()
        self.fails = False

    async def read(self) -> int:
        self.reads += 1
        found = self.number
        await self.open.wait()
        if self.fails:
            raise OSError("away")
        return found


async def passes() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_who_ask_meanwhile_share_the_next_read_and_see_what_was_before_they_asked() -> None:
    source = Source()
    shared = SharedRead(source.read)
    first = asyncio.create_task(shared())
    await passes()
    source.number = 1
    others = [asyncio.create_task(shared()) for _ in range(50)]
    await passes()
    assert source.reads == 1
    source.open.set()
    assert await first == 0
    assert await asyncio.gather(*others) == [1] * 50
    assert source.reads == 2
    source.number = 2
    assert await shared() == 2


async def test_an_error_is_for_those_who_asked_and_the_next_are_read_for() -> None:
    source = Source()
    source.fails = True
    source.open.set()
    shared = SharedRead(source.read)
    for answer in await asyncio.gather(*(shared() for _ in range(3)), return_exceptions=True):
        assert isinstance(answer, OSError)
    source.fails = False
    assert await shared() == 0


async def test_who_gives_up_takes_nothing_from_the_others() -> None:
    source = Source()
    shared = SharedRead(source.read)
    staying = asyncio.create_task(shared())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(shared(), 0.01)
    source.open.set()
    assert await staying == 0
