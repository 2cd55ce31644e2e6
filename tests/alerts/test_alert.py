"""Which alert tells what, when it is over, and when people are reminded."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.alert import (
    FORGET_AFTER,
    LONGEST_PAUSE,
    MERGE_ABOVE,
    RECENT,
    Alert,
    Answer,
    Findings,
    next_alerts,
)
from bot.alerts.model import HAPPENED, Kind, Trouble
from tests.alerts.facts import HOUR, an_alert, answer, trouble
from tests.backups.facts import NOON, hours

SERVERS = frozenset(range(1, 100))
BLIND = Findings(NOON, [], lambda _: False, frozenset())


def after(
    alerts: list[Alert], *troubles: Trouble, now: datetime = NOON, answers: tuple[Answer, ...] = ()
) -> list[Alert]:
    """Return the alerts after a look that found these troubles."""
    found = Findings(now, troubles, lambda _: True, SERVERS)
    given_answers = {each.card: each for each in answers}
    return next_alerts(alerts, given_answers, found, lambda _: "COPS", HOUR)


def many(count: int, begin: int = 1) -> list[Trouble]:
    return [trouble(server=number) for number in range(begin, begin + count)]


def test_each_trouble_has_an_alert_of_its_own_up_to_a_number_and_all_share_one_beyond() -> None:
    assert [len(each.troubles) for each in after([], *many(MERGE_ABOVE))] == [1] * MERGE_ABOVE
    assert [len(each.troubles) for each in after([], *many(MERGE_ABOVE + 1))] == [MERGE_ABOVE + 1]


def test_what_trickles_in_within_an_hour_is_merged_as_well_and_then_joins() -> None:
    first = after([], *many(MERGE_ABOVE))
    second = after(first, *many(MERGE_ABOVE + 1), now=NOON + hours(0.1))
    assert [len(each.troubles) for each in second] == [1] * (MERGE_ABOVE + 1)
    merged = after([], *many(7))
    [joined] = after(merged, *many(14), now=NOON + hours(0.5))
    assert len(joined.troubles) == 14
    assert joined.is_due(None, NOON + hours(0.5)), "an edit alone is not noticed"
    later = after(merged, *many(9), now=NOON + hours(1.5))
    assert [len(each.troubles) for each in later] == [7, 1, 1]


def test_that_vps_org_cannot_be_read_never_shares_a_message() -> None:
    merged = after([], *many(7))
    now = NOON + hours(0.1)
    alerts = after(merged, *many(14), trouble(Kind.UNREADABLE, None), now=now)
    assert sorted(len(each.troubles) for each in alerts) == [1, 14]


def test_nothing_joins_an_alert_that_is_acknowledged() -> None:
    [merged] = after([], *many(7))
    said = answer(card=merged.id)
    alerts = after([merged], *many(14), now=NOON + hours(0.5), answers=(said,))
    assert [len(each.troubles) for each in alerts] == [7, 7]


def test_it_ends_when_it_is_not_found_any_more_and_may_come_again() -> None:
    [begun] = after([], trouble())
    [over] = after([begun], now=NOON + HOUR)
    assert (over.troubles[0].ended_at, over.is_open) == (NOON + HOUR, False)
    assert after([over], now=NOON + hours(5))[0] == over
    again = after([over], trouble(), now=NOON + hours(5))
    assert [each.is_open for each in again] == [False, True]
    assert len({each.id for each in again}) == 2


def test_with_its_server_it_is_gone_not_recovered() -> None:
    found = Findings(NOON + HOUR, [], lambda _: True, frozenset({2}))
    [over] = next_alerts(after([], trouble()), {}, found, lambda _: "COPS", HOUR)
    assert over.troubles[0].is_gone


def test_nothing_ends_while_vps_org_cannot_be_read() -> None:
    begun = after([], trouble())
    assert next_alerts(begun, {}, BLIND, lambda _: "COPS", HOUR) == begun


def test_its_facts_are_kept_up_to_date() -> None:
    begun = after([], trouble(Kind.SLOTS, used=9))
    [now_full] = after(begun, trouble(Kind.SLOTS, used=10), now=NOON + HOUR)
    assert (now_full.troubles[0].trouble.used, now_full.troubles[0].since) == (10, NOON)


def test_what_is_told_nowhere_has_no_alert() -> None:
    found = Findings(NOON, [trouble()], lambda _: True, SERVERS)
    assert next_alerts([], {}, found, lambda _: "", HOUR) == []


def test_what_happened_stays_until_it_is_forgotten_and_nobody_is_reminded() -> None:
    [told] = after([], trouble(Kind.DELETED_OUTSIDE))
    [still] = after([told], now=NOON + hours(9))
    assert (still.is_open, still.lasting) == (True, [])
    assert not still.is_due(None, NOON + hours(99))
    assert not still.is_done(NOON + FORGET_AFTER)
    assert still.is_done(NOON + FORGET_AFTER + HOUR)


def test_what_is_over_is_kept_for_an_hour_to_count() -> None:
    [over] = after(after([], trouble()), now=NOON)
    assert [over.is_done(NOON + RECENT), over.is_done(NOON + RECENT + HOUR)] == [False, True]
    assert not an_alert().is_done(NOON + FORGET_AFTER * 2)


def test_reminders_come_at_growing_intervals_up_to_a_week_for_a_year() -> None:
    alert, now, pauses = an_alert(), NOON + HOUR, []
    for _ in range(52):
        assert alert.is_due(None, now)
        alert = alert.reminded(now, HOUR)
        assert not alert.is_due(None, alert.remind_at - timedelta(seconds=1))
        pauses.append(alert.remind_at - now)
        now = alert.remind_at
    assert pauses[:3] == [hours(4), hours(16), hours(64)]
    assert set(pauses[4:]) == {LONGEST_PAUSE}


@pytest.mark.parametrize(
    ("given_answer", "at", "is_due"),
    [
        (answer(), NOON + hours(999), False),
        (answer(until=NOON + hours(4)), NOON + hours(3.9), False),
        (answer(until=NOON + hours(4)), NOON + hours(4), True),
        (answer(until=NOON + hours(0.5)), NOON + hours(0.5), True),
    ],
)
def test_acknowledged_is_quiet_and_snoozed_comes_back_at_its_time(
    given_answer: Answer, at: datetime, is_due: bool
) -> None:
    assert an_alert().is_due(given_answer, at) is is_due


def test_while_vps_org_cannot_be_read_people_are_reminded_of_that_alone() -> None:
    late = NOON + hours(9)
    assert an_alert().is_due(None, late)
    assert not an_alert().is_due(None, late, is_blind=True)
    assert an_alert(trouble(Kind.UNREADABLE, None)).is_due(None, late, is_blind=True)


troubles = st.lists(
    st.builds(
        lambda kind, server, backup: trouble(
            kind, None if kind is Kind.UNREADABLE else server, backup_id=backup
        ),
        st.sampled_from(Kind),
        st.integers(1, 9),
        st.integers(1, 3),
    ),
    unique_by=lambda each: each.key,
    max_size=30,
)


@given(st.lists(troubles, max_size=5))
def test_whatever_comes_and_goes_each_trouble_is_told_by_one_alert_as_long_as_it_lasts(
    rounds: list[list[Trouble]],
) -> None:
    alerts: list[Alert] = []
    happened: set[str] = set()
    for number, found in enumerate(rounds):
        new = sum(each.key not in _open(alerts) for each in found)
        before = len(alerts)
        alerts = after(alerts, *found, now=NOON + hours(number / 10))
        assert len(alerts) - before <= min(new, MERGE_ABOVE + 1)
        happened |= {each.key for each in found if each.kind in HAPPENED}
        assert sorted(_open(alerts)) == sorted({each.key for each in found} | happened)
        assert all(Alert.model_validate_json(each.model_dump_json()) == each for each in alerts)
    assert len({each.id for each in alerts}) == len(alerts)


def _open(alerts: list[Alert]) -> list[str]:
    return [told.trouble.key for each in alerts for told in each.troubles if told.is_open]
