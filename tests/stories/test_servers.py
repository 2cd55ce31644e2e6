"""Looking at servers."""

from datetime import timedelta

from bot.sandbox.slack.form_state import placed
from tests.world import World, unstarted


@unstarted
async def test_what_needs_attention_comes_first_with_its_reason_then_the_others(world: World) -> None:
    world.provider.add_server("lab-1")
    world.provider.add_backup("web-1")
    world.provider.add_backup("db-1", age=timedelta(days=1))
    world.provider.add_backup("db-1", backup_type="automatic", status="failed", age=timedelta(hours=1))
    await world.start_bot()
    await world.person("ana").types("/backup servers")
    shown = (await world.until_whisper("ana", "3 servers · 2 need attention")).text
    assert ":warning: *lab-1* · no complete backup\nactive · 203.0.113.3 · Frankfurt · 0 of 10 slots" in shown
    assert (
        ":warning: *db-1* · the newest backup failed\nactive · 203.0.113.2 · Frankfurt · last backup" in shown
    )
    assert "\nweb-1 · active · " in shown.partition("*lab-1*")[2]
    assert world.posts() == []


async def test_its_buttons_list_and_back_up_one_server(world: World) -> None:
    world.provider.add_backup("web-1", status="failed")
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "2 servers")
    await ana.clicks("server_create", value="102", message=shown)
    await world.until_modal("ana", "Back up a server")
    await ana.closes()
    world.provider.backups[5001].status = "completed"
    await ana.types("/backup servers web")
    shown = await world.until_whisper("ana", "1 server like “web”")
    await ana.chooses("db-1", action_id="list_server", message=shown)
    await world.until(lambda: "Backups of db-1\n0 backups" in shown.text, "db-1's list is shown")
    await ana.clicks("server_create", value="102", message=shown)
    await world.until_modal("ana", "Back up a server")
    await ana.fills(reason="to be sure")
    await ana.submits()
    [made] = await world.until(lambda: world.provider.creates)
    assert made.server.name == "db-1"


@unstarted
async def test_hundreds_of_servers_fit_and_can_be_found(world: World) -> None:
    for number in range(300):
        world.provider.add_server(f"app-{number:03}")
    await world.start_bot()
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "302 servers · 302 need attention")
    await ana.clicks(label="Next ▶", message=shown)
    await world.until(lambda: "*app-030*" in shown.text, "the next page is shown in its place")
    await ana.types("/backup servers -29")
    assert "*app-298*" in (await world.until_whisper("ana", "10 servers like “-29”")).text
    await ana.types("/backup servers 203.0.113.99x")
    await world.until_whisper("ana", "There is no server “203.0.113.99x” that you can see.")
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    assert len(await ana.suggests("server", "app")) == 100
    best, *_ = await ana.suggests("server", "299")
    assert best["text"]["text"] == "app-299"


@unstarted
async def test_a_hostile_name_stays_a_name(world: World) -> None:
    world.provider.add_server("<!channel> *evil*")
    await world.start_bot()
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "3 servers")
    assert "&lt;!channel&gt; ∗evil∗" in shown.text
    await ana.clicks("server_create", value="103", message=shown)
    await world.until_modal("ana", "<!channel> *evil*")  # an option is plain text, which shows it as it is
    await ana.submits()
    card = await world.until_post("Backing up")
    assert "<!channel>" not in card.text


@unstarted
async def test_without_servers_that_is_said(world: World) -> None:
    world.provider.servers.clear()
    await world.start_bot()
    await world.person("ana").types("/backup servers")
    shown = await world.until_whisper("ana", "0 servers")
    assert list(placed(shown.blocks)) == []


async def test_known_servers_are_shown_while_vps_org_is_silent_and_otherwise_the_reason(
    world: World,
) -> None:
    world.faults.provider_fail = "500"
    await world.person("ana").types("/backup create")
    await world.until_modal("ana", "Back up a server")
    assert len(await world.person("ana").suggests("server", "")) == 2
    await world.person("ana").closes()
    await world.restart_bot()
    await world.person("ana").types("/backup create web-1")
    await world.until_whisper("ana", "VPS.org is having problems (error 500)")
    assert world.provider.creates == []
