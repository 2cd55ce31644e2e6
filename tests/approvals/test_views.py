"""The question to a second person, and the forms around it."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.approvals import views
from bot.approvals.model import Choice, Verdict
from bot.errors import Denial, NotAllowed
from bot.operations.digest import digest_of_request
from bot.operations.model import (
    ApprovalTerms,
    BackupRef,
    Ending,
    NotApproved,
    Operation,
    Outcome,
    State,
)
from bot.operations.progress import Running
from bot.operations.views import ended, in_progress
from bot.slack.forms import RequestForm, read_form
from bot.slack.message import Message
from bot.verbs import Verb
from tests.any_facts import operations, outcomes
from tests.backups.facts import NOON, hours, operation, outcome
from tests.views_kit import Drawable, OneFile, drawn, problems, words

BACKUP = BackupRef(id=501, created_at=NOON - hours(9))
DELETE = operation("delete", server_name="Web-1", backup=BACKUP, reason="<full> disk")
RESTORE = operation(
    "restore",
    backup=BACKUP,
    safety_backup=True,
    approval=ApprovalTerms(minutes=30, break_glass=True),
)
FORM = RequestForm(operation=DELETE.id, shown=digest_of_request(DELETE))
DEADLINE = NOON + hours(0.5)
YES = Verdict(ending=Ending.APPROVED, at=NOON, person="UBEN")
APPROVED = RESTORE.model_copy(update={"approved_by": "UBEN", "approved_at": NOON})
ALONE = APPROVED.model_copy(update={"broke_glass": True, "break_glass_reason": "the <site> is down"})
CREATE = operation(approval=ApprovalTerms(minutes=30), reason="why not")
PRIVATE = DELETE.model_copy(update={"channel": "DANA"})
LINK = "https://example.slack.com/archives/C1/p1"
VIEWS: dict[str, Drawable] = {
    "question about a delete": views.question(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "question about a restore": views.question(RESTORE, ["UBEN", "SOPS"], DEADLINE),
    "question about a backup": views.question(CREATE, ["UBEN"], DEADLINE, are_asked_directly=True),
    "direct question": views.direct_question(RESTORE, DEADLINE, LINK),
    "direct question of a private request": views.direct_question(PRIVATE, DEADLINE, ""),
    "approved": views.direct_decision(APPROVED, YES, LINK),
    "expired": views.direct_decision(RESTORE, Verdict(ending=Ending.EXPIRED, at=NOON), LINK),
    "restored": views.direct_outcome(APPROVED, outcome(State.ACCEPTED), LINK),
    "reminder": views.reminder(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "answered reminder": views.answered(DELETE, YES),
    "alarm": views.alarm(ALONE, LINK),
    "uncounted": views.uncounted(DELETE, Choice.BREAK_GLASS, NotAllowed(Denial.DECIDED_ALREADY)),
    "decline": views.decline_form(FORM, DELETE),
    "break glass": views.break_glass_form(FORM, RESTORE),
}


def test_how_approvals_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def elements(message: Message) -> list[dict[str, Any]]:
    """Return what can be used under a message."""
    [*_, actions] = message.drawn()
    return list(actions["elements"]) if actions["type"] == "actions" else []


def labels(message: Message) -> list[str]:
    """Return what buttons and menus under a message offer."""
    each = elements(message)
    options = [option["text"]["text"] for element in each for option in element.get("options", [])]
    return [element["text"]["text"] for element in each if "text" in element] + options


@pytest.mark.parametrize(
    ("requested", "choices"), [(DELETE, ["withdrawn"]), (RESTORE, ["withdrawn", "break_glass"])]
)
def test_whatever_answers_is_bound_to_what_is_shown(requested: Operation, choices: list[str]) -> None:
    form = RequestForm(operation=requested.id, shown=digest_of_request(requested))
    *buttons, menu = elements(views.question(requested, ["UBEN"], DEADLINE))
    assert [read_form(RequestForm, button["value"]) for button in buttons] == [form, form]
    chosen = [RequestForm.chosen(option["value"]) for option in menu["options"]]
    assert chosen == [(choice, form) for choice in choices]


def test_an_approver_is_offered_directly_only_what_an_approver_can_do() -> None:
    assert labels(views.question(RESTORE, ["UBEN"], DEADLINE)) == [
        "Approve",
        "Decline…",
        "Withdraw",
        "Break glass…",
    ]
    assert labels(views.direct_question(RESTORE, DEADLINE, LINK)) == [
        "Approve",
        "Decline…",
        "Open the request",
    ]
    assert labels(views.direct_decision(APPROVED, YES, LINK)) == ["Open the request"]
    assert labels(views.alarm(ALONE, LINK)) == ["Cancel", "Open the request"]


def test_approvers_are_mentioned_once() -> None:
    approvers = ["UBEN", "UCLEO"]
    assert "<@UBEN> or <@UCLEO>" in views.question(RESTORE, approvers, DEADLINE).text
    asked = views.question(RESTORE, approvers, DEADLINE, are_asked_directly=True).text
    assert "The 2 people who can approve this were asked directly." in asked
    assert "<@UBEN>" not in asked


@pytest.mark.parametrize(
    "later",
    [
        views.direct_decision(APPROVED, YES, LINK),
        views.direct_outcome(APPROVED, outcome(State.FAILED), LINK),
        in_progress(APPROVED, Running()),
        ended(APPROVED, outcome(State.FAILED)),
        ended(RESTORE, NotApproved(ended_at=NOON, ending=Ending.DECLINED, by="UBEN")),
    ],
)
def test_what_was_shown_before_the_decision_stays_after_it(later: Message) -> None:
    asked = views.question(RESTORE, ["UBEN"], DEADLINE).drawn()
    shown = next(block["fields"] for block in asked if "fields" in block)
    kept = next(block["fields"] for block in later.drawn() if "fields" in block)
    assert shown == kept[: len(shown)]


def test_a_direct_question_says_where_it_was_requested() -> None:
    assert "requested in <#COPS>" in views.direct_question(RESTORE, DEADLINE, LINK).text
    assert "requested in a direct message" in views.direct_question(PRIVATE, DEADLINE, "").text


@settings(max_examples=30)
@given(operations, words, st.sampled_from(Choice), st.sampled_from(Denial), st.sampled_from(Ending), outcomes)
def test_whatever_is_requested_it_can_be_shown(
    requested: Operation, reason: str, choice: Choice, denial: Denial, ending: Ending, how: Outcome
) -> None:
    assume(how.state is not State.ACCEPTED or requested.verb is Verb.RESTORE)
    many = [f"U{number:010}" for number in range(300)]
    verdict = Verdict(ending=ending, at=NOON, person="UBEN", comment=reason)
    alone = {"broke_glass": True, "break_glass_reason": reason}
    assert problems(views.question(requested, many, DEADLINE)) == []
    assert problems(views.direct_question(requested, DEADLINE, LINK)) == []
    assert problems(views.direct_decision(requested, verdict, LINK)) == []
    assert problems(views.direct_outcome(requested, how, LINK)) == []
    assert problems(views.answered(requested, verdict)) == []
    assert problems(views.reminder(requested, many, DEADLINE)) == []
    assert problems(views.alarm(requested.model_copy(update=alone), LINK)) == []
    assert problems(views.uncounted(requested, choice, NotAllowed(denial))) == []
    assert problems(views.decline_form(FORM, requested)) == []
    assert problems(views.break_glass_form(FORM, requested)) == []
