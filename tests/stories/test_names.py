"""Servers whose names look like what people type: found, confirmed, decided by the rule for what is seen."""

from pathlib import Path

import pytest

from bot.notifications.rate_limit import SlackRateLimits
from tests.stories.asking import events
from tests.world import World, unstarted

RULES = """
[[rule]]
servers = ["büro-*", "db-main"]
second_person = ["delete"]
approvers = ["UCLEO"]

[[rule]]
servers = ["*"]
"""
TYPED = {
    "bu\u0308ro-db": "büro-db",
    "db-main\u200b": "db-main",
    "db\u2011main": "db-main",
    "ana’s box": "ana's box",
    "db\u00a0two  three": "db two three",
    "web\tone\n": "web one",
    "🚀 rocket": ":rocket: rocket",
}
"""By the name that VPS.org gives, what people type."""
RULED = frozenset({"bu\u0308ro-db", "db-main\u200b", "db\u2011main"})


@pytest.mark.parametrize("names", [[*TYPED][:2], [*TYPED][2:]], ids=["accents and such", "the others"])
@unstarted
async def test_what_people_type_finds_confirms_and_is_ruled(
    world: World, tmp_path: Path, names: list[str]
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text(RULES)
    backups = {}
    for name in names:
        world.provider.add_server(name)
        backups[name] = world.provider.add_backup(name)
    world.limits = SlackRateLimits(posts=10_000, edits=10_000)
    await world.start_bot(bot_rules_file=rules)
    ana = world.person("ana")
    for number, name in enumerate(names, 1):
        await ana.types(f"/backup create {TYPED[name]}")
        await world.until(lambda: len(world.provider.creates) == number, f"{name!r} is found")  # noqa: B023
        assert world.provider.creates[-1].server.name == name
    world.provider.finish()
    for name in names:
        await ana.types(f"/backup delete {backups[name].id}")
        await world.confirms("ana", TYPED[name])
    deleted = [backups[name].id for name in names if name not in RULED]
    await world.until(lambda: sorted(world.provider.deletes) == deleted, "the others are deleted")
    asked = len(names) - len(deleted)
    await world.until(lambda: events(world).count("approval_requested") == asked, "these are asked for")
    assert sorted(world.provider.deletes) == deleted


LONGEST = [
    ("db main", "db main", ""),
    ("db main before the fix", "db main", "before the fix"),
    ("DB  MAIN before db", "db main", "before db"),
    ("db mainly because", "db", "mainly because"),
    ('"db" main', "db", "main"),
    ("db", "db", ""),
]


@unstarted
async def test_the_longest_name_is_meant(world: World) -> None:
    for name in ("db", "db main"):
        world.provider.add_server(name)
    world.limits = SlackRateLimits(posts=10_000, edits=10_000)
    await world.start_bot()
    for number, (typed, server, reason) in enumerate(LONGEST, 1):
        await world.person("ana").types(f"/backup create {typed}")
        await world.until(lambda: len(world.provider.creates) == number, typed)  # noqa: B023
        made = world.provider.creates[-1]
        assert made.server.name == server, typed
        assert f" {reason or 'Requested in Slack'} · by " in made.description, typed
        world.provider.finish()


@pytest.mark.parametrize("typed", ["web-1 db-1", "web-1 DB-1 web-1", "db main web-1"])
@unstarted
async def test_several_servers_are_not_a_server_and_a_reason(world: World, typed: str) -> None:
    world.provider.add_server("db main")
    await world.start_bot()
    await world.person("ana").types(f"/backup create {typed}")
    await world.until_post("Backing up *2 servers*")
    await world.until(lambda: len(world.provider.creates) == 2, "each is backed up once")
    assert all("Requested in Slack" in each.description for each in world.provider.creates)


@unstarted
async def test_a_slow_list_of_servers_is_waited_for_once(world: World) -> None:
    await world.start_bot(bot_servers_refresh_seconds=0.05)
    await world.until_looked_at_servers()
    silent = world.faults.next_provider["GET", "/servers/"]
    silent += ["timeout_before_acting"] * 20
    await world.until(lambda: len(silent) < 20, "the list is old, and VPS.org does not answer")
    assert (await world.person("ana").types("/backup create web-1 before the fix")).acked
    await world.until(lambda: world.provider.creates)
    assert " before the fix · by " in world.provider.creates[0].description
