"""The short form of `make soak`, and that what grows, is lost or doubled is found out."""

import random
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.slack.workspace import Message
from tests import forked
from tests.bench.databases import Files
from tests.bench.sizes import QUICK
from tests.bench.subjects import Bench
from tests.soak.report import Report, verdict_of
from tests.soak.run import Soak
from tests.soak.samples import Line, Series
from tests.soak.stage import SoakStage
from tests.soak.traffic import Ask, Tally, Traffic

WORD = "soak-000001-"


async def test_a_few_seconds_of_it(tmp_path: Path) -> None:
    bench = Bench(QUICK, Files(tmp_path), tmp_path, forked.spawn)
    report = await Soak(bench, seconds=2.0, rate=12.0, seed=3, kill_seconds=60.0, faults=0.0).run()
    assert report.tally.problems == []
    assert report.tally.begun > 0
    assert report.traffic.bugs == {}
    assert {"bare", "look", "create"} <= report.traffic.acks.keys()
    assert report.lives[0].samples[0][1].keys() >= {"memory, MB", "asyncio tasks", "database connections"}
    assert report.database.samples[0][1]["rows of workflow_status"] >= 0
    assert "p99 of acks" in report.text


def series(figure: str, values: list[float]) -> Series:
    return Series(0.0, [(number * 10.0, {figure: value}) for number, value in enumerate(values)])


def report(lives: list[Series], database: Series, **more: Any) -> Report:
    stage = SoakStage(random.Random(1))
    traffic = Traffic(stage, None, 50.0, random.Random(1))
    traffic.late.append(0.0)
    given: dict[str, Any] = {
        "kind": "sqlite",
        "seconds": 600.0,
        "rate": 50.0,
        "keep_seconds": 90.0,
        "ended": 600.0,
        "load": 0.0,
        "driver_share": 0.1,
        "kills": 0,
        "deaths": [],
        "faults": 0,
        "lives": lives,
        "database": database,
        "traffic": traffic,
        "tally": Tally(begun=600),
        "stuck": [],
    }
    return Report(**given | more)


def test_a_bot_that_ended_by_itself_is_told() -> None:
    found = report(
        [series("x", [1.0])], series("rows of x", []), deaths=["a bot has exited 1 by itself: out of memory"]
    )
    assert "out of memory" in found.text
    assert not found.ok


def test_a_line_through_samples_tells_what_an_hour_adds() -> None:
    line = Line.through([(at * 10.0, 100.0 + at) for at in range(61)])
    assert (line.start, line.seconds) == (102.5, 600.0)
    assert line.slope == pytest.approx(360.0)
    assert line.error == pytest.approx(0.0, abs=1e-6)


def test_what_only_goes_up_and_down_is_flat_and_what_also_grows_is_not() -> None:
    swings = [50.0 + 20 * ((number * 7) % 10 > 4) for number in range(200)]
    for an_hour, verdict in ((0.0, "flat"), (600.0, "GROWS")):
        tasks = [value + number * an_hour / 360 for number, value in enumerate(swings)]
        found = report([series("asyncio tasks", tasks)], series("x", []), ended=2000.0)
        assert [row[-1] for row in found.rows] == [verdict]


@pytest.mark.parametrize(
    ("slope", "seconds", "verdict"),
    [
        (30.0, 600.0, "flat"),
        (40.0, 600.0, "perhaps by chance"),
        (46.0, 600.0, "GROWS"),
        (46.0, 200.0, "too short to tell"),
    ],
)
def test_what_may_be_chance_is_not_called_flat(slope: float, seconds: float, verdict: str) -> None:
    assert verdict_of(Line(50.0, 50.0, slope, 15.0, seconds), 30.0) == verdict


@pytest.mark.parametrize(
    ("figure", "an_hour", "verdict"),
    [("memory, MB", 15.0, "flat"), ("memory, MB", 25.0, "GROWS"), ("threads", 6.0, "GROWS")],
)
def test_a_process_that_grows_is_told(figure: str, an_hour: float, verdict: str) -> None:
    grown = series(figure, [100 + number * an_hour / 360 for number in range(60)])
    found = report([grown], series("rows of x", [1.0] * 60))
    assert [row[-1] for row in found.rows if figure in row[0]] == [verdict]
    assert found.ok == (verdict == "flat")


def test_a_process_that_lived_too_short_tells_nothing() -> None:
    short = series("threads", [float(number) for number in range(20)])
    found = report([short], series("x", []), ended=200.0)
    assert found.rows[0][-1] == "too short to tell"
    assert found.ok


def test_processes_that_told_nothing_do_not_pass_for_flat() -> None:
    found = report([series("threads", [])], series("rows of x", [1.0] * 60))
    assert [row[-1] for row in found.rows] == ["NOT MEASURED", "flat"]
    assert not found.ok
    assert found.text


def test_the_process_that_lived_longest_counts() -> None:
    short = Series(0.0, [(at, {"threads": at}) for at in range(10)])
    long = series("threads", [20.0] * 60)
    assert report([short, long], series("x", [])).ok


@pytest.mark.parametrize(("a_operation", "verdict"), [(0.1, "flat"), (1.0, "GROWS")])
def test_rows_that_operations_leave_behind_are_told(a_operation: float, verdict: str) -> None:
    # 600 operations within 600 seconds: one each second.
    rows = series("rows of workflow_status", [number * 10 * a_operation for number in range(60)])
    [row] = report([series("x", [1.0])], rows).rows
    assert row[-1] == verdict


def test_the_audit_trail_may_grow() -> None:
    [row] = report([series("x", [1.0])], series("size of the audit trail, MB", list(range(60)))).rows
    assert row[-1] == ""
    assert "kB an operation" in row[-2]


@pytest.fixture
def stage() -> SoakStage:
    return SoakStage(random.Random(1))


def tally(stage: SoakStage, *, acked: bool = True, ended: float = float("inf")) -> Tally:
    traffic = Traffic(stage, None, 50.0, random.Random(1))
    traffic.asks.append(Ask("mention", WORD, stage.persons[0], "srv-0001", acked=acked, ended=ended))
    return traffic.tally()


def tell(stage: SoakStage, part: str, text: str) -> None:
    metadata = {"event_type": "x", "event_payload": {"key": f"operation:{part}"}}
    place, workspace = stage.places[0].id, stage.workspace
    bot = workspace.app.bot_user
    workspace.add(Message(place, workspace.next_ts(), bot, text, metadata=metadata, by_bot=True))


def made(stage: SoakStage) -> None:
    stage.servers[0].backups_end = "never"
    stage.provider.create(stage.servers[0].id, WORD)


def told(stage: SoakStage) -> None:
    made(stage)
    tell(stage, "card", f":white_check_mark: done {WORD}")
    tell(stage, "reply", f":white_check_mark: done {WORD}")


def test_what_is_made_and_told_once_is_well(stage: SoakStage) -> None:
    told(stage)
    found = tally(stage)
    assert (found.begun, found.broken, found.ends["done"]) == (1, 0, 1)


def test_what_is_broken_is_counted(stage: SoakStage) -> None:
    assert tally(stage).lost == 1
    assert tally(stage, acked=False).lost == 0
    made(stage)
    assert tally(stage, acked=False).lost == 1
    told(stage)
    assert tally(stage).doubled == 1
    tell(stage, "reply", f":white_check_mark: done {WORD}")
    assert tally(stage).told_twice == 1


def test_who_is_told_that_nothing_was_begun_has_lost_nothing(stage: SoakStage) -> None:
    stage.whispers[stage.persons[0]].append((float("inf"), ":warning: I could not record that."))
    assert tally(stage).lost == 0


@pytest.mark.parametrize(("server", "lost"), [("srv-0001", 0), ("srv-0002", 1)])
def test_who_waits_no_longer_may_still_be_told_of_that_server(
    stage: SoakStage, server: str, lost: int
) -> None:
    told = f":no_entry_sign: Not backed up: *{server}*"
    stage.whispers[stage.persons[0]].append((float("inf"), told))
    assert tally(stage, ended=0.0).lost == lost


def test_what_is_over_is_forgotten_and_what_goes_on_is_not(stage: SoakStage) -> None:
    tell(stage, "card", f":hourglass: {WORD}")
    tell(stage, "reply", f":white_check_mark: done {WORD}")
    messages = stage.workspace.messages[stage.places[0].id]
    for number, message in enumerate(messages):
        message.ts = f"{number + 1}.000000"
    stage.tidy()
    assert [each.text for each in stage.workspace.messages[stage.places[0].id]] == [f":hourglass: {WORD}"]
