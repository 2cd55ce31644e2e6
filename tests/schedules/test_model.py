"""Which runs are due, which were missed, and how a run went."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.model import Entry
from bot.schedules.model import GRACE, LATE, TOO_LATE, Schedule, is_due, last_run, missed_run, run_key
from bot.timing import Timing, read_timing
from tests.test_timing import MOMENTS, TIMINGS

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
MADE = NOON - timedelta(days=40)


def schedule(timing: Timing, **changed: object) -> Schedule:
    facts: dict[str, object] = {
        "id": "1a2b3c4d5e",
        "servers": ("web-1",),
        "timing": timing,
        "zone": "Europe/Berlin",
        "owner": "UANA",
        "channel": "COPS",
        "active_since": MADE,
    }
    return Schedule.model_validate(facts | changed)


NIGHTLY = schedule(read_timing("every day at 03:00"))
AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
"""The last time of the nightly run before noon."""


@pytest.mark.parametrize(
    ("changed", "late", "due"),
    [
        ({}, timedelta(0), True),
        ({}, LATE, True),
        ({}, timedelta(hours=9), True),
        ({"makes_up": False}, LATE, True),
        ({"makes_up": False}, LATE + timedelta(seconds=1), False),
        # The next one makes it up.
        ({}, timedelta(hours=25), False),
        ({"is_paused": True}, timedelta(0), False),
        ({"active_since": AT}, timedelta(0), False),
        ({"active_since": AT - timedelta(seconds=1)}, timedelta(0), True),
        # Changed just before: the engine notices that up to half a minute later.
        (
            {"active_since": AT - timedelta(seconds=1), "timing": read_timing("every day at 04:00")},
            timedelta(0),
            False,
        ),
    ],
)
def test_which_runs_are_due(changed: dict[str, object], late: timedelta, due: bool) -> None:
    assert is_due(NIGHTLY.model_copy(update=changed), AT, AT + late) is due


def test_what_was_missed_long_ago_is_not_made_up() -> None:
    yearly = schedule(read_timing("cron 0 3 1 1 *"), active_since=datetime(2025, 1, 2, tzinfo=UTC))
    at = datetime(2026, 1, 1, 2, tzinfo=UTC)
    assert is_due(yearly, at, at + TOO_LATE)
    assert not is_due(yearly, at, at + TOO_LATE + timedelta(seconds=1))


def test_the_second_time_in_the_night_when_clocks_go_back_is_not_due() -> None:
    half_past_two = schedule(read_timing("every day at 02:30"), active_since=datetime(2026, 1, 1, tzinfo=UTC))
    first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))
    assert is_due(half_past_two, first, first)
    assert not is_due(half_past_two, second, second)
    assert run_key(half_past_two, first) == run_key(half_past_two, second)


def test_a_run_was_missed_once_the_engine_had_its_time_for_it() -> None:
    assert missed_run(NIGHTLY, None, AT + GRACE - timedelta(seconds=1)) is None
    assert missed_run(NIGHTLY, None, AT + GRACE) == AT
    assert missed_run(NIGHTLY, AT - timedelta(days=1), AT + GRACE) == AT
    assert missed_run(NIGHTLY, AT, AT + timedelta(hours=5)) is None


@given(TIMINGS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=20)))
def test_of_all_that_was_missed_one_run_is_made_up(timing: Timing, now: datetime, down: timedelta) -> None:
    wanted = schedule(timing, active_since=now - timedelta(days=30))
    runs: list[datetime] = []
    for moment in timing.next_runs(now - down, wanted.clock):
        if moment > now or len(runs) > 300:
            break
        runs.append(moment)
    if len(runs) <= 300:
        late = [each for each in runs if now - each > LATE]
        assert sum(is_due(wanted, each, now) for each in late) <= 1


def entry(server: int, event: str, state: str = "") -> Entry:
    return Entry.model_validate(
        {
            "event": event,
            "key": f"{server}:{event}",
            "at": NOON,
            "person": "UANA",
            "operation": f"{server}:create:schedule:1",
            "state": state,
        }
    )


def test_how_a_run_went() -> None:
    assert last_run([]) is None
    entries = [entry(each, "requested") for each in (1, 2, 3, 4)]
    ended = [entry(1, "ended", "done"), entry(2, "ended", "done"), entry(3, "ended", "failed")]
    last = last_run([*entries, *ended])
    assert last
    assert (last.done, last.failed, last.running) == (2, 1, 1)
