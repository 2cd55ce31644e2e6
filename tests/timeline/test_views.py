"""How a timeline reads: in a message, and in a file."""

import re
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from bot.audit.model import AuditedOperation, Entry
from bot.errors import Denial, Failure, NotAllowed, Silence, Unreachable
from bot.operations.model import (
    Accepted,
    BackedUp,
    Cancelled,
    Deleted,
    Ending,
    NotApproved,
    NotDone,
    NotKnown,
    Outcome,
    Restored,
)
from bot.slack.forms import TimelineForm
from bot.timeline import messages, views
from bot.timeline.markdown import as_markdown
from bot.timeline.model import Story, Timeline
from tests.audit.facts import chain, entries
from tests.views_kit import NOON, OneFile, drawn, problems, words

DAY = timedelta(days=1)
NUMBERS = count(1)
NAMES = {"UANA": "ana", "UBEN": "Ben [on call] <b>"}
FORM = TimelineForm(server="web-1", server_id=1, since=NOON - DAY)
LINK = "https://example.slack.com/archives/COPS/p1"


class Document(SingleFileSnapshotExtension):
    """A snapshot that is read like any other document."""

    file_extension = "md"
    _write_mode = WriteMode.TEXT


def happened(verb: str, *events: tuple[float, str, dict[str, Any]], **of_all: Any) -> AuditedOperation:
    """Return an operation with these events, each so many minutes after noon."""
    subject = f"1:{next(NUMBERS)}"
    common = {"person": "UANA", "operation": subject, "verb": verb, "server_id": 1, "server_name": "web-1"}
    given = [
        Entry.model_validate(
            {"event": event, "key": f"{subject}:{event}:{at}", "at": NOON + timedelta(minutes=at)}
            | common
            | of_all
            | more
        )
        for at, event, more in events
    ]
    chained = [row.chained_entry() for row in chain(given)]
    # In the order of time among those of all operations.
    seqs = [int(at * 10) for at, *_ in events]
    placed = [each.model_copy(update={"seq": seq}) for each, seq in zip(chained, seqs, strict=True)]
    return AuditedOperation(subject=subject, seq=placed[-1].seq, entries=tuple(placed))


def ended(at: float, outcome: Outcome, **more: Any) -> tuple[float, str, dict[str, Any]]:
    return at, "ended", {"outcome": outcome, "state": outcome.state.value, **more}


def end(kind: Any, **facts: Any) -> Any:
    return kind(ended_at=NOON, **facts)


RESTORED = end(
    Restored, before="active", during="restoring", seconds=340.0, safety_backup_id=77, words="Started."
)
LOST = Failure.of(Unreachable(silence=Silence.TIMED_OUT, may_have_acted=True))
OF_A_BACKUP = {"backup_id": 501, "backup_at": NOON - timedelta(hours=9)}
OPERATIONS = [
    happened(
        "create",
        (0, "requested", {}),
        (0, "started", {}),
        ended(4, end(BackedUp, backup_id=500, size_mb=4500, seconds=235.0), backup_id=500),
        reason="before the upgrade",
    ),
    happened(
        "restore",
        (10, "requested", {}),
        (10, "approval_requested", {"permalink": LINK}),
        (15, "reminded", {}),
        (16, "approved", {"decided_by": "UCLEO"}),
        (16, "started", {}),
        ended(25, RESTORED, permalink=LINK),
        reason="the upgrade broke it",
        **OF_A_BACKUP,
    ),
    happened(
        "restore",
        (30, "requested", {}),
        (30, "approval_requested", {}),
        (31, "break_glass", {"decided_by": "UANA", "comment": "nobody answers & the shop is down"}),
        (31, "alarmed", {"decided_by": "UANA", "reached": ("UCLEO",), "not_reached": ("UBEN",)}),
        (50, "started", {}),
        ended(60, end(Accepted, status="active", words="It was started.")),
        delete_first=440,
        **OF_A_BACKUP,
    ),
    happened(
        "delete",
        (70, "requested", {}),
        (71, "declined", {"decided_by": "UBEN", "comment": "keep it"}),
        ended(71, end(NotApproved, ending=Ending.DECLINED, by="UBEN", comment="keep it")),
        **OF_A_BACKUP,
    ),
    happened(
        "delete",
        (72, "requested", {}),
        (72, "started", {}),
        ended(73, end(Deleted, backup_id=501)),
        **OF_A_BACKUP,
    ),
    happened(
        "create",
        (74, "requested", {}),
        (80, "cancelled", {"decided_by": "UBEN"}),
        ended(80, end(Cancelled, by="UBEN")),
    ),
    happened("create", (90, "requested", {}), ended(91, end(NotKnown, failure=LOST))),
    happened(
        "restore",
        (1438, "requested", {"permalink": "https://example.slack.com/archives/D1/p1"}),
        (1441, "started", {}),
        backup_id=502,
    ),
]


OF_A_BATCH: dict[str, Any] = {"batch_id": "batch:1", "reason": "before the new kernel"}
BATCH = [
    happened(
        "create",
        (0, "requested", {}),
        (number, "started", {"permalink": LINK}),
        how,
        server_id=number,
        server_name=f"web-{number}",
        **OF_A_BATCH,
    )
    for number, how in enumerate(
        [
            ended(4, end(BackedUp, backup_id=500, size_mb=4500, seconds=235.0)),
            ended(3, end(NotKnown, failure=LOST)),
            *(ended(5 + number, end(BackedUp, backup_id=510 + number)) for number in range(5)),
            (12, "cancelled", {"decided_by": "UBEN"}),
        ],
        1,
    )
]


ANSWERS = happened(
    "alert",
    (0, "acknowledged", {"reason": "on it", "person": "UBEN"}),
    (5, "snoozed", {"reason": "the new disk comes tomorrow", "until": NOON + DAY}),
    trouble="no_good_backup",
    permalink=LINK,
)


UNATTENDED = [
    happened(
        "create",
        (0, "requested", {}),
        ended(4, end(BackedUp, backup_id=500, size_mb=4500, seconds=235.0)),
        **by,
    )
    for by in ({"schedule_id": "s1"}, {"function_execution_id": "Fx1"})
]
UNATTENDED.append(
    happened(
        "schedule",
        (9, "schedule_paused", {"servers": ("web-1",), "cron": "0 3 * * *", "zone": "Europe/Berlin"}),
        schedule_id="s1",
    )
)


def timeline(*operations: AuditedOperation, **more: Any) -> Timeline:
    facts: dict[str, Any] = {"since": NOON - DAY, "until": NOON + 2 * DAY, "server_name": "web-1"}
    return Timeline(operations=operations, **facts | more)


def test_how_timelines_look(snapshot: SnapshotAssertion) -> None:
    shown = {
        "for one person": views.timeline(timeline(*OPERATIONS), FORM),
        "posted, of all servers": views.posted(timeline(*OPERATIONS[:1], server_name=""), "UANA", NAMES),
        "several servers on one request, and one of them alone": views.timeline(
            timeline(*BATCH[:-1], OPERATIONS[4], server_name=""), FORM
        ),
        "several, one of which waits": views.posted(timeline(*BATCH[-2:], server_name=""), "UANA", NAMES),
        "one of several": views.posted(timeline(BATCH[0]), "UANA", NAMES),
        "answers to an alert": views.timeline(timeline(ANSWERS), FORM),
        "by a schedule, by a workflow's step, and a change of a schedule": views.timeline(
            timeline(*UNATTENDED), FORM
        ),
        "nothing on a server": views.timeline(timeline(), FORM),
        "nothing anywhere": views.timeline(timeline(server_name=""), FORM),
        "changed by somebody": views.posted(
            timeline(AuditedOperation(subject="x", seq=1, entries=(), unreadable=2)), "UANA", {}
        ),
        "sent": views.sent(),
    }
    assert {name: drawn(each) for name, each in shown.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in shown.values()] == [[]] * len(shown)


def test_what_is_posted_or_sent_calls_nobody_whom_it_mentions() -> None:
    denied = Failure.of(NotAllowed(Denial.NO_ROLE, "create", "BOT_OPERATORS", who=("UBEN", "SOPS", "UDAN")))
    elsewhere = Failure.of(NotAllowed(Denial.OTHER_CHANNEL, "create", where=("COPS",)))
    refused = [
        happened("create", (0, "requested", {}), ended(1, end(NotDone, failure=each)))
        for each in (denied, elsewhere)
    ]
    assert messages.mentioned(timeline(*refused)) == {"UANA", "UBEN", "UDAN"}
    posted = views.posted(timeline(*refused), "UANA", NAMES).text
    assert "@Ben [on call] &lt;b&gt;" in posted
    assert "@UDAN" in posted
    assert not re.search(r"<@|<!subteam", posted), "a whole group would be called"
    text = messages.file_text(timeline(*refused), NAMES, "UANA", UTC, NOON)
    assert "](!" not in text
    assert "](#" not in text
    assert "#COPS" in text


def test_how_the_file_reads(snapshot: SnapshotAssertion) -> None:
    text = messages.file_text(
        timeline(*OPERATIONS, *BATCH[:2], has_earlier=True), NAMES, "UANA", ZoneInfo("Europe/Berlin"), NOON
    )
    assert text == snapshot(extension_class=Document)
    assert "All times are in UTC.\n" in messages.file_text(timeline(), {}, "UANA", UTC, NOON)


def test_of_too_many_the_newest_are_shown_and_the_file_has_all() -> None:
    many = [
        happened("create", (number, "requested", {}), reason=f"reason {number}.") for number in range(200)
    ]
    shown = views.timeline(timeline(*many), FORM)
    assert problems(shown) == []
    assert "160 earlier operations left out. The file has them." in shown.text
    assert "reason 159." not in str(shown.drawn())
    assert "reason 199." in str(shown.drawn())
    text = messages.file_text(timeline(*many), {}, "UANA", UTC, NOON)
    assert [f"reason {number}." in text for number in range(200)] == [True] * 200
    wordy = views.posted(
        timeline(
            *(happened("x", *[(n, "alarmed", {"comment": "x" * 900}) for n in range(30)]) for _ in range(9))
        ),
        "UANA",
        {},
    )
    assert problems(wordy) == []


def test_of_many_servers_at_once_those_that_did_not_end_well_are_told_and_the_others_counted() -> None:
    story = Story([*BATCH[:2], *(BATCH[2 + number % 5] for number in range(30))])
    lines = messages.story_lines(story).splitlines()
    assert lines[-1] == "31 done, which are left out here"
    assert ["*web-2*: can't tell" in line for line in lines].count(True) == 1
    assert len(lines) <= 2 + messages.MOST_EVENTS


def test_a_message_says_what_happened_in_the_middle_only_in_the_file() -> None:
    often = happened("create", *[(n, "alarmed", {}) for n in range(30)])
    assert messages.story_lines(Story([often])).count("approvers alarmed") == messages.MOST_EVENTS
    assert messages.file_text(timeline(often), {}, "UANA", UTC, NOON).count("approvers alarmed") == 30


@settings(max_examples=25)
@given(
    st.lists(st.lists(entries, min_size=1, max_size=4), max_size=4),
    words,
    st.dictionaries(st.sampled_from(["UANA", "UBEN"]), words),
)
def test_whatever_is_on_record_can_be_shown_and_written(
    written: list[list[Entry]], name: str, names: dict[str, str]
) -> None:
    found = timeline(
        *(
            AuditedOperation(subject="x", seq=1, entries=tuple(row.chained_entry() for row in chain(each)))
            for each in written
        ),
        server_name=name,
    )
    assert problems(views.timeline(found, FORM)) == []
    assert problems(views.posted(found, "UANA", names)) == []
    text = messages.file_text(found, names, "UANA", UTC, datetime(2026, 1, 1, tzinfo=UTC))
    assert text.startswith("# Timeline of ")
    assert "<!" not in text
    assert "<@" not in text


@pytest.mark.parametrize(
    ("mrkdwn", "markdown"),
    [
        (":x: *bold* <https://x.example/a_b|message>", "**bold** [message](https://x.example/a_b)"),
        ("<!date^0^{time}|1970-01-01 00:00 UTC>", "00:00:00"),
        ("<!date^86400^{date_short_pretty} {time}|x>", "1970-01-02 00:00:00"),
        ("<@UANA> and <@UBEN>", "@ana and @UBEN"),
        ("<!date^0^{time}|x> :x: <@UCLEO>", "00:00:00 @\\_\\*cleo\\*\\_ &lt;"),
        (
            "“[docs](https://evil.example) ![](x) #1 | a_b &lt;img&gt;”",
            "“\\[docs\\](https://evil.example) !\\[\\](x) #1 | a_b &lt;img&gt;”",
        ),
    ],
)
def test_markdown_says_the_same_and_what_people_wrote_formats_nothing(mrkdwn: str, markdown: str) -> None:
    assert as_markdown(mrkdwn, {"UANA": "ana", "UCLEO": "_*cleo*_ <"}) == markdown
