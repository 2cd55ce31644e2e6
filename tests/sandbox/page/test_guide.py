"""The guide's steps are ticked when what they are about has really happened, and not before."""

import pytest

from bot.sandbox import seed
from bot.sandbox.page.guide import STEPS
from bot.sandbox.page.picture import take_picture
from bot.sandbox.slack.delivery import Unanswered
from bot.sandbox.slack.workspace import Json
from bot.sandbox.vps.provider import Provider
from tests.sandbox.page.conftest import Client
from tests.sandbox.page.harness import PageHarness
from tests.sandbox.page.test_actions import act
from tests.sandbox.page.test_controls import control


@pytest.fixture
def harness(harness: PageHarness) -> PageHarness:
    seed.servers_and_backups(harness.provider)
    seed.conversation(harness.workspace)
    return harness


def ticked(harness: PageHarness) -> list[str]:
    return [step.title for step in STEPS if step.is_done(harness)]


def is_away(_payload: Json) -> Json:
    raise Unanswered("operation_timeout")


def newest(provider: Provider, server: str) -> int:
    return [backup for backup in provider.backups_of(server) if backup.status == "completed"][-1].id


def backs_up(provider: Provider, server: str) -> None:
    provider.create(provider.server(server).id, "by the bot")


def restores(provider: Provider, server: str) -> None:
    provider.restore(provider.server(server).id, newest(provider, server))


async def test_nothing_is_ticked_at_first(harness: PageHarness) -> None:
    assert ticked(harness) == []
    picture = take_picture(harness, harness.reader())
    assert f">0/{len(STEPS)}<" in picture.parts["guide-count"]
    assert picture.parts["guide-steps"].count('aria-label="To do"') == len(STEPS)


async def test_a_list_is_ticked_when_the_bot_took_the_command(client: Client, harness: PageHarness) -> None:
    await act(client, "types", text="/backup help", channel="ops")
    assert ticked(harness) == []
    await act(client, "types", text="/backup  list web-1", channel="ops")
    assert ticked(harness) == ["See the backups"]


async def test_a_command_that_the_bot_never_took_ticks_nothing(client: Client, harness: PageHarness) -> None:
    harness.bot_function.answers = is_away
    await act(client, "types", text="/backup list", channel="ops")
    assert ticked(harness) == []


async def test_a_backup_is_ticked_when_it_is_complete(harness: PageHarness) -> None:
    backs_up(harness.provider, "web-2")
    assert ticked(harness) == []
    harness.provider.finish()
    assert ticked(harness) == ["Back up a server"]


async def test_a_restore_is_ticked_after_a_safety_backup_and_when_the_server_is_back(
    harness: PageHarness,
) -> None:
    restores(harness.provider, "web-1")
    harness.provider.finish_restores()
    assert ticked(harness) == []
    backs_up(harness.provider, "web-1")
    harness.provider.finish()
    restores(harness.provider, "web-1")
    assert ticked(harness) == ["Back up a server"]
    harness.provider.finish_restores()
    assert ticked(harness) == ["Back up a server", "Restore a server"]


async def test_an_approval_is_ticked_when_it_had_its_effect(harness: PageHarness) -> None:
    restores(harness.provider, "mail")
    assert ticked(harness) == ["Approve it as a second person"]


async def test_the_bot_is_killed_in_the_middle_and_ticked_once_it_has_carried_on(
    client: Client, harness: PageHarness
) -> None:
    def begins(_payload: Json) -> Json:
        backs_up(harness.provider, "staging")
        return {}

    harness.bot_function.answers = begins
    card = harness.says("Backing up staging")
    assert harness.bot is not None
    assert (await control(client, "interrupt", server="staging"))[0] == 200
    assert harness.bot.state == "exited -9"
    assert "Start the bot again" in take_picture(harness, harness.reader()).parts["guide-steps"]
    harness.provider.finish()
    await harness.bot.start()
    assert "Kill the bot in the middle" not in ticked(harness)
    harness.says("staging is backed up", thread=card.ts)
    assert "Kill the bot in the middle" in ticked(harness)


async def test_a_bot_that_does_not_answer_is_not_killed(client: Client, harness: PageHarness) -> None:
    harness.bot_function.answers = is_away
    assert (await control(client, "interrupt", server="staging"))[0] == 409
    assert harness.bot is not None
    assert harness.bot.state == "running"
    harness.bot = None
    assert (await control(client, "interrupt", server="staging"))[0] == 409


async def test_a_mention_is_ticked_when_the_bot_has_answered_in_that_thread(
    client: Client, harness: PageHarness
) -> None:
    alert = harness.workspace.messages["CALERTS"][-1]
    await act(client, "types", text="@backup-bot status", channel="alerts", thread_ts=alert.ts)
    harness.says("elsewhere", channel="CALERTS")
    assert ticked(harness) == []
    harness.says("Nothing runs.", channel="CALERTS", thread=alert.ts, only="UANA")
    assert ticked(harness) == ["Ask in an incident's thread"]


async def test_a_message_s_shortcut_is_ticked_when_a_backup_s_reason_is_a_message(
    client: Client, harness: PageHarness
) -> None:
    drawn = take_picture(harness, harness.reader()).parts["guide-steps"]
    [begin] = [part for part in drawn.split("<") if "link_backup" in part]
    assert "/act/shortcut" in begin
    alert = harness.workspace.messages["CALERTS"][-1]
    await act(client, "shortcut", callback_id="link_backup", channel="alerts", message=alert.ts)
    assert ticked(harness) == []
    harness.provider.create(
        harness.provider.server("db-replica").id, "https://x.slack.com/archives/CALERTS/p1"
    )
    assert ticked(harness) == ["Back up from an alert"]


async def test_what_the_bot_says_or_a_workflow_gets_ticks_the_rest(
    client: Client, harness: PageHarness
) -> None:
    provider = harness.provider
    harness.says(":arrows_counterclockwise: Backing up *3 servers*")
    assert ticked(harness) == []
    harness.says(":warning: *2 of 3 servers* are backed up")
    provider.create(provider.server("web-2").id, "#1 Schedule: every day at 03:00 · by ana")
    harness.says("<@UANA> acknowledged this just now", channel="CALERTS")
    _, answer = await act(client, "step", callback_id="run_backup", inputs={"server": "web-2"})
    harness.workspace.step_runs[answer["run"]].status = "completed"
    harness.workspace.homes["UANA"] = {"blocks": []}
    assert ticked(harness) == [
        "See what needs you",
        "Back up several at once",
        "Back up by the clock",
        "Acknowledge what the bot alerts of",
        "Let a workflow back up and wait",
    ]
