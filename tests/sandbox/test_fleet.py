"""Many servers at once: believable, some in trouble, and the same each time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bot.sandbox.clock import ManualClock
from bot.sandbox.fleet import BACKUPS_EACH, add_fleet
from bot.sandbox.vps.model import MANUAL_SLOTS
from bot.sandbox.vps.provider import Provider

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def provider() -> Provider:
    provider = Provider(clock=ManualClock(NOON))
    add_fleet(provider, 500)
    return provider


def test_each_server_has_its_backups_and_a_name_of_its_own(provider: Provider) -> None:
    assert len({server.name for server in provider.servers.values()}) == 500
    assert len({server.ip_address for server in provider.servers.values()}) == 500
    counts = Counter(backup.server.name for backup in provider.listed())
    assert set(counts.values()) == {BACKUPS_EACH}
    assert {"web-001", "db-eu-12", "api-us-07", "worker-030"} <= counts.keys()


def test_a_few_are_in_trouble_each_in_another_way(provider: Provider) -> None:
    newest = {b.server: b for b in provider.backups.values() if b.backup_type == "automatic"}
    failed = [backup for backup in newest.values() if backup.status == "failed"]
    stale = [backup for backup in newest.values() if NOON - backup.created_at > timedelta(days=2)]
    manual = Counter(b.server for b in provider.backups.values() if b.backup_type == "manual")
    full = [number for number in manual.values() if number >= MANUAL_SLOTS - 1]
    assert (len(failed), len(stale), len(full)) == (10, 5, 10)
    assert max(manual.values()) == MANUAL_SLOTS


def test_no_backup_is_of_the_future_or_gone(provider: Provider) -> None:
    assert all(
        backup.created_at <= NOON and not backup.has_expired(NOON) for backup in provider.backups.values()
    )


def test_the_fleet_is_the_same_each_time(provider: Provider) -> None:
    again = Provider(clock=ManualClock(NOON))
    add_fleet(again, 500)
    assert [b.as_json() for b in again.listed()] == [b.as_json() for b in provider.listed()]
