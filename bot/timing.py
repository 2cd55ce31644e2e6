"""When a schedule runs: read from plain words or from cron, said in plain words, and its next runs.

`every monday and thursday at 2pm` and `cron "0 14 * * 1,4"` are one and the same `Timing`, and what is said
of it reads back to the same.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from itertools import pairwise, product

from pydantic import BaseModel, ConfigDict, field_validator

from bot.errors import Misuse, UsageError
from bot.verbs import Verb

SHORTEST_MINUTES = 5
"""What runs more often is a slip, such as `* 3 * * *`: a server has ten slots."""
MOST_TIMES = 6
"""Times of a day that are said in words; more are said as cron."""
_DAYS = 366 * 9
"""Within so many days each date that exists comes."""

DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = (1, 2, 3, 4, 5)
_DAY_NAMES = {name[:length]: place for place, name in enumerate(DAYS) for length in (3, 4, len(name))}
_MONTH_NAMES = {name: place for place, name in enumerate(_MONTHS, 1)}
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_NAMES: tuple[dict[str, int], ...] = ({}, {}, {}, _MONTH_NAMES, _DAY_NAMES)

Numbers = tuple[int, ...]


class Timing(BaseModel):
    """When something runs, as cron's five fields in one way to write them: `*`, or numbers and ranges.

    As in any cron, if both the day of the month and of the week are limited, either is enough.
    """

    model_config = ConfigDict(frozen=True)

    cron: str

    @field_validator("cron")
    @classmethod
    def _can_be_read(cls, cron: str) -> str:
        if len(cron.split()) != len(_RANGES):
            raise ValueError(cron)
        for place, text in enumerate(cron.split()):
            _numbers(text, place)
        return cron

    @cached_property
    def fields(self) -> tuple[Numbers, ...]:
        """Minutes, hours, days of the month, months, days of the week (0 is Sunday), each sorted."""
        return tuple(_numbers(text, place) for place, text in enumerate(self.cron.split()))

    def next_runs(self, after: datetime, zone: tzinfo) -> Iterator[datetime]:
        """Yield the moments (UTC) of the runs after a moment, by the clocks of a zone.

        In the night when clocks go back, what comes twice by the clock runs once, the first time; when they
        go forward, what they leave out runs at the time they jump to.
        """
        day, last = after.astimezone(zone).date(), after
        for days in range(_DAYS):
            for moment in self._runs_on(day + timedelta(days=days), zone):
                if moment > last:
                    yield moment
                    last = moment

    def last_run(self, until: datetime, zone: tzinfo) -> datetime:
        """Return the moment (UTC) of the last run that was due by a moment."""
        day = until.astimezone(zone).date()
        runs = (
            run for days in range(_DAYS) for run in [*self._runs_on(day - timedelta(days=days), zone)][::-1]
        )
        return next(run for run in runs if run <= until)

    def _runs_on(self, day: date, zone: tzinfo) -> Iterator[datetime]:
        minutes, hours, days, months, weekdays = self.fields
        fits = (day.day in days, day.isoweekday() % 7 in weekdays)
        either = not _is_all(days, 2) and not _is_all(weekdays, 4)
        if day.month in months and (any(fits) if either else all(fits)):
            for hour, minute in product(hours, minutes):
                yield _moment(datetime.combine(day, time(hour, minute)), zone)


def _moment(shown: datetime, zone: tzinfo) -> datetime:
    """Return the moment (UTC) at which clocks first show a time, or jump over it."""
    moment = shown.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == shown:
        return moment
    jumped = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while jumped.astimezone(zone).replace(tzinfo=None) < shown:
        jumped += timedelta(minutes=1)
    return jumped


def is_second_time(moment: datetime, zone: tzinfo) -> bool:
    """Tell whether the clocks of a zone show this time for the second time, as they were put back."""
    return bool(moment.astimezone(zone).fold)


def local_minute(moment: datetime, zone: tzinfo) -> str:
    """Return the minute that the clocks of a zone show, by which a run is known: it comes once."""
    return f"{moment.astimezone(zone):%Y-%m-%dT%H:%M}"


def read_timing(text: str) -> Timing:
    """Return when something is to run, from plain words or from `cron "0 3 * * *"`.

    Raises:
        UsageError: it can't be understood, never comes, or runs more often than every five minutes.
    """
    words = " ".join(text.lower().replace(",", " , ").split())
    cron = re.fullmatch(r"cron (.*)", words)
    timing = _from_cron(cron[1].replace(" , ", ",").strip("\"'“”„`")) if cron else _from_words(words)
    if timing is None:
        raise UsageError(Misuse.UNKNOWN_TIMING, text[:80], Verb.SCHEDULE)
    if not _ever_comes(timing):
        raise UsageError(Misuse.NEVER_RUNS, text[:80], Verb.SCHEDULE)
    if _is_too_often(timing):
        raise UsageError(Misuse.TOO_OFTEN, describe(timing), Verb.SCHEDULE)
    return timing


def describe(timing: Timing) -> str:
    """Return when it runs, in plain words where there are some, else as cron; it reads back to the same."""
    minutes, hours, days, months, weekdays = timing.fields
    when = _every_so_often(minutes, hours)
    day = _which_days(days, weekdays)
    times = [time(hour, minute) for hour, minute in product(hours, minutes)]
    if _is_all(months, 3) and day == "day" and when:
        return f"every {when}"
    if _is_all(months, 3) and day and len(times) <= MOST_TIMES:
        return f"every {day} at {_and(f'{each:%H:%M}' for each in times)}"
    return f'cron "{timing.cron}"'


def _every_so_often(minutes: Numbers, hours: Numbers) -> str:
    if _is_all(hours, 1) and len(minutes) > 1 and (step := _step(minutes, 60)) >= SHORTEST_MINUTES:
        return f"{step} minutes"
    hour_step = _step(hours, 24)
    if len(minutes) > 1 or not hour_step or hour_step > 12:
        return ""
    past = f" at :{minutes[0]:02}" if minutes[0] else ""
    return f"{'hour' if hour_step == 1 else f'{hour_step} hours'}{past}"


def _which_days(days: Numbers, weekdays: Numbers) -> str:
    if _is_all(days, 2) and _is_all(weekdays, 4):
        return "day"
    if _is_all(days, 2):
        week = [each for each in (1, 2, 3, 4, 5, 6, 0) if each in weekdays]
        return "weekday" if weekdays == _WEEKDAYS else _and(DAYS[each].capitalize() for each in week)
    if _is_all(weekdays, 4):
        return f"month on the {_and(map(_ordinal, days))}" if len(days) <= MOST_TIMES else ""
    return ""


def _ordinal(number: int) -> str:
    special = {1: "st", 2: "nd", 3: "rd"} if number // 10 != 1 else {}
    return f"{number}{special.get(number % 10, 'th')}"


def _and(words: Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _is_all(numbers: Numbers, place: int) -> bool:
    first, last = _RANGES[place]
    return len(numbers) == last - first + 1


def _step(numbers: Numbers, whole: int) -> int:
    """Return the step in which numbers go from 0 round a whole day or hour; 0 if they don't."""
    step = whole // len(numbers)
    return step if numbers == tuple(range(0, whole, step)) and whole % step == 0 else 0


def _timing(fields: Sequence[Numbers]) -> Timing:
    return Timing(cron=" ".join(_written(numbers, place) for place, numbers in enumerate(fields)))


def _written(numbers: Numbers, place: int) -> str:
    if _is_all(numbers, place):
        return "*"
    runs: list[list[int]] = []
    for each in numbers:
        if runs and each == runs[-1][-1] + 1:
            runs[-1].append(each)
        else:
            runs.append([each])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def _from_cron(text: str) -> Timing | None:
    fields = text.split()
    if len(fields) != len(_RANGES):
        return None
    try:
        return _timing([_numbers(each, place) for place, each in enumerate(fields)])
    except ValueError:
        return None


def _numbers(text: str, place: int) -> Numbers:
    """Return what a field of cron stands for; raises ValueError for what is none."""
    found: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, last = _RANGES[place]
        if span != "*":
            begin, dash, end = span.partition("-")
            first = _number(begin, place)
            last = _number(end, place) if dash else (last if slash else first)
            # Sunday may also end a week.
            if place == 4 and dash and last == 0 and first > 0:
                last = 7
        width = _digits(step) if slash else 1
        if first > last or width < 1:
            raise ValueError(text)
        found |= {each % 7 if place == 4 else each for each in range(first, last + 1, width)}
    return tuple(sorted(found))


def _number(text: str, place: int) -> int:
    number = _NAMES[place].get(text.lower())
    if number is None:
        number = _digits(text)
    if place == 4 and number == 7:
        return 0
    if not _RANGES[place][0] <= number <= _RANGES[place][1]:
        raise ValueError(text)
    return number


def _digits(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4):
        raise ValueError(text)
    return int(text)


def _ever_comes(timing: Timing) -> bool:
    _, _, days, months, weekdays = timing.fields
    longest = max({2: 29, 4: 30, 6: 30, 9: 30, 11: 30}.get(month, 31) for month in months)
    return days[0] <= longest or not _is_all(weekdays, 4)


def _is_too_often(timing: Timing) -> bool:
    minutes, hours, *_ = timing.fields
    gaps = [later - earlier for earlier, later in pairwise(minutes)]
    follows = any((hour + 1) % 24 in hours for hour in hours)
    over_the_hour = [minutes[0] + 60 - minutes[-1]] if follows else []
    return min([*gaps, *over_the_hour], default=60) < SHORTEST_MINUTES


_CLOCK = re.compile(r"(\d{1,2})(?::(\d\d))? ?(am|pm)?")
_NAMED_TIMES = {"noon": time(12), "midday": time(12), "midnight": time(0)}
_ONCE_A = {"hourly": "hour", "daily": "day", "weekly": "sunday", "monthly": "month on the 1st"}
_ON = {"weekly": "", "monthly": "month on "}
_ALL = tuple(tuple(range(first, last + 1)) for first, last in _RANGES)


def _from_words(text: str) -> Timing | None:
    first, _, rest = text.partition(" ")
    words = text
    if first in _ON and rest.startswith("on "):
        words = f"every {_ON[first]}{rest.removeprefix('on ')}"
    elif first in _ONCE_A:
        words = f"every {_ONCE_A[first]} {rest}".strip()
    for pattern, read in _PATTERNS:
        if found := pattern.fullmatch(words):
            return read(found)
    return None


def _minutely(found: re.Match[str]) -> Timing | None:
    step = int(found["step"])
    return _timing((tuple(range(0, 60, step)), *_ALL[1:])) if step and 60 % step == 0 and step < 60 else None


def _hourly(found: re.Match[str]) -> Timing | None:
    step, minute = int(found["step"] or 1), int(found["minute"] or 0)
    if not step or 24 % step or step > 12 or minute > 59:
        return None
    return _timing(((minute,), tuple(range(0, 24, step)), *_ALL[2:]))


def _on_days(found: re.Match[str]) -> Timing | None:
    times = _times(found["times"] or "00:00")
    days, weekdays = _days(found["days"])
    if times is None or not days or not weekdays:
        return None
    return _timing((*times, days, _ALL[3], weekdays))


def _days(text: str) -> tuple[Numbers, Numbers]:
    """Return the days of the month and of the week that are meant; none if it can't be understood."""
    if text == "day":
        return _ALL[2], _ALL[4]
    if text == "weekday":
        return _ALL[2], _WEEKDAYS
    if text == "weekend":
        return _ALL[2], (0, 6)
    if month := re.fullmatch(r"month(?: on)?(?: the)? (.*)", text):
        dates = [re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", each) for each in _listed(month[1])]
        numbers = {int(each[1]) for each in dates if each}
        fits = None not in dates and all(1 <= each <= 31 for each in numbers)
        return (tuple(sorted(numbers)) if fits else ()), _ALL[4]
    named = [_DAY_NAMES.get(each, _DAY_NAMES.get(each.removesuffix("s"))) for each in _listed(text)]
    known = {each for each in named if each is not None}
    return _ALL[2], tuple(sorted(known)) if None not in named else ()


def _times(text: str) -> tuple[Numbers, Numbers] | None:
    """Return minutes and hours; None if it can't be understood, or no one cron has all these times."""
    read = [_time_of_day(each) for each in _listed(text)]
    times = {each for each in read if each}
    minutes = tuple(sorted({each.minute for each in times}))
    hours = tuple(sorted({each.hour for each in times}))
    is_one_cron = len(times) == len(minutes) * len(hours)
    return (minutes, hours) if times and None not in read and is_one_cron else None


def _time_of_day(text: str) -> time | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return _NAMED_TIMES.get(text)
    hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
    if half and not 1 <= hour <= 12:
        return None
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    # A bare number could be anything.
    is_said = bool(half or found[2])
    return time(hour, minute) if is_said and hour < 24 and minute < 60 else None


def _listed(text: str) -> list[str]:
    return [each.strip() for each in re.split(r" , and | , | and | & ", text)]


_Read = Callable[[re.Match[str]], Timing | None]
_PATTERNS: tuple[tuple[re.Pattern[str], _Read], ...] = (
    (re.compile(r"every (?P<step>\d{1,2}) ?(?:min|mins|minutes)"), _minutely),
    (
        re.compile(r"every (?:(?P<step>\d{1,2}) ?)?(?:h|hour|hours)(?: at (?:minute )?:?(?P<minute>\d\d))?$"),
        _hourly,
    ),
    (re.compile(r"(?:every |on )?(?P<days>.+?)(?: at (?P<times>.+))?$"), _on_days),
)
