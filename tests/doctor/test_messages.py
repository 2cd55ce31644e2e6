"""What the doctor says about what it found."""

import pytest

from bot.doctor.messages import (
    Finding,
    groups,
    operators,
    people,
    people_unasked,
    refused,
    report,
    scopes,
    second_person,
    sqlite,
    vps_token,
)
from bot.errors import ConfigurationError
from bot.permissions import Rule, Rules
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.verbs import Verb


def test_each_finding_is_a_line_with_its_mark_and_the_advice_below() -> None:
    found = [Finding(True, "Good."), Finding(False, "Bad.", "Do this.")]
    assert report(found) == "✓ Good.\n✗ Bad.\n    Do this.\n"
    assert report([]) == ""


def test_settings_problems_become_a_finding_each() -> None:
    assert refused(ConfigurationError("A is missing.", "B is missing.")) == [
        Finding(False, "A is missing."),
        Finding(False, "B is missing."),
    ]


def test_scopes_are_compared_with_the_manifest() -> None:
    [all_there] = scopes({*SCOPES, *OPTIONAL_SCOPES, "more"})
    [needed_only] = scopes(SCOPES)
    [too_few] = scopes({"commands", "im:write", "users:read"})
    [unsaid] = scopes(())
    assert all_there.is_well
    assert needed_only.is_well
    assert "channels:history" in needed_only.what
    assert not too_few.is_well
    assert "lacks chat:write, chat:write.public, usergroups:read." in too_few.what
    assert "backup-bot manifest" in too_few.advice
    assert unsaid.is_well


def test_a_token_that_can_only_read_is_not_enough() -> None:
    assert not vps_token("bot", "ops@example.org", ["servers:read", "backups.read"]).is_well
    assert vps_token("bot", "ops@example.org", ["servers:read", "backups:write"]).is_well
    assert vps_token("bot", "ops@example.org", ["read_write"]).is_well
    assert vps_token("bot", "ops@example.org", ["full"]).is_well
    assert vps_token("", "ops@example.org", []).is_well


def test_an_sqlite_too_old_for_this_python_is_named() -> None:
    assert sqlite((3, 11), (3, 40, 1)) == []
    assert sqlite((3, 13), (3, 46, 1)) == []
    [finding] = sqlite((3, 12), (3, 40, 1))
    assert not finding.is_well
    assert "3.40.1" in finding.what


def test_people_who_are_no_full_members_are_named() -> None:
    assert ["U2" in finding.what for finding in people({"U1"}, {"U2", "U3"})] == [True, False]
    assert [finding.is_well for finding in people({"U1"}, {"U2", "U3"})] == [False, False]
    assert [finding.is_well for finding in people({"U1"}, ())] == [True]
    assert people((), ()) == []
    assert "missing_scope" in people_unasked("missing_scope").what


def test_a_user_group_without_members_is_named() -> None:
    assert [finding.is_well for finding in groups({"S2": 0, "S1": 3})] == [True, False]


def test_nobody_named_as_operator_is_no_fault_but_is_said() -> None:
    [finding] = operators(Rules())
    assert finding.is_well
    assert "nobody can create, delete or restore" in finding.what
    assert operators(Rules((Rule(operators=ANA),))) == []


ANA, BEN = frozenset({"UANA"}), frozenset({"UBEN"})


@pytest.mark.parametrize(
    ("approvers", "is_well", "words"),
    [
        (frozenset(), False, "there is none"),
        (ANA, False, "nobody can approve what UANA requests"),
        (BEN, True, "1 person"),
        (ANA | BEN, True, "2 people"),
    ],
)
def test_somebody_has_to_be_there_to_approve(approvers: frozenset[str], is_well: bool, words: str) -> None:
    rule = Rule(("db-*",), operators=ANA, second_person=frozenset({Verb.RESTORE}))
    [finding] = second_person(rule, ANA, approvers)
    assert finding.is_well is is_well
    assert words in finding.what
    assert "db-*" in finding.what


def test_if_no_second_person_is_needed_none_is_missed() -> None:
    assert second_person(Rule(operators=ANA), ANA, frozenset()) == []
    assert second_person(Rule(second_person=frozenset({Verb.RESTORE})), frozenset(), frozenset()) == []
