"""VPS.org down, slow or limiting, at each stage."""

from datetime import timedelta

import pytest

from tests.world import World, set_up

CREATE = ("POST", "/backups/")


async def test_a_backup_that_can_t_be_found_is_said_to_be_uncertain(world: World) -> None:
    world.faults.next_provider[CREATE].append("reset")
    ana = world.person("ana")
    await ana.types("/backup create web-1")
    card = await world.until_post("*web-1*: can't tell whether the backup was made")
    assert "I looked for it and did not see it." in card.text
    assert [call.method for call in world.provider.calls].count("POST") == 1
    await ana.clicks(label="Try again", message=card)
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1


async def test_a_server_that_is_gone_by_then_is_told(world: World) -> None:
    del world.provider.servers[101]
    await world.person("ana").types("/backup create web-1")
    reply = await world.until_reply("The backup of *web-1* failed")
    assert "VPS.org knows no such server or backup" in reply.text


async def test_a_delete_that_did_not_arrive_is_said_to_be_uncertain(world: World) -> None:
    old = world.provider.add_backup("web-1")
    world.faults.next_provider["DELETE", f"/backups/{old.id}/"].append("reset")
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    await world.confirms("ana")
    card = await world.until_post(f"*web-1*: can't tell whether backup {old.id} was deleted")
    assert "it was still listed when I looked" in card.text
    assert world.provider.deletes == []
    await ana.clicks(label="Try again", message=card)
    await world.confirms("ana")
    await world.until_reply(f"Deleted backup {old.id} of *web-1*")


async def test_a_form_that_can_t_be_filled_says_why(world: World) -> None:
    world.provider.add_backup("web-1")
    world.faults.provider_fail = "500"
    for said in ("delete 5001", "restore 5001", "restore web-1"):
        await world.person("ana").types(f"/backup {said}")
        await world.until_modal("ana", "VPS.org is having problems (error 500).")
        await world.person("ana").closes(everything=True)


async def test_a_confirmation_that_can_t_be_checked_at_once_is_checked_before_the_call(world: World) -> None:
    old = world.provider.add_backup("web-1", age=timedelta(days=1))
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    del world.provider.backups[old.id]
    world.faults.next_provider["GET", "/backups/"] += ["500"] * 4
    await world.confirms("ana")
    assert world.person("ana").modal is None
    reply = await world.until_reply(f"Not deleted: backup {old.id} of *web-1*")
    assert f"Backup {old.id} is gone" in reply.text
    assert [call.method for call in world.provider.calls].count("DELETE") == 0


async def test_nothing_is_deleted_that_can_t_be_checked(world: World) -> None:
    old = world.provider.add_backup("web-1")
    await world.person("ana").types(f"/backup delete {old.id}")
    await world.until_modal("ana", "to confirm")
    world.faults.provider_fail = "500"
    await world.confirms("ana")
    reply = await world.until_reply(f"Deleting backup {old.id} of *web-1* failed")
    assert "Nothing was changed." in reply.text
    world.faults.provider_fail = None
    assert world.provider.deletes == []


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot waits for VPS.org for a moment only while Slack waits for the bot."""
    monkeypatch.setattr("bot.slack.interaction.LOOK_UP_SECONDS", 0.05)
    monkeypatch.setattr("bot.backups.create.ROOM_SECONDS", 0.05)


@pytest.mark.usefixtures("short_patience")
async def test_a_slow_vps_org_costs_nobody_an_ack(world: World) -> None:
    old = world.provider.add_backup("web-1")
    world.faults.provider_latency = 0.2
    ana = world.person("ana")
    assert (await ana.types("/backup list")).acked
    await world.until_whisper("ana", "1 backup")
    assert (await ana.types("/backup create web-1")).acked
    await world.until(lambda: world.provider.creates)
    assert (await ana.types(f"/backup delete {old.id}")).acked
    await world.until_modal("ana", "Asking VPS.org…")
    await world.confirms("ana")
    world.provider.finish()
    await world.until_reply(f"Deleted backup {old.id}")


@pytest.mark.usefixtures("short_patience")
async def test_a_picked_backup_is_shown_as_soon_as_a_slow_vps_org_answers(world: World) -> None:
    old = world.provider.add_backup("web-1")
    ana = world.person("ana")
    await ana.types("/backup delete")
    await world.until_modal("ana", "Delete a backup")
    await ana.chooses("web-1", action_id="server")
    await world.until_modal("ana", "backup:101")
    await ana.fills(backup=f"delete:101:{old.id}")
    world.faults.provider_latency = 0.2
    await ana.submits()
    await world.until_modal("ana", "Asking VPS.org…")
    await world.until_modal("ana", "to confirm")


async def test_who_closes_a_form_before_vps_org_answers_is_told_nothing(world: World) -> None:
    old = world.provider.add_backup("web-1")
    world.faults.provider_latency = 0.2
    ana = world.person("ana")
    await ana.types(f"/backup delete {old.id}")
    await world.until_modal("ana", "Asking VPS.org…")
    await ana.closes()
    asked = ("GET", "/backups/")
    await world.until(lambda: asked in {(call.method, call.path) for call in world.provider.calls})
    world.faults.provider_latency = 0.0
    await ana.types("/backup list")
    await world.until_whisper("ana", "Backups of all servers")
    assert len(world.whispers("ana")) == 1


@set_up(bot_settle_seconds=0.2)
async def test_a_backup_that_is_listed_late_is_found_all_the_same(world: World) -> None:
    world.provider.server("web-1").backups_appear_after = 0.08
    world.faults.next_provider[CREATE].append("reset_after_acting")
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    await world.until_reply("*web-1* is backed up")
    assert len(world.provider.creates) == 1
