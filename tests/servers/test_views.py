"""The servers, and how fresh their backups are."""

from hypothesis import given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.servers.model import Freshness, Server
from bot.servers.views import MOST_SHOWN, options, server_list
from tests.backups.facts import NOON, WEB
from tests.backups.hostile import servers
from tests.views_kit import Drawable, OneFile, drawn, moments, numbers, problems

DB = Server(id=2, name="db_<1>", status="", ip_address=None)
MANY = [Server(id=number, name=f"web-{number}", status="running") for number in range(1, 19)]
FRESH = {
    1: Freshness(last_complete=NOON, manual=3),
    2: Freshness(newest_failed=True, manual=10),
}
VIEWS: dict[str, Drawable] = {
    "two servers": server_list([WEB, DB], FRESH, 10),
    "one server": server_list([WEB], {}, 10),
    "none": server_list([], {}, 10),
    "options": options([WEB, DB]),
}
freshnesses = st.builds(
    Freshness, last_complete=st.none() | moments, newest_failed=st.booleans(), manual=numbers
)


def test_how_servers_look(snapshot: SnapshotAssertion) -> None:
    assert {name: drawn(each) for name, each in VIEWS.items()} == snapshot(extension_class=OneFile)
    assert [problems(each) for each in VIEWS.values()] == [[]] * len(VIEWS)


def test_those_for_which_there_is_no_room_are_named() -> None:
    text = server_list(MANY, {}, 10).text
    assert text.endswith("and 3 more: web-16, web-17, web-18")
    assert text.startswith("*18 servers*\n*web-1* · running\n:warning: no complete backup")


@settings(max_examples=40)
@given(st.lists(servers, max_size=MOST_SHOWN + 3), freshnesses)
def test_whatever_servers_there_are_they_can_be_shown(found: list[Server], fresh: Freshness) -> None:
    assert problems(server_list(found, {server.id: fresh for server in found}, 10)) == []
    assert problems(options(found)) == []
