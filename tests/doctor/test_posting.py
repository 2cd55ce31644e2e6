"""The doctor finds out whether Slack posts once what is sent twice, and the bot goes by it."""

from pathlib import Path
from typing import Any

from bot.doctor.model import Level
from bot.doctor.posting import examine_posting
from bot.notifications.client_msg_ids import read_proofs
from bot.operations.database import open_database
from bot.settings import Settings
from tests.world import World, unstarted


def settings(world: World, database: Path) -> Settings:
    given: dict[str, Any] = world.sandbox.bot_environment(database)
    return Settings(_env_file=None, **{name.lower(): value for name, value in given.items()})


@unstarted
async def test_what_the_doctor_proved_keeps_a_running_bot_from_posting_twice(world: World) -> None:
    app, faults = world.workspace.app, world.workspace.faults
    app.scopes = tuple(scope for scope in app.scopes if not scope.endswith(":history"))
    faults.client_msg_ids_honoured = True
    report = await examine_posting(settings(world, world.database), [], "COPS")
    assert [finding.level for finding in report.findings] == [Level.WELL]
    await world.start_bot()
    world.faults.next_slack["chat.postMessage"].append("reset_after_acting")
    await world.person("ana").types("/backup create web-1")
    await world.until(lambda: world.provider.creates)
    world.provider.finish()
    reply = await world.until_reply("*web-1* is backed up")
    assert [post.ts for post in world.posts()] == [reply.thread_ts]


async def test_a_workspace_that_ignores_ids_is_told_what_helps(world: World, tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite"
    [finding] = (await examine_posting(settings(world, file), [], "COPS")).findings
    assert finding.level is Level.WARNING
    assert "history scopes" in finding.advice
    database = open_database(f"sqlite:///{file}")
    assert not read_proofs(database)[world.workspace.app.team_id].is_honoured
    database.dispose()


async def test_a_channel_in_which_the_bot_cant_post_changes_nothing(world: World, tmp_path: Path) -> None:
    file = tmp_path / "new.sqlite"
    [finding] = (await examine_posting(settings(world, file), [], "CNONE")).findings
    assert finding.level is Level.PROBLEM
    assert "can't post in CNONE (channel_not_found)" in finding.what
    assert not file.exists()
