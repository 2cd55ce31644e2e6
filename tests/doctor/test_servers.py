"""Servers whose names lead people or rules astray."""

import pytest

from bot.doctor.servers import examine_servers, looks
from bot.permissions import Rule, Rules
from bot.servers.model import Server


def found(names: list[str], *patterns: str, **groups: list[str]) -> list[str]:
    servers = [Server(id=100 + number, name=name) for number, name in enumerate(names)]
    rules = Rules((*(Rule((pattern,)) for pattern in patterns), Rule()))
    return [finding.what for finding in examine_servers(servers, rules, groups)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("db-main", "db-mаin"),  # Cyrillic
        ("web-1", "web-l"),
        ("mail", "mai\u200bl"),
        ("büro", "bu\u0308ro"),
        ("node-0", "Node‑O"),
        ("νps", "vps"),  # Greek
    ],
)
def test_names_that_look_the_same_are_named_with_their_ids(one: str, other: str) -> None:
    assert found([one, "files", other]) == [f"Servers: “{one}” (100) and “{other}” (102) look alike."]


@pytest.mark.parametrize("names", [["web-1", "web-2"], ["db-main", "db-replica"], ["a", "б"], []])
def test_names_that_differ_are_not(names: list[str]) -> None:
    assert found(names) == []
    assert len({looks(name) for name in names}) == len(names)


def test_a_server_that_only_looks_as_if_a_rule_were_for_it_is_named() -> None:
    assert found(["db-mаin", "db-main"], "db-main")[1:] == [
        "BOT_RULES_FILE: “db-mаin” (100) looks like “db-main”, yet that rule is not for it."
    ]
    assert found(["maіl-7", "mail-8"], "mail-?")[0].startswith("BOT_RULES_FILE: “maіl-7” (100) looks like")


def test_a_rule_for_no_server_is_named() -> None:
    assert found(["web-1", "db-main"], "bd-*", "web-?") == ["BOT_RULES_FILE: no server fits “bd-*”."]
    assert found(["BÜRO"], "bu\u0308ro") == []


def test_a_group_without_servers_or_named_like_one_is_named() -> None:
    assert found(["web-1", "DB"], databases=["bd-*"], web=["web-*", "nothing"], db=["D?"]) == [
        "BOT_RULES_FILE: no server is in the group “databases”.",
        "BOT_RULES_FILE: the group “db” is called like the server 101.",
    ]
