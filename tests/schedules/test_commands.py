"""What is typed after `/backup schedule`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import Misuse, UsageError
from bot.schedules.commands import CreateSchedule, as_command, read_schedule
from bot.timing import read_timing
from tests.test_timing import TIMINGS

NIGHTLY = read_timing("every day at 03:00")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("create web-1 every day at 03:00", CreateSchedule(("web-1",), NIGHTLY)),
        ("create web-1 every day at 03:00 keep 7", CreateSchedule(("web-1",), NIGHTLY, 7)),
        ('create db-* cron "0 3 * * *"', CreateSchedule(("db-*",), NIGHTLY)),
        ("create db-* cron 0 3 * * *, keep 2", CreateSchedule(("db-*",), NIGHTLY, 2)),
        (
            "create web-1, web-2 and databases daily at 3am",
            CreateSchedule(("web-1", "web-2", "databases"), NIGHTLY),
        ),
        ('create "my daily box" every day at 03:00', CreateSchedule(("my daily box",), NIGHTLY)),
        (
            "new web-1 every day at 03:00 keep 7 and make room skip missed runs",
            CreateSchedule(("web-1",), NIGHTLY, 7, makes_room=True, makes_up=False),
        ),
        ("create", CreateSchedule()),
        ("create every day at 03:00", CreateSchedule((), NIGHTLY)),
    ],
)
def test_what_is_typed_is_read(typed: str, wanted: CreateSchedule) -> None:
    assert read_schedule(typed) == wanted


@pytest.mark.parametrize("typed", ["", "  ", "list", "show"])
def test_the_list(typed: str) -> None:
    assert read_schedule(typed) is None


@pytest.mark.parametrize(
    ("typed", "misuse"),
    [
        ("web-1 every day", Misuse.UNKNOWN_WORDS),
        ("create web-1", Misuse.NO_TIMING),
        ("create web-1 every blue moon", Misuse.UNKNOWN_TIMING),
        ("create web-1 every day at 03:00 keep 10", Misuse.NO_KEEP),
        ("create web-1 every day at 03:00 keep 0", Misuse.NO_KEEP),
        ("create web-1 every day at 03:00 keep all", Misuse.NO_KEEP),
        ('create "web-1 every day at 03:00', Misuse.OPEN_QUOTE),
        ("create web-1 keep 7", Misuse.NO_TIMING),
    ],
)
def test_what_makes_no_sense_is_refused(typed: str, misuse: Misuse) -> None:
    with pytest.raises(UsageError) as refused:
        read_schedule(typed)
    assert refused.value.misuse is misuse


NAMES = st.sampled_from(
    ["web-1", "db-*", "a?", "databases", "and", "daily", "cron", "my box", "it's", 'say "x"']
)
WANTED = st.builds(
    CreateSchedule,
    st.lists(NAMES, min_size=1, max_size=4, unique=True).map(tuple),
    TIMINGS,
    st.none() | st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)


@given(WANTED)
def test_what_we_write_we_can_read(wanted: CreateSchedule) -> None:
    assert read_schedule(as_command(wanted)) == wanted


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        read_schedule(f"create {text}")
    except UsageError:
        return
