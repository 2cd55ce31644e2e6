"""The doctor against the sandbox's own servers."""

import socket
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from bot.audit.store import AuditTrail
from bot.doctor.database import examine_database
from bot.doctor.examine import Wrong, examine
from bot.doctor.model import Level, Report
from bot.doctor.report import as_text
from bot.errors import ConfigurationError
from bot.operations.database import open_database
from bot.sandbox.server import Sandbox
from bot.settings import Settings, load, load_what_is_right
from tests.audit.facts import entry
from tests.audit.test_store import run, unprotect


async def examined(sandbox: Sandbox, folder: Path, **changes: str | None) -> Report:
    wanted: dict[str, Any] = {**sandbox.bot_environment(folder / "bot.sqlite"), **changes}
    return await examine(Settings(_env_file=None, **{name.lower(): value for name, value in wanted.items()}))


def wrong(report: Report) -> str:
    [line] = problems(report)
    return line


def problems(report: Report) -> list[str]:
    return [finding.what for finding in report.findings if finding.level is Level.PROBLEM]


def said(report: Report) -> list[str]:
    return [finding.what for finding in report.findings]


async def test_all_is_well_and_nothing_is_left_behind(sandbox: Sandbox, tmp_path: Path) -> None:
    assert problems(await examined(sandbox, tmp_path)) == []
    assert not (tmp_path / "bot.sqlite").exists()


async def test_a_database_in_use_is_left_as_it_is(sandbox: Sandbox, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "bot.sqlite") as database:
        database.execute("create table t (n integer)")
    await examined(sandbox, tmp_path)
    tables = database.execute("select name from sqlite_master").fetchall()
    database.close()
    assert tables == [("t",)]


async def test_a_wrong_bot_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "SLACK_BOT_TOKEN" in wrong(await examined(sandbox, tmp_path, SLACK_BOT_TOKEN="xoxb-other"))


async def test_a_wrong_app_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "SLACK_APP_TOKEN" in wrong(await examined(sandbox, tmp_path, SLACK_APP_TOKEN="xapp-other"))


async def test_a_wrong_vps_token_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "VPS_API_TOKEN" in wrong(await examined(sandbox, tmp_path, VPS_API_TOKEN="other"))


async def test_operators_nobody_knows_are_named(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "UNOBODY" in wrong(await examined(sandbox, tmp_path, BOT_OPERATORS="UANA,UNOBODY"))


@pytest.mark.parametrize("outsider", ["UGUS", "UHAL"])
async def test_who_is_no_full_member_is_named(sandbox: Sandbox, tmp_path: Path, outsider: str) -> None:
    assert outsider in wrong(await examined(sandbox, tmp_path, BOT_AUDITORS=outsider))


async def test_a_user_group_is_counted_and_one_nobody_knows_is_named(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    report = await examined(sandbox, tmp_path, BOT_AUDITORS="S0NOBODY")
    assert "S0NOBODY has no members" in wrong(report)
    assert "People: the user group S0ONCALL has 2 members." in said(report)


async def test_a_second_person_who_is_not_there_is_missed(sandbox: Sandbox, tmp_path: Path) -> None:
    alone = {"BOT_OPERATORS": "UBEN", "BOT_APPROVERS": "UBEN"}
    assert "on db-main, nobody can approve what UBEN requests" in wrong(
        await examined(sandbox, tmp_path, **alone)
    )


async def test_a_wrong_rules_file_hides_nothing_else(sandbox: Sandbox, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\nservers = 1\n")
    report = await examined(sandbox, tmp_path, BOT_RULES_FILE=str(rules), VPS_API_TOKEN="other")
    first, second = problems(report)
    assert "line 2" in first
    assert second.startswith("VPS_API_TOKEN")
    assert report.policies == []


async def test_certificates_that_can_not_be_read_are_told_once_for_all(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    assert wrong(await examined(sandbox, tmp_path)).startswith("SSL_CERT_FILE can't be read")


async def test_how_a_whole_report_reads(
    sandbox: Sandbox, tmp_path: Path, snapshot: SnapshotAssertion
) -> None:
    troubled = {"BOT_OPERATORS": "UANA,UGUS", "BOT_CHANNELS": "COPS,CNOT", "SLACK_APP_TOKEN": "xapp-other"}
    report = await examined(sandbox, tmp_path, **troubled)
    assert "\n".join(as_text(report)).replace(str(tmp_path), "/tmp") == snapshot


async def test_a_slack_that_can_not_be_asked_about_people_is_no_verdict_on_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.faults.next_slack["users.info"] = ["internal_error"]
    assert "could not be asked about the people who are named (internal_error)" in wrong(
        await examined(sandbox, tmp_path)
    )


async def test_a_folder_that_is_made_at_the_start_is_no_problem(sandbox: Sandbox, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/not/there/yet/bot.sqlite"
    report = await examined(sandbox, tmp_path, DATABASE_URL=url)
    assert problems(report) == []
    assert any("will be made at the first start" in each for each in said(report))
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///{}/file/bot.sqlite", "can't be made"),
        ("sqlite:///{}/file", "file is not a database"),
        ("sqlite:///{}", "unable to open database file"),
        ("postgresql+psycopg://bot:s3cret@127.0.0.1:1/bot", "onnection"),
        ("postgresql+psycopg://bot:s3cret@127.0.0.1:1/bot?nonsense=1", "nonsense"),
    ],
)
async def test_a_database_that_cannot_be_had_is_explained(tmp_path: Path, url: str, words: str) -> None:
    (tmp_path / "file").write_text(
        "not a database, but a text that is long enough to be read as a header" * 9
    )
    [finding] = examine_database(url.format(tmp_path))
    assert finding.level is Level.PROBLEM
    assert words in finding.what
    assert "s3cret" not in finding.what


async def test_a_changed_audit_trail_is_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/bot.sqlite"
    database = open_database(url)
    trail = AuditTrail(database)
    await trail.prepare()
    for number in range(3):
        await trail.append(entry(number))
    await trail.aclose()
    assert examine_database(url)[-1].what == "Audit trail: unbroken, with 3 entries."
    unprotect(url)
    run(url, "update audit_entries set person = 'UEVE' where seq = 2")
    [_, finding] = examine_database(url)
    assert finding.level is Level.PROBLEM
    assert finding.what.startswith("The audit trail is broken at entry 2: it was edited")
    database.dispose()


async def test_a_lost_scope_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    app = sandbox.workspace.app
    app.scopes = tuple(scope for scope in app.scopes if scope != "im:write")
    assert "lacks im:write" in wrong(await examined(sandbox, tmp_path))


async def test_a_wrong_bot_token_hides_nothing_else(sandbox: Sandbox, tmp_path: Path) -> None:
    wrong_tokens = {
        "SLACK_BOT_TOKEN": "xoxb-other",
        "SLACK_APP_TOKEN": "xapp-other",
        "VPS_API_TOKEN": "other",
    }
    found = problems(await examined(sandbox, tmp_path, **wrong_tokens))
    assert [each.split(":")[0] for each in found] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VPS_API_TOKEN"]


async def test_wrong_settings_hide_nothing_that_can_still_be_checked(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    troubled = {"BOT_PORT": "x", "SLACK_APP_TOKEN": "xapp-other", "VPS_API_TOKEN": "", "BOT_OPERATOR": "UANA"}
    for name, value in {**sandbox.bot_environment(tmp_path / "bot.sqlite"), **troubled}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as refusal:
        load()
    rest = load_what_is_right()
    assert rest
    report = await examine(rest[0], wrong=Wrong(refusal.value, rest[1]))
    assert [each.split(".")[0].split(":")[0] for each in problems(report)] == [
        "BOT_OPERATOR is not a setting",
        "VPS_API_TOKEN is missing",
        "BOT_PORT must be a number from 0 to 65535",
        "SLACK_APP_TOKEN",
    ]
    assert "SLACK_BOT_TOKEN: the bot is U0BACKUPBOT in Sandbox." in said(report)
    assert [each for each in said(report) if "BOT_OPERATOR" in each] == problems(report)[:1]
    assert report.policies == []


async def test_a_bot_nobody_can_use_is_a_problem(sandbox: Sandbox, tmp_path: Path) -> None:
    assert "BOT_OPERATORS is empty" in wrong(await examined(sandbox, tmp_path, BOT_OPERATORS=""))


async def test_channels_are_looked_up(sandbox: Sandbox, tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    alerting = '[[rule]]\nservers = ["web-*"]\nalert_channel = "CALERT"\n'
    rules.write_text(f'{alerting}[[channel]]\nid = "CGONE"\nnotify = "failures"')
    report = await examined(
        sandbox,
        tmp_path,
        BOT_CHANNELS="COPS,CNOWHERE,DANA",
        BOT_AUDIT_CHANNEL="CNOT",
        BOT_ALERT_CHANNEL="CNOALERT",
        BOT_DIGEST_CHANNEL="CNOREPORT",
        BOT_RULES_FILE=str(rules),
    )
    assert sorted(problems(report)) == [
        "BOT_ALERT_CHANNEL: Slack shows the bot no channel CNOALERT.",
        "BOT_AUDIT_CHANNEL: Slack shows the bot no channel CNOT.",
        "BOT_CHANNELS: Slack shows the bot no channel CNOWHERE.",
        "BOT_DIGEST_CHANNEL: Slack shows the bot no channel CNOREPORT.",
        "BOT_RULES_FILE: Slack shows the bot no channel CALERT.",
        "BOT_RULES_FILE: Slack shows the bot no channel CGONE.",
    ]
    assert "BOT_CHANNELS: the bot is in #ops (COPS)." in said(report)


async def test_where_nobody_would_be_told_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    told = said(await examined(sandbox, tmp_path, BOT_ALERT_CHANNEL=None, BOT_RESTORE_PROOF_DAYS="90"))
    assert [line.partition(",")[0] for line in told if "BOT_ALERT" in line or "BOT_RESTORE" in line] == [
        "BOT_ALERT_CHANNEL isn't set",
        "BOT_RESTORE_PROOF_DAYS has no effect",
    ]
    told = said(await examined(sandbox, tmp_path, BOT_ALERT_CHANNEL="COPS"))
    assert "BOT_ALERT_CHANNEL: the bot is in #ops (COPS)." in told


async def test_a_slack_that_is_not_there_is_said_once_and_why(sandbox: Sandbox, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/api/"
        assert (
            wrong(await examined(sandbox, tmp_path, SLACK_API_URL=nobody)) == "Slack refused the connection."
        )


async def test_the_policy_in_force_is_told_with_peoples_names(sandbox: Sandbox, tmp_path: Path) -> None:
    [*_, all_servers, audit, told] = (
        await examined(
            sandbox, tmp_path, BOT_OPERATORS="UANA", BOT_APPROVERS="UBEN,S0ONCALL", BOT_SECOND_PERSON="delete"
        )
    ).policies
    assert all_servers.lines == (
        "Every full member can look.",
        "Ana Moreno (UANA) can create, delete and restore.",
        "Delete needs approval from Ben Okafor (UBEN) or the user group S0ONCALL, within 3 minutes.",
        "Without a good backup for 48 hours, #alerts (CALERTS) is alerted.",
    )
    assert audit.lines == ("Ben Okafor (UBEN) and the user group S0ONCALL can read it.",)
    assert told.lines == ("All channels: everything.",)


async def test_variables_that_look_like_settings_are_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URI", "postgresql+psycopg://bot@database/bot")
    monkeypatch.setenv("B0T_OPERATORS", "UANA")
    monkeypatch.setenv("DATABASE_PASSWORD", "x")
    assert [each for each in said(await examined(sandbox, tmp_path)) if "Did you mean" in each] == [
        "B0T_OPERATORS is not a setting, and is not read. Did you mean BOT_OPERATORS?",
        "DATABASE_URI is not a setting, and is not read. Did you mean DATABASE_URL?",
    ]


async def test_settings_that_others_can_read_are_named(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text("")
    for mode, is_told in ((0o644, True), (0o640, True), (0o600, False)):
        file.chmod(mode)
        told = [each for each in said(await examined(sandbox, tmp_path)) if each.startswith(".env")]
        assert bool(told) is is_told
