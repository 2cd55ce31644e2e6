"""The trail as people read it."""

from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.alerts.model import Kind
from bot.audit import alert_messages, messages
from bot.audit.model import AuditedOperation, Broken, ChainedEntry, Entry, Event, Tampering
from bot.audit.views import Page, broken, details, mirrored, mirrored_refusals, shown_name, trail
from bot.errors import Busy, Denial, Failure, NotAllowed, Stale, StaleConfirmation, UnknownServer
from bot.operations.model import (
    Accepted,
    BackedUp,
    BackupFailed,
    BackupVanished,
    Cancelled,
    Deleted,
    Ending,
    InternalError,
    NoRoom,
    NoSafetyBackup,
    NotApproved,
    NotDone,
    NotKnown,
    Outcome,
    Restored,
    State,
    StillRunning,
    Unworded,
)
from bot.slack.forms import AuditForm, read_form
from bot.slack.messages import in_short
from tests.any_facts import PEOPLE
from tests.audit.facts import NOON, chain, entries, entry
from tests.views_kit import Drawable, OneFile, drawn, moments, problems, words

LINK = "https://acme.slack.com/archives/COPS/p1772366460000100"
GUEST = Failure.of(NotAllowed(Denial.NOT_A_MEMBER))
GONE = Failure.of(StaleConfirmation(Stale.GONE, 509))
COMPLETE = BackedUp(backup_id=777, size_mb=2350, seconds=75.0, ended_at=NOON)


def newest_first(*all_of: Entry) -> list[ChainedEntry]:
    """Return entries as a trail that is read."""
    return [row.chained_entry() for row in reversed(chain(list(all_of)))]


STORY = newest_first(
    entry(1, event="requested", key="1", reason="the <import> broke *everything*"),
    entry(2, event="refused", key="2", person="UGUS", failure=GUEST, channel="DGUS", tag=""),
    entry(3, event="approval_requested", key="3", permalink=LINK),
    entry(4, event="reminded", key="4"),
    entry(5, event="approved", key="5", decided_by="UBEN"),
    entry(6, event="declined", key="6", decided_by="UCLEO", comment="not *now*"),
    entry(7, event="withdrawn", key="7"),
    entry(8, event="expired", key="8"),
    entry(9, event="stale", key="9", failure=GONE),
    entry(10, event="break_glass", key="10", comment="production is down"),
    entry(11, event="started", key="11", backup_id=None, verb="create"),
    entry(12, event="cancelled", key="12", decided_by="UBEN"),
    entry(13, event="ended", key="13", state="done", outcome=COMPLETE),
)
REFUSED = newest_first(
    *(
        entry(number, event="refused", key=str(number), person=f"U{number % 12}", verb=verb, failure=GUEST)
        for number, verb in enumerate(["create", "<!here>", "audit", "list", "delete"] * 20)
    )
)[::-1]
WHOLE = AuditForm(server="web-1", person="UANA", since=NOON)


def operation(*all_of: ChainedEntry, unreadable: int = 0) -> AuditedOperation:
    """Return entries, given newest first, as those of one operation."""
    subject = all_of[0].entry.operation if all_of else "restore:1"
    seq = all_of[0].seq if all_of else 9
    return AuditedOperation(subject=subject, seq=seq, entries=all_of[::-1], unreadable=unreadable)


def of_kinds(*events: Event, **more: Any) -> AuditedOperation:
    """Return an operation to which these happened; how it ended is told last."""
    last = len(events) - 1
    told = [
        entry(number, event=event, key=f"{event}:{number}", **(more if number == last else {}))
        for number, event in enumerate(events)
    ]
    return operation(*newest_first(*told))


def test_that_somebody_was_refused_to_decide_does_not_count_as_how_it_ended() -> None:
    tried = entry(3, event="refused", key="3", person="UGUS", failure=GUEST, verb="approve")
    told = newest_first(entry(1, event="requested", key="1"), entry(2, key="2"), tried)
    shown = trail(Page([operation(*told)], has_newer=False, has_older=False), AuditForm()).text
    assert ":arrow_forward: *restore web-1*" in shown
    assert "refused" not in shown
    assert "<@UGUS>" in str(details(operation(*told)).to_dict())


FAILED = NotDone(failure=Failure.of(Busy(words="try later")), ended_at=NOON)
OPERATIONS = {
    "refused": operation(STORY[11]),
    "refused again and again": operation(*REFUSED[:30:6][::-1]),
    "asked": of_kinds("requested"),
    "waiting": of_kinds("requested", "approval_requested", "reminded"),
    "running": of_kinds("requested", "started"),
    "done": of_kinds("requested", "started", "ended", state="done", outcome=COMPLETE, permalink=LINK),
    "failed": of_kinds("requested", "started", "ended", state="failed", outcome=FAILED),
    "approved": of_kinds("requested", "approval_requested", "approved", decided_by="UBEN"),
    "declined": of_kinds("requested", "approval_requested", "declined", decided_by="UCLEO"),
    "expired": of_kinds("requested", "approval_requested", "expired", "ended", state="refused"),
    "break-glass": of_kinds("requested", "break_glass", "alarmed", "started"),
    "cancelled": of_kinds("requested", "cancelled", decided_by="UANA"),
    "everything": operation(*STORY[:8], unreadable=2),
    "unreadable": operation(unreadable=3),
}
PAGE = [*OPERATIONS.values()][:10]
VIEWS: dict[str, Drawable] = {
    "the newest": trail(Page(PAGE, has_newer=False, has_older=True), AuditForm()),
    "the oldest, filtered": trail(
        Page([*OPERATIONS.values()][10:], has_newer=True, has_older=False, is_whole=False), WHOLE
    ),
    "none of a server": trail(Page([], has_newer=False, has_older=False), AuditForm(server="<!channel>")),
    "none": trail(Page([], has_newer=False, has_older=False), AuditForm()),
    "details": details(operation(*STORY)),
    "details that can't be read": details(OPERATIONS["unreadable"]),
    "mirrored": mirrored(STORY[3]),
    "mirrored refusals": mirrored_refusals(REFUSED),
    "broken": broken(Broken(seq=4, how=Tampering.REMOVED, until=9)),
}


def test_an_answer_to_an_alert_says_who_why_and_what_it_was() -> None:
    told = {"verb": "alert", "person": "UBEN", "trouble": "no_good_backup", "until": NOON, "reason": "known"}
    [snoozed] = newest_first(entry(1, event="snoozed", key="1", **told))
    for said in (messages.entry_lines(snoozed), messages.operation_lines(operation(snoozed))):
        assert "<@UBEN>" in said
        assert "“known”" in said
        assert "It was: no good backup. Snoozed until <!date^" in said
        assert "Requested" not in said


def test_the_kinds_of_troubles_are_those_that_alerts_have() -> None:
    assert {*alert_messages.TROUBLES} == {"", *Kind}


def test_how_the_trail_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    unlinked = [each for each in PAGE if each is not OPERATIONS["done"]]
    assert problems(trail(Page(unlinked, has_newer=True, has_older=True), WHOLE)) == []


def test_buttons_keep_the_filter() -> None:
    page = Page([operation(each) for each in STORY[2:5]], has_newer=True, has_older=True)
    filters, buttons = [block for block in trail(page, WHOLE).drawn() if block["type"] == "actions"]
    assert read_form(AuditForm, filters["block_id"]) == WHOLE
    newer, older, export = [read_form(AuditForm, button["value"]) for button in buttons["elements"]]
    assert export == WHOLE
    assert newer == WHOLE.model_copy(update={"after": 11})
    assert older == WHOLE.model_copy(update={"before": 9})


def test_only_what_looks_like_a_message_is_linked() -> None:
    for strange in ("javascript:alert(1)", "https://evil.example|docs", "https://a b", "<!channel>"):
        assert "|message>" not in mirrored(newest_first(entry(permalink=strange))[0]).text
    assert f"<{LINK}|message>" in mirrored(STORY[10]).text


@settings(max_examples=20)
@given(
    st.lists(entries, min_size=1, max_size=10).map(lambda all_of: newest_first(*all_of)),
    st.builds(AuditForm, server=words.map(shown_name), person=st.sampled_from(PEOPLE), since=moments),
)
def test_whatever_was_written_can_be_shown(found: list[ChainedEntry], form: AuditForm) -> None:
    apart = [operation(each) for each in found]
    assert problems(trail(Page(apart, has_newer=True, has_older=True), form)) == []
    assert problems(trail(Page([operation(*found)], has_newer=True, has_older=True), form)) == []
    assert problems(details(operation(*found))) == []
    assert [problems(mirrored(each)) for each in found] == [[]] * len(found)
    assert problems(mirrored_refusals(found)) == []


def test_a_page_of_the_longest_entries_fits_into_one_message() -> None:
    longest = "&" * 10_000
    failures = [
        Busy(words=longest),
        UnknownServer(wanted=longest, names=(longest, longest)),
        NotAllowed(Denial.NO_ROLE, "restore", who=tuple(f"U{number:010}" for number in range(300))),
    ]
    for failure in map(Failure.of, failures):
        outcome = NoSafetyBackup(cause=NotDone(failure=failure, ended_at=NOON), ended_at=NOON)
        told = {
            "event": "ended",
            "failure": failure,
            "outcome": outcome,
            "reason": longest,
            "comment": longest,
        }
        full = newest_first(*(entry(number, server_name=longest, **told) for number in range(10)))
        page = Page([operation(each) for each in full], has_newer=True, has_older=True)
        assert problems(trail(page, WHOLE)) == []
        assert problems(details(operation(*full * 20))) == []


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("LaterError", {"why": "<!channel>"}),
        ("NotAllowed", {"denial": "later_denial"}),
        ("Busy", {"status": "none"}),
    ],
)
def test_a_failure_that_another_version_wrote_is_shown_as_it_is_written(
    kind: str, facts: dict[str, str]
) -> None:
    failure = Failure(kind=kind, facts=facts)
    outcome = NotDone(failure=failure, ended_at=NOON)
    for each in newest_first(entry(1, failure=failure), entry(2, outcome=outcome)):
        shown = mirrored(each)
        assert kind in shown.text
        assert problems(shown) == []


BUSY = Failure.of(Busy(words="try later"))
RESULTS: list[tuple[Outcome, str]] = [
    (COMPLETE, "2.4 GB, 1 min 15 s, backup 777"),
    (Deleted(backup_id=777, ended_at=NOON), ""),
    (
        Restored(
            before="active", during="off", words="Begun.", seconds=75, safety_backup_id=9, ended_at=NOON
        ),
        "“Begun.” · 1 min 15 s, safety backup 9",
    ),
    (Accepted(words="Begun.", safety_backup_id=9, ended_at=NOON), "“Begun.” · safety backup 9"),
    (
        BackupFailed(backup_id=777, status="broken <!here>", ended_at=NOON),
        "The backup's status is “broken &lt;!here&gt;”.",
    ),
    (BackupVanished(backup_id=777, ended_at=NOON), "The backup is no longer listed."),
    (
        StillRunning(backup_id=777, hours=24, ended_at=NOON),
        "The backup had not ended when it was last seen.",
    ),
    (FAILED, in_short(BUSY.error)),
    (NotKnown(failure=BUSY, ended_at=NOON), in_short(BUSY.error)),
    (NotApproved(ending=Ending.DECLINED, by="UBEN", ended_at=NOON), ""),
    (Cancelled(by="UBEN", safety_backup_id=9, ended_at=NOON), "safety backup 9"),
    (InternalError(ended_at=NOON), "A bug of the bot's own."),
    (Unworded(state=State.DONE, ended_at=NOON), ""),
    (NoSafetyBackup(cause=FAILED, ended_at=NOON), f"No safety backup. {in_short(BUSY.error)}"),
    (NoRoom(backup_id=777, failure=BUSY, ended_at=NOON), f"No room. {in_short(BUSY.error)}"),
]
"""Of each class of outcomes, what its entry says came of the operation."""


def test_an_entry_tells_what_came_of_it() -> None:
    assert [type(outcome) for outcome, _ in RESULTS] == list(get_args(Outcome))
    for outcome, said in RESULTS:
        [told] = newest_first(entry(event="ended", state=outcome.state, outcome=outcome))
        assert messages.result(told.entry) == said
        shown = mirrored(told).text.splitlines()
        assert shown[0].startswith(f":checkered_flag: *Ended ({outcome.state})*")
        assert not said or said in shown
