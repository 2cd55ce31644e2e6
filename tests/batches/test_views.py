"""A batch's message: what is said of each server, within Slack's limits however many there are."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.batches import messages
from bot.batches.model import MOST_SERVERS, Batch, BatchServer, BatchState, Group, Part
from bot.batches.views import MOST_LINES, batch_message
from bot.errors import Denial, Failure, NotAllowed, SlotsFull
from bot.operations.model import BackedUp, BackupFailed, Cancelled, NotDone, NotKnown, Outcome
from bot.slack import ids
from tests.any_facts import outcomes
from tests.backups.facts import NOON, TIMED_OUT, operation
from tests.views_kit import Drawable, OneFile, drawn, problems, words

LATER = NOON + timedelta(minutes=4)
DONE = BackedUp(ended_at=LATER, backup_id=501, size_mb=8000, seconds=240)
FAILED = BackupFailed(ended_at=LATER, backup_id=502, status="failed")
UNCLEAR = NotKnown(ended_at=LATER, failure=TIMED_OUT)
FULL = NotDone(ended_at=LATER, failure=Failure.of(SlotsFull(server_name="web-4", used=10, limit=10)))
DENIED = NotDone(ended_at=LATER, failure=Failure.of(NotAllowed(Denial.NO_ROLE, "create", who=("UBEN",))))
CANCELLED = Cancelled(ended_at=LATER, by="UBEN")


def ended(number: int, outcome: Outcome) -> Part:
    return Part(server(number), operation(), outcome=outcome)


def server(number: int) -> BatchServer:
    return BatchServer(id=100 + number, name=f"web-{number}")


def state_of(*parts: Part, **facts: object) -> BatchState:
    batch = Batch(
        id="batch:trigger:1",
        servers=tuple(part.server for part in parts),
        requested_by="UANA",
        channel="COPS",
        requested_at=NOON,
        reason="before the <upgrade>",
    )
    return BatchState(batch.model_copy(update=facts), parts)


MIXED = (
    ended(1, DONE),
    Part(server(2), operation(), running_since=NOON),
    Part(server(3), operation(), running_since=NOON, is_late=True),
    ended(4, FULL),
    ended(5, DENIED),
    ended(6, FAILED),
    ended(7, UNCLEAR),
    ended(8, CANCELLED),
    Part(server(9)),
)
OVER = tuple(part for part in MIXED if part.outcome)
MESSAGES: dict[str, BatchState] = {
    "begun": state_of(Part(server(1)), Part(server(2))),
    "in the middle": state_of(*MIXED, unknown=("db-*",)),
    "over, of all kinds": state_of(*OVER),
    "over, all done": state_of(ended(1, DONE), ended(2, DONE)),
    "over, none done": state_of(ended(1, FAILED), ended(2, FULL), unknown=("db-*",)),
    "a hundred": state_of(*(ended(n, FAILED if n < 40 else DONE) for n in range(MOST_SERVERS))),
}


def test_how_batches_look(snapshot: SnapshotAssertion) -> None:
    looks: dict[str, Drawable] = {name: batch_message(state) for name, state in MESSAGES.items()}
    assert {name: drawn(each) for name, each in looks.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in looks.values()] == [[]] * len(looks)
    assert [messages.summary(state) for state in MESSAGES.values()] == snapshot(extension_class=OneFile)


def buttons(state: BatchState) -> set[str]:
    blocks = [block.to_dict() for block in batch_message(state).blocks]
    return {each["action_id"] for block in blocks if block["type"] == "actions" for each in block["elements"]}


def test_what_waits_can_be_cancelled_and_what_failed_tried_again_at_the_end() -> None:
    assert buttons(state_of(*MIXED)) == {ids.CANCEL_BATCH}
    assert buttons(state_of(*MIXED[:-1])) == set(), "something runs, and nothing waits"
    assert buttons(state_of(*OVER)) == {ids.TRY_BATCH_AGAIN}
    assert buttons(state_of(ended(1, DONE), ended(2, DENIED), ended(3, CANCELLED))) == set()


parts = st.one_of(
    st.builds(Part, st.builds(BatchServer, id=st.integers(1, 9**9), name=words)),
    st.builds(
        Part,
        st.builds(BatchServer, id=st.integers(1, 9**9), name=words),
        st.just(operation()),
        running_since=st.just(NOON),
        is_late=st.booleans(),
    ),
    st.builds(
        Part,
        st.builds(BatchServer, id=st.integers(1, 9**9), name=words),
        st.just(operation()),
        outcome=outcomes,
    ),
)


@given(st.lists(parts, min_size=1, max_size=MOST_SERVERS), words)
def test_whatever_comes_of_it_fits_into_one_message(found: list[Part], reason: str) -> None:
    state = state_of(*found, reason=reason)
    message = batch_message(state)
    assert problems(message) == []
    assert len(message.blocks) <= 50
    assert sum(len(str(block.to_dict())) for block in message.blocks) < 13_000
    assert len(message.text) <= 4000


@given(st.lists(st.sampled_from(MIXED), min_size=1, max_size=MOST_SERVERS))
def test_every_server_has_a_line_or_is_counted(found: list[Part]) -> None:
    text = "\n".join(str(block.to_dict()) for block in batch_message(state_of(*found)).blocks)
    assert f"of {len(found)} ended" in text
    for group in Group:
        count = sum(part.group is group for part in found)
        assert not count or f"{count} {messages.COUNTED[group]}" in text
    assert text.count(":white_check_mark: *") <= MOST_LINES + 1
