"""A witness in a world that is used for many examples."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import stamina

from tests.fuzz.witness import Witness, witnessing
from tests.world import World


@pytest.fixture(autouse=True)
def hasty_retries() -> Iterator[None]:
    """Reads of VPS.org are retried as ever, but without the pauses."""
    with stamina.set_testing(True, attempts=2):
        yield


@pytest_asyncio.fixture
async def witness(world: World) -> AsyncIterator[Witness]:
    """Someone who sends odd things to the bot and sees what comes of it."""
    world.provider.add_backup("web-1")
    async with witnessing(world) as watching:
        yield watching
