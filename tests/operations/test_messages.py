"""Every sentence about how an operation moves on and ends."""

from typing import get_args

import pytest
from hypothesis import assume, given, settings
from syrupy.assertion import SnapshotAssertion

from bot.errors import Failure, InvalidResponse, Nonsense, NotFound, Silence, SlotsFull, Unreachable
from bot.operations import messages
from bot.operations.model import (
    Accepted,
    BackedUp,
    BackupFailed,
    BackupRef,
    BackupVanished,
    Cancelled,
    Deleted,
    Ending,
    InternalError,
    NoRoom,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    NotKnown,
    Operation,
    Outcome,
    Restored,
    State,
    StillRunning,
    Unworded,
)
from bot.operations.outcome_messages import outcome_detail, outcome_headline, reply
from bot.operations.progress import Late, ServerLate
from bot.verbs import Verb
from tests.any_facts import operations, outcomes
from tests.backups.facts import GONE, NOON, TIMED_OUT, hours, operation, outcome
from tests.views_kit import OneFile, problems

LATER = NOON + hours(1)
CREATE, DELETE, RESTORE, WATCH = (
    operation(verb) for verb in (Verb.CREATE, Verb.DELETE, Verb.RESTORE, Verb.WATCH)
)
CUT_OFF = Failure.of(Unreachable(silence=Silence.INTERRUPTED, may_have_acted=True))
FULL = Failure.of(SlotsFull(server_name="web-1", used=10, limit=10))
MAKING_ROOM = operation(Verb.CREATE, delete_first=BackupRef(id=490, created_at=NOON))
REPLIES: dict[str, tuple[Operation, Outcome]] = {
    "backed up": (CREATE, BackedUp(ended_at=LATER, backup_id=501, size_mb=2350, seconds=754.2)),
    "watched": (WATCH, BackedUp(ended_at=LATER, backup_id=501, size_mb=None)),
    "deleted": (DELETE, Deleted(ended_at=LATER, backup_id=501)),
    "was gone": (DELETE, Deleted(ended_at=LATER, backup_id=501, was_gone=True)),
    "restored": (
        RESTORE,
        Restored(
            ended_at=LATER, before="running", during="restoring", words="Ok", seconds=61, safety_backup_id=502
        ),
    ),
    "restored, the answer was lost": (
        RESTORE,
        Restored(ended_at=LATER, before="running", during="restoring", answer_lost=True, seconds=61),
    ),
    "taken": (RESTORE, Accepted(ended_at=LATER, status="running", before="running", words="Done!")),
    "taken, nothing can be read": (RESTORE, Accepted(ended_at=LATER)),
    "backup failed": (CREATE, BackupFailed(ended_at=LATER, backup_id=501, status="error")),
    "backup vanished": (CREATE, BackupVanished(ended_at=LATER, backup_id=501)),
    "still running": (CREATE, StillRunning(ended_at=LATER, backup_id=501, hours=24)),
    "still running, unseen": (
        CREATE,
        StillRunning(ended_at=LATER, backup_id=501, hours=24, unseen_since=NOON, failure=TIMED_OUT),
    ),
    "refused": (RESTORE, NotDone(ended_at=LATER, failure=GONE)),
    "failed": (
        DELETE,
        NotDone(ended_at=LATER, failure=Failure.of(NotFound(status=404, words="no", is_listed=True))),
    ),
    "not known, create": (CREATE, NotKnown(ended_at=LATER, failure=TIMED_OUT)),
    "not known, delete": (
        DELETE,
        NotKnown(
            ended_at=LATER,
            failure=Failure.of(InvalidResponse(nonsense=Nonsense.NOT_JSON, may_have_acted=True)),
        ),
    ),
    "not known, restore": (RESTORE, NotKnown(ended_at=LATER, failure=CUT_OFF)),
    "declined": (
        RESTORE,
        NotApproved(ended_at=LATER, ending=Ending.DECLINED, by="UBEN", comment="not <now>"),
    ),
    "withdrawn": (RESTORE, NotApproved(ended_at=LATER, ending=Ending.WITHDRAWN, by="UANA")),
    "expired": (RESTORE, NotApproved(ended_at=LATER, ending=Ending.EXPIRED, minutes=30)),
    "stale": (RESTORE, NotApproved(ended_at=LATER, ending=Ending.STALE, failure=GONE)),
    "cancelled": (RESTORE, Cancelled(ended_at=LATER, by="UBEN", safety_backup_id=502)),
    "without words": (DELETE, Unworded(ended_at=LATER, state=State.DONE)),
    "internal error": (CREATE, InternalError(ended_at=LATER)),
    "no safety backup": (
        RESTORE,
        NoSafetyBackup(ended_at=LATER, cause=BackupFailed(ended_at=LATER, backup_id=502, status="failed")),
    ),
    "safety backup not known": (
        RESTORE,
        NoSafetyBackup(ended_at=LATER, cause=NotKnown(ended_at=LATER, failure=TIMED_OUT)),
    ),
    "backed up after making room": (
        MAKING_ROOM,
        BackedUp(ended_at=LATER, backup_id=501, size_mb=2350, seconds=754.2, deleted_first=490),
    ),
    "failed after making room": (MAKING_ROOM, NotDone(ended_at=LATER, failure=TIMED_OUT, deleted_first=490)),
    "no room was made": (MAKING_ROOM, NoRoom(ended_at=LATER, backup_id=490, failure=TIMED_OUT)),
    "not known whether room was made": (
        MAKING_ROOM,
        NoRoom(ended_at=LATER, backup_id=490, failure=TIMED_OUT, may_be_gone=True),
    ),
    "no room for a safety backup": (
        RESTORE,
        NoSafetyBackup(ended_at=LATER, cause=NotDone(ended_at=LATER, failure=FULL)),
    ),
}
STATES = tuple(State)
VERBS = (Verb.CREATE, Verb.DELETE, Verb.RESTORE, Verb.WATCH)


def test_how_replies_read(snapshot: SnapshotAssertion) -> None:
    assert {name: reply(*each) for name, each in REPLIES.items()} == snapshot(extension_class=OneFile)
    assert [problems(reply(*each)) for each in REPLIES.values()] == [[]] * len(REPLIES)


def test_every_outcome_is_among_these() -> None:
    assert {type(how) for _, how in REPLIES.values()} == {*get_args(Outcome)}
    assert {how.ending for _, how in REPLIES.values() if isinstance(how, NotApproved)} == {*Ending} - {
        Ending.APPROVED,
        Ending.BREAK_GLASS,
    }


@pytest.mark.parametrize(
    ("verb", "state"),
    [
        (verb, state)
        for verb in VERBS
        for state in STATES
        if verb is Verb.RESTORE or state is not State.ACCEPTED
    ],
)
def test_there_are_words_for_every_verb_and_state(verb: Verb, state: State) -> None:
    requested = operation(verb)
    assert "web-1" in outcome_headline(requested, outcome(state))
    assert reply(requested, outcome(state)).startswith("<@UANA> ")


def test_the_reply_to_a_late_backup_mentions_the_requester() -> None:
    late = messages.late_reply(CREATE, Late(NOON, 3600))
    assert late.startswith("<@UANA> The backup of *web-1* has been running for more than 1 h.")
    assert problems(late) == []


def test_the_reply_about_a_server_that_is_not_back_says_what_was_seen() -> None:
    late = messages.late_reply(RESTORE, ServerLate(NOON, 900, "restoring"))
    assert late.startswith("<@UANA> *web-1* is not back 15 min after VPS.org accepted the restore: ")
    assert "the last status I saw is “restoring”" in late


@settings(max_examples=30)
@given(operations, outcomes)
def test_whatever_happened_there_are_words_for_it(requested: Operation, how: Outcome) -> None:
    assume(how.state is not State.ACCEPTED or requested.verb is Verb.RESTORE)
    assert problems(reply(requested, how)) == []
    assert problems(f"{requested.tag} {outcome_detail(requested, how)}") == []
    assert problems(messages.late_reply(requested, Late(NOON, 3600))) == []
    assert problems(messages.late_reply(requested, ServerLate(NOON, 3600, requested.reason))) == []
    assert problems(messages.what(requested)) == []


@pytest.mark.parametrize("evil", ["\x1b[31m", "\u202egnp", "\n\nType x", "\x00", "\x9b2J", "x" * 5000])
def test_a_name_in_the_error_of_a_form_steers_nothing(evil: str) -> None:
    said = messages.wrong_name(f"web{evil}-1")
    assert said.isprintable()
    assert len(said) < 400
