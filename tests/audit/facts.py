"""Entries to write to a trail in tests."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import strategies as st

from bot.audit.model import GENESIS, Entry, Event, Row, next_row
from tests.any_facts import PEOPLE, failures, outcomes
from tests.views_kit import moments, words

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EVENTS: tuple[Event, ...] = get_args(Event)

entries = st.builds(
    Entry,
    event=st.sampled_from(EVENTS),
    key=st.text(max_size=20),
    at=moments,
    person=st.sampled_from(PEOPLE),
    decided_by=st.none() | st.sampled_from(PEOPLE),
    operation=words,
    tag=words,
    verb=st.sampled_from(["create", "delete", "restore"]) | words,
    server_id=st.none() | st.integers(0, 2**62),
    server_name=words,
    backup_id=st.none() | st.integers(0, 2**62),
    channel=st.sampled_from(["COPS", "DANA", "UANA", ""]) | words,
    permalink=words,
    reason=words,
    comment=words,
    state=words,
    failure=st.none() | failures,
    outcome=st.none() | outcomes,
    backup_at=st.none() | moments,
    batch_id=st.sampled_from(["", "batch:1"]),
)


def entry(number: int = 1, **more: Any) -> Entry:
    """Return an entry with a key of its own."""
    given: dict[str, Any] = {
        "event": "started",
        "key": f"restore:{number}:started",
        "at": NOON + timedelta(minutes=number),
        "person": "UANA",
        "operation": f"restore:{number}",
        "tag": "#0a1b2c3d",
        "verb": "restore",
        "server_id": 1,
        "server_name": "web-1",
        "backup_id": 500 + number,
        "channel": "COPS",
    }
    return Entry.model_validate(given | more)


def chain(all_of: list[Entry]) -> list[Row]:
    """Return entries as a whole trail."""
    rows: list[Row] = []
    for number, each in enumerate(all_of, 1):
        rows.append(next_row(each, number, rows[-1].hash if rows else GENESIS))
    return rows
