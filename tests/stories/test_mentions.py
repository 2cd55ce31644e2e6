"""Writing to the bot in a channel, in a thread and directly: the same as `/backup`, where people are."""

from bot.sandbox.slack import payloads
from bot.sandbox.slack.workspace import Message
from tests.stories.asking import TWO, answers
from tests.world import World, set_up


async def incident(world: World) -> Message:
    """Ben reports something in the channel; return his message."""
    await world.person("ben").types("web-1 is slow")
    return next(each for each in world.workspace.messages["COPS"] if each.text == "web-1 is slow")


async def test_a_mention_makes_a_backup_as_the_command_does(world: World) -> None:
    assert (await world.person("ana").types("@backup-bot create `web-1` before the *fix*")).acked
    card = await world.until_post("Backing up *web-1*")
    [made] = await world.until(lambda: world.provider.creates)
    assert made.description.endswith(" before the fix · by ana")
    world.provider.finish()
    reply = await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert reply.thread_ts == card.ts


@set_up(bot_notify="failures")
async def test_in_a_thread_the_operation_lives_there_however_little_the_channel_is_told(world: World) -> None:
    report = await incident(world)
    await world.person("ana").types("@backup-bot create web-1 before the fix", thread_ts=report.ts)
    card = await world.until_reply("Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    reply = await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert (card.thread_ts, reply.thread_ts) == (report.ts, report.ts)
    assert world.posts() == []
    assert ":white_check_mark: *web-1* is backed up" in card.text


@set_up(**TWO)
async def test_a_restore_from_a_thread_is_approved_and_told_in_that_thread(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    report, ana = await incident(world), world.person("ana")
    await ana.types(f"@backup-bot restore web-1 {backup.id}", thread_ts=report.ts)
    offer = await world.until_whisper("ana", "I need a form for that")
    assert offer.thread_ts == report.ts
    await ana.clicks(label="Restore…", message=offer)
    await world.confirms("ana", safety=[])
    question = await world.until_reply("Approval needed: restore web-1")
    assert question.thread_ts == report.ts
    await world.person("cleo").clicks("approve", message=question, confirm=True)
    await world.until(lambda: world.provider.restores)
    await world.until_looked_at_servers()
    world.provider.finish_restores()
    reply = await world.until_reply("<@UANA> :white_check_mark: *web-1* is back")
    assert (reply.thread_ts, reply.broadcast) == (report.ts, True)
    assert world.posts() == []


@set_up(**TWO, bot_break_glass=True)
async def test_who_runs_it_alone_from_a_thread_is_told_of_in_that_thread(world: World) -> None:
    backup = world.provider.add_backup("web-1")
    report, ana = await incident(world), world.person("ana")
    await ana.types(f"@backup-bot delete {backup.id}", thread_ts=report.ts)
    await ana.clicks(label="Delete…", message=await world.until_whisper("ana", "I need a form for that"))
    await world.confirms("ana")
    question = await world.until_reply("Approval needed: delete a backup of web-1")
    await answers(world, "ana", "break_glass", question)
    await world.until_modal("ana", "once more")
    await ana.fills(reason="the shop is down", typed_name="web-1")
    await ana.submits()
    told = await world.until_reply("<@UANA> runs this without approval, now: ")
    ended = await world.until_reply(f"<@UANA> :white_check_mark: Deleted backup {backup.id}")
    assert {each.thread_ts for each in (question, told, ended)} == {report.ts}
    assert world.posts() == []


@set_up(mode="http")
async def test_where_slack_calls_the_bot_a_mention_is_taken_as_well(world: World) -> None:
    assert (await world.person("ana").types("@backup-bot create web-1")).acked
    await world.until_post("Backing up *web-1*")


@set_up(bot_operators="UBEN")
async def test_who_can_not_do_it_is_told_alone_in_the_thread(world: World) -> None:
    report = await incident(world)
    await world.person("ana").types("@backup-bot create web-1", thread_ts=report.ts)
    refusal = await world.until_whisper("ana", "You don't have permission to back up this server.")
    assert refusal.thread_ts == report.ts
    assert world.posts() + world.replies() == [refusal]
    assert world.provider.creates == []


async def test_a_mention_that_is_delivered_twice_is_one_operation_even_after_a_restart(world: World) -> None:
    sent = Message("COPS", world.workspace.next_ts(), "UANA", "<@U0BACKUPBOT> create web-1")
    event = payloads.said(world.workspace, sent, "app_mention")
    tell = world.sandbox.slack.dispatcher.deliver_event
    await tell(payloads.event(world.workspace, event))
    await tell(payloads.event(world.workspace, event | {"ts": world.workspace.next_ts()}))
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await world.restart_bot()
    await tell(payloads.event(world.workspace, event))
    await world.person("ana").types("@backup-bot status")
    await world.until_whisper("ana", "Ended in the last 24 h")
    assert (len(world.provider.creates), len(world.posts()), len(world.replies())) == (1, 1, 1)


async def test_what_is_not_understood_gets_help_that_one_person_sees(world: World) -> None:
    for said, answer in (
        ("@backup-bot", "Back up…"),
        ("hello @backup-bot", "Back up…"),
        ("@backup-bot lst", "`/backup list"),
    ):
        await world.person("ana").types(said)
        [shown] = await world.until(lambda: world.whispers("ana"))
        assert answer in shown.text + str(shown.blocks), said
        world.workspace.remove(shown)
    assert world.posts() == []


async def test_written_to_directly_it_answers_there_and_its_buttons_work(world: World) -> None:
    ana = world.person("ana")
    world.provider.add_backup("web-1")
    await ana.types("list", channel="dm")
    listing = await world.until_direct("ana", "web-1")
    assert listing.ephemeral_to is None
    await ana.types("create web-1 before the fix", channel="dm")
    await world.until_direct("ana", "Backing up *web-1*")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_direct("ana", "*web-1* is backed up (")
    await ana.types("create", channel="dm")
    offer = await world.until_direct("ana", "I need a form for that")
    await ana.clicks(label="Back up…", message=offer)
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="db-1")
    await ana.submits()
    await world.until_direct("ana", "Backing up *db-1*")
    await ana.types("create db-1 once more", channel="dm")
    queued = await world.until_direct("ana", "*db-1*: backup is queued")
    await ana.clicks("cancel_operation", message=queued)
    told = await world.until_direct("ana", "I'll cancel the backup of *db-1*")
    assert told.ephemeral_to is None


async def test_a_guest_who_writes_directly_is_refused(world: World) -> None:
    await world.person("gus").types("create web-1", channel="dm")
    await world.until_direct("gus", "Only full members of this workspace can use me")
    assert world.provider.creates == []
