"""The timeline of an incident: shown, posted for everybody, sent as a file, and found at a card."""

import re
from pathlib import Path

import pytest

from bot.sandbox.slack.workspace import Message
from tests.stories.asking import TWO, answers, asks, events, until_recorded
from tests.stories.test_mentions import incident
from tests.world import World, set_up, unstarted

HIDDEN = """
[[rule]]
servers = ["db-*"]
viewers = ["UANA"]
operators = ["UANA"]
approvers = ["UBEN"]
"""


async def backs_up(world: World, server: str = "web-1") -> None:
    """Let Ana back up a server."""
    ended = len(world.replies())
    await world.person("ana").types(f"/backup create {server} before the upgrade")
    await world.until(lambda: any(each.status == "in_progress" for each in world.provider.backups.values()))
    world.provider.finish()
    await world.until(lambda: len(world.replies()) > ended)


async def has_an_incident(world: World) -> Message:
    """Let web-1 be backed up, and restored once Cleo approves, as Ana can't herself; return the card."""
    await backs_up(world)
    question = await asks(world, "restore", reason="the upgrade broke it")
    await answers(world, "ana", "approve", question)
    await until_recorded(world, "refused")
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    await world.until_reply("*web-1* is back: restored to")
    return await world.until_post("*web-1* is back: restored to")


@set_up(**TWO)
async def test_an_incident_is_told_to_one_then_to_all_and_in_a_file(world: World) -> None:
    card = await has_an_incident(world)
    ben = world.person("ben")
    await ben.types("/backup timeline web-1 2h")
    shown = await world.until_whisper("ben", "Timeline of web-1")
    made, restored = shown.text.index("backup of *web-1*"), shown.text.index("restore of *web-1*")
    assert made < restored
    for words in ("“before the upgrade”", "*web-1* is backed up (", "requested by <@UANA>"):
        assert words in shown.text[made:restored]
    for words in (
        f"/p{card.ts.replace('.', '')}|message>",
        "“the upgrade broke it”",
        "approval requested",
        "approved by <@UCLEO>",
        "*web-1* is back: restored to <!date",
    ):
        assert words in shown.text[restored:]
    assert "refused" not in shown.text
    assert "You can't approve" not in shown.text

    await ben.clicks(label="Post in channel")
    posted = await world.until_post("Posted by @ben")
    assert "approved by @cleo" in posted.text
    assert "<@" not in str(posted.blocks), "it calls nobody"
    assert "actions" not in [block["type"] for block in posted.blocks]

    scopes = world.workspace.app.scopes
    world.workspace.app.scopes = tuple({*scopes} - {"files:write"})
    await ben.clicks(label="Send me the file", message=shown)
    await world.until_whisper("ben", "I lack a permission in Slack for that.")
    world.workspace.app.scopes = scopes
    await ben.clicks(label="Send me the file", message=shown)
    await world.until_whisper("ben", "I sent you the timeline as a Markdown file")
    [message] = [each for each in world.direct("ben") if each.files]
    text = (message.files[0].content or b"").decode()
    assert re.fullmatch(r"timeline-web-1-[-\d]{10}\.md", message.files[0].name)
    assert text.startswith("# Timeline of web-1\n")
    assert "@ben, who asked for this file, is in " in text
    assert "approved by @cleo" in text


async def test_a_card_leads_to_what_was_done_on_its_server_around_it(world: World) -> None:
    await backs_up(world, "db-1")
    await backs_up(world)
    card = await world.until_post("*web-1* is backed up")
    await world.person("cleo").clicks(label="Timeline", message=card)
    shown = await world.until_whisper("cleo", "Timeline of web-1")
    assert "1 operation, oldest first" in shown.text
    assert "db-1" not in shown.text
    await world.person("cleo").types("/backup incident", channel=world.workspace.im_of("UCLEO").name)
    alone = await world.until_direct("cleo", "Timeline of all servers")
    assert "Post in channel" not in str(alone.blocks)
    await world.person("cleo").types("/backup incident")
    assert "2 operations, oldest first" in (await world.until_whisper("cleo", "Timeline of all servers")).text


async def test_from_the_thread_of_an_incident_it_is_posted_in_that_thread(world: World) -> None:
    await backs_up(world)
    report = await incident(world)
    ben = world.person("ben")
    await ben.types("@backup-bot timeline web-1", thread_ts=report.ts)
    shown = await world.until_whisper("ben", "Timeline of web-1")
    assert shown.thread_ts == report.ts
    await ben.clicks(label="Post in channel", message=shown)
    posted = await world.until_reply("Posted by @ben")
    assert posted.thread_ts == report.ts


async def test_of_a_server_that_is_gone_it_is_told_by_its_name_and_of_a_quiet_one_that_it_was_quiet(
    world: World,
) -> None:
    await backs_up(world)
    world.provider.servers.clear()
    world.provider.add_server("db-1")
    await world.restart_bot()
    ana = world.person("ana")
    await ana.types("/backup timeline web-1")
    assert "*web-1* is backed up" in (await world.until_whisper("ana", "Timeline of web-1")).text
    await ana.types("/backup timeline db-1 5m")
    await world.until_whisper("ana", "Nothing was done on *db-1* from ")
    await ana.clicks(label="Last 7 days")
    week = await world.until_whisper("ana", "Nothing was done on *db-1* from ")
    assert len([each for each in world.whispers("ana") if "Nothing was done" in each.text]) == 1, week
    await ana.types("/backup timeline nosuch 7d")
    await world.until_whisper("ana", "There is no server “nosuch” that you can see.")
    await ana.types("/backup timeline web-1 <@UBEN>")
    await world.until_whisper("ana", "I don't know what to make of “&lt;@UBEN&gt;”.")


@pytest.fixture
def rules_file(tmp_path: Path) -> Path:
    """A rule by which Ana and Ben alone see databases."""
    file = tmp_path / "rules.toml"
    file.write_text(HIDDEN)
    return file


@unstarted
async def test_who_can_t_look_is_refused_and_a_hidden_server_reads_like_none(
    world: World, rules_file: Path
) -> None:
    await world.start_bot(bot_rules_file=rules_file)
    await backs_up(world, "db-1")
    card = await world.until_post("*db-1* is backed up")
    cleo = world.person("cleo")
    await cleo.types("/backup timeline")
    assert "db-1" not in (await world.until_whisper("cleo", "Nothing was done from ")).text
    said = []
    for typed in ("db-1", "cb-1"):
        await cleo.types(f"/backup timeline {typed} 7d")
        answer = await world.until_whisper("cleo", f"There is no server “{typed}” that you can see.")
        said.append(answer.text.replace(typed, ""))
    assert said[0] == said[1]
    await cleo.clicks(label="Timeline", message=card)
    await world.until_whisper("cleo", "There is no server")
    await world.person("ben").types("/backup timeline")
    await world.until_whisper("ben", "backup of *db-1*")
    await world.person("gus").types("/backup timeline")
    await world.until_whisper("gus", "Only full members of this workspace can use me")
    assert events(world).count("refused") == 3
