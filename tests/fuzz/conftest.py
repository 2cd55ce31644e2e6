"""A recorder in a world that is used for many examples."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import stamina

from tests.fuzz.error_recorder import ErrorRecorder, recording_errors
from tests.world import World


@pytest.fixture(autouse=True)
def hasty_retries() -> Iterator[None]:
    """Reads of VPS.org are retried as ever, but without the pauses."""
    with stamina.set_testing(True, attempts=2):
        yield


@pytest_asyncio.fixture
async def recorder(world: World) -> AsyncIterator[ErrorRecorder]:
    """Someone who sends odd things to the bot and sees what comes of it."""
    world.provider.add_backup("web-1")
    async with recording_errors(world) as watching:
        yield watching
