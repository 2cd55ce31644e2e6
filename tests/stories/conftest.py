"""What all stories share."""

from collections.abc import Iterator

import pytest
import stamina


@pytest.fixture(autouse=True)
def hasty_retries() -> Iterator[None]:
    """Reads of VPS.org are retried as ever, but without the pauses."""
    with stamina.set_testing(True, attempts=4):
        yield
