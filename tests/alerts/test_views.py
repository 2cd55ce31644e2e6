"""Alerts, the forms that answer them, the daily report: how they look, and that no words break them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.alerts import views
from bot.alerts.alert import Alert, Answer
from bot.alerts.daily_report import DailyReport
from bot.alerts.model import Kind, Trouble
from bot.slack.forms import AlertForm
from tests.alerts.facts import HOUR, an_alert, answer, trouble
from tests.any_facts import any_facts
from tests.backups.facts import NOON, hours
from tests.views_kit import Drawable, OneFile, drawn, problems

SNOOZED = answer(until=NOON + hours(4))
MANY = an_alert(*(trouble(server=number) for number in range(1, 24)), trouble(Kind.SLOTS, used=10))
BLIND = an_alert(trouble(Kind.UNREADABLE, None))


def over(alert: Alert, *, is_gone: bool = False, most: int = 99) -> Alert:
    """Return an alert of which as many as said are over after an hour."""
    ended = {"ended_at": NOON + HOUR, "is_gone": is_gone}
    troubles = [
        each.model_copy(update=ended if place < most else {}) for place, each in enumerate(alert.troubles)
    ]
    return alert.model_copy(update={"troubles": tuple(troubles)})


REPORT = DailyReport(
    "Monday 2 March",
    12,
    [trouble(), trouble(Kind.AUTOMATIC_FAILED, 2, status="failed")],
    {"backup": 7, "restore": 1},
    failed=1,
    others=2,
    unproven=["db-<main>", "web-1"],
    proof_days=90,
)
VIEWS: dict[str, Drawable] = {
    "no good backup": views.alert_message(an_alert(trouble(limit_hours=48)), None),
    "none at all": views.alert_message(an_alert(trouble(at=None, limit_hours=48)), None),
    "expiring": views.alert_message(an_alert(trouble(Kind.EXPIRING)), None),
    "automatic failed": views.alert_message(an_alert(trouble(Kind.AUTOMATIC_FAILED, status="failed")), None),
    "stuck": views.alert_message(
        an_alert(trouble(Kind.STUCK, status="in_progress", usual_seconds=240)), None
    ),
    "deleted outside": views.alert_message(an_alert(trouble(Kind.DELETED_OUTSIDE)), None),
    "made outside": views.alert_message(an_alert(trouble(Kind.MADE_OUTSIDE)), None),
    "slots nearly full": views.alert_message(an_alert(trouble(Kind.SLOTS, used=9)), None),
    "slots full": views.alert_message(an_alert(trouble(Kind.SLOTS, used=10)), None),
    "VPS.org away": views.alert_message(BLIND, None),
    "VPS.org shows a part": views.alert_message(
        an_alert(trouble(Kind.UNREADABLE, None, status="partial", used=3)), None
    ),
    "acknowledged": views.alert_message(an_alert(), answer()),
    "snoozed": views.alert_message(an_alert(), SNOOZED),
    "recovered": views.alert_message(over(an_alert()), answer()),
    "VPS.org is back": views.alert_message(over(BLIND), None),
    "gone with its server": views.alert_message(over(an_alert(), is_gone=True), None),
    "many": views.alert_message(MANY, None),
    "many, some over": views.alert_message(over(MANY, most=20), SNOOZED),
    "many, all over": views.alert_message(over(MANY), None),
    "reminder": views.reminder(an_alert(), None),
    "reminder after a snooze": views.reminder(an_alert(), SNOOZED),
    "reminder of many": views.reminder(MANY, None),
    "acknowledge": views.answer_form(an_alert(), AlertForm(card="card")),
    "snooze": views.answer_form(MANY, AlertForm(card="card", is_snooze=True)),
    "daily report": views.daily_report(REPORT),
    "daily report, all well": views.daily_report(DailyReport("Monday 2 March", 12)),
    "daily report, blind": views.daily_report(DailyReport("Monday 2 March", None)),
}


def test_how_it_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(view) for name, view in VIEWS.items()} == snapshot(extension_class=OneFile)


@pytest.mark.parametrize("name", VIEWS)
def test_slack_takes_it(name: str) -> None:
    assert problems(VIEWS[name]) == []


troubles = any_facts(Trouble)


@settings(max_examples=25)
@given(st.lists(troubles, min_size=1, max_size=60), any_facts(Answer), st.booleans(), st.booleans())
def test_no_words_break_it(found: list[Trouble], said: Answer, is_answered: bool, is_over: bool) -> None:
    alert = an_alert(*found)
    shown = over(alert) if is_over else alert
    assert problems(views.alert_message(shown, said if is_answered else None)) == []
    if shown.lasting:
        assert problems(views.reminder(shown, said)) == []
    assert problems(views.answer_form(alert, AlertForm(card="card", is_snooze=is_over))) == []
    names = [each.server_name for each in found]
    report = DailyReport("Monday", len(found), found, {"backup": 1}, unproven=names, proof_days=1)
    assert problems(views.daily_report(report)) == []
