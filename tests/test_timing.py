"""When a schedule runs: words and cron read into one thing, said in words that read back, and its runs."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from croniter import croniter  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.errors import Misuse, UsageError
from bot.timing import DAYS, Timing, describe, is_second_time, local_minute, read_timing

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@pytest.mark.parametrize(
    ("typed", "cron", "said"),
    [
        ("every day at 03:00", "0 3 * * *", "every day at 03:00"),
        ("Every day at 3am", "0 3 * * *", "every day at 03:00"),
        ("daily", "0 0 * * *", "every day at 00:00"),
        ("daily at noon", "0 12 * * *", "every day at 12:00"),
        ("every 6 hours", "0 0,6,12,18 * * *", "every 6 hours"),
        ("every 6 hours at :30", "30 0,6,12,18 * * *", "every 6 hours at :30"),
        ("hourly", "0 * * * *", "every hour"),
        ("every 15 minutes", "0,15,30,45 * * * *", "every 15 minutes"),
        ("every monday and thursday at 2pm", "0 14 * * 1,4", "every Monday and Thursday at 14:00"),
        ("mon, wed and fri at 02:30", "30 2 * * 1,3,5", "every Monday, Wednesday and Friday at 02:30"),
        ("mondays at 12am", "0 0 * * 1", "every Monday at 00:00"),
        ("every weekday at 03:00", "0 3 * * 1-5", "every weekday at 03:00"),
        ("every weekend at 03:00", "0 3 * * 0,6", "every Saturday and Sunday at 03:00"),
        ("weekly", "0 0 * * 0", "every Sunday at 00:00"),
        ("weekly on friday at 22:00", "0 22 * * 5", "every Friday at 22:00"),
        ("every month on the 1st at 04:00", "0 4 1 * *", "every month on the 1st at 04:00"),
        ("monthly on the 1st and 15th at 4pm", "0 16 1,15 * *", "every month on the 1st and 15th at 16:00"),
        ("every day at 03:00 and 15:00", "0 3,15 * * *", "every day at 03:00 and 15:00"),
        ('cron "0 3 * * *"', "0 3 * * *", "every day at 03:00"),
        ("cron “0 3 1-7 * MON”", "0 3 1-7 * 1", 'cron "0 3 1-7 * 1"'),
        ("cron */30 8-18 * jan,dec *", "0,30 8-18 * 1,12 *", 'cron "0,30 8-18 * 1,12 *"'),
        ("cron 0 3 * * sat-sun", "0 3 * * 0,6", "every Saturday and Sunday at 03:00"),
        ("cron 0 3 * * 7", "0 3 * * 0", "every Sunday at 03:00"),
    ],
)
def test_words_and_cron_are_read_and_said(typed: str, cron: str, said: str) -> None:
    timing = read_timing(typed)
    assert (timing.cron, describe(timing)) == (cron, said)


@pytest.mark.parametrize(
    ("typed", "misuse"),
    [
        ("", Misuse.UNKNOWN_TIMING),
        ("every", Misuse.UNKNOWN_TIMING),
        ("sometimes", Misuse.UNKNOWN_TIMING),
        ("every day at 3", Misuse.UNKNOWN_TIMING),
        ("every day at 25:00", Misuse.UNKNOWN_TIMING),
        ("every day at 13pm", Misuse.UNKNOWN_TIMING),
        ("every 5 hours", Misuse.UNKNOWN_TIMING),
        ("every 0 hours", Misuse.UNKNOWN_TIMING),
        ("every hour at :99", Misuse.UNKNOWN_TIMING),
        ("every 7 minutes", Misuse.UNKNOWN_TIMING),
        ("every day at 03:00 and 15:30", Misuse.UNKNOWN_TIMING),
        ("every moonday at 03:00", Misuse.UNKNOWN_TIMING),
        ("every month on the 32nd at 03:00", Misuse.UNKNOWN_TIMING),
        ("cron 0 3 * *", Misuse.UNKNOWN_TIMING),
        ("cron 0 24 * * *", Misuse.UNKNOWN_TIMING),
        ("cron 0 3 * * * *", Misuse.UNKNOWN_TIMING),
        ("cron 5-1 3 * * *", Misuse.UNKNOWN_TIMING),
        ("cron */0 3 * * *", Misuse.UNKNOWN_TIMING),
        ("cron 0 3 30 2 *", Misuse.NEVER_RUNS),
        ("cron * 3 * * *", Misuse.TOO_OFTEN),
        ("every 2 minutes", Misuse.TOO_OFTEN),
        ("cron 0,58 * * * *", Misuse.TOO_OFTEN),
    ],
)
def test_what_is_no_time_is_refused(typed: str, misuse: Misuse) -> None:
    with pytest.raises(UsageError) as refused:
        read_timing(typed)
    assert refused.value.misuse is misuse


def field(first: int, last: int) -> st.SearchStrategy[str]:
    """Return a field of cron: all, or some of its numbers."""
    some = st.sets(st.integers(first, last), min_size=1, max_size=8)
    return st.just("*") | some.map(lambda numbers: ",".join(map(str, sorted(numbers))))


MINUTES = st.sets(st.integers(0, 11), min_size=1).map(
    lambda each: ",".join(str(5 * one) for one in sorted(each))
)
TIMINGS = st.builds(
    lambda *fields: read_timing("cron " + " ".join(fields)),
    MINUTES,
    field(0, 23) | st.sampled_from(["*/2", "*/6", "*/12"]),
    field(1, 28),
    st.just("*") | field(1, 12),
    field(0, 6) | st.just("1-5"),
)


@given(TIMINGS)
def test_what_is_said_of_a_timing_reads_back_to_the_same(timing: Timing) -> None:
    assert read_timing(describe(timing)) == timing
    assert read_timing(f"cron {timing.cron}") == timing


@pytest.mark.parametrize("cron", ["", "x", "0 3 * *", "0 3 * * 9", "99 3 * * *", "0 3 * * * *"])
def test_what_somebody_has_put_into_the_database_is_no_timing(cron: str) -> None:
    with pytest.raises(ValidationError):
        Timing(cron=cron)


CLOCKS = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.integers(0, 59))
SENTENCES = st.one_of(
    st.builds("every {} at {}".format, st.sampled_from(["day", "weekday", "weekend", *DAYS]), CLOCKS),
    st.builds("every month on the {}th at {}".format, st.integers(4, 20), CLOCKS),
    st.builds("every {} hours at :{:02}".format, st.sampled_from([2, 3, 4, 6, 8, 12]), st.integers(0, 59)),
    st.lists(st.sampled_from(DAYS), min_size=2, max_size=7, unique=True)
    .map(" and ".join)
    .map("every {}".format),
)


@given(SENTENCES)
def test_words_mean_the_same_once_they_are_said_again(words: str) -> None:
    timing = read_timing(words)
    assert describe(read_timing(describe(timing))) == describe(timing)
    assert not describe(timing).startswith("cron")


@given(st.text(max_size=40) | st.text("every dayhour0123456789:,*/- cronatmpl", max_size=40))
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        timing = read_timing(text)
    except UsageError:
        return
    assert read_timing(describe(timing)) == timing


@given(TIMINGS, MOMENTS, ZONES)
def test_runs_come_at_the_times_that_are_meant_each_once_by_the_clock(
    timing: Timing, now: datetime, name: str
) -> None:
    zone = ZoneInfo(name)
    runs = [*islice(timing.next_runs(now, zone), 30)]
    assert runs == sorted(set(runs))
    assert runs[0] > now
    assert len({local_minute(run, zone) for run in runs}) == len(runs)
    minutes, hours, days, months, weekdays = timing.fields
    for run in runs:
        there = run.astimezone(zone)
        # What the clocks leave out runs at the time they jump to.
        jumped = there.utcoffset() != (run - timedelta(hours=3)).astimezone(zone).utcoffset()
        assert jumped or (there.minute in minutes and there.hour in hours)
        assert there.month in months
        fits = [there.day in days, there.isoweekday() % 7 in weekdays]
        assert all(fits) or (any(fits) and len(days) < 31 and len(weekdays) < 7) or jumped


@given(TIMINGS, MOMENTS, ZONES)
def test_the_last_run_is_the_one_before_the_next(timing: Timing, now: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    last = timing.last_run(now, zone)
    assert last <= now
    following = next(timing.next_runs(last, zone))
    assert following > now
    assert timing.last_run(following, zone) == following


def test_in_the_night_when_clocks_change_it_runs_once() -> None:
    timing = read_timing("every day at 02:30")
    back = timing.next_runs(datetime(2026, 10, 24, 12, tzinfo=UTC), BERLIN)
    assert [local_minute(run, BERLIN) for run in islice(back, 2)] == ["2026-10-25T02:30", "2026-10-26T02:30"]
    forward = timing.next_runs(datetime(2026, 3, 28, 12, tzinfo=UTC), BERLIN)
    assert [local_minute(run, BERLIN) for run in islice(forward, 2)] == [
        "2026-03-29T03:00",
        "2026-03-30T02:30",
    ]


@pytest.mark.parametrize("cron", ["30 2 * * *", "*/30 * * * *", "0 */6 * * *", "0 2,3 * * 0", "0 4 1,15 * 1"])
@pytest.mark.parametrize("day", [datetime(2026, 10, 24, tzinfo=UTC), datetime(2026, 3, 28, 1, tzinfo=UTC)])
def test_the_engine_fires_when_we_say_it_does(cron: str, day: datetime) -> None:
    fires = croniter(cron, day.astimezone(BERLIN), ret_type=datetime)
    engines = [
        fire.astimezone(UTC)
        for fire in (fires.get_next() for _ in range(60))
        if not is_second_time(fire, BERLIN)
    ]
    ours = islice(read_timing(f"cron {cron}").next_runs(day, BERLIN), len(engines))
    assert [*ours] == engines
