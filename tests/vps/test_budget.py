"""One person who looks all the time does not use up what VPS.org allows us for all."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import AskedTooOften
from bot.vps.budget import LookBudget


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_so_many_looks_at_once_then_one_at_a_time_and_others_are_not_concerned() -> None:
    clock = Clock()
    budget = LookBudget(30, 60.0, clock=clock)
    for _ in range(30):
        budget.spend("UANA")
    for _ in range(3):
        with pytest.raises(AskedTooOften) as refused:
            budget.spend("UANA")
        assert refused.value.seconds == pytest.approx(2.0)
    budget.spend("UBEN")
    clock.now += 2.01
    budget.spend("UANA")
    with pytest.raises(AskedTooOften):
        budget.spend("UANA")
    clock.now += 60
    for _ in range(30):
        budget.spend("UANA")


@given(st.lists(st.floats(0, 10), max_size=200))
def test_never_more_than_so_many_a_minute_and_as_many_again(pauses: list[float]) -> None:
    clock, passed = Clock(), list[float]()
    budget = LookBudget(5, 10.0, clock=clock)
    for pause in pauses:
        clock.now += pause
        with suppress(AskedTooOften):
            budget.spend("UANA")
            passed.append(clock.now)
    for at in passed:
        assert len([each for each in passed if at <= each < at + 10.0]) <= 10


def test_those_who_have_not_looked_for_long_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.vps.budget.MOST_PEOPLE", 3)
    clock = Clock()
    budget = LookBudget(1, 10.0, clock=clock)
    for number in range(3):
        budget.spend(f"U{number}")
    clock.now += 5
    budget.spend("UANA")
    with pytest.raises(AskedTooOften):
        budget.spend("U0")
    clock.now += 6
    budget.spend("UBEN")
    with pytest.raises(AskedTooOften):
        budget.spend("UANA")
