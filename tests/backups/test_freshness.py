"""How well servers are backed up is told from the list, in whatever order it comes."""

import random

from hypothesis import given
from hypothesis import strategies as st

from bot.backups.freshness import freshness
from bot.backups.model import Backup
from bot.servers.model import Freshness
from tests.backups.facts import NOON, backup, hours

FOUND = [
    backup(1, created_at=NOON - hours(30)),
    backup(2, created_at=NOON - hours(20), backup_type="automatic"),
    backup(3, created_at=NOON - hours(10), status="failed"),
    backup(4, server=2, name="db-1", created_at=NOON, status="in_progress"),
    backup(5, server=3, name="old", created_at=NOON - hours(900)),
]


def test_each_server_has_its_last_complete_backup() -> None:
    assert freshness(FOUND) == {
        1: Freshness(last_complete=NOON - hours(20), newest_failed=True, manual=2),
        2: Freshness(last_complete=None, newest_failed=False, manual=1),
        3: Freshness(last_complete=NOON - hours(900), newest_failed=False, manual=1),
    }


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_list_does_not_matter(chance: random.Random) -> None:
    shuffled: list[Backup] = chance.sample(FOUND, len(FOUND))
    assert freshness(shuffled) == freshness(FOUND)


def test_without_backups_nothing_is_said() -> None:
    assert freshness([]) == {}
