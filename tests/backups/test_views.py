"""The menu, the help, and the list of backups, page by page."""

import re
from datetime import UTC, date, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.backups.api import BackupList
from bot.backups.chart_messages import summary
from bot.backups.model import Backup, Day, by_day
from bot.backups.views import PAGE, backup_list, explained, menu, overview, shared_list
from bot.slack import ids
from bot.slack.forms import BackupChoice, ListForm, read_form
from bot.slack.message import Message
from bot.verbs import CHANGING, USAGES, Verb
from tests.backups.facts import NOON, WEB, backup, hours
from tests.backups.hostile import backups, servers
from tests.views_kit import Drawable, OneFile, drawn, problems

FOUND = [
    backup(501, description="before the <upgrade> by *ana*", expires_at=NOON + hours(24 * 30)),
    backup(502, created_at=NOON + hours(1), status="in_progress", size_mb=None),
    backup(503, created_at=NOON - hours(1), status="failed", size_mb=None, backup_type="automatic"),
    backup(504, created_at=NOON - hours(2), status="frozen_solid", server=2, name="db-1", size_mb=12),
]
LAST_DAYS = [
    backup(
        600 + day,
        created_at=NOON - hours(24 * day + 13),
        backup_type="automatic",
        status={1: "in_progress", 4: "failed"}.get(day, "completed"),
    )
    for day in (0, 1, 2, 4, 5, 6, 8, 20)
]
BERLIN = ZoneInfo("Europe/Berlin")
MANY = [backup(number, created_at=NOON + hours(number)) for number in range(1, 24)]
ALL_VERBS = frozenset(Verb)
LOOKING = ALL_VERBS - CHANGING
PAGES: dict[str, Drawable] = {
    "menu": menu(ALL_VERBS),
    "menu, only looking": menu(LOOKING, ["SOPS", "UANA"]),
    "overview": overview(ALL_VERBS),
    "overview, only looking": overview(LOOKING, []),
    **{f"help {verb}": explained(verb, LOOKING) for verb in USAGES},
}
LISTS: dict[str, Drawable] = {
    "all servers": backup_list(BackupList(FOUND), ListForm(), None, NOON),
    "one server, manual": backup_list(
        BackupList(FOUND[:1]), ListForm(server_id=1, backup_type="manual"), WEB, NOON, can_create=True
    ),
    "one server, automatic": backup_list(
        BackupList(FOUND[2:3]), ListForm(server_id=1, backup_type="automatic"), WEB, NOON
    ),
    "the last days of a server, with a chart": backup_list(
        BackupList(LAST_DAYS), ListForm(server_id=1), WEB, NOON, BERLIN, can_create=True
    ),
    "the page in the middle, some not shown": backup_list(BackupList(MANY, 3), ListForm(page=1), WEB, NOON),
    "none": backup_list(BackupList([]), ListForm(server_id=1), WEB, NOON, can_create=True),
    "none that could be read": backup_list(BackupList([], 3, 1), ListForm(server_id=1), WEB, NOON),
    "the second page, shared": shared_list(BackupList(MANY, 1, 1), ListForm(page=1), WEB, "UANA"),
    "shared": shared_list(BackupList(FOUND), ListForm(server_id=1), WEB, "UANA"),
}


def test_how_menu_and_help_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in PAGES.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in PAGES.values()] == [[]] * len(PAGES)


@pytest.mark.parametrize("verb", USAGES)
def test_every_verb_is_in_the_overview(verb: Verb) -> None:
    assert f"`/backup {USAGES[verb].example}`" in overview(ALL_VERBS).text


@given(st.frozensets(st.sampled_from(Verb)), st.lists(st.sampled_from(["UANA", "SOPS"]), max_size=30))
def test_what_a_person_can_t_do_is_not_offered(able: frozenset[Verb], operators: list[str]) -> None:
    for shown in (menu(able, operators), overview(able, operators)):
        offered = {
            each["action_id"]
            for block in shown.drawn()
            if block["type"] == "actions"
            for each in block["elements"]
        }
        assert offered == {ids.ask_for(verb) for verb in able if verb in USAGES and USAGES[verb].button}
        assert ("You can look." in shown.text) is not bool(able & CHANGING)
        assert problems(shown) == []


def test_how_lists_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in LISTS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in LISTS.values()] == [[]] * len(LISTS)


def rows(message: Any) -> list[int]:
    return [int(number) for number in re.findall(r"`(\d+)`", message.text)]


def turned(message: Any, action_id: str) -> ListForm:
    [button] = [
        element
        for block in message.drawn()
        for element in block.get("elements", [])
        if element.get("action_id") == action_id
    ]
    return read_form(ListForm, button["value"])


def test_turning_the_pages_shows_every_backup_once_newest_first() -> None:
    listing = BackupList(MANY)
    first = backup_list(listing, ListForm(), WEB, NOON)
    second = backup_list(listing, turned(first, ids.LIST_NEXT), WEB, NOON)
    third = backup_list(listing, turned(second, ids.LIST_NEXT), WEB, NOON)
    assert rows(first) + rows(second) + rows(third) == list(range(23, 0, -1))
    assert turned(third, ids.LIST_PREVIOUS) == ListForm(page=1)


@pytest.mark.parametrize(
    ("status", "verbs"),
    [
        ("completed", {Verb.RESTORE, Verb.DELETE}),
        ("in_progress", {Verb.WATCH, Verb.DELETE}),
        ("failed", {Verb.DELETE}),
        ("frozen_solid", {Verb.WATCH, Verb.DELETE}),
    ],
)
def test_each_backup_offers_what_can_be_done_with_it(status: str, verbs: set[Verb]) -> None:
    message = backup_list(BackupList([backup(7, status=status)]), ListForm(), WEB, NOON)
    [options] = [
        block["accessory"]["options"]
        for block in message.drawn()
        if block.get("accessory", {}).get("action_id") == ids.LIST_ROW
    ]
    choices = [BackupChoice.chosen(option["value"]) for option in options]
    assert {choice.verb for choice in choices} == verbs
    assert {(choice.server_id, choice.backup_id) for choice in choices} == {(1, 7)}


@pytest.mark.parametrize(("page", "nearest"), [(-5, 0), (3, 2), (10**30, 2)])
def test_a_page_that_is_not_there_any_more_is_the_nearest_one(page: int, nearest: int) -> None:
    asked, there, listing = ListForm(page=page), ListForm(page=nearest), BackupList(MANY)
    assert rows(backup_list(listing, asked, WEB, NOON)) == rows(backup_list(listing, there, WEB, NOON))
    assert rows(shared_list(listing, asked, WEB, "UANA")) == rows(shared_list(listing, there, WEB, "UANA"))
    assert rows(shared_list(listing, asked, WEB, "UANA"))


def test_over_all_servers_the_newest_of_each_is_shown_with_a_way_to_its_list() -> None:
    found = [
        backup(number, server=number % 12, name=f"s{number % 12}", created_at=NOON + hours(number))
        for number in range(60)
    ]
    first = backup_list(BackupList(found), ListForm(backup_type="manual"), None, NOON)
    second = backup_list(BackupList(found), turned(first, ids.LIST_NEXT), None, NOON)
    assert rows(first) + rows(second) == list(range(59, 47, -1))
    *_, last = [block["accessory"] for block in second.drawn() if "accessory" in block]
    assert (last["text"]["text"], last["action_id"]) == ("Backups (5)", ids.LIST_OPEN)
    assert read_form(ListForm, last["value"]) == ListForm(server_id=0, backup_type="manual")


@settings(max_examples=40)
@given(st.lists(backups, max_size=PAGE + 2), st.none() | servers, st.integers(0, 1), st.integers(0, 10**6))
def test_whatever_backups_there_are_the_list_can_be_shown(
    found: list[Backup], server: Any, page: int, not_shown: int
) -> None:
    form = ListForm(server_id=server.id if server else None, page=page)
    assert problems(backup_list(BackupList(found, not_shown), form, server, NOON)) == []
    assert problems(shared_list(BackupList(found), form, server, "UANA")) == []


def charts(message: Message) -> list[Any]:
    return [block for block in message.drawn() if block["type"] == "data_visualization"]


def test_the_last_days_are_drawn_where_that_helps() -> None:
    listing = BackupList(LAST_DAYS)
    [chart] = charts(backup_list(listing, ListForm(server_id=1), WEB, NOON, BERLIN))
    series = {each["name"]: [point["value"] for point in each["data"]] for each in chart["chart"]["series"]}
    # Made at 23:00 in UTC, which is the next day in Berlin.
    assert series == {
        "Complete": [0, 0, 0, 0, 0, 1, 0, 1, 1, 0, 0, 1, 0, 1],
        "Failed": [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        "Not finished": [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
    }
    for shown in (
        backup_list(listing, ListForm(server_id=1, backup_type="manual"), WEB, NOON),
        backup_list(BackupList(LAST_DAYS, 1), ListForm(server_id=1), WEB, NOON),
        backup_list(BackupList(LAST_DAYS[-1:]), ListForm(server_id=1), WEB, NOON),
        backup_list(BackupList(MANY), ListForm(server_id=1, page=1), WEB, NOON),
        backup_list(BackupList([]), ListForm(server_id=1), WEB, NOON),
        backup_list(listing, ListForm(), None, NOON),
        shared_list(listing, ListForm(server_id=1), WEB, "UANA"),
    ):
        assert charts(shown) == []


@given(
    st.lists(backups, max_size=20),
    st.dates(date(1971, 1, 20), date(9997, 1, 1)),
    st.sampled_from([BERLIN, UTC]),
)
def test_each_backup_counts_on_the_day_it_was_made_in_the_readers_zone(
    found: list[Backup], today: date, zone: tzinfo
) -> None:
    days = by_day(found, today, zone, 14)
    assert [each.day for each in days] == [today - timedelta(days=ago) for ago in reversed(range(14))]
    made = [each.created_at.astimezone(zone).date() for each in found]
    counted = {each.day: each.complete + each.failed + each.unfinished for each in days}
    assert counted == {each: made.count(each) for each in counted}


def a_week(complete: str) -> list[Day]:
    """Return days of March, as many as there are letters: x has a backup, f a failed one."""
    return [
        Day(date(2026, 3, number), complete=each == "x", failed=each == "f")
        for number, each in enumerate(complete, 1)
    ]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("xxxxxxx", "7 complete"),
        ("xxxxxx.", "6 complete"),
        ("...xxxx", "4 complete"),
        ("xx.xfxx", "5 complete and 1 failed · no complete one of 3 Mar and 5 Mar"),
        ("f......", "0 complete and 1 failed · no complete one of 6 days"),
    ],
)
def test_the_words_beside_the_chart_say_which_days_lack_a_complete_backup(days: str, said: str) -> None:
    assert summary(a_week(days)) == f"The last 7 days: {said}"
