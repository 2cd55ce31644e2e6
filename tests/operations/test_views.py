"""An operation's card, and what runs and waits."""

from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.errors import Busy, Failure, SlotsFull
from bot.operations.model import (
    Accepted,
    ApprovalTerms,
    BackedUp,
    Cancelled,
    Deleted,
    Ending,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    Restored,
    State,
    backup_id_of,
)
from bot.operations.progress import (
    Ahead,
    AwaitingServer,
    Late,
    Progress,
    Queued,
    Running,
    SafetyBackupRunning,
    ServerLate,
)
from bot.operations.records import Ended, Overview, Stage, Unfinished
from bot.operations.views import MOST_ENDED_SHOWN, MOST_SHOWN, ended, in_progress, status
from bot.slack import ids
from bot.slack.forms import REASON_LIMIT, AgainForm, OperationForm, StatusForm, TimelineForm, read_form
from bot.slack.message import Message
from bot.verbs import Verb
from tests.any_facts import PEOPLE, operations, outcomes
from tests.backups.facts import NOON, TIMED_OUT, hours, operation, outcome
from tests.views_kit import Drawable, OneFile, drawn, moments, problems, words

LATER = NOON + hours(1)
CREATE = operation(reason="before the <upgrade>")
DELETE = operation(Verb.DELETE)
RESTORE = operation(Verb.RESTORE, reason="bad deploy")
APPROVED = operation(Verb.RESTORE, approved_by="UBEN", approved_at=NOON)
ALONE = operation(Verb.RESTORE, broke_glass=True, approved_by="UANA", approved_at=NOON)
FULL = Failure.of(SlotsFull(server_name="web-1", used=10, limit=10))
NO_ROOM = NotDone(ended_at=LATER, failure=FULL)
NO_ROOM_FOR_SAFETY = NoSafetyBackup(ended_at=LATER, cause=NO_ROOM)
BEN_DELETES = Ahead(Verb.DELETE, "UBEN", NOON - hours(0.1))
CARDS: dict[str, Drawable] = {
    "running": in_progress(CREATE, Running()),
    "queued": in_progress(RESTORE, Queued(BEN_DELETES)),
    "safety backup": in_progress(RESTORE, SafetyBackupRunning()),
    "restore accepted, watched": in_progress(APPROVED, AwaitingServer()),
    "late": in_progress(CREATE, Late(NOON, 3600)),
    "server not back": in_progress(RESTORE, ServerLate(NOON, 900, "restoring")),
    "late safety backup": in_progress(RESTORE, Late(NOON, 3600)),
    "backed up": ended(CREATE, BackedUp(ended_at=LATER, backup_id=501, size_mb=2350, seconds=754.2)),
    "no room": ended(CREATE, NO_ROOM),
    "unknown": ended(CREATE, NotKnown(ended_at=LATER, failure=TIMED_OUT)),
    "deleted": ended(DELETE, Deleted(ended_at=LATER, backup_id=501)),
    "delete failed": ended(DELETE, NotDone(ended_at=LATER, failure=Failure.of(Busy(status=503)))),
    "restored": ended(
        ALONE,
        Restored(ended_at=LATER, before="running", during="restoring", words="Ok", seconds=61),
    ),
    "restore taken": ended(RESTORE, Accepted(ended_at=LATER, status="running", words="Ok")),
    "no room for a safety backup": ended(RESTORE, NO_ROOM_FOR_SAFETY),
    "declined": ended(
        RESTORE, NotApproved(ended_at=LATER, ending=Ending.DECLINED, by="UBEN", comment="not <now>")
    ),
    "cancelled": ended(RESTORE, Cancelled(ended_at=LATER, by="UBEN", safety_backup_id=502)),
}

LINK = "https://example.slack.com/archives/C1/p1"
RUNNING = Unfinished(operation(reason="before the upgrade"), Stage.RUNNING, NOON + hours(1), LINK)
WAITING = [
    Unfinished(operation(verb, id=verb, requested_by="UBEN", approval=terms), stage, NOON)
    for verb, stage, terms in (
        (Verb.DELETE, Stage.QUEUED, None),
        (Verb.CREATE, Stage.STARTING, None),
        (Verb.RESTORE, Stage.AWAITING_APPROVAL, ApprovalTerms(minutes=30)),
    )
]
ENDED = [
    Ended(RESTORE, Accepted(ended_at=LATER, safety_backup_id=502), LINK),
    Ended(CREATE, BackedUp(ended_at=NOON, backup_id=501, size_mb=2350, seconds=754.2)),
]
BATCH = [
    Unfinished(operation(id=str(place), batch_id="batch:1", reason="before the move"), stage, NOON, LINK)
    for place, stage in enumerate((Stage.RUNNING, Stage.QUEUED, Stage.STARTING))
]
ENDED_BATCHES = [
    Ended(operation(id=str(place), batch_id=batch), outcome(state), LINK)
    for place, (batch, state) in enumerate(
        (("batch:1", State.DONE), ("batch:2", State.DONE), ("batch:2", State.FAILED), ("batch:3", State.DONE))
    )
]
STATUS: dict[str, Drawable] = {
    "batches": status(Overview(BATCH, ENDED_BATCHES), StatusForm(), can_cancel=frozenset({"1"})),
    "batches, of one server": status(Overview(BATCH[:1], ENDED_BATCHES[:1]), StatusForm(server_id=1)),
    "nothing": status(Overview([], []), StatusForm()),
    "one runs": status(Overview([RUNNING], []), StatusForm()),
    "one runs, three wait, two have ended": status(
        Overview([RUNNING, *WAITING], ENDED), StatusForm(server_id=1), "web-1", frozenset(Verb)
    ),
}


def running(requested: Operation) -> Unfinished:
    return Unfinished(requested, Stage.RUNNING, NOON)


unfinished = st.builds(Unfinished, operations, st.sampled_from(Stage), moments)
ended_ones = st.builds(
    Ended,
    operations,
    outcomes.filter(lambda how: how.state is not State.ACCEPTED),
    st.sampled_from(["", LINK, "javascript:alert(1)", "https://evil.example/|x> <!channel>"]),
)
aheads = st.builds(Ahead, st.sampled_from(list(Verb)), st.sampled_from(PEOPLE), moments)
progresses: st.SearchStrategy[Progress] = st.one_of(
    st.builds(Queued, aheads),
    st.sampled_from([Running(), SafetyBackupRunning(), AwaitingServer()]),
    st.builds(Late, moments, st.floats(0, 1e9)),
    st.builds(ServerLate, moments, st.floats(0, 1e9), words),
)


def by_name(each: object) -> str:
    return type(each).__name__


def test_how_cards_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in CARDS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in CARDS.values()] == [[]] * len(CARDS)


def test_how_the_status_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in STATUS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in STATUS.values()] == [[]] * len(STATUS)


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED, State.UNKNOWN])
@pytest.mark.parametrize("requested", [CREATE, DELETE, RESTORE], ids=by_name)
def test_what_did_not_succeed_can_be_tried_again_as_it_was(requested: Operation, state: State) -> None:
    again = read_form(AgainForm, buttons(ended(requested, outcome(state)))[ids.TRY_AGAIN])
    assert again.model_dump() == {
        "verb": requested.verb,
        "server_id": requested.server_id,
        "backup_id": backup_id_of(requested),
        "reason": requested.reason,
    }


def test_a_long_reason_is_cut_so_that_it_can_be_tried_again() -> None:
    requested = operation(reason="why " * 1000)
    card = ended(requested, outcome(State.FAILED))
    assert problems(card) == []
    again = read_form(AgainForm, buttons(card)[ids.TRY_AGAIN])
    assert again.reason == requested.reason[:REASON_LIMIT]


@pytest.mark.parametrize("state", [State.DONE, State.ACCEPTED])
def test_what_succeeded_is_not_offered_again(state: State) -> None:
    assert ids.TRY_AGAIN not in buttons(ended(RESTORE, outcome(state)))


def test_a_withdrawn_request_is_not_offered_again() -> None:
    withdrawn = NotApproved(ended_at=LATER, ending=Ending.WITHDRAWN, by="UANA")
    assert buttons(ended(RESTORE, withdrawn)) == {}


def test_a_new_backup_can_be_restored_and_all_can_be_listed() -> None:
    made = buttons(ended(CREATE, BackedUp(ended_at=LATER, backup_id=777)))
    assert {ids.USE_BACKUP: "restore:1:777", ids.SERVER_BACKUPS: "1"}.items() <= made.items()


@pytest.mark.parametrize(
    "after",
    [
        Restored(ended_at=LATER, before="active", during="restoring", seconds=61, safety_backup_id=502),
        Accepted(ended_at=LATER, safety_backup_id=502),
    ],
    ids=by_name,
)
def test_a_restore_can_be_undone_by_its_safety_backup(after: Outcome) -> None:
    offered = buttons(ended(RESTORE, after)).items()
    assert offered >= {ids.UNDO: "restore:1:502", ids.SERVER_BACKUPS: "1"}.items()
    without = after.model_copy(update={"safety_backup_id": None})
    assert {*buttons(ended(RESTORE, without))} == {ids.SERVER_BACKUPS, ids.TIMELINE}


def test_what_has_ended_leads_to_what_was_done_on_its_server_from_a_day_before_until_it_had_ended() -> None:
    form = read_form(TimelineForm, buttons(ended(RESTORE, outcome(State.FAILED)))[ids.TIMELINE])
    assert (form.server, form.server_id) == ("web-1", 1)
    assert form.since == RESTORE.requested_at - timedelta(days=1)
    assert form.until
    assert LATER < form.until <= LATER + timedelta(minutes=1)


FORGED = "down” · approved by <@UCLEO> · “\n*Approved by*\n<@UCLEO>"


@pytest.mark.parametrize("requested", [CREATE, DELETE, RESTORE], ids=by_name)
def test_a_reason_can_t_pass_for_anything_but_a_reason(requested: Operation) -> None:
    forged = requested.model_copy(update={"reason": FORGED})
    for card in (
        in_progress(forged, Running()),
        ended(forged, outcome(State.FAILED)),
        status(Overview([running(forged)], []), StatusForm()),
    ):
        [line] = [line for line in card.text.splitlines() if "approved by" in line]
        assert line.count("“") == line.count("”") == 1
        assert line.endswith("”")
        assert "<@UCLEO>" not in card.text


@pytest.mark.parametrize(
    ("requested", "full"), [(CREATE, NO_ROOM), (RESTORE, NO_ROOM_FOR_SAFETY)], ids=["create", "restore"]
)
def test_a_full_server_is_offered_its_oldest_backup_to_delete(requested: Operation, full: Outcome) -> None:
    form = read_form(AgainForm, buttons(ended(requested, full))[ids.DELETE_OLDEST])
    assert (form.verb, form.server_id, form.backup_id) == (requested.verb, 1, backup_id_of(requested))
    assert form.reason == requested.reason


@pytest.mark.parametrize(
    ("requested", "progress"),
    [
        (CREATE, Queued(BEN_DELETES)),
        (RESTORE, Queued(BEN_DELETES)),
        (RESTORE, SafetyBackupRunning()),
        (RESTORE, Late(NOON, 3600)),
    ],
    ids=by_name,
)
def test_what_has_not_acted_yet_can_be_cancelled(requested: Operation, progress: Progress) -> None:
    [(action, value)] = buttons(in_progress(requested, progress)).items()
    assert action == ids.CANCEL
    assert read_form(OperationForm, value) == OperationForm(operation=requested.id)


@pytest.mark.parametrize(
    ("requested", "progress"),
    [(CREATE, Running()), (CREATE, Late(NOON, 3600)), (DELETE, Running()), (RESTORE, AwaitingServer())],
    ids=by_name,
)
def test_what_acts_cannot_be_cancelled(requested: Operation, progress: Progress) -> None:
    assert buttons(in_progress(requested, progress)) == {}


def test_those_for_which_there_is_no_room_are_counted() -> None:
    text = status(Overview([RUNNING] * (MOST_SHOWN + 2), []), StatusForm()).text
    assert text.startswith("22 running · 0 queued\n")
    assert text.endswith("and 2 more")


def test_what_has_ended_lately_is_shown_the_newest_first() -> None:
    shown = status(Overview([], [ENDED[0]] * 7), StatusForm())
    assert shown.text.startswith("Nothing is running or waiting.\n")
    assert (
        shown.text.count(":ballot_box_with_check: VPS.org accepted the restore of *web-1*")
        == MOST_ENDED_SHOWN
    )
    assert f"<{LINK}|message>" in shown.text


SAFE = running(RESTORE)
UNSAFE = running(operation(Verb.RESTORE, safety_backup=False))


@pytest.mark.parametrize(
    ("one", "offered"),
    [(SAFE, True), (UNSAFE, False), (RUNNING, False), *zip(WAITING, (True, False, False), strict=True)],
)
def test_what_has_not_acted_yet_can_be_cancelled_by_those_who_can(one: Unfinished, offered: bool) -> None:
    own = frozenset({one.operation.id})
    for can, is_offered in ((own, offered), (frozenset(), False)):
        menus = [
            block["accessory"]
            for block in status(Overview([one], []), StatusForm(), "", can).drawn()
            if "accessory" in block
        ]
        values = [option["value"] for menu in menus for option in menu["options"]]
        assert values == [OperationForm(operation=one.operation.id).as_json()] * is_offered


@settings(max_examples=25)
@given(st.lists(unfinished, max_size=MOST_SHOWN + 2), st.lists(ended_ones, max_size=6), words)
def test_whatever_runs_the_status_can_be_shown(found: list[Unfinished], done: list[Ended], name: str) -> None:
    can_cancel = frozenset(one.operation.id for one in found)
    assert problems(status(Overview(found, done), StatusForm(server_id=2**62), name, can_cancel)) == []


@settings(max_examples=30)
@given(operations, outcomes)
def test_whatever_happened_a_card_can_show_it(requested: Operation, how: Outcome) -> None:
    assume(how.state is not State.ACCEPTED or requested.verb is Verb.RESTORE)
    assert problems(ended(requested, how)) == []


@settings(max_examples=30)
@given(operations, progresses)
def test_however_far_it_has_come_a_card_can_show_it(requested: Operation, progress: Progress) -> None:
    assert problems(in_progress(requested, progress)) == []


def buttons(card: Message) -> dict[str, str]:
    return {
        element["action_id"]: element["value"]
        for block in card.drawn()
        for element in block.get("elements", [])
        if element["type"] == "button"
    }
