"""What the doctor says about what it found."""

import socket
import ssl

import pytest

from bot.doctor import messages, people_messages
from bot.doctor.model import Level
from bot.errors import ConfigurationError, Silence, Unauthorized, Unreachable
from bot.permissions import Rule, Rules
from bot.slack.manifest import OPTIONAL_SCOPES, SCOPES
from bot.verbs import Verb

PROBLEM, WARNING, WELL = Level


def test_settings_problems_become_a_finding_each() -> None:
    found = messages.refused(ConfigurationError("A is missing.", "B is missing."))
    assert [(each.level, each.what) for each in found] == [
        (PROBLEM, "A is missing."),
        (PROBLEM, "B is missing."),
    ]


@pytest.mark.parametrize(
    ("granted", "level", "words"),
    [
        ({*SCOPES, *OPTIONAL_SCOPES, "more"}, WELL, "all that the manifest asks for"),
        (SCOPES, WARNING, "without channels:history, groups:history"),
        ({*SCOPES, "channels:history", "groups:history"}, WARNING, "channels can't be checked"),
        (
            {"commands", "im:write", "users:read"},
            PROBLEM,
            "lacks chat:write, chat:write.public, app_mentions:read, im:history, usergroups:",
        ),
        ((), WELL, "doesn't say"),
    ],
)
def test_scopes_are_compared_with_the_manifest(granted: set[str], level: Level, words: str) -> None:
    found = messages.scopes(granted)
    assert found.level is level
    assert words in found.what
    assert ("backup-bot manifest" in found.advice) is (level is not WELL)


@pytest.mark.parametrize(
    ("permissions", "level"),
    [
        (["servers:read", "backups.read"], PROBLEM),
        (["servers:read", "backups:write"], WELL),
        (["read_write"], WELL),
        (["full"], WELL),
        ([], WELL),
    ],
)
def test_a_token_that_can_only_read_is_not_enough(permissions: list[str], level: Level) -> None:
    assert messages.vps_token("bot", "ops@example.org", permissions).level is level


def test_an_sqlite_too_old_for_this_python_is_named() -> None:
    assert messages.sqlite((3, 11), (3, 40, 1)) is None
    assert messages.sqlite((3, 13), (3, 46, 1)) is None
    found = messages.sqlite((3, 12), (3, 40, 1))
    assert found
    assert found.level is PROBLEM
    assert "3.40.1" in found.what


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [
        (0.9, None, ""),
        (-29, None, ""),
        (90, WARNING, "1 min 30 s ahead of Slack's"),
        (-7200, PROBLEM, "2 h behind Slack's"),
    ],
)
def test_a_wrong_clock_is_named(ahead: float, level: Level | None, words: str) -> None:
    found = messages.clock(ahead)
    assert [each.level for each in found] == [level] * bool(level)
    assert all(words in each.what for each in found)


def _untrusted() -> Exception:
    verification = ssl.SSLCertVerificationError()
    verification.verify_message = "self-signed certificate"
    return _after(ConnectionError("x"), verification)


def _after(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (_untrusted(), "Slack's certificate is not trusted (self-signed certificate)"),
        (_after(OSError("x"), ssl.SSLError("wrong version number")), "no TLS"),
        (_after(OSError("x"), socket.gaierror("x")), "host name can't be found"),
        (ConnectionRefusedError(), "refused the connection"),
        (ConnectionResetError(), "can't be reached (ConnectionResetError)"),
    ],
)
def test_why_nobody_answers_is_said_by_name(error: Exception, words: str) -> None:
    found = messages.unreached("Slack", "SLACK_API_URL", error)
    assert found.level is PROBLEM
    assert words in found.what
    assert "SLACK_API_URL" in found.advice


def test_advice_is_for_the_person_who_runs_the_bot() -> None:
    refused = messages.vps_refused(Unauthorized(status=401))
    assert refused.what.startswith("VPS_API_TOKEN: VPS.org doesn't accept")
    assert refused.advice.startswith("Check VPS_API_TOKEN.")
    away = messages.vps_refused(Unreachable(silence=Silence.TIMED_OUT))
    assert away.advice == "Check VPS_API_URL, the network and the proxy."
    assert "whoever" not in f"{refused}{away}"


def test_people_who_are_no_full_members_are_named_with_the_setting() -> None:
    strangers = {"U3": "BOT_VIEWERS", "U2": "BOT_OPERATORS"}
    found = people_messages.people({"U1"}, strangers)
    assert [each.what.split(" is not")[0] for each in found] == ["BOT_OPERATORS: U2", "BOT_VIEWERS: U3"]
    assert {each.level for each in found} == {PROBLEM}
    assert [each.level for each in people_messages.people({"U1"}, {})] == [WELL]
    assert people_messages.people((), {}) == []


def test_a_user_group_without_members_is_named() -> None:
    assert [each.level for each in people_messages.groups({"S2": 0, "S1": 3})] == [WELL, PROBLEM]


ANA, BEN = frozenset({"UANA"}), frozenset({"UBEN"})


@pytest.mark.parametrize(
    ("rules", "able", "words"),
    [
        (Rules(), frozenset(), "BOT_OPERATORS is empty"),
        (Rules((Rule(operators=ANA),)), frozenset(), "no operator is a full member"),
    ],
)
def test_a_bot_nobody_can_use_is_a_problem(rules: Rules, able: frozenset[str], words: str) -> None:
    [found] = people_messages.operators(rules, able)
    assert found.level is PROBLEM
    assert words in found.what


def test_one_operator_is_enough() -> None:
    assert people_messages.operators(Rules((Rule(operators=ANA),)), ANA) == []


@pytest.mark.parametrize(
    ("approvers", "words"),
    [
        (frozenset(), "there is none"),
        (ANA, "nobody can approve what UANA requests"),
        (BEN, None),
        (ANA | BEN, None),
    ],
)
def test_somebody_has_to_be_there_to_approve(approvers: frozenset[str], words: str | None) -> None:
    rule = Rule(("db-*",), operators=ANA, second_person=frozenset({Verb.RESTORE}))
    found = people_messages.second_person(rule, ANA, approvers)
    assert [words in each.what and "db-*" in each.what for each in found if words] == [True] * bool(words)


def test_if_no_second_person_is_needed_none_is_missed() -> None:
    assert people_messages.second_person(Rule(operators=ANA), ANA, frozenset()) == []
    needy = Rule(second_person=frozenset({Verb.RESTORE}))
    assert people_messages.second_person(needy, frozenset(), frozenset()) == []
