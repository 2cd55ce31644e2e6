"""Looking at servers."""

from datetime import timedelta

from bot.sandbox.slack.form_state import placed
from tests.world import World


async def test_each_server_says_how_well_it_is_backed_up(world: World) -> None:
    world.provider.add_backup("web-1", age=timedelta(days=2))
    world.provider.add_backup("web-1", backup_type="automatic", status="failed", age=timedelta(hours=1))
    await world.person("ana").types("/backup servers")
    shown = (await world.until_whisper("ana", "*2 servers*")).text
    assert "*web-1* · active · 203.0.113.1 · Frankfurt" in shown
    assert ":x: the newest one failed · 1 of 10 manual slots used" in shown
    assert ":warning: no complete backup · 0 of 10 manual slots used" in shown
    assert world.posts() == []


async def test_its_buttons_list_and_back_up_one_server(world: World) -> None:
    world.provider.add_backup("db-1")
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "*2 servers*")
    await ana.clicks("server_backups", value="102", message=shown)
    await world.until_whisper("ana", "Backups of db-1\n1 backup")
    await ana.clicks("server_create", value="102", message=shown)
    await world.until_modal("ana", "Back up a server")
    await ana.fills(reason="to be sure")
    await ana.submits()
    [made] = await world.until(lambda: world.provider.creates)
    assert made.server.name == "db-1"


async def test_hundreds_of_servers_fit_and_can_be_found(world: World) -> None:
    for number in range(300):
        world.provider.add_server(f"app-{number:03}")
    await world.restart_bot()
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "*302 servers*")
    assert "and 287 more: " in shown.text
    await ana.types("/backup create")
    await world.until_modal("ana", "Back up a server")
    assert len(await ana.suggests("server", "app")) == 100
    best, *_ = await ana.suggests("server", "299")
    assert best["text"]["text"] == "app-299"


async def test_a_hostile_name_stays_a_name(world: World) -> None:
    world.provider.add_server("<!channel> *evil*")
    await world.restart_bot()
    ana = world.person("ana")
    await ana.types("/backup servers")
    shown = await world.until_whisper("ana", "*3 servers*")
    assert "&lt;!channel&gt; ∗evil∗" in shown.text
    await ana.clicks("server_create", value="103", message=shown)
    await world.until_modal("ana", "<!channel> *evil*")  # an option is plain text, which shows it as it is
    await ana.submits()
    card = await world.until_post("Backing up")
    assert "<!channel>" not in card.text


async def test_without_servers_that_is_said(world: World) -> None:
    world.provider.servers.clear()
    await world.restart_bot()
    await world.person("ana").types("/backup servers")
    shown = await world.until_whisper("ana", "*0 servers*")
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
