"""What runs and waits."""

from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.operations.model import Operation
from bot.operations.records import Unfinished
from bot.operations.views import MOST_SHOWN, status
from tests.backups.facts import NOON, hours, operation
from tests.views_kit import Drawable, OneFile, drawn, moments, numbers, problems, words

operations = st.builds(
    Operation,
    id=st.text(min_size=1, max_size=40),
    verb=st.sampled_from(["create", "delete", "restore", "watch"]),
    server_id=numbers,
    server_name=words,
    asked_by=st.just("UANA"),
    asked_by_name=words,
    channel=st.just("COPS"),
    asked_at=moments,
    reason=words,
    backup_id=st.none() | numbers,
    backup_moment=st.none() | moments,
)
unfinished = st.builds(Unfinished, operation=operations, is_running=st.booleans(), since=moments)

RUNNING = Unfinished(operation(reason="before the upgrade"), is_running=True, since=NOON + hours(1))
WAITING = [
    Unfinished(operation(verb, id=verb, backup_id=501, asked_by="UBEN"), is_running=False, since=NOON)
    for verb in ("delete", "restore")
]
VIEWS: dict[str, Drawable] = {
    "nothing": status([]),
    "one runs": status([RUNNING]),
    "one runs, two wait": status([RUNNING, *WAITING]),
}


def test_how_the_status_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def test_those_for_which_there_is_no_room_are_counted() -> None:
    text = status([RUNNING] * (MOST_SHOWN + 2)).text
    assert text.startswith("*22 running, 0 waiting*")
    assert text.endswith("and 2 more")


@settings(max_examples=40)
@given(st.lists(unfinished, max_size=MOST_SHOWN + 2))
def test_whatever_runs_the_status_can_be_shown(found: list[Unfinished]) -> None:
    assert problems(status(found)) == []
