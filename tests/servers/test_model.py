"""Finding the server a person means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import UnknownServer
from bot.names import canonical_name, is_same_name
from bot.servers.model import Server, find_server, mentioned_in, near_names

WEB_1 = Server(id=11, name="web-1", hostname="web-1.example.com")
WEB_2 = Server(id=12, name="Web-2", hostname="web-2.example.com")
DB = Server(id=13, name="db-main", hostname="db.example.com", ip_address="203.0.113.7")
BARE = Server(id=14, name="12")
ALL = [WEB_1, WEB_2, DB, BARE]


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("web-1", WEB_1),
        (" WEB-1 ", WEB_1),
        ("web-2", WEB_2),
        ("11", WEB_1),
        ("db.example.com", DB),
        ("203.0.113.7", DB),
        ("d", DB),
        ("DB-", DB),
        ("12", BARE),  # a name goes before an id
    ],
)
def test_a_server_is_found(text: str, server: Server) -> None:
    assert find_server(text, ALL) == server


@pytest.mark.parametrize(
    ("text", "names", "nearest"),
    [
        ("web", ("web-1", "Web-2"), ""),
        ("wbe-1", (), "web-1"),
        ("zzzzzz", (), ""),
        ("", (), ""),
        ("  ", (), ""),
    ],
)
def test_what_is_not_found_names_those_that_may_be_meant(
    text: str, names: tuple[str, ...], nearest: str
) -> None:
    with pytest.raises(UnknownServer) as caught:
        find_server(text, ALL)
    assert caught.value.wanted == text.strip()
    assert caught.value.names == names
    assert [*caught.value.near, ""][0] == nearest
    assert caught.value.ids == ()


def test_servers_of_one_name_are_told_apart_by_id() -> None:
    twins = [Server(id=1, name="web"), Server(id=2, name="WEB"), Server(id=3, name="webmail")]
    with pytest.raises(UnknownServer) as caught:
        find_server("web", twins)
    assert (caught.value.ids, caught.value.names, caught.value.near) == ((1, 2), (), ())
    assert find_server("2", twins) == twins[1]


def test_the_only_server_without_a_hostname_is_not_meant_by_nothing() -> None:
    with pytest.raises(UnknownServer):
        find_server("", [Server(id=1, name="web")])


def test_what_vps_org_leaves_out_is_empty() -> None:
    server = Server.model_validate(
        {"id": 1, "name": "web", "hostname": None, "status": None, "plan": {"a": 1}}
    )
    assert (server.hostname, server.status, server.ip_address) == ("", "", "")


@pytest.mark.parametrize(
    "odd", [{"location": {"city": "Wien"}}, {"ip_address": ["1.1.1.1"]}, {"hostname": 3}, {"status": []}]
)
def test_one_odd_field_hides_no_server(odd: dict[str, object]) -> None:
    assert Server.model_validate({"id": 1, "name": "web"} | odd).name == "web"


def test_near_names_are_the_servers_own() -> None:
    assert near_names("WEB2", ALL)[0] == "Web-2"


names = st.text(min_size=1, max_size=12).filter(str.strip)
fleets = st.lists(
    st.builds(Server, id=st.integers(1, 99), name=names, hostname=st.just("") | names),
    max_size=8,
    unique_by=lambda server: server.id,
)


@given(fleets, st.text(max_size=12))
def test_a_server_is_found_only_if_the_text_fits_it(fleet: list[Server], text: str) -> None:
    wanted = canonical_name(text)
    try:
        found = find_server(text, fleet)
    except UnknownServer:
        return
    assert found in fleet
    assert wanted
    others = {canonical_name(found.hostname), str(found.id)}
    assert canonical_name(found.name).startswith(wanted) or wanted in others


@given(fleets.filter(bool), st.data())
def test_a_name_held_by_one_server_finds_it(fleet: list[Server], data: st.DataObject) -> None:
    server = data.draw(st.sampled_from(fleet))
    same = [each for each in fleet if is_same_name(each.name, server.name)]
    if len(same) == 1 and canonical_name(server.name):
        assert find_server(f" {server.name} ", fleet) == server
    else:
        assert server in same


@given(fleets, st.text(max_size=12), st.integers(1, 5))
def test_near_names_exist_and_are_few(fleet: list[Server], text: str, most: int) -> None:
    near = near_names(text, fleet, most)
    assert len(near) <= most
    assert set(near) <= {server.name for server in fleet}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("CPU of web-1 is high", ["web-1"]),
        ("web-10 and my-web-1 and web-1-old", []),
        ("db main: restart db main, then WEB‑1.", ["db main", "web-1"]),
        ("web-1.example.net is down", ["web-1"]),
        ("203.0.113.7 does not answer", ["web-1"]),
        ("203.0.113.77", []),
        ("x.web-1", []),
        ("main", ["main"]),
        ("", []),
    ],
)
def test_servers_that_a_text_mentions(text: str, names: list[str]) -> None:
    servers = [
        Server(id=1, name="web-1", hostname="web-1.example.net", ip_address="203.0.113.7"),
        Server(id=2, name="db main"),
        Server(id=3, name="main"),
    ]
    assert [each.name for each in mentioned_in(text, servers)] == names
