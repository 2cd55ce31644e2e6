"""Who can do what, as a table."""

from dataclasses import replace
from typing import Any

import pytest

from bot.errors import Denial, NotAllowed
from bot.permissions import (
    EVERYBODY,
    Allowed,
    NeedsApproval,
    Person,
    Rule,
    Rules,
    audit_sight,
    check_approval,
    check_cancel,
    check_requester,
    decide,
    decide_somewhere,
)
from bot.verbs import CHANGING, Verb

ANA = Person("UANA", is_member=True)
BEN = Person("UBEN", is_member=True)
CLEO = Person("UCLEO", is_member=True, groups=frozenset({"SOPS"}))
GUS = Person("UGUS", is_member=False)
OPERATED = Rules((Rule(operators=frozenset({"UANA", "SOPS"})),))
DESTROYING = frozenset({Verb.DELETE, Verb.RESTORE})


def two_people(**more: Any) -> Rules:
    facts = {"operators": frozenset({"UANA"}), "approvers": frozenset({"UBEN"}), "second_person": DESTROYING}
    return Rules((Rule(**facts | more),))


@pytest.mark.parametrize("verb", Verb)
@pytest.mark.parametrize(
    ("person", "can_act"), [(ANA, True), (CLEO, True), (BEN, False)], ids=["operator", "by group", "member"]
)
def test_operators_act_and_everybody_else_looks(person: Person, can_act: bool, verb: Verb) -> None:
    if can_act or verb not in CHANGING:
        assert decide(person, verb, "web-1", "COPS", OPERATED) == Allowed()
    else:
        with pytest.raises(NotAllowed) as refusal:
            decide(person, verb, "web-1", "COPS", OPERATED)
        assert refusal.value.denial is Denial.NO_ROLE
        assert refusal.value.action == verb
        assert refusal.value.who == ("SOPS", "UANA")


@pytest.mark.parametrize("verb", Verb)
def test_guests_can_do_nothing_whatever_the_rules_say(verb: Verb) -> None:
    everybody = frozenset({EVERYBODY, "UGUS"})
    rules = Rules((Rule(operators=everybody, approvers=everybody, viewers=everybody),), auditors=everybody)
    for refused in (
        lambda: decide(GUS, verb, "web-1", "COPS", rules),
        lambda: decide_somewhere(GUS, verb, "COPS", rules),
        lambda: check_approval(GUS, "UANA", "web-1", rules),
        lambda: check_requester(GUS, "UGUS"),
        lambda: check_cancel(GUS, "UGUS", "web-1", rules),
        lambda: audit_sight(GUS, "COPS", rules),
    ):
        with pytest.raises(NotAllowed) as refusal:
            refused()
        assert refusal.value.denial is Denial.NOT_A_MEMBER


def test_with_nobody_named_nobody_changes_anything_and_is_told_the_setting() -> None:
    assert decide(ANA, Verb.LIST, "web-1", "COPS", Rules()) == Allowed()
    with pytest.raises(NotAllowed) as refusal:
        decide(ANA, Verb.DELETE, "web-1", "COPS", Rules())
    assert refusal.value.denial is Denial.NO_ROLE
    assert (refusal.value.setting, refusal.value.who) == ("BOT_OPERATORS", ())


@pytest.mark.parametrize(
    ("verb", "needs_approval"), [(Verb.CREATE, False), (Verb.DELETE, True), (Verb.RESTORE, True)]
)
def test_a_second_person_is_asked_if_the_rule_says_so(verb: Verb, needs_approval: bool) -> None:
    decision = decide(ANA, verb, "web-1", "COPS", two_people())
    assert decision == (NeedsApproval(frozenset({"UBEN"}), 30.0) if needs_approval else Allowed())


@pytest.mark.parametrize("approvers", [frozenset(), frozenset({"UANA"})])
def test_without_another_approver_a_second_person_can_not_be_had(approvers: frozenset[str]) -> None:
    with pytest.raises(NotAllowed) as refusal:
        decide(ANA, Verb.DELETE, "web-1", "COPS", two_people(approvers=approvers))
    assert (refusal.value.denial, refusal.value.setting) == (Denial.NO_APPROVER, "BOT_APPROVERS")


def test_the_first_rule_that_fits_the_server_decides_alone() -> None:
    rules = Rules((Rule(("prod-*",), operators=frozenset({"UBEN"})), Rule(operators=frozenset({"UANA"}))))
    assert decide(BEN, Verb.DELETE, "PROD-db", "COPS", rules) == Allowed()
    assert decide(ANA, Verb.DELETE, "web-1", "COPS", rules) == Allowed()
    with pytest.raises(NotAllowed):
        decide(ANA, Verb.DELETE, "prod-db", "COPS", rules)
    with pytest.raises(NotAllowed):
        decide(ANA, Verb.LIST, "web-1", "COPS", Rules((Rule(("prod-*",)),)))


def test_a_rule_can_hold_in_some_channels_only() -> None:
    rules = Rules((Rule(channels=frozenset({"COPS"}), operators=frozenset({"UANA"})),))
    assert decide(ANA, Verb.DELETE, "web-1", "COPS", rules) == Allowed()
    for verb in Verb:
        with pytest.raises(NotAllowed) as refusal:
            decide(ANA, verb, "web-1", "CRANDOM", rules)
        assert (refusal.value.denial, refusal.value.where) == (Denial.OTHER_CHANNEL, ("COPS",))


@pytest.mark.parametrize(
    ("person", "requester", "denial"),
    [
        (BEN, "UANA", None),
        (BEN, "UBEN", Denial.OWN_REQUEST),
        (ANA, "UBEN", Denial.NO_ROLE),
        (CLEO, "UANA", Denial.NO_ROLE),
    ],
)
def test_only_another_person_who_is_an_approver_approves(
    person: Person, requester: str, denial: Denial | None
) -> None:
    if denial is None:
        check_approval(person, requester, "web-1", two_people())
    else:
        with pytest.raises(NotAllowed) as refusal:
            check_approval(person, requester, "web-1", two_people())
        assert refusal.value.denial is denial


def test_only_the_requester_withdraws() -> None:
    check_requester(ANA, "UANA")
    with pytest.raises(NotAllowed) as refusal:
        check_requester(BEN, "UANA")
    assert (refusal.value.denial, refusal.value.who) == (Denial.NOT_THE_REQUESTER, ("UANA",))


def test_somebody_who_can_t_cancel_is_told_who_can() -> None:
    with pytest.raises(NotAllowed) as refusal:
        check_cancel(CLEO, "UANA", "web-1", two_people())
    assert (refusal.value.denial, refusal.value.action) == (Denial.NO_ROLE, "cancel")
    assert refusal.value.who == ("UANA", "UBEN")


def test_approvers_and_auditors_read_the_audit_trail() -> None:
    rules = Rules(two_people().rules, auditors=frozenset({"SOPS"}))
    audit_sight(BEN, "COPS", rules)
    audit_sight(CLEO, "COPS", rules)
    with pytest.raises(NotAllowed):
        audit_sight(ANA, "COPS", rules)


OF_TWO_TEAMS = Rules(
    (
        Rule(("db-*",), approvers=frozenset({"UBEN"}), channels=frozenset({"CDB"})),
        Rule(("web-*",), approvers=frozenset({"UCLEO", "UBEN"})),
        Rule(approvers=frozenset()),
    ),
    auditors=frozenset({"UANA"}),
)


@pytest.mark.parametrize(
    ("person", "channel", "servers", "is_whole"),
    [
        (ANA, "CDB", {"db-1", "web-1", "mail", ""}, True),
        (ANA, "COPS", {"web-1", "mail", ""}, False),
        (BEN, "CDB", {"db-1", "web-1"}, False),
        (BEN, "COPS", {"web-1"}, False),
        (CLEO, "CDB", {"web-1"}, False),
    ],
)
def test_approvers_of_a_rule_read_of_its_servers_where_the_rule_holds(
    person: Person, channel: str, servers: set[str], is_whole: bool
) -> None:
    sight = audit_sight(person, channel, OF_TWO_TEAMS)
    assert {each for each in ("db-1", "web-1", "mail", "") if sight.includes(each)} == servers
    assert sight.is_whole is is_whole


def test_the_audit_trail_is_read_in_the_channels_of_the_bot_alone() -> None:
    rules = Rules((replace(two_people().rules[0], channels=frozenset({"COPS"})),))
    assert audit_sight(BEN, "COPS", rules).is_whole
    with pytest.raises(NotAllowed) as refusal:
        audit_sight(BEN, "CRANDOM", rules)
    assert (refusal.value.denial, refusal.value.where) == (Denial.OTHER_CHANNEL, ("COPS",))
    with pytest.raises(NotAllowed) as refusal:
        audit_sight(ANA, "CRANDOM", rules)
    assert refusal.value.denial is Denial.NO_ROLE


def test_before_the_server_is_known_it_is_enough_to_be_allowed_on_one() -> None:
    rules = Rules((Rule(("prod-*",), operators=frozenset({"UBEN"})), Rule(operators=frozenset({"UANA"}))))
    decide_somewhere(ANA, Verb.DELETE, "COPS", rules)
    decide_somewhere(BEN, Verb.DELETE, "COPS", rules)
    with pytest.raises(NotAllowed):
        decide_somewhere(CLEO, Verb.DELETE, "COPS", rules)


def test_the_groups_to_be_known_are_those_the_rules_name() -> None:
    assert Rules(OPERATED.rules, auditors=frozenset({"SAUDIT", "UANA"})).groups == {"SOPS", "SAUDIT"}


def test_if_no_rule_is_left_nobody_can_do_anything() -> None:
    with pytest.raises(NotAllowed):
        decide_somewhere(ANA, Verb.LIST, "COPS", Rules(()))
    with pytest.raises(NotAllowed):
        decide(ANA, Verb.LIST, "web-1", "COPS", Rules(()))
