"""What all stories share."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import stamina

from bot.slack.websocket import SocketTimeouts
from tests.world import World


@pytest.fixture(autouse=True)
def hasty_retries() -> Iterator[None]:
    """Reads of VPS.org are retried as ever, but without the pauses."""
    with stamina.set_testing(True, attempts=4):
        yield


@pytest.fixture
def quick_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot notices within a second that a socket is dead or deaf."""
    monkeypatch.setattr(World, "pings_every", 0.1)
    quick = SocketTimeouts(
        ping=2.0, hello=2.0, deaf=1.0, unpinged=1.0, retire=0.5, first_pause=0.01, longest_pause=0.05
    )
    monkeypatch.setattr("bot.slack.socket.SocketTimeouts", lambda: replace(quick))
