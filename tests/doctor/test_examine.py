"""The doctor against the sandbox's own servers."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.doctor.examine import examine
from bot.doctor.messages import Finding
from bot.sandbox.server import Sandbox
from bot.settings import Settings


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    sandbox = Sandbox()
    await sandbox.start()
    yield sandbox
    await sandbox.stop()


async def findings(sandbox: Sandbox, folder: Path, **changes: str) -> list[Finding]:
    wanted: dict[str, Any] = sandbox.bot_environment(folder / "bot.sqlite") | changes
    return await examine(Settings(_env_file=None, **{name.lower(): value for name, value in wanted.items()}))


def wrong(found: list[Finding]) -> str:
    [line] = [finding.what for finding in found if not finding.is_well]
    return line


async def test_all_is_well_and_nothing_is_left_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    found = await findings(sandbox, tmp_path)
    assert [finding for finding in found if not finding.is_well] == []
    assert not (tmp_path / "bot.sqlite").exists()


async def test_a_database_in_use_is_left_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bot.sqlite") as database:
        database.execute("create table t (n integer)")
    await findings(sandbox, tmp_path)
    tables = database.execute("select name from sqlite_master").fetchall()
    database.close()
    assert tables == [("t",)]


async def test_a_wrong_bot_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "SLACK_BOT_TOKEN" in wrong(await findings(sandbox, tmp_path, SLACK_BOT_TOKEN="xoxb-other"))


async def test_a_wrong_app_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "SLACK_APP_TOKEN" in wrong(await findings(sandbox, tmp_path, SLACK_APP_TOKEN="xapp-other"))


async def test_a_wrong_vps_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "VPS_API_TOKEN" in wrong(await findings(sandbox, tmp_path, VPS_API_TOKEN="other"))


async def test_operators_nobody_knows_are_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "UNOBODY" in wrong(await findings(sandbox, tmp_path, BOT_OPERATORS="UANA,UNOBODY"))


@pytest.mark.parametrize("outsider", ["UGUS", "UHAL"])
async def test_who_is_no_full_member_is_named(sandbox: Sandbox, tmp_path: Path, outsider: str) -> None:
    assert outsider in wrong(await findings(sandbox, tmp_path, BOT_AUDITORS=outsider))


async def test_a_user_group_is_counted_and_one_nobody_knows_is_named(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    found = await findings(sandbox, tmp_path, BOT_AUDITORS="S0NOBODY")
    assert "S0NOBODY has no members" in wrong(found)
    assert any("S0ONCALL has 2 people" in finding.what for finding in found)


async def test_a_second_person_who_is_not_there_is_missed(sandbox: Sandbox, tmp_path: Path) -> None:
    alone = {"BOT_OPERATORS": "UBEN", "BOT_APPROVERS": "UBEN"}
    assert "on db-main, nobody can approve what UBEN requests" in wrong(
        await findings(sandbox, tmp_path, **alone)
    )


async def test_a_wrong_rules_file_is_told_before_anything_is_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nservers = 1\n")
    assert "line 2" in wrong(await findings(sandbox, tmp_path, BOT_RULES_FILE=str(rules)))


async def test_a_slack_that_can_not_be_asked_about_people_is_no_verdict_on_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.next_slack["users.info"] = ["internal_error"]
    assert "could not be asked about those who are named (internal_error)" in wrong(
        await findings(sandbox, tmp_path)
    )


async def test_a_database_that_cannot_be_had_is_explained(sandbox: Sandbox, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/no-such-folder/bot.sqlite"
    assert "unable to open database file" in wrong(await findings(sandbox, tmp_path, DATABASE_URL=url))


async def test_a_lost_scope_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    app = sandbox.workspace.app
    app.scopes = tuple(scope for scope in app.scopes if scope != "im:write")
    assert "lacks im:write" in wrong(await findings(sandbox, tmp_path))
