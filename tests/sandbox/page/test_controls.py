"""The sandbox's own switches."""

import pytest

from bot.sandbox.page.fault_choices import PROVIDER, SLACK, provider_choice, slack_choice
from bot.sandbox.page.picture import take_picture
from bot.sandbox.page.provider_table import MOST_ROWS
from bot.sandbox.slack.workspace import Json
from tests.sandbox.page.conftest import Client
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.markup import Markup


async def control(client: Client, name: str, **body: object) -> tuple[int, Json]:
    async with client.post(f"/sandbox/{name}", json=body) as response:
        return response.status, await response.json()


@pytest.mark.parametrize("choice", PROVIDER)
async def test_the_provider_goes_wrong_as_chosen(client: Client, harness: PageHarness, choice: str) -> None:
    assert (await control(client, "faults", provider=choice))[0] == 200
    assert provider_choice(harness.faults) == choice


@pytest.mark.parametrize("choice", SLACK)
async def test_slack_goes_wrong_as_chosen(client: Client, harness: PageHarness, choice: str) -> None:
    assert (await control(client, "faults", slack=choice))[0] == 200
    assert slack_choice(harness.faults) == choice


def test_a_fault_set_elsewhere_is_shown_too(harness: PageHarness) -> None:
    harness.faults.provider_fail = "html"
    assert provider_choice(harness.faults) == "failing"


def test_of_two_faults_of_slack_the_worse_is_shown(harness: PageHarness) -> None:
    harness.faults.newer_blocks_refused = True
    assert slack_choice(harness.faults) == "older"
    harness.faults.slack_fail = "down"
    assert slack_choice(harness.faults) == "down"


def test_each_choice_says_what_happens_and_what_the_bot_should_do(harness: PageHarness) -> None:
    drawn = Markup(take_picture(harness, harness.reader()).parts["drawer-faults"]).text
    for choice in [*PROVIDER.values(), *SLACK.values()]:
        assert f"{choice.name}{choice.happens}{choice.expected}" in drawn


async def test_the_socket_can_be_deaf_and_hear_again(client: Client, harness: PageHarness) -> None:
    await control(client, "socket", do="deafen")
    assert harness.faults.socket_deaf
    await control(client, "socket", do="hear")
    assert not harness.faults.socket_deaf
    assert (await control(client, "socket", do="drop"))[0] == 200


async def test_the_bot_is_stopped_and_started(client: Client, harness: PageHarness) -> None:
    assert await control(client, "bot", do="kill") == (200, {"ok": True, "state": "exited -9"})
    assert await control(client, "bot", do="start") == (200, {"ok": True, "state": "running"})
    harness.bot = None
    assert (await control(client, "bot", do="stop"))[0] == 409


async def test_while_the_bot_runs_its_metrics_are_a_click_away(client: Client, harness: PageHarness) -> None:
    assert harness.bot is not None
    link = f'href="{harness.bot.metrics_address}"'
    assert link in take_picture(harness, harness.reader()).parts["drawer-bot"]
    await control(client, "bot", do="stop")
    assert link not in take_picture(harness, harness.reader()).parts["drawer-bot"]


async def test_speed_is_a_sensible_number(client: Client, harness: PageHarness) -> None:
    await control(client, "speed", speed="20")
    assert harness.speed == 20
    for wrong in ("fast", 0, -1, 1e9, None, [1]):
        assert (await control(client, "speed", speed=wrong))[0] == 400


async def test_of_many_servers_those_are_drawn_with_which_something_was_done(harness: PageHarness) -> None:
    servers = [harness.provider.add_server(f"srv-{number}") for number in range(MOST_ROWS + 5)]
    harness.provider.create(servers[-1].id, "")
    backup = harness.provider.add_backup(servers[-2])
    harness.provider.restore(servers[-2].id, backup.id)
    drawn = Markup(take_picture(harness, harness.reader()).parts["drawer-provider"]).text
    shown = [
        server.name
        for server in servers
        if f"{server.name}active" in drawn or f"{server.name}restoring" in drawn
    ]
    assert shown == [server.name for server in [*servers[: MOST_ROWS - 2], *servers[-2:]]]
    assert "And 5 more servers, with 2 backups in all." in drawn


async def test_unknown_choices_are_refused(client: Client) -> None:
    assert (await control(client, "faults", provider="wobbly"))[0] == 400
    assert (await control(client, "socket", do="sing"))[0] == 400
    assert (await control(client, "bot", do="sing"))[0] == 400
