"""The list of backups, page by page."""

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.backups.model import Backup
from bot.backups.views.listing import PAGE, backup_list, shared_list
from bot.slack import ids
from bot.slack.forms import ListForm, read
from tests.backups.facts import NOON, WEB, backup, hours
from tests.backups.hostile import backups, servers
from tests.views_kit import Drawable, OneFile, drawn, problems

FOUND = [
    backup(501, description="before the <upgrade> by *ana*", expires_at=NOON + hours(24 * 30)),
    backup(502, created_at=NOON + hours(1), status="in_progress", size_mb=None),
    backup(503, created_at=NOON - hours(1), status="failed", size_mb=None, backup_type="automatic"),
    backup(504, created_at=NOON - hours(2), status="frozen_solid", server=2, name="db-1", size_mb=12),
]
MANY = [backup(number, created_at=NOON + hours(number)) for number in range(1, 24)]
LISTS: dict[str, Drawable] = {
    "all servers": backup_list(FOUND, ListForm(), None, 0),
    "one server, manual": backup_list(FOUND[:1], ListForm(server_id=1, backup_type="manual"), WEB, 0),
    "the page in the middle, some missing": backup_list(MANY, ListForm(page=1), None, 3),
    "none": backup_list([], ListForm(server_id=1), WEB, 0),
    "shared": shared_list(FOUND, ListForm(server_id=1), WEB, "UANA"),
}


def test_how_lists_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in LISTS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in LISTS.values()] == [[]] * len(LISTS)


def rows(message: Any) -> list[int]:
    return [int(number) for number in re.findall(r"`(\d+)` ·", message.text)]


def turned(message: Any, action_id: str) -> ListForm:
    [button] = [
        element
        for block in message.drawn()
        for element in block.get("elements", [])
        if element.get("action_id") == action_id
    ]
    return read(ListForm, button["value"])


def test_turning_the_pages_shows_every_backup_once_newest_first() -> None:
    first = backup_list(MANY, ListForm(), None, 0)
    second = backup_list(MANY, turned(first, ids.LIST_NEXT), None, 0)
    third = backup_list(MANY, turned(second, ids.LIST_NEXT), None, 0)
    assert rows(first) + rows(second) + rows(third) == list(range(23, 0, -1))
    assert turned(third, ids.LIST_PREVIOUS) == ListForm(page=1)


@pytest.mark.parametrize(("page", "nearest"), [(-5, 0), (3, 2), (10**30, 2)])
def test_a_page_that_is_not_there_any_more_is_the_nearest_one(page: int, nearest: int) -> None:
    asked, there = ListForm(page=page), ListForm(page=nearest)
    assert rows(backup_list(MANY, asked, None, 0)) == rows(backup_list(MANY, there, None, 0))
    assert rows(shared_list(MANY, asked, None, "UANA")) == rows(shared_list(MANY, there, None, "UANA"))
    assert rows(shared_list(MANY, asked, None, "UANA"))


@settings(max_examples=40)
@given(st.lists(backups, max_size=PAGE + 2), st.none() | servers, st.integers(0, 1), st.integers(0, 10**6))
def test_whatever_backups_there_are_the_list_can_be_shown(
    found: list[Backup], server: Any, page: int, missing: int
) -> None:
    form = ListForm(server_id=server.id if server else None, page=page)
    assert problems(backup_list(found, form, server, missing)) == []
    assert problems(shared_list(found, form, server, "UANA")) == []
