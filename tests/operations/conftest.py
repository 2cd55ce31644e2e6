"""A PostgreSQL for the tests of several replicas."""

import subprocess
from collections.abc import Iterator

import pytest

from tests.operations.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; where it can't run, its tests are skipped."""
    try:
        server = Postgres()
    except (OSError, subprocess.SubprocessError) as error:
        pytest.skip(f"PostgreSQL can't run here: {error}")
    yield server
    server.remove()
