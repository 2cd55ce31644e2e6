"""How the doctor's report looks: to people, on old consoles, and to programs."""

import asyncio
import io
import json

from syrupy.assertion import SnapshotAssertion

from bot.doctor.model import Policy, Report, problem, warning, well
from bot.doctor.policy_messages import policies, what_channels_are_told
from bot.doctor.report import as_json, progress
from bot.doctor.report import as_text as lines_of
from bot.notifications.model import Notify, NotifyLevels
from bot.permissions import Rule, Rules
from bot.terminal import encodable
from bot.verbs import CHANGING, Verb
from tests.test_terminal import Screen

REPORT = Report(
    [
        well("VPS.org lists 8 servers."),
        warning("Servers: “db” (1) and “dЬ” (2) look alike.", "Rename all but one at VPS.org."),
        problem("BOT_OPERATORS is empty: nobody can create, delete or restore.", "Name people."),
    ],
    [Policy("All servers", ("Every full member can look.",))],
)
NAMES = {
    "UANA": "Ana Moreno (UANA)",
    "UBEN": "Ben Okafor (UBEN)",
    "S1": "the user group S1",
    "C1": "#ops (C1)",
}
SERVERS = ["db-main", "db-replica", "mail", *(f"web-{number}" for number in range(1, 13))]
RULES = Rules(
    (
        Rule(
            ("db-*",),
            operators=frozenset({"UANA", "UBEN", "UZOE"}),
            approvers=frozenset({"UBEN", "S1"}),
            second_person=frozenset({Verb.RESTORE, Verb.DELETE}),
            break_glass=True,
            channels=frozenset({"C1"}),
        ),
        Rule(("mail",), operators=frozenset({"UANA"}), second_person=CHANGING, approval_minutes=7.5),
        Rule(("test-*",), viewers=frozenset(), operators=frozenset({"UANA"}), second_person=frozenset()),
        Rule(),
    ),
    auditors=frozenset({"UANA"}),
)


def as_text(report: Report, *, colour: bool = False) -> str:
    return "".join(f"{line}\n" for line in lines_of(report, colour=colour))


def test_how_reports_look(snapshot: SnapshotAssertion) -> None:
    assert as_text(REPORT) == snapshot(name="plain")
    assert as_text(REPORT, colour=True) == snapshot(name="on a terminal")
    assert encodable(as_text(REPORT), "ascii") == snapshot(name="on an old console")
    assert as_json(REPORT) == snapshot(name="for programs")


def test_how_policies_read(snapshot: SnapshotAssertion) -> None:
    assert as_text(Report((), policies(RULES, NAMES, SERVERS, {"UZOE"}))) == snapshot(
        name="with a file of rules"
    )
    assert as_text(Report((), policies(Rules(), {}, SERVERS, ()))) == snapshot(name="with nothing set")


def test_what_channels_are_told_is_said_by_their_names() -> None:
    levels = NotifyLevels(Notify.ALL, {"COPS": Notify.FAILURES, "CDEV": Notify.OUTCOMES})
    told = what_channels_are_told(levels, {"COPS": "#ops (COPS)"})
    assert told.lines == (
        "CDEV: how operations ended.",
        "#ops (COPS): failures, and servers that were reset.",
        "All other channels: everything.",
    )
    assert what_channels_are_told(NotifyLevels(), {}).lines == ("All channels: everything.",)


def test_the_summary_counts_what_is_wrong() -> None:
    def last(*findings: object) -> str:
        return as_text(Report(findings)).splitlines()[-1]  # type: ignore[arg-type]

    assert last(problem("a"), problem("b"), warning("c"), well("d")) == "2 problems, 1 warning."
    assert last(warning("c"), warning("d")) == "2 warnings."
    assert last(well("d")) == "All is well."


def test_words_from_outside_can_not_steer_a_terminal() -> None:
    nasty = "\x1b[2Jall is well\r\n✓ forged\u202e\x9b31m"
    text = as_text(Report([problem(nasty, nasty)], [Policy(nasty, (nasty,))]))
    assert len(text.splitlines()) == 8
    assert all(each.isprintable() for each in text.replace("\n", ""))
    assert json.loads(as_json(Report([problem(nasty)])))["findings"][0]["what"] == nasty
    assert "\x1b" not in as_json(Report([problem(nasty)]))


async def test_a_terminal_shows_who_has_not_answered_yet_and_a_pipe_nothing() -> None:
    waiting = {"Slack"}
    for stream in (Screen(), io.StringIO()):
        async with progress(waiting, stream, after_seconds=0):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert stream.getvalue() == ("\rWaiting for Slack… 0 s\x1b[K\r\x1b[K" if stream.isatty() else "")
