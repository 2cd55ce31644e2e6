"""Finding out what can be done, by words and by buttons."""

from bot.sandbox.slack.form_state import placed
from tests.world import World, set_up

VERBS = ["list", "create", "restore", "delete", "status", "servers", "schedule", "help"]
"""As the menu has them, in its order."""


async def test_a_bare_command_offers_every_verb_as_a_button(world: World) -> None:
    await world.person("ana").types("/backup")
    menu = await world.until_whisper("ana", "What do you want to do?")
    assert [at.action_id for at in placed(menu.blocks)] == [f"ask_{verb}" for verb in VERBS]


async def test_the_shortcut_offers_the_same_in_a_direct_message(world: World) -> None:
    await world.person("ana").uses_shortcut("backup_menu")
    menu = await world.until_direct("ana", "What do you want to do?")
    await world.person("ana").clicks(label="Back up…", message=menu)
    await world.until_modal("ana", "Back up a server")


@set_up(bot_operators="UANA,S0OPS", bot_channels="COPS")
async def test_who_can_only_look_is_told_whom_to_ask_and_who_can_t_even_that_is_refused(world: World) -> None:
    cleo = world.person("cleo")
    await cleo.types("/backup")
    menu = await world.until_whisper("cleo", "You can look. Ask <!subteam^S0OPS> or <@UANA> to back up")
    assert [at.action_id for at in placed(menu.blocks)] == [
        "ask_list",
        "ask_status",
        "ask_servers",
        "ask_schedule",
        "ask_help",
    ]
    await cleo.types("/backup help", "random")
    await world.until_whisper("cleo", "You can't do that in this channel.\nYou can in <#COPS>.", "random")
    await world.person("gus").types("/backup")
    await world.until_whisper("gus", "Only full members")


async def test_buttons_that_show_something_or_open_a_form(world: World) -> None:
    ana = world.person("ana")
    for button, words in (
        ("List backups", "0 backups of"),
        ("Status", "Nothing is running or waiting."),
        ("Servers", "2 servers"),
        ("Help", "`/backup create web-1 before the upgrade`"),
    ):
        await ana.types("/backup")
        menu = await world.until_whisper("ana", "What do you want to do?")
        await ana.clicks(label=button, message=menu)
        await world.until_whisper("ana", words)
    for button, title in (
        ("Back up…", "Back up a server"),
        ("Restore…", "Restore a server"),
        ("Delete…", "Delete a backup"),
    ):
        await ana.types("/backup")
        menu = await world.until_whisper("ana", "What do you want to do?")
        await ana.clicks(label=button, message=menu)
        await world.until_modal("ana", title)
        await ana.closes(everything=True)


async def test_help_explains_each_verb_with_an_example(world: World) -> None:
    for verb in VERBS:
        await world.person("cleo").types(f"/backup help {verb}")
        told = await world.until_whisper("cleo", "For example: ")
        assert f"`/backup {verb}" in told.text
        world.workspace.remove(told)


async def test_help_names_all_verbs(world: World) -> None:
    await world.person("ana").types("/backup help")
    shown = await world.until_whisper("ana", "*Change*")
    assert all(f"`/backup {verb}" in shown.text for verb in VERBS)


async def test_an_unknown_verb_is_answered_with_near_ones(world: World) -> None:
    for said, hint in (
        ("lst", "Did you mean `/backup list`?"),
        ("delte 501", "Did you mean `/backup delete`?"),
        ("restor web-1", "Did you mean `/backup restore`?"),
        ("help creat", "Did you mean `/backup help create`?"),
        ("make me a sandwich", "See what I can do with `/backup help`."),
        ("<!channel>", "See what I can do with `/backup help`."),
    ):
        await world.person("ana").types(f"/backup {said}")
        answer = await world.until_whisper("ana", hint)
        assert "<!channel>" not in answer.text
        world.workspace.remove(answer)
    assert world.posts() == []


async def test_other_words_for_the_same(world: World) -> None:
    for said, words in (("ls", "0 backups"), ("LIST", "0 backups"), ("?", "*Look*")):
        await world.person("ana").types(f"/backup {said}")
        world.workspace.remove(await world.until_whisper("ana", words))


async def test_in_a_direct_message_it_works_the_same(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1", channel="dm")
    await world.until_direct("ana", "Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is backed up")
    assert world.posts() == []


async def test_a_form_that_comes_too_late_is_explained(world: World) -> None:
    for fault in ("expired_trigger_id", "exchanged_trigger_id"):
        world.faults.next_slack["views.open"].append(fault)
        await world.person("ana").types("/backup create")
        world.workspace.remove(await world.until_whisper("ana", "The form took too long to open."))
    await world.person("ana").types("/backup create")
    await world.until_modal("ana", "Back up a server")
