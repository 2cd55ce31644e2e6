"""The servers: those that need attention first, the others in a table."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.servers.model import Concern, Freshness, Server
from bot.servers.views import PAGE, Overview, options, server_list
from bot.slack import ids
from bot.slack.forms import ServersForm, read_form
from bot.slack.message import Message
from tests.backups.facts import NOON, WEB, hours
from tests.backups.hostile import servers
from tests.views_kit import Drawable, OneFile, drawn, moments, numbers, problems, words

DB = Server(id=2, name="db_<1>", status="", ip_address=None)
MAIL = Server(id=3, name="mail", status="stopped")
MANY = [Server(id=number, name=f"web-{number:02}", status="running") for number in range(1, 70)]
FINE = Freshness(last_complete=NOON, manual=3)
FRESH = {1: FINE, 2: Freshness(newest_failed=True, manual=10), 3: FINE}


def overview(found: list[Server], fresh: dict[int, Freshness], **more: Any) -> Overview:
    return Overview(found, fresh, NOON, can_create=True, **more)


VIEWS: dict[str, Drawable] = {
    "one needs attention": server_list(overview([WEB, DB, MAIL], FRESH)),
    "all need attention": server_list(Overview([WEB], {}, NOON)),
    "some not shown": server_list(overview([WEB, DB], FRESH, servers_not_shown=1, backups_not_shown=2)),
    "a part of the name": server_list(overview([WEB], FRESH, form=ServersForm(part="<we>"))),
    "the page in the middle": server_list(
        overview(MANY, dict.fromkeys(range(2, 70), FINE), form=ServersForm(page=1))
    ),
    "none": server_list(overview([], {})),
    "in another time zone": server_list(overview([WEB], FRESH, zone=ZoneInfo("Asia/Tokyo"))),
    "options": options([WEB, DB]),
}
freshnesses = st.builds(
    Freshness, last_complete=st.none() | moments, newest_failed=st.booleans(), manual=numbers
)


def test_how_servers_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


@pytest.mark.parametrize(
    ("fresh", "concerns", "if_partial"),
    [
        (Freshness(), [Concern.NO_BACKUP], []),
        (FINE, [], []),
        (Freshness(last_complete=NOON - hours(48)), [], []),
        (Freshness(last_complete=NOON - hours(49)), [Concern.OLD], []),
        (Freshness(last_complete=NOON, newest_failed=True), [Concern.NEWEST_FAILED], [Concern.NEWEST_FAILED]),
        (Freshness(last_complete=NOON, manual=10), [Concern.NO_FREE_SLOT], [Concern.NO_FREE_SLOT]),
        (
            Freshness(newest_failed=True, manual=11),
            [Concern.NO_BACKUP, Concern.NEWEST_FAILED, Concern.NO_FREE_SLOT],
            [Concern.NEWEST_FAILED, Concern.NO_FREE_SLOT],
        ),
    ],
)
def test_a_server_needs_attention_for_what_is_known_of_it(
    fresh: Freshness, concerns: list[Concern], if_partial: list[Concern]
) -> None:
    assert fresh.concerns(NOON) == concerns
    assert fresh.concerns(NOON, is_partial=True) == if_partial


def named(message: Message) -> list[str]:
    """Return the servers that are shown, in their order."""
    found: list[str] = []
    for block in message.drawn():
        if block["type"] == "data_table":
            found += [row[0]["text"] for row in block["rows"][1:]]
        elif "accessory" in block:
            found.append(block["text"]["text"].split("*")[1])
    return found


def turned(message: Message, action_id: str) -> ServersForm:
    [button] = [
        each
        for block in message.drawn()
        for each in block.get("elements", [])
        if each.get("action_id") == action_id
    ]
    return read_form(ServersForm, button["value"])


def test_turning_the_pages_shows_every_server_once_those_in_need_first() -> None:
    fresh = {server.id: FINE for server in MANY if server.id % 2}
    first = server_list(overview(MANY, fresh, form=ServersForm(part="web")))
    second = server_list(overview(MANY, fresh, form=turned(first, ids.SERVERS_NEXT)))
    third = server_list(overview(MANY, fresh, form=turned(second, ids.SERVERS_NEXT)))
    even, odd = MANY[1::2], MANY[0::2]
    assert named(first) + named(second) + named(third) == [each.name for each in (*even, *odd)]
    assert turned(third, ids.SERVERS_PREVIOUS) == ServersForm(part="web", page=1)
    assert named(server_list(overview(MANY, fresh, form=ServersForm(page=99)))) == named(third)


def test_who_can_t_back_up_is_not_offered_to() -> None:
    assert ids.SERVER_CREATE in str(server_list(overview([WEB], {})).drawn())
    assert ids.SERVER_CREATE not in str(server_list(Overview([WEB], {}, NOON)).drawn())


@settings(max_examples=40)
@given(st.lists(servers, max_size=PAGE + 3), freshnesses, words, st.integers(0, 3))
def test_whatever_servers_there_are_they_can_be_shown(
    found: list[Server], fresh: Freshness, part: str, page: int
) -> None:
    by_id = {server.id: fresh for server in found}
    assert problems(server_list(overview(found, by_id, form=ServersForm(part=part, page=page)))) == []
    assert problems(options(found)) == []
