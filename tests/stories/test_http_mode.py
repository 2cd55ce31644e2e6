"""The same over HTTP: Slack calls the bot, and no socket is open."""

from datetime import timedelta

from tests.world import World, set_up


@set_up(mode="http")
async def test_a_backup_is_announced_watched_and_told(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    card = await world.until_post("Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    assert (await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")).thread_ts == card.ts
    assert world.sandbox.slack.socket_mode.connection_count == 0


@set_up(mode="http")
async def test_a_form_with_a_picker(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    assert [option["text"]["text"] for option in await ana.suggests("server", "db")] == ["db-1"]
    await ana.fills(server="db-1", reason="before the migration")
    await ana.submits()
    [made] = await world.until(lambda: world.provider.creates)
    assert made.description.endswith(" before the migration · by ana")


@set_up(mode="http")
async def test_a_wrong_name_is_an_error_in_the_form_and_the_right_one_then_does(world: World) -> None:
    old = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    await world.confirms("ana", "web-2")
    assert ana.modal
    assert ana.modal.errors == {"typed_name": "That is not the server's name. Type web-1 to confirm."}
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id}")
    assert world.provider.deletes == [old.id]


@set_up(mode="http")
async def test_a_list_with_pages_and_filters(world: World) -> None:
    for hours in range(11):
        world.provider.add_backup("web-1", age=timedelta(hours=hours))
    ana = world.person("ana")
    await ana.types("/backup list web-1")
    listing = await world.until_whisper("ana", "1–10 of 11")
    await ana.clicks(label="Older ▶", message=listing)
    await world.until(lambda: "11–11 of 11" in listing.text, "the second page is shown")
    await ana.chooses("db-1", action_id="list_server", message=listing)
    await world.until(lambda: "Backups of db-1\n0 backups" in listing.text, "db-1's backups are shown")


@set_up(mode="http")
async def test_a_restart_loses_nothing(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.restart_bot()
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1
    await world.person("ana").types("/backup delete 5001")
    await world.until_modal("ana", "to confirm")


@set_up(mode="http")
async def test_while_the_bot_is_away_slack_says_so_and_nothing_happens(world: World) -> None:
    await world.stop_bot()
    answer = await world.person("ana").types("/backup create web-1")
    assert not answer.acked
    assert answer.error == "dispatch_failed"
    await world.start_bot()
    await world.person("ana").types("/backup status")
    await world.until_whisper("ana", "Nothing is running or waiting.")
    assert world.provider.creates == []
