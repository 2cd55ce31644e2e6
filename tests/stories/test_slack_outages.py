"""Slack down, limiting or refusing when there is something to say."""

import pytest

from tests.world import World


async def test_a_backup_that_ends_while_slack_is_away_is_told_when_it_is_back(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    card = await world.until_post("Backing up *web-1*")
    world.faults.next_slack["chat.update"].append("down")
    world.faults.next_slack["chat.postMessage"].append("down")
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    assert "*web-1* is backed up" in card.text
    assert reply.thread_ts == card.ts
    assert len(world.posts()) == 1
    assert len(world.replies()) == 1


async def test_an_emergency_does_not_wait_for_slack(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.operations.card.ANNOUNCE_SECONDS", 0.05)
    await world.person("ana").types("/backup list")  # from then on the bot knows who she is
    await world.until_whisper("ana", "0 backups")
    world.faults.slack_fail = "down"
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    assert world.posts() == []
    world.faults.slack_fail = None
    await world.until_reply("<@UANA> :white_check_mark: *web-1* is backed up")
    assert ["is backed up" in post.text for post in world.posts()] == [True]


async def test_a_message_that_was_deleted_is_posted_anew_with_the_outcome(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.workspace.remove(await world.until_post("Backing up *web-1*"))
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    [card] = world.posts()
    assert "*web-1* is backed up" in card.text
    assert reply.thread_ts == card.ts


async def test_if_the_bot_can_t_write_there_the_requester_is_written_to(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1", channel="secret")
    card = await world.until_direct("ana", "Backing up *web-1*")
    await world.until_whisper("ana", "I'm not in <#CSECRET>, so I'll write to you directly.", "secret")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    reply = await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is backed up")
    assert reply.thread_ts == card.ts
    assert "*web-1* is backed up" in card.text
    assert world.posts("secret") == []


async def test_after_a_form_it_is_said_in_a_direct_message_that_the_channel_is_closed(world: World) -> None:
    old = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {old.id}", channel="secret")
    await world.confirms("ana")
    await world.until_direct("ana", "I'm not in <#CSECRET>, so I'll write to you directly.")
    await world.until_direct("ana", f"Deleted backup {old.id}")


async def test_if_the_bot_is_thrown_out_meanwhile_the_requester_is_written_to(world: World) -> None:
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    await world.until_post("Backing up *web-1*")
    world.workspace.channels["COPS"].is_archived = True
    world.faults.next_slack["chat.update"].append("is_archived")
    world.provider.finish()
    await world.until_direct("ana", "<@UANA> :white_check_mark: *web-1* is backed up")
    assert world.replies() == []


async def test_in_a_public_channel_the_bot_need_not_be_a_member(world: World) -> None:
    await world.person("ana").types("/backup create web-1", channel="random")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up", channel="random")


async def test_an_answer_whose_address_has_expired_is_an_ephemeral_message(world: World) -> None:
    for fault in ("expired_url", "used_url"):
        world.faults.next_slack["response_url"].append(fault)
        await world.person("ana").types("/backup list")
        world.workspace.remove(await world.until_whisper("ana", "0 backups"))
        assert world.direct("ana") == [], fault


async def test_if_an_ephemeral_message_fails_too_it_is_a_direct_message(world: World) -> None:
    for fault in ("user_not_in_channel", "channel_not_found", "down"):
        world.faults.next_slack["response_url"].append("expired_url")
        world.faults.next_slack["chat.postEphemeral"] += [fault] * 3
        await world.person("ana").types("/backup list")
        world.workspace.remove(await world.until_direct("ana", "0 backups"))
        assert world.whispers("ana") == [], fault
        world.faults.next_slack.clear()


async def test_a_full_server_is_told_directly_if_the_bot_can_t_post_there(world: World) -> None:
    for _ in range(10):
        world.provider.add_backup("web-1")
    ana = world.person("ana")
    # Slack takes it, and its answer is lost.
    world.faults.next_slack["chat.postMessage"] += ["500_after_acting"]
    await ana.types("/backup create web-1", channel="secret")
    told = await world.until_direct("ana", "web-1 has no free backup slot (10 of 10).")
    await world.restart_bot()
    await ana.clicks(label="Delete the oldest…", message=told)
    await world.until_modal("ana", "deleted permanently to make room.")
    assert [each.ts for each in world.direct("ana") if each.by_bot] == [told.ts]


async def test_a_socket_that_breaks_in_the_middle_loses_nothing(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.sandbox.slack.socket_mode.drop()
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    await world.until(lambda: world.sandbox.slack.socket_mode.connection_count, "connected again")
    await ana.types("/backup list")
    await world.until_whisper("ana", "1 backup")


async def test_a_form_can_be_submitted_over_the_next_socket(world: World) -> None:
    ana = world.person("ana")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    await ana.fills(server="web-1")
    world.sandbox.slack.socket_mode.drop()
    await world.until(lambda: not world.sandbox.slack.socket_mode.connection_count, "the socket is gone")
    await world.until(lambda: world.sandbox.slack.socket_mode.connection_count, "connected again")
    assert (await ana.submits()).acked
    await world.until(lambda: world.provider.creates)


async def test_also_while_all_of_slack_is_down_an_ack_arrives(world: World) -> None:
    world.faults.slack_fail = "down"
    assert (await world.person("ana").types("/backup create web-1")).acked
    world.faults.slack_fail = None
    assert world.provider.creates == []
