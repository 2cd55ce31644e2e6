"""The trail as people read it."""

from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.audit.model import Entry, Sealed
from bot.audit.views import Page, mirrored, trail
from bot.slack.forms import AuditForm, read
from tests.audit.facts import NOON, PEOPLE, chain, entries, entry
from tests.views_kit import Drawable, OneFile, drawn, moments, problems, words

LINK = "https://acme.slack.com/archives/COPS/p1772366460000100"


def sealed(*all_of: Entry) -> list[Sealed]:
    """Return entries newest first."""
    return [row.sealed() for row in reversed(chain(list(all_of)))]


STORY = sealed(
    entry(1, event="requested", key="1", reason="the <import> broke *everything*"),
    entry(2, event="refused", key="2", person="UGUS", what="Only full members may.", channel="DGUS", tag=""),
    entry(3, event="asked", key="3", permalink=LINK),
    entry(4, event="reminded", key="4"),
    entry(5, event="approved", key="5", decided_by="UBEN"),
    entry(6, event="denied", key="6", decided_by="UCLEO", what="Denied: “not now”."),
    entry(7, event="withdrawn", key="7"),
    entry(8, event="expired", key="8"),
    entry(9, event="stale", key="9", what="Backup 509 is gone."),
    entry(10, event="break_glass", key="10", what="production is down"),
    entry(11, event="started", key="11", backup_id=None, verb="create"),
    entry(12, event="ended", key="12", state="done", what="VPS.org says it is complete."),
)
WHOLE = AuditForm(server="web-1", person="UANA", since=NOON)
VIEWS: dict[str, Drawable] = {
    "the newest": trail(Page(STORY[:10], has_newer=False, has_older=True), AuditForm()),
    "the oldest, filtered": trail(Page(STORY[10:], has_newer=True, has_older=False), WHOLE),
    "in the middle": trail(Page(STORY[3:4], has_newer=True, has_older=True), WHOLE),
    "none": trail(Page([], has_newer=False, has_older=False), AuditForm(server="<!channel>")),
    "mirrored": mirrored(STORY[2]),
}


def test_how_the_trail_looks(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    plain = [
        each.model_copy(update={"entry": each.entry.model_copy(update={"permalink": ""})}) for each in STORY
    ]
    for page in (plain[:10], plain[10:]):
        assert problems(trail(Page(page, has_newer=True, has_older=True), WHOLE)) == []


def test_buttons_keep_the_filter() -> None:
    [buttons] = [
        block
        for block in trail(Page(STORY[2:5], has_newer=True, has_older=True), WHOLE).drawn()
        if block["type"] == "actions"
    ]
    newer, older = [read(AuditForm, button["value"]) for button in buttons["elements"]]
    assert newer == WHOLE.model_copy(update={"after": 10})
    assert older == WHOLE.model_copy(update={"before": 8})


def test_only_what_looks_like_a_message_is_linked() -> None:
    for strange in ("javascript:alert(1)", "https://evil.example|docs", "https://a b", "<!channel>"):
        assert "|message>" not in mirrored(sealed(entry(permalink=strange))[0]).text
    assert f"<{LINK}|message>" in mirrored(STORY[9]).text


@settings(max_examples=60)
@given(
    st.lists(entries, min_size=1, max_size=10).map(lambda all_of: sealed(*all_of)),
    st.builds(
        AuditForm, server=words.map(lambda name: name[:255]), person=st.sampled_from(PEOPLE), since=moments
    ),
)
def test_whatever_was_written_can_be_shown(found: list[Sealed], form: AuditForm) -> None:
    assert problems(trail(Page(found, has_newer=True, has_older=True), form)) == []
    assert [problems(mirrored(each)) for each in found] == [[]] * len(found)
