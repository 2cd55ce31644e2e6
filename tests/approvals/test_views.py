"""The question to a second person, and the forms around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.approvals import views
from bot.approvals.model import Choice, Verdict
from bot.errors import Denial, NotAllowed
from bot.operations.model import ApprovalTerms, BackupRef, Ending, Operation, digest_of_request
from bot.slack.forms import RequestForm, read_form
from tests.any_facts import operations
from tests.backups.facts import NOON, hours, operation
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
APPROVED = Verdict(ending=Ending.APPROVED, at=NOON, person="UBEN")
VIEWS: dict[str, Drawable] = {
    "question about a delete": views.question(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "question about a restore": views.question(RESTORE, ["UBEN", "SOPS"], DEADLINE),
    "question about a backup": views.question(operation(), ["UBEN"], DEADLINE),
    "approved": views.decided(DELETE, APPROVED),
    "expired": views.decided(RESTORE, Verdict(ending=Ending.EXPIRED, at=NOON)),
    "reminder": views.reminder(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "alarm": views.alarm(RESTORE, "the <site> is down"),
    "uncounted": views.uncounted(DELETE, Choice.BREAK_GLASS, NotAllowed(Denial.DECIDED_ALREADY)),
    "decline": views.decline_form(FORM, DELETE),
    "break glass": views.break_glass_form(FORM, RESTORE),
}


def test_how_approvals_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def values(requested: Operation) -> list[str]:
    [*_, actions] = views.question(requested, ["UBEN"], DEADLINE).drawn()
    return [button["value"] for button in actions["elements"]]


@pytest.mark.parametrize(("requested", "buttons"), [(DELETE, 3), (RESTORE, 4)])
def test_every_button_is_bound_to_what_is_shown(requested: Operation, buttons: int) -> None:
    forms = [read_form(RequestForm, value) for value in values(requested)]
    assert forms == [RequestForm(operation=requested.id, shown=digest_of_request(requested))] * buttons


def test_names_keep_their_capitals() -> None:
    assert views.decided(DELETE, APPROVED).text.startswith(
        "*Delete backup 501 of Web-1*: approved by <@UBEN>"
    )


def test_an_alarm_leads_to_the_request() -> None:
    link = "https://example.slack.com/archives/C1/p1"
    assert f"<{link}|follow it>" in views.alarm(RESTORE, "the site is down", link).text


@given(operations, words, st.sampled_from(Choice), st.sampled_from(Denial), st.sampled_from(Ending))
def test_whatever_is_requested_it_can_be_shown(
    requested: Operation, reason: str, choice: Choice, denial: Denial, ending: Ending
) -> None:
    many = [f"U{number:010}" for number in range(300)]
    verdict = Verdict(ending=ending, at=NOON, person="UBEN", comment=reason)
    assert problems(views.question(requested, many, DEADLINE)) == []
    assert problems(views.decided(requested, verdict)) == []
    assert problems(views.reminder(requested, many, DEADLINE)) == []
    assert problems(views.alarm(requested, reason)) == []
    assert problems(views.uncounted(requested, choice, NotAllowed(denial))) == []
    assert problems(views.decline_form(FORM, requested)) == []
    assert problems(views.break_glass_form(FORM, requested)) == []
