"""Which servers a Home shows, in which order, and what it says of their last days."""

import time
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.alerts.model import Limits
from bot.backups.model import Backup
from bot.home.messages import days
from bot.home.model import DAYS, PAGE, Day, Inventory, ServerFilter, days_of, inventory, page_of
from bot.permissions import sees_all
from bot.servers.model import Server
from tests.backups.facts import NOON, backup, hours


def server(number: int, name: str = "") -> Server:
    return Server(id=number, name=name or f"web-{number:03}", status="active", created_at=NOON - hours(9999))


def fine(of: Server) -> list[Backup]:
    """Return a server's backups of which nothing is wrong."""
    return [backup(of.id, server=of.id, name=of.name, created_at=NOON - hours(5))]


def stock(found: dict[Server, list[Backup]]) -> Inventory:
    return inventory(NOON, [*found], [each for backups in found.values() for each in backups])


def names(found: Inventory, wanted: ServerFilter | None = None) -> list[str]:
    return [row.server.name for row in page_of(found, wanted or ServerFilter(), sees_all, UTC).rows]


def test_servers_at_risk_come_first_the_gravest_and_longest_first() -> None:
    good, full, failed, old, older, never = (
        server(n, name)
        for n, name in enumerate(("a-good", "b-full", "c-failed", "d-old", "e-older", "f-never"))
    )
    manual = [backup(100 + n, server=full.id, created_at=NOON - hours(n)) for n in range(10)]
    broken = backup(2, server=failed.id, backup_type="automatic", status="failed", created_at=NOON - hours(1))
    found = stock(
        {
            good: fine(good),
            full: manual,
            failed: [*fine(failed), broken],
            old: [backup(3, server=old.id, created_at=NOON - hours(49))],
            older: [backup(4, server=older.id, created_at=NOON - hours(99))],
            never: [],
        }
    )
    assert names(found) == ["f-never", "e-older", "d-old", "c-failed", "b-full", "a-good"]
    page = page_of(found, ServerFilter(only_needy=True), sees_all, UTC)
    assert (page.fitting, page.total, page.needy) == (5, 6, 5)
    assert [row.server.name for row in page.rows] == names(found)[:5]


def test_limits_are_each_servers_own() -> None:
    web, db = server(1), server(2)
    both = [*fine(web), *fine(db)]

    def strict(name: str) -> Limits:
        return Limits(good_backup=hours(1)) if name == db.name else Limits()

    assert [
        each for each, troubles in inventory(NOON, [web, db], both, strict).troubles.items() if troubles
    ] == [2]


def test_what_a_person_cant_see_is_neither_shown_nor_counted() -> None:
    found = stock({server(1, "web-1"): [], server(2, "db-1"): []})
    page = page_of(found, ServerFilter(), lambda name: name.startswith("web"), UTC)
    assert ([row.server.name for row in page.rows], page.total, page.needy) == (["web-1"], 1, 1)


@pytest.mark.parametrize(
    ("wanted", "shown"),
    [
        (ServerFilter(part="EB-0"), ["web-01", "web-02"]),
        (ServerFilter(patterns=("db-*", "web-?1")), ["db-1", "web-01"]),
        (ServerFilter(part="1", patterns=("web-*",)), ["web-01"]),
        (ServerFilter(part="nothing"), []),
    ],
)
def test_the_filter_leaves_what_fits_a_part_of_a_name_and_a_group(
    wanted: ServerFilter, shown: list[str]
) -> None:
    found = stock(
        {each: fine(each) for each in (server(1, "db-1"), server(2, "web-01"), server(3, "web-02"))}
    )
    assert names(found, wanted) == shown


def test_turning_the_pages_shows_every_server_once() -> None:
    found = stock({each: fine(each) if each.id % 3 else [] for each in map(server, range(2 * PAGE + 5))})
    pages = [page_of(found, ServerFilter(page=number), sees_all, UTC) for number in range(3)]
    shown = [row.server.id for page in pages for row in page.rows]
    assert sorted(shown) == [*range(2 * PAGE + 5)]
    assert [page.is_last for page in pages] == [False, False, True]
    assert page_of(found, ServerFilter(page=99), sees_all, UTC) == pages[-1]


def test_each_day_says_whether_a_good_backup_of_it_is_left_in_the_persons_own_time() -> None:
    made = [
        backup(1, created_at=NOON),
        backup(2, created_at=NOON - hours(24), status="failed"),
        backup(3, created_at=NOON - hours(48), status="failed"),
        backup(4, created_at=NOON - hours(47)),
        backup(5, created_at=NOON - hours(72), status="in_progress"),
        backup(6, created_at=NOON - timedelta(days=13)),
        backup(7, created_at=NOON - timedelta(days=14)),
        backup(8, created_at=NOON + timedelta(days=1)),
    ]
    nothing = [Day.NONE] * (DAYS - 4)
    found = days_of(made, date(2026, 3, 1), UTC)
    assert found == [Day.GOOD, *nothing, Day.GOOD, Day.FAILED, Day.GOOD]
    assert days(found, date(2026, 3, 1)) == "good on 3 of 14 days, failed on Sat 28 Feb, none on 10"
    late = [backup(1, created_at=NOON + hours(11))]
    assert days_of(late, date(2026, 3, 2), ZoneInfo("America/New_York"))[-1] is Day.NONE
    assert days_of(late, date(2026, 3, 2), ZoneInfo("Asia/Tokyo"))[-1] is Day.GOOD


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([Day.GOOD] * DAYS, "a good backup on each of the last 14 days"),
        ([Day.NONE] * DAYS, "good on 0 of 14 days"),
        ([*[Day.GOOD] * 12, Day.NONE, Day.NONE], "good on 12 of 14 days, none on Sat 28 Feb and Sun 1 Mar"),
        ([Day.FAILED] * DAYS, "good on 0 of 14 days, failed on 14"),
    ],
)
def test_the_squares_are_said_in_words(found: list[Day], words: str) -> None:
    assert days(found, date(2026, 3, 1)) == words


def test_the_next_to_expire_is_a_good_one_that_is_still_there() -> None:
    web = server(1)
    made = [
        backup(1, expires_at=NOON + hours(30)),
        backup(2, expires_at=NOON + hours(20)),
        backup(3, expires_at=NOON + hours(10), status="failed"),
        backup(4, expires_at=NOON - hours(1)),
    ]
    [row] = page_of(stock({web: made}), ServerFilter(), sees_all, UTC).rows
    assert row.expires_at == NOON + hours(20)


def test_five_hundred_servers_and_twenty_thousand_backups_are_sorted_out_at_once() -> None:
    servers = [*map(server, range(500))]
    made = [
        backup(each.id * 100 + age, server=each.id, name=each.name, created_at=NOON - hours(9 * age))
        for each in servers
        for age in range(40)
    ]
    begun = time.process_time()
    page = page_of(inventory(NOON, servers, made), ServerFilter(page=3), sees_all, UTC)
    assert time.process_time() - begun < 0.4
    assert (len(page.rows), page.total) == (PAGE, 500)
