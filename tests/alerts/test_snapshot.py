"""What was made or deleted, but not by an operation of ours; and how long backups usually take."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.alerts.model import Kind
from bot.alerts.snapshot import Change, Snapshot, changes, is_explained, take_snapshot
from bot.audit.model import Entry
from bot.audit.record import entry_of
from bot.backups.model import Backup
from tests.backups.facts import NOON, backup, hours, operation

SERVERS = [1, 2]


class Looks:
    """Looks at VPS.org one after the other, an hour apart."""

    def __init__(self) -> None:
        self.last: Snapshot | None = None
        self.now = NOON

    def at(self, *backups: Backup, servers: list[int] = SERVERS) -> list[tuple[Kind, int]]:
        """Scan once; return what came and went since the scan before."""
        self.now += hours(1)
        after = take_snapshot(backups, servers, self.now, self.last)
        assert Snapshot.model_validate_json(after.model_dump_json()) == after
        found = changes(self.last, backups, after)
        self.last = after
        return [(each.kind, each.backup_id) for each in found]


def automatic(number: int, expires: datetime | None = None) -> Backup:
    return backup(number, backup_type="automatic", expires_at=expires)


def test_a_first_look_tells_nothing_of_a_server() -> None:
    looks = Looks()
    assert looks.at(backup(1), servers=[1]) == []
    assert looks.at(backup(1), backup(2, server=2)) == [], "server 2 is seen for the first time"
    assert looks.at(backup(1), backup(2, server=2), backup(3, server=2)) == [(Kind.MADE_OUTSIDE, 3)]


def test_what_is_gone_counts_at_the_second_look_and_only_if_it_stays_away() -> None:
    looks = Looks()
    looks.at(backup(1), backup(2))
    assert looks.at(backup(2)) == []
    assert looks.at(backup(2)) == [(Kind.DELETED_OUTSIDE, 1)]
    assert looks.at(backup(2)) == []
    assert looks.at() == []
    assert looks.at(backup(2)) == [], "it was only not listed once"


def test_automatic_ones_come_and_expire_by_themselves() -> None:
    looks = Looks()
    soon, later = NOON + hours(3), NOON + timedelta(days=9)
    looks.at(automatic(1, soon), automatic(2, later), automatic(3))
    assert looks.at(automatic(4, later)) == []
    assert looks.at(automatic(4, later)) == [(Kind.DELETED_OUTSIDE, 2)]


def test_what_never_was_a_backup_is_not_missed_nor_what_went_with_its_server() -> None:
    looks = Looks()
    looks.at(backup(1, status="failed"), backup(2, status="in_progress"), backup(3, server=2))
    assert looks.at(servers=[1]) == looks.at(servers=[1]) == looks.at() == []


def entries(*wanted: Any, event: str = "started") -> list[Entry]:
    return [entry_of(each, event) for each in wanted]  # type: ignore[arg-type]


def made(description: str) -> Change:
    return Change(Kind.MADE_OUTSIDE, 1, 7, NOON, description)


CREATE = operation("create")
OTHER = operation("create", id="1:create:trigger:2")
GONE = Change(Kind.DELETED_OUTSIDE, 1, 501, NOON)


def test_what_carries_the_tag_of_an_operation_that_started_is_ours() -> None:
    ours = made(f"{CREATE.tag} before the upgrade · by ana")
    assert is_explained(ours, entries(OTHER, CREATE))
    assert is_explained(made(f"before the upgrade {CREATE.tag}"), entries(CREATE))
    assert is_explained(made(f"{operation('restore').tag} safety"), entries(operation("restore")))
    assert not is_explained(ours, entries(OTHER)), "anybody can write a tag"
    assert not is_explained(ours, entries(CREATE, event="requested"))
    assert not is_explained(made("by hand"), entries(CREATE, OTHER))


@pytest.mark.parametrize(
    ("wanted", "event", "is_ours"),
    [
        (operation("delete"), "started", True),
        (operation("delete"), "requested", False),
        (operation("delete"), "declined", False),
        (operation("restore"), "started", False),
        (operation("create", delete_first={"id": 501, "created_at": NOON}), "started", True),
        (operation("create", delete_first={"id": 502, "created_at": NOON}), "started", False),
    ],
)
def test_what_an_operation_started_to_delete_is_ours(wanted: Any, event: str, is_ours: bool) -> None:
    assert is_explained(GONE, entries(wanted, event=event)) is is_ours


def test_how_long_backups_usually_take_is_learned_from_those_seen_to_end() -> None:
    looks = Looks()
    for number in range(1, 8):
        running = backup(number, status="in_progress", created_at=looks.now + hours(0.5))
        looks.at(running)
        assert looks.last is not None
        assert looks.last.usual_seconds(1) == (None if number == 1 else 1.5 * 3600)
        looks.at(backup(number, created_at=running.created_at), backup(99, status="failed"))
    assert looks.last is not None
    assert (len(looks.last.took[1]), looks.last.usual_seconds(2)) == (5, None)


numbers = st.frozensets(st.integers(1, 6))


@given(st.lists(numbers, min_size=2, max_size=6))
def test_each_change_is_told_once_and_what_stays_never(rounds: list[frozenset[int]]) -> None:
    looks, told = Looks(), []
    for listed in rounds:
        told += looks.at(*(backup(number) for number in listed))
    assert not {number for _, number in told} & frozenset.intersection(*rounds)
    gone = [number for kind, number in told if kind is Kind.DELETED_OUTSIDE]
    assert set(gone) <= {
        number
        for earlier, first, second in zip(rounds, rounds[1:], rounds[2:], strict=False)
        for number in earlier - first - second
    }
