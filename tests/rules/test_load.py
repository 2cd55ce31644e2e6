"""The rules file, read together with the variables."""

from pathlib import Path
from typing import Any

import pytest

from bot.errors import ConfigurationError
from bot.notifications.model import Notify, NotifyLevels
from bot.permissions import Rule
from bot.rules.load import load_groups, load_notify_levels, load_rules
from bot.sandbox.server import Sandbox
from bot.settings import Settings
from bot.verbs import Verb

TOKENS = {"slack_bot_token": "xoxb-1", "slack_app_token": "xapp-1", "vps_api_token": "vps"}

WRITTEN = """
[[rule]]
servers = ["db-*", "mail"]
approvers = ["S0ONCALL"]
second_person = ["restore"]
break_glass = true
approval_minutes = 5
backup_hours = 6
alert_channel = "C0DBA"

[[rule]]
servers = ["test-*"]
channels = []
alert_channel = ""
operators = ["UGINA"]
"""


def settings(**changed: Any) -> Settings:
    return Settings(_env_file=None, **TOKENS | changed)


def given_file(folder: Path, text: str | bytes) -> Path:
    file = folder / "rules.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_without_a_file_the_variables_are_the_only_rule() -> None:
    rules = load_rules(
        settings(
            bot_viewers="UVERA",
            bot_operators="UANA,SOPS",
            bot_approvers="UBEN",
            bot_auditors="UAUDIT",
            bot_channels="COPS",
            bot_second_person="delete, restore",
            bot_break_glass="true",
            bot_approval_minutes="10",
        )
    )
    assert rules.auditors == {"UAUDIT"}
    assert rules.rules == (
        Rule(
            ("*",),
            channels=frozenset({"COPS"}),
            viewers=frozenset({"UVERA"}),
            operators=frozenset({"UANA", "SOPS"}),
            approvers=frozenset({"UBEN"}),
            second_person=frozenset({Verb.DELETE, Verb.RESTORE}),
            break_glass=True,
            approval_minutes=10,
        ),
    )


def test_with_nothing_set_the_rule_is_the_one_of_the_code() -> None:
    assert load_rules(settings()).rules == (Rule(),)


def test_a_rule_of_the_file_says_what_differs_and_the_variables_say_the_rest(tmp_path: Path) -> None:
    file = given_file(tmp_path, WRITTEN)
    first, second, last = load_rules(
        settings(bot_operators="UANA", bot_channels="COPS", bot_rules_file=file, bot_alert_channel="COPS")
    ).rules
    assert first == Rule(
        ("db-*", "mail"),
        channels=frozenset({"COPS"}),
        operators=frozenset({"UANA"}),
        approvers=frozenset({"S0ONCALL"}),
        second_person=frozenset({Verb.RESTORE}),
        break_glass=True,
        approval_minutes=5,
        backup_hours=6,
        alert_channel="C0DBA",
    )
    assert second.alert_channel == "", "these are told nowhere"
    assert second.operators == {"UGINA"}
    assert second.channels == frozenset(), "an empty list is not left out"
    assert last == Rule(channels=frozenset({"COPS"}), operators=frozenset({"UANA"}), alert_channel="COPS")


def test_groups_are_read_from_the_file(tmp_path: Path) -> None:
    text = "[[group]]\nname = 'databases'\nservers = ['db-*', 'mail']"
    assert load_groups(settings()) == {}
    with_groups = settings(bot_rules_file=given_file(tmp_path, text))
    assert load_groups(with_groups) == {"databases": ("db-*", "mail")}
    assert load_rules(with_groups).rules == (Rule(),)


def test_what_channels_are_told_is_read_from_the_file_and_else_as_the_variable_says(tmp_path: Path) -> None:
    file = given_file(tmp_path, "[[channel]]\nid = 'CDEV1'\nnotify = 'outcomes'")
    levels = load_notify_levels(settings(bot_rules_file=file, bot_notify="failures"))
    assert (levels.of("CDEV1"), levels.of("COPS1")) == (Notify.OUTCOMES, Notify.FAILURES)
    assert load_notify_levels(settings()) == NotifyLevels(Notify.ALL, {})


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    file = given_file(tmp_path, b"\xef\xbb\xbf" + WRITTEN.replace("\n", "\r\n").encode())
    assert len(load_rules(settings(bot_rules_file=file)).rules) == 3


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["no file", "no text"])
def test_a_file_that_cannot_be_read_is_a_setting_problem(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "xoxb-by-mistake" if content is None else given_file(tmp_path, content)
    with pytest.raises(ConfigurationError, match="BOT_RULES_FILE: the file can't be read") as refusal:
        load_rules(settings(bot_rules_file=file))
    assert "xoxb" not in str(refusal.value.problems)


async def test_the_sandbox_asks_for_approval_on_one_server_and_has_break_glass_on_another() -> None:
    sandbox = Sandbox()
    given: dict[str, Any] = {name.lower(): value for name, value in sandbox.bot_environment().items()}
    rules = load_rules(Settings(_env_file=None, **given))
    await sandbox.stop()
    assert rules.for_server("db-main").second_person == {Verb.DELETE, Verb.RESTORE}
    assert not rules.for_server("db-main").break_glass
    assert rules.for_server("mail").second_person == {Verb.RESTORE}
    assert rules.for_server("mail").break_glass
    assert rules.for_server("web-1").second_person == frozenset()
    assert rules.for_server("web-1").operators == {"UANA", "UBEN"}
