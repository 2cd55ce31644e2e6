"""How the list, the form and what a channel is told look."""

from datetime import UTC, datetime

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from bot.errors import Denial, Failure, NotAllowed
from bot.schedules import messages
from bot.schedules.commands import CreateSchedule, read_servers
from bot.schedules.model import Change, LastRun, ScheduleChange, Skipped
from bot.schedules.views import ScheduleRow, changed, check_text, schedule_form, schedule_list
from bot.slack.forms import ScheduleForm
from bot.timing import read_timing
from tests.schedules.test_model import NIGHTLY

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEEPING = NIGHTLY.model_copy(
    update={"servers": ("web-1", "db-*", "fleet"), "keep": 7, "makes_room": True, "makes_up": False}
)
LOST = Failure.of(NotAllowed(Denial.NO_ROLE, "create", "BOT_OPERATORS", who=("UBEN",)))


@pytest.fixture
def json_snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(JSONSnapshotExtension)


def test_how_the_list_looks(json_snapshot: SnapshotAssertion) -> None:
    shown = [
        ScheduleRow(KEEPING, LastRun(at=NOW, done=2, failed=1, running=1), can_change=True),
        ScheduleRow(NIGHTLY.model_copy(update={"is_paused": True}), can_change=True),
        ScheduleRow(NIGHTLY),
    ]
    listing = schedule_list(shown, 13, 0, NOW, can_create=True)
    assert listing.drawn() == json_snapshot
    assert schedule_list([], 0, 0, NOW).text.splitlines()[1].startswith("There are no schedules.")


def test_the_longest_names_and_timing_fit_the_list_and_the_form() -> None:
    """A schedule that Slack refused to show would take all others from everybody's list."""
    names = tuple(f"{number}-{'long-name' * 12}" for number in range(24))
    cron = (
        'cron "1,8,15,22,29,36,43,50,57 1,3,5,7,9,11,13,15,17,19,21,23 1,3,5,7,9,11,13,15,17,19 1,3,5 1,3,5"'
    )
    long = NIGHTLY.model_copy(update={"servers": names, "timing": read_timing(cron)})
    schedule_list([ScheduleRow(long, can_change=True)], 1, 0, NOW).drawn()
    form = schedule_form(ScheduleForm(), CreateSchedule(names, long.timing), "COPS").to_dict()
    shown = form["blocks"][0]["element"]
    assert read_servers(shown["initial_value"]) == names, "who saves the form must not lose servers"
    assert len(shown["initial_value"]) <= shown["max_length"] <= 3000


def test_how_the_form_looks(json_snapshot: SnapshotAssertion) -> None:
    form = ScheduleForm(schedule=KEEPING.id, zone="Europe/Berlin")
    wanted = CreateSchedule(KEEPING.servers, KEEPING.timing, 7, makes_room=True, makes_up=False)
    checked = check_text(read_timing("every 6 hours"), form, NOW)
    assert schedule_form(form, wanted, "COPS", checked).to_dict() == json_snapshot


def test_what_a_channel_is_told(json_snapshot: SnapshotAssertion) -> None:
    told = {
        each: changed(ScheduleChange(change=each, schedule=KEEPING, by="UANA", at=NOW, key="1"), NOW).text
        for each in Change
    }
    by_itself = ScheduleChange(
        change=Change.PAUSED, schedule=KEEPING, by="UANA", at=NOW, key="1", failure=LOST
    )
    assert told | {"by itself": changed(by_itself, NOW).text} == json_snapshot


def test_of_many_servers_it_is_said_how_many_more_there_are() -> None:
    kept = [Skipped(name=f"web-{number}", failure=LOST) for number in range(7)]
    assert "*web-4* and 2 more, so that" in messages.not_rotated(KEEPING, kept)
    assert messages.not_backed_up(KEEPING, kept).endswith("\nand 2 more")
