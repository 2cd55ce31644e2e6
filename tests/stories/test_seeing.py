"""Nobody is shown a server they can't look at, in whatever way they ask."""

import json
from itertools import product
from pathlib import Path

import pytest

from tests.stories.asking import trail, until_recorded
from tests.world import World, unstarted

HIDDEN = """
[[rule]]
servers = ["db-*"]
viewers = ["UBEN"]
operators = []
"""


@pytest.fixture
async def hiding(world: World, tmp_path: Path) -> World:
    """A world in which only Ben can look at db-1; each server has a backup."""
    rules = tmp_path / "rules.toml"
    rules.write_text(HIDDEN)
    for name in ("web-1", "db-1"):
        world.provider.add_backup(name, description=f"of {name}")
    await world.start_bot(bot_rules_file=rules)
    return world


async def test_guests_and_people_of_other_organisations_are_shown_nothing(world: World) -> None:
    for outsider, verb in product(("gus", "hal"), ("list", "servers", "status", "list web-1")):
        await world.person(outsider).types(f"/backup {verb}")
        told = await world.until_whisper(outsider, "Only full members")
        assert "web-1" not in "".join(message.text for message in world.whispers(outsider)), verb
        world.workspace.remove(told)


@pytest.mark.parametrize("verb", ["list", "servers"])
@unstarted
async def test_only_servers_one_can_look_at_are_shown(hiding: World, verb: str) -> None:
    for handle in ("ana", "ben"):
        await hiding.person(handle).types(f"/backup {verb}")
    shown = {handle: await hiding.until_whisper(handle, "web-1") for handle in ("ana", "ben")}
    assert {handle: "db-1" in json.dumps(message.blocks) for handle, message in shown.items()} == {
        "ana": False,
        "ben": True,
    }


@unstarted
async def test_a_hidden_server_and_one_that_is_not_there_read_the_same_but_on_record(hiding: World) -> None:
    ana = hiding.person("ana")
    for typed in ("list {}", "create {}", "create {} before the move", "restore {}"):
        said = {}
        for name in ("db-1", "nb-1"):
            await ana.types(f"/backup {typed.format(name)}")
            answer = await hiding.until_whisper("ana", f"There is no server “{name}” that you can see.")
            said[name] = answer.text.replace(name, "it")
            hiding.workspace.remove(answer)
        assert said["db-1"] == said["nb-1"]
    refused = [entry for entry in trail(hiding) if entry.event == "refused"]
    assert [(entry.verb, entry.server_name) for entry in refused] == [
        (verb, "db-1") for verb in ("list", "create", "create", "restore")
    ]


@unstarted
async def test_a_backup_of_a_hidden_server_and_one_that_is_not_there_read_the_same(hiding: World) -> None:
    for number in ("5002", "5003"):
        await hiding.person("ana").types(f"/backup restore {number}")
        await hiding.until_modal("ana", f"There is no backup {number} that you can see.")
    assert hiding.provider.backups[5002].server.name == "db-1"
    assert (await until_recorded(hiding, "refused")).server_name == "db-1"


@unstarted
async def test_pickers_offer_only_servers_one_can_look_at(hiding: World) -> None:
    for handle, offered in (("ana", {"web-1"}), ("ben", {"web-1", "db-1"})):
        await hiding.person(handle).types("/backup create")
        await hiding.until_modal(handle, "server")
        options = await hiding.person(handle).suggests("server", "")
        assert {option["text"]["text"] for option in options} == offered


@unstarted
async def test_a_page_is_shared_only_with_what_one_can_look_at_by_then(hiding: World, tmp_path: Path) -> None:
    await hiding.person("ben").types("/backup list db-1")
    await hiding.until_whisper("ben", "db-1")
    (tmp_path / "rules.toml").write_text(HIDDEN.replace("UBEN", "UCLEO"))
    await hiding.restart_bot(bot_rules_file=tmp_path / "rules.toml")
    await hiding.person("ben").clicks(label="Show in channel")
    await hiding.until_whisper("ben", "There is no server “102” that you can see.")
    assert hiding.posts() == []


@unstarted
async def test_backups_of_a_server_one_can_t_look_at_any_more_are_not_offered(
    hiding: World, tmp_path: Path
) -> None:
    seen = HIDDEN.replace("operators = []", 'operators = ["UBEN"]')
    (tmp_path / "rules.toml").write_text(seen)
    await hiding.restart_bot(bot_rules_file=tmp_path / "rules.toml")
    ben = hiding.person("ben")
    await ben.types("/backup restore db-1")
    await hiding.until_modal("ben", "backup:102")
    assert "of db-1" in str(await ben.suggests("backup", ""))
    (tmp_path / "rules.toml").write_text(seen.replace("UBEN", "UCLEO"))
    await hiding.restart_bot(bot_rules_file=tmp_path / "rules.toml")
    assert await ben.suggests("backup", "") == []
