"""The question to a second person, and the forms around it."""

import pytest
from hypothesis import given
from syrupy.assertion import SnapshotAssertion

from bot.approvals import views
from bot.approvals.model import Verdict, Vote
from bot.operations.model import Operation
from bot.slack.forms import RequestForm, read
from tests.backups.facts import NOON, hours, operation
from tests.operations.test_views import operations
from tests.views_kit import Drawable, OneFile, drawn, problems, words

TAKEN = NOON - hours(9)
DELETE = operation("delete", server_name="Web-1", backup_id=501, backup_moment=TAKEN, reason="<full> disk")
RESTORE = operation("restore", backup_id=501, backup_moment=TAKEN, safety_backup=True, break_glass=True)
FORM = RequestForm(operation=DELETE.id, shown=DELETE.shown)
DEADLINE = NOON + hours(0.5)
APPROVED = Verdict(ending="approved", at=NOON, person="UBEN")
VOTE = Vote(choice="break_glass", person="UCLEO", shown=DELETE.shown, at=NOON)
VIEWS: dict[str, Drawable] = {
    "question about a delete": views.question(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "question about a restore": views.question(RESTORE, ["UBEN", "SOPS"], DEADLINE),
    "question about a backup": views.question(operation(), ["UBEN"], DEADLINE),
    "approved": views.decided(DELETE, APPROVED),
    "expired": views.decided(RESTORE, Verdict(ending="expired", at=NOON)),
    "reminder": views.reminder(DELETE, ["UCLEO", "UBEN"], DEADLINE),
    "alarm": views.alarm(RESTORE, "the <site> is down"),
    "uncounted": views.uncounted(DELETE, VOTE, "It was decided already."),
    "deny": views.deny_form(FORM, DELETE),
    "break glass": views.break_glass_form(FORM, RESTORE),
}


def test_how_approvals_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def values(asked: Operation) -> list[str]:
    [*_, actions] = views.question(asked, ["UBEN"], DEADLINE).drawn()
    return [button["value"] for button in actions["elements"]]


@pytest.mark.parametrize(("asked", "buttons"), [(DELETE, 3), (RESTORE, 4)])
def test_every_button_is_bound_to_what_is_shown(asked: Operation, buttons: int) -> None:
    forms = [read(RequestForm, value) for value in values(asked)]
    assert forms == [RequestForm(operation=asked.id, shown=asked.shown)] * buttons


def test_names_keep_their_capitals() -> None:
    assert views.decided(DELETE, APPROVED).text.startswith(
        "*Delete backup 501 of Web-1: approved* by <@UBEN>"
    )


def test_an_alarm_leads_to_the_request() -> None:
    link = "https://example.slack.com/archives/C1/p1"
    assert f"<{link}|follow it>" in views.alarm(RESTORE, "the site is down", link).text


@given(operations, words)
def test_whatever_is_asked_for_it_can_be_shown(asked: Operation, reason: str) -> None:
    many = [f"U{number:010}" for number in range(300)]
    assert problems(views.question(asked, many, DEADLINE)) == []
    assert problems(views.decided(asked, APPROVED)) == []
    assert problems(views.reminder(asked, many, DEADLINE)) == []
    assert problems(views.alarm(asked, reason)) == []
    assert problems(views.uncounted(asked, VOTE, "It was decided already.")) == []
    assert problems(views.deny_form(FORM, asked)) == []
    assert problems(views.break_glass_form(FORM, asked)) == []
