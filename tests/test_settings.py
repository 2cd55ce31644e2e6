"""What people set is read, and what is wrong with it is told without repeating it."""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from bot.errors import ConfigurationError
from bot.settings import Settings, load, load_what_is_right

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1-a", "SLACK_APP_TOKEN": "xapp-1-b", "VPS_API_TOKEN": "vps-c"}
Load = Callable[..., Settings]


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Load:
    """Loads the settings from nothing but the given variables; None unsets one of the good ones."""
    monkeypatch.chdir(tmp_path)
    for field in Settings.model_fields:
        monkeypatch.delenv(field.upper(), raising=False)

    def with_variables(**changes: str | None) -> Settings:
        for name, value in {**GOOD, **changes}.items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value)
        return load(tmp_path / "secrets")

    return with_variables


def problems(loaded: Load, **changes: str | None) -> list[str]:
    with pytest.raises(ConfigurationError) as refusal:
        loaded(**changes)
    return [*refusal.value.problems]


def test_three_tokens_are_enough(loaded: Load) -> None:
    settings = loaded()
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1-a"
    assert settings.mode == "socket"
    assert settings.database_url == "sqlite:///backup-bot.sqlite"
    assert settings.bot_operators == frozenset()
    assert settings.bot_bind == "127.0.0.1"


def test_a_signing_secret_alone_means_http_and_with_an_app_token_socket_mode_wins(loaded: Load) -> None:
    assert loaded(SLACK_APP_TOKEN=None, SLACK_SIGNING_SECRET="s3cret").mode == "http"
    assert loaded(SLACK_APP_TOKEN="xapp-1", SLACK_SIGNING_SECRET="s3cret").mode == "socket"


@pytest.mark.parametrize(
    ("bind", "metrics", "are_served"),
    [
        ("127.0.0.1", None, True),
        ("::1", None, True),
        ("0.0.0.0", None, False),
        ("0.0.0.0", "true", True),
        ("127.0.0.1", "false", False),
    ],
)
def test_metrics_are_served_on_loopback_unless_a_setting_says_otherwise(
    bind: str, metrics: str | None, are_served: bool, loaded: Load
) -> None:
    assert loaded(BOT_BIND=bind, BOT_METRICS=metrics).serves_metrics is are_served


@pytest.mark.parametrize(("metrics", "are_served"), [(None, False), ("true", True)])
def test_in_http_mode_where_a_proxy_calls_on_loopback_metrics_must_be_asked_for(
    metrics: str | None, are_served: bool, loaded: Load
) -> None:
    http = {"SLACK_APP_TOKEN": None, "SLACK_SIGNING_SECRET": "s3cret"}
    assert loaded(**http, BOT_METRICS=metrics).serves_metrics is are_served


def test_an_empty_variable_counts_as_unset(loaded: Load) -> None:
    assert loaded(SLACK_SIGNING_SECRET="", BOT_PORT="").bot_port == 8080


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("BOT_SECOND_PERSONS", "Did you mean BOT_SECOND_PERSON?"),
        ("bot_chanels", "Did you mean BOT_CHANNELS?"),
        ("SLACK_BOT_TOKENS", "Did you mean SLACK_BOT_TOKEN?"),
        ("VPS_TOKEN", "Did you mean VPS_API_TOKEN?"),
        ("BOT_XYZZY_PLUGH", "Remove it."),
    ],
)
def test_a_mistyped_name_takes_no_protection_away(loaded: Load, name: str, guess: str) -> None:
    said = f"{name.upper()} is not a setting. {guess}"
    assert problems(loaded, **{name: "1"}) == [said]
    both = problems(loaded, **{name: "1"}, BOT_PORT="x")
    assert both[0] == said
    assert both[1].startswith("BOT_PORT must be a number")


def test_a_mistyped_name_is_found_in_the_file_and_among_the_secrets(loaded: Load, tmp_path: Path) -> None:
    Path(".env").write_text("BOT_OPERATOR=U012AB3CD\nOTHER=1\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "vps_api_tokn").write_text("x")
    assert problems(loaded) == [
        "BOT_OPERATOR is not a setting. Did you mean BOT_OPERATORS?",
        "VPS_API_TOKN is not a setting. Did you mean VPS_API_TOKEN?",
    ]


def test_what_is_not_called_like_a_setting_is_not_ours(loaded: Load) -> None:
    Path(".env").write_text("COMPOSE_PROJECT_NAME=x\nBOT_PORT=8081\n")
    assert loaded(MY_BOT="1", DATABASE="x").bot_port == 8081


def test_nobody_in_particular_is_not_everybody(loaded: Load) -> None:
    assert problems(loaded, BOT_VIEWERS="") == [
        "BOT_VIEWERS is empty. Name who can look, or say * for every full member."
    ]


def test_the_environment_wins_over_the_file(loaded: Load) -> None:
    Path(".env").write_text("BOT_PORT=8081\n")
    assert loaded(BOT_PORT="8082").bot_port == 8082


def test_secrets_can_be_files(loaded: Load, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "vps_api_token").write_text("from-a-file\n")
    (tmp_path / "secrets" / "SLACK_SIGNING_SECRET").write_text("also-from-a-file\n")
    settings = loaded(VPS_API_TOKEN=None)
    assert settings.vps_api_token.get_secret_value() == "from-a-file"
    assert settings.slack_signing_secret
    assert settings.slack_signing_secret.get_secret_value() == "also-from-a-file"


def test_operators_are_separated_by_commas(loaded: Load) -> None:
    assert loaded(BOT_OPERATORS=" U012AB3CD, W99ZZ ,").bot_operators == {"U012AB3CD", "W99ZZ"}


def test_user_groups_can_be_named_wherever_users_can(loaded: Load) -> None:
    names = ("BOT_VIEWERS", "BOT_OPERATORS", "BOT_APPROVERS", "BOT_AUDITORS")
    settings = loaded(**dict.fromkeys(names, "S012AB3CD,U012AB3CD"))
    assert all(getattr(settings, name.lower()) == {"S012AB3CD", "U012AB3CD"} for name in names)


def test_with_nothing_set_everyone_can_look_and_nobody_can_more(loaded: Load) -> None:
    settings = loaded()
    assert settings.bot_viewers == {"*"}
    assert not settings.bot_operators | settings.bot_approvers | settings.bot_auditors
    assert not settings.bot_break_glass


def test_what_needs_a_second_person_is_a_list(loaded: Load) -> None:
    assert loaded(BOT_SECOND_PERSON="delete, restore").bot_second_person == {"delete", "restore"}
    assert loaded(BOT_AUDIT_CHANNEL="C012AB3CD").bot_audit_channel == "C012AB3CD"
    assert loaded(BOT_RULES_FILE="rules.toml").bot_rules_file == Path("rules.toml")


def test_addresses_get_the_ending_their_clients_need(loaded: Load) -> None:
    settings = loaded(SLACK_API_URL="http://localhost:1/slack/api", VPS_API_URL="http://[::1]:1/vps/")
    assert settings.slack_api_url == "http://localhost:1/slack/api/"
    assert settings.vps_api_url == "http://[::1]:1/vps"


def test_nothing_set_names_everything_that_is_needed_and_where_to_get_it(loaded: Load) -> None:
    lines = problems(loaded, SLACK_BOT_TOKEN=None, SLACK_APP_TOKEN=None, VPS_API_TOKEN=None)
    assert [line.split(".")[0] for line in lines] == [
        "SLACK_BOT_TOKEN is missing",
        "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing",
        "VPS_API_TOKEN is missing",
    ]
    assert "api.slack.com/apps" in lines[0]
    assert "VPS.org" in lines[2]


WRONG = [
    ("SLACK_BOT_TOKEN", "xapp-1", "start with xoxb-"),
    ("SLACK_APP_TOKEN", "xoxb-1", "start with xapp-"),
    ("VPS_API_TOKEN", '"quoted"', "characters no token has"),
    ("SLACK_API_URL", "slack.com/api", "an address such as"),
    ("SLACK_API_URL", "http://slack.com/api/", "https"),
    ("SLACK_API_URL", "https://slack..com/api/", "an address such as"),
    ("VPS_API_URL", "https://-.vps.org/", "an address such as"),
    ("VPS_API_URL", "http://127.evil.org/", "https"),
    ("VPS_API_URL", "http://evil.localhost/", "https"),
    ("VPS_API_URL", "https://me:pw@vps.org/", "no user"),
    ("VPS_API_URL", "https://vps.org/?a=b", "no query"),
    ("VPS_API_URL", "https://[vps.org/", "can be read"),
    ("DATABASE_URL", "mysql://host/name", "postgresql+psycopg://"),
    ("DATABASE_URL", "postgresql://host/name", "postgresql+psycopg://"),
    ("DATABASE_URL", "sqlite://", "sqlite:///file"),
    ("DATABASE_URL", "sqlite:///:memory:", "sqlite:///file"),
    ("DATABASE_URL", "sqlite:///file?nonsense=1", "takes no options"),
    ("DATABASE_URL", "sqlite+nonsense:///file", "sqlite:///file"),
    ("DATABASE_URL", "postgresql+psycopg://host/name?nonsense=1", "an option that PostgreSQL doesn't know"),
    ("DATABASE_URL", "postgresql+psycopg://host/name?port=nonsense", "can be read"),
    ("DATABASE_URL", "postgresql+psycopg://host/name?plugin=nonsense", "an option"),
    ("BOT_OPERATORS", "@ana,U012AB3CD", "“@ana” isn't a Slack id (U012AB3CD"),
    ("BOT_OPERATORS", "*", "“*” isn't a Slack id"),
    ("BOT_APPROVERS", "@ana,ben", "“@ana” and “ben” aren't Slack ids"),
    ("BOT_VIEWERS", "all,xoxb-1,xoxb-2", "“all” and 2 values aren't Slack ids"),
    ("BOT_CHANNELS", "#ops", "“#ops” isn't a channel's id (C012AB3CD)"),
    ("BOT_AUDIT_CHANNEL", "#audit", "“#audit” isn't a channel's id"),
    ("BOT_SECOND_PERSON", "look", "takes create, delete or restore, and nothing else"),
    ("BOT_BREAK_GLASS", "perhaps", "must be true or false."),
    ("BOT_APPROVAL_MINUTES", "0", "must be a number above 0"),
    ("BOT_CONFIRMATION_HOURS", "0", "must be a number above 0"),
    ("BOT_POLL_SECONDS", "0", "must be a number above 0"),
    ("BOT_POLL_SECONDS", "soon", "must be a number above 0"),
    ("BOT_POLL_MAX_SECONDS", "1", "BOT_POLL_SECONDS"),
    ("BOT_LATE_MINUTES", "inf", "must be a number above 0, at most 100,000,000"),
    ("BOT_APPROVAL_MINUTES", "1e300", "at most 100,000,000"),
    ("BOT_GIVE_UP_HOURS", "1e7", "at most 1,000,000"),
    ("BOT_KEEP_DAYS", "1e9", "from 1 to 100000"),
    ("BOT_SETTLE_SECONDS", "-1", "must be a number above 0"),
    ("BOT_BIND", "..", "must be an IP address or the name of a host"),
    ("BOT_BIND", "127.0.0.1:8080", "the name of a host"),
    ("BOT_PORT", "70000", "BOT_PORT must be a number from 0 to 65535."),
    ("BOT_LOG_LEVEL", "LOUD", "takes DEBUG, INFO, WARNING or ERROR"),
    ("BOT_LOG_FORMAT", "xml", "takes json or text"),
]


@pytest.mark.parametrize(("name", "value", "reason"), WRONG)
def test_a_wrong_value_is_named_and_explained(loaded: Load, name: str, value: str, reason: str) -> None:
    [line] = problems(loaded, **{name: value})
    assert line.startswith(name)
    assert reason in line


VALUES = st.sampled_from(
    ["", "0", "-1", "x", "1e9", "xoxb-1", "xapp-1", "U012AB3CD", "https://[", "true", "/"]
)
NAMES = st.sampled_from([each.upper() for each in Settings.model_fields])


@given(st.dictionaries(NAMES, VALUES))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_whatever_is_wrong_the_rest_can_be_read(loaded: Load, wrong: dict[str, str]) -> None:
    unset = dict.fromkeys(name.upper() for name in Settings.model_fields)
    with contextlib.suppress(ConfigurationError):
        loaded(**unset | GOOD | wrong)
    rest = load_what_is_right(Path("nowhere"))
    assert rest
    right, fields = rest
    assert {field.upper() for field in fields} <= wrong.keys() | {"BOT_POLL_MAX_SECONDS"}
    assert right.bot_port >= 0


def test_how_problems_read(loaded: Load, snapshot: SnapshotAssertion) -> None:
    nothing = problems(loaded, **dict.fromkeys(GOOD))
    unset = dict.fromkeys(name for name, _, _ in WRONG if name not in GOOD)
    told = [problems(loaded, **unset | {name: value})[0] for name, value, _ in WRONG]
    assert "\n".join([*nothing, *dict.fromkeys(told)]) == snapshot


def test_a_file_that_is_no_text_is_a_setting_problem(loaded: Load) -> None:
    Path(".env").write_bytes(b"BOT_PORT=\xff\xfe\n")
    assert ".env" in problems(loaded)[0]


def test_a_folder_in_place_of_the_file_is_not_taken_for_nothing(loaded: Load) -> None:
    Path(".env").mkdir()
    assert problems(loaded) == [".env can't be read: Is a directory."]


def test_a_link_that_leads_nowhere_is_not_taken_for_nothing(loaded: Load) -> None:
    Path(".env").symlink_to("elsewhere")
    assert problems(loaded) == [".env can't be read: No such file or directory."]


def test_a_file_that_is_not_for_us_is_named(loaded: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), "/run/secrets/vps_api_token")

    monkeypatch.setattr("bot.settings.dotenv_values", forbidden)
    assert problems(loaded) == ["/run/secrets/vps_api_token can't be read: Permission denied."]


@given(st.text("abcdefXYZ0189'\" \\%@[]:", min_size=6).map(lambda tail: f"zq7{tail}"))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_is_ever_repeated_in_the_refusal(loaded: Load, secret: str) -> None:
    url = f"mysql://user:{secret}@[host/name"
    names = ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "VPS_API_URL", "BOT_OPERATORS", "BOT_PORT")
    lines = problems(loaded, DATABASE_URL=url, **dict.fromkeys(names, secret))
    assert len(lines) == 6
    assert "zq7" not in "".join(lines)


def test_settings_hide_their_secrets_and_list_them_for_the_logs(loaded: Load) -> None:
    settings = loaded(
        DATABASE_URL="postgresql+psycopg://bot:p%40ss@db/bot?sslpassword=s%26s&password=q",
        HTTPS_PROXY="http://ana:pr%2Fxy@proxy.example:3128",
    )
    hidden = {secret.get_secret_value() for secret in settings.secrets}
    tokens, passwords = {"xoxb-1-a", "xapp-1-b", "vps-c"}, {"p%40ss", "p@ss", "s&s", "q"}
    assert hidden == tokens | passwords | {"pr%2Fxy", "pr/xy"}
    assert not any(value in repr(settings) for value in hidden)


@pytest.mark.parametrize("address", ["https://hc.example/ping/hush-1", "http://127.0.0.1:1/hush-1?a=b"])
def test_the_address_to_ping_is_a_secret(loaded: Load, address: str) -> None:
    settings = loaded(BOT_PING_URL=address)
    assert address in {secret.get_secret_value() for secret in settings.secrets}
    assert "hush" not in repr(settings)


@pytest.mark.parametrize(
    "address", ["http://hc.example/hush-1", "hush-1", "ftp://hc.example/hush-1", "https://[hush-1"]
)
def test_an_address_to_ping_that_is_none_is_not_repeated(loaded: Load, address: str) -> None:
    [said] = problems(loaded, BOT_PING_URL=address)
    assert said.startswith("BOT_PING_URL ")
    assert "hush" not in said


@pytest.mark.parametrize("text", ["9:00", "09:00 UTC", "23:59  Europe/Berlin", "00:00 America/New_York"])
def test_a_time_of_day_has_a_zone_or_is_in_utc(loaded: Load, text: str) -> None:
    assert loaded(BOT_DIGEST_AT=text).bot_digest_at == text


@pytest.mark.parametrize(
    "text", ["9", "24:00", "9:60 UTC", "09:00 Berlin", "09:00 ../etc", "09:00 /etc/passwd"]
)
def test_what_is_no_time_of_day(loaded: Load, text: str) -> None:
    [said] = problems(loaded, BOT_DIGEST_AT=text)
    assert said == "BOT_DIGEST_AT must be a time and a time zone, such as 09:00 Europe/Berlin."
