"""What VPS.org only limited is called again when it allows; nothing else is."""

from dataclasses import dataclass
from typing import Any

import pytest

from bot.backups import limited
from bot.backups.limited import LONGEST_WAIT, MOST_WAITS, while_limited
from bot.errors import Busy, Failure, Silence, Unreachable


@dataclass
class Result:
    """What a call came to."""

    failure: Failure | None = None


class Calls:
    """Calls that come to what they are told to, one after the other, and how long was waited between."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *failures: Any) -> None:
        self._results = [Result(Failure.of(each) if each else None) for each in failures]
        self.made = 0
        self.waits: list[float] = []
        monkeypatch.setattr(limited, "pause", self.pause)

    async def call(self) -> Result:
        self.made += 1
        return self._results[min(self.made, len(self._results)) - 1]

    async def pause(self, seconds: float) -> None:
        self.waits.append(seconds)


LIMITED = Busy(status=429, retry_after=2.0)


async def test_it_waits_as_long_as_it_is_asked_to(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, LIMITED, Busy(status=429, retry_after=7.0), None)
    assert (await while_limited(calls.call)).failure is None
    assert (calls.made, calls.waits) == (3, [2.0, 7.0])


async def test_it_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, LIMITED)
    failure = (await while_limited(calls.call)).failure
    assert failure == Failure.of(LIMITED)
    assert (calls.made, len(calls.waits)) == (MOST_WAITS + 1, MOST_WAITS)


@pytest.mark.parametrize(
    "error",
    [
        Busy(status=429),
        Busy(status=429, retry_after=LONGEST_WAIT + 1),
        Busy(status=429, retry_after=2.0, may_have_acted=True),
        Busy(status=409, retry_after=2.0),
        Busy(status=503, retry_after=2.0, may_have_acted=True),
        Unreachable(silence=Silence.TIMED_OUT, retry_after=2.0),
        None,
    ],
    ids=repr,
)
async def test_whatever_else_it_comes_to_is_the_answer(
    monkeypatch: pytest.MonkeyPatch, error: Busy | Unreachable | None
) -> None:
    calls = Calls(monkeypatch, error)
    await while_limited(calls.call)
    assert (calls.made, calls.waits) == (1, [])


async def test_before_it_calls_again_it_looks_whether_it_still_may(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = Calls(monkeypatch, LIMITED, None)

    async def refuse() -> None:
        raise PermissionError

    with pytest.raises(PermissionError):
        await while_limited(calls.call, refuse)
    assert calls.made == 1
