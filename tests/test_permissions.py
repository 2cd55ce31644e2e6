"""Who may do what, as a table."""

from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.permissions import (
    EVERYBODY,
    AskFirst,
    Go,
    Risk,
    Rule,
    Rules,
    Who,
    check_approval,
    check_audit,
    decide,
    decide_somewhere,
)

ANA = Who("UANA", is_member=True)
BEN = Who("UBEN", is_member=True)
CLEO = Who("UCLEO", is_member=True, groups=frozenset({"SOPS"}))
GUS = Who("UGUS", is_member=False)
OPERATED = Rules((Rule(operators=frozenset({"UANA", "SOPS"})),))
DESTROYING = frozenset({Risk.DELETE, Risk.RESTORE})


def two_people(**more: Any) -> Rules:
    facts = {"operators": frozenset({"UANA"}), "approvers": frozenset({"UBEN"}), "second_person": DESTROYING}
    return Rules((Rule(**facts | more),))


@pytest.mark.parametrize("risk", Risk)
@pytest.mark.parametrize(
    ("who", "may_act"), [(ANA, True), (CLEO, True), (BEN, False)], ids=["operator", "by group", "member"]
)
def test_operators_act_and_everybody_else_looks(who: Who, may_act: bool, risk: Risk) -> None:
    if may_act or risk is Risk.LOOK:
        assert decide(who, risk, "web-1", "COPS", OPERATED) == Go()
    else:
        with pytest.raises(NotAllowed) as refusal:
            decide(who, risk, "web-1", "COPS", OPERATED)
        assert refusal.value.who == ("SOPS", "UANA")


@pytest.mark.parametrize("risk", Risk)
def test_guests_may_do_nothing_whatever_the_rules_say(risk: Risk) -> None:
    everybody = frozenset({EVERYBODY, "UGUS"})
    rules = Rules((Rule(operators=everybody, approvers=everybody, viewers=everybody),), auditors=everybody)
    for refused in (
        lambda: decide(GUS, risk, "web-1", "COPS", rules),
        lambda: decide_somewhere(GUS, risk, "COPS", rules),
        lambda: check_approval(GUS, "UANA", "web-1", rules),
        lambda: check_audit(GUS, rules),
    ):
        with pytest.raises(NotAllowed, match="full members"):
            refused()


def test_with_nobody_named_nobody_changes_anything_and_is_told_the_setting() -> None:
    assert decide(ANA, Risk.LOOK, "web-1", "COPS", Rules()) == Go()
    with pytest.raises(NotAllowed) as refusal:
        decide(ANA, Risk.DELETE, "web-1", "COPS", Rules())
    assert "BOT_OPERATORS" in refusal.value.hint


@pytest.mark.parametrize(("risk", "asks"), [(Risk.CREATE, False), (Risk.DELETE, True), (Risk.RESTORE, True)])
def test_a_second_person_is_asked_where_the_rule_says_so(risk: Risk, asks: bool) -> None:
    decision = decide(ANA, risk, "web-1", "COPS", two_people())
    assert decision == (AskFirst(frozenset({"UBEN"}), 30.0) if asks else Go())


@pytest.mark.parametrize("approvers", [frozenset(), frozenset({"UANA"})])
def test_without_another_approver_a_second_person_can_not_be_had(approvers: frozenset[str]) -> None:
    with pytest.raises(NotAllowed, match="nobody else may approve"):
        decide(ANA, Risk.DELETE, "web-1", "COPS", two_people(approvers=approvers))


def test_the_first_rule_that_fits_the_server_decides_alone() -> None:
    rules = Rules((Rule(("prod-*",), operators=frozenset({"UBEN"})), Rule(operators=frozenset({"UANA"}))))
    assert decide(BEN, Risk.DELETE, "PROD-db", "COPS", rules) == Go()
    assert decide(ANA, Risk.DELETE, "web-1", "COPS", rules) == Go()
    with pytest.raises(NotAllowed):
        decide(ANA, Risk.DELETE, "prod-db", "COPS", rules)
    with pytest.raises(NotAllowed):
        decide(ANA, Risk.LOOK, "web-1", "COPS", Rules((Rule(("prod-*",)),)))


def test_a_rule_may_hold_in_some_channels_only() -> None:
    rules = Rules((Rule(channels=frozenset({"COPS"}), operators=frozenset({"UANA"})),))
    assert decide(ANA, Risk.DELETE, "web-1", "COPS", rules) == Go()
    for risk in Risk:
        with pytest.raises(NotAllowed) as refusal:
            decide(ANA, risk, "web-1", "CRANDOM", rules)
        assert refusal.value.where == ("COPS",)


@pytest.mark.parametrize(
    ("who", "asked_by", "may"),
    [(BEN, "UANA", True), (BEN, "UBEN", False), (ANA, "UBEN", False), (CLEO, "UANA", False)],
)
def test_only_another_person_who_approves_decides(who: Who, asked_by: str, may: bool) -> None:
    if may:
        check_approval(who, asked_by, "web-1", two_people())
    else:
        with pytest.raises(NotAllowed):
            check_approval(who, asked_by, "web-1", two_people())


def test_approvers_and_auditors_read_the_audit_trail() -> None:
    rules = Rules(two_people().rules, auditors=frozenset({"SOPS"}))
    check_audit(BEN, rules)
    check_audit(CLEO, rules)
    with pytest.raises(NotAllowed):
        check_audit(ANA, rules)


def test_before_the_server_is_known_it_is_enough_to_be_allowed_on_one() -> None:
    rules = Rules((Rule(("prod-*",), operators=frozenset({"UBEN"})), Rule(operators=frozenset({"UANA"}))))
    decide_somewhere(ANA, Risk.DELETE, "COPS", rules)
    decide_somewhere(BEN, Risk.DELETE, "COPS", rules)
    with pytest.raises(NotAllowed):
        decide_somewhere(CLEO, Risk.DELETE, "COPS", rules)


def test_the_groups_to_be_known_are_those_the_rules_name() -> None:
    assert Rules(OPERATED.rules, auditors=frozenset({"SAUDIT", "UANA"})).groups == {"SOPS", "SAUDIT"}


def test_where_no_rule_is_left_nobody_may_anything() -> None:
    with pytest.raises(NotAllowed):
        decide_somewhere(ANA, Risk.LOOK, "COPS", Rules(()))
    with pytest.raises(NotAllowed):
        decide(ANA, Risk.LOOK, "web-1", "COPS", Rules(()))
