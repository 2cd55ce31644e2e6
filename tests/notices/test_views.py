"""Every sentence that is announced about an operation."""

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.notices import views
from bot.operations.model import Operation, Outcome, State, Verb
from bot.operations.records import Unfinished
from bot.slack import ids
from bot.slack.forms import AgainForm, BackupChoice, read
from tests.backups.facts import NOON, hours, operation, outcome
from tests.operations.test_views import operations
from tests.views_kit import Drawable, OneFile, drawn, moments, numbers, problems, words

CREATE = operation(reason="before the <upgrade>")
DELETE = operation("delete", backup_id=501, backup_moment=NOON - hours(9))
RESTORE = operation("restore", backup_id=501, backup_moment=NOON - hours(9))
WATCH = operation("watch", backup_id=501)
DONE = outcome(seconds=754.2, backup_id=501, size_mb=2350)
FULL = outcome(
    State.REFUSED, what="web-1 has 10 of 10.", hint="Delete one, then try again.", oldest_manual_id=7
)
LOST = outcome(State.UNKNOWN, what="VPS.org did not answer.", hint="Look with `/backup list`.")
STATES = tuple(State)
VERBS: tuple[Verb, ...] = get_args(Verb)
NOTICES: dict[str, Drawable] = {
    "running": views.waiting(CREATE, None),
    "waiting": views.waiting(RESTORE, Unfinished(DELETE, is_running=True, since=NOON)),
    "running, and what it does": views.running(RESTORE, "First a safety backup of how it is now."),
    "late": views.late(CREATE, NOON, 3600),
    "late, the reply": views.late_reply(CREATE, 3600),
    "backed up": views.ended(CREATE, DONE),
    "backed up, the reply": views.reply(CREATE, DONE),
    "no room": views.ended(CREATE, FULL),
    "unknown": views.ended(CREATE, LOST),
    "deleted": views.ended(DELETE, outcome()),
    "delete failed": views.ended(DELETE, outcome(State.FAILED, what="VPS.org is busy.")),
    "restore accepted": views.ended(RESTORE, outcome(State.ACCEPTED, what="VPS.org said: “Ok”.")),
    "restored, the reply": views.reply(RESTORE, outcome(seconds=61, safety_backup_id=502)),
    "watched, the reply": views.reply(WATCH, outcome(State.FAILED, what="It is gone.", backup_id=501)),
}
outcomes = st.builds(
    Outcome,
    state=st.sampled_from(STATES),
    what=words,
    hint=words,
    ended_at=moments,
    seconds=st.none() | st.floats(0, 10**9),
    backup_id=st.none() | numbers,
    size_mb=st.none() | numbers,
    safety_backup_id=st.none() | numbers,
    oldest_manual_id=st.none() | numbers,
)


def test_how_notices_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in NOTICES.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in NOTICES.values()] == [[]] * len(NOTICES)


@pytest.mark.parametrize("state", [State.FAILED, State.REFUSED, State.UNKNOWN])
@pytest.mark.parametrize("asked", [CREATE, DELETE, RESTORE])
def test_what_did_not_succeed_can_be_tried_again_as_it_was(asked: Operation, state: State) -> None:
    again = read(AgainForm, buttons(asked, outcome(state))[ids.TRY_AGAIN])
    assert again.model_dump() == asked.model_dump(include=set(AgainForm.model_fields))


@pytest.mark.parametrize("state", [State.DONE, State.ACCEPTED])
def test_what_succeeded_is_not_offered_again(state: State) -> None:
    assert buttons(RESTORE, outcome(state)) == {}


def test_a_full_server_is_offered_its_oldest_backup_to_delete() -> None:
    choice = BackupChoice.chosen(buttons(CREATE, FULL)[ids.DELETE_OLDEST])
    assert choice == BackupChoice(verb="delete", server_id=1, backup_id=7)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("state", STATES)
def test_there_are_words_for_every_verb_and_state(verb: Verb, state: State) -> None:
    asked = operation(verb, backup_id=501)
    assert "web-1" in views.ended(asked, outcome(state)).text
    assert views.reply(asked, outcome(state)).startswith("<@UANA> ")


@settings(max_examples=60)
@given(operations, outcomes)
def test_whatever_happened_it_can_be_announced(asked: Operation, how: Outcome) -> None:
    ahead = Unfinished(asked, is_running=True, since=NOON)
    assert problems(views.ended(asked, how)) == []
    assert problems(views.reply(asked, how)) == []
    assert problems(views.waiting(asked, ahead)) == []
    assert problems(views.late(asked, NOON, 3600)) == []
    assert problems(views.late_reply(asked, 3600)) == []


def buttons(asked: Operation, how: Outcome) -> dict[str, str]:
    return {
        element["action_id"]: element["value"]
        for block in views.ended(asked, how).drawn()
        for element in block.get("elements", [])
        if element["type"] == "button"
    }
