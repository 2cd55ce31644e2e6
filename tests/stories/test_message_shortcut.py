"""The shortcut *Back up a server…* on a message: filled in with what it says, answered in its thread."""

from pathlib import Path

from bot.sandbox.slack.workspace import Message
from tests.world import World, set_up, unstarted

SHORTCUT = "backup_from_message"


def alert(world: World, *, thread_ts: str | None = None) -> Message:
    """Another app posts an alert, which says all in its blocks."""
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "CPU of *db-1.example.net* is high"}}]
    message = Message(
        "COPS", world.workspace.next_ts(), "UALERTS", "Alert", blocks, by_bot=True, thread_ts=thread_ts
    )
    world.workspace.add(message)
    return message


async def test_an_alert_fills_in_the_form_and_is_answered_in_its_thread(world: World) -> None:
    ana, message = world.person("ana"), alert(world)
    await ana.uses_shortcut(SHORTCUT, message)
    form = await world.until_modal("ana", "Back up a server")
    assert "db-1" in form
    assert f"/archives/COPS/p{message.ts.replace('.', '')}" in form
    await ana.submits()
    card = await world.until_reply("Backing up *db-1*")
    assert "Because of this <http" in card.text
    [made] = await world.until(lambda: world.provider.creates)
    assert made.server.name == "db-1"
    assert "/archives/COPS/p" in made.description
    world.provider.finish()
    reply = await world.until_reply("<@UANA> :white_check_mark: *db-1* is backed up")
    assert (card.thread_ts, reply.thread_ts) == (message.ts, message.ts)


async def test_a_reply_in_a_thread_is_answered_in_that_thread(world: World) -> None:
    ana, first = world.person("ana"), alert(world)
    await ana.uses_shortcut(SHORTCUT, alert(world, thread_ts=first.ts))
    await world.until_modal("ana", "Back up a server")
    await ana.fills(reason="the disk is failing")
    await ana.submits()
    card = await world.until_reply("Backing up *db-1*")
    assert card.thread_ts == first.ts
    assert "“the disk is failing” · <http" in card.text


@set_up(bot_operators="UBEN")
async def test_who_can_not_back_up_is_told_and_sees_no_form(world: World) -> None:
    await world.person("ana").uses_shortcut(SHORTCUT, alert(world))
    await world.until_whisper("ana", "You don't have permission to back up this server.")
    assert world.person("ana").modal is None


@unstarted
async def test_a_server_that_the_person_can_not_see_is_not_filled_in(world: World, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nservers = ["db-*"]\nviewers = ["UBEN"]\noperators = ["UBEN"]\n')
    await world.start_bot(bot_rules_file=rules)
    await world.person("ana").uses_shortcut(SHORTCUT, alert(world))
    assert "initial_option" not in await world.until_modal("ana", "Back up a server")
