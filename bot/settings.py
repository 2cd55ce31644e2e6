"""The only reader of our settings: variables, `.env` in the working directory, files in /run/secrets."""

import errno
import os
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from dotenv import dotenv_values
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import settings_messages
from bot.errors import ConfigurationError
from bot.network import is_loopback, proxy_passwords
from bot.permissions import EVERYBODY
from bot.settings_messages import NO_WAY_IN
from bot.settings_types import (
    Address,
    AddressWithSlash,
    ChangingVerbs,
    Channel,
    Channels,
    DatabaseUrl,
    Host,
    Hours,
    People,
    PeopleOrEverybody,
    Positive,
    SecretAddress,
    TimeOfDay,
    Token,
)

ENV_FILE = ".env"
OURS = ("BOT_", "SLACK_", "VPS_")
"""How the names of settings begin; DATABASE_URL alone is called otherwise."""

NEARLY_THE_SAME = 0.85
"""How alike two names must be, as difflib measures it, for a person to have meant the other."""

_PLACEHOLDERS = {"slack_bot_token": "xoxb-0", "slack_app_token": "xapp-0", "vps_api_token": "0"}

SECRETS_FOLDER = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets; a file is named as the variable, in any case."""


_DATABASE_URL = Field(
    "sqlite:///backup-bot.sqlite",
    repr=False,
    description="Where operations are recorded: sqlite:///file or postgresql+psycopg://user:password@host/name.",
)


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=ENV_FILE,
        env_ignore_empty=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    @classmethod
    def read(cls, secrets_folder: Path, **instead: Any) -> Self:
        """Return the settings as the environment, `.env` and that folder, if it exists, have them.

        `instead` are values that win over those.
        """
        return cls(_secrets_dir=secrets_folder if secrets_folder.is_dir() else None, **instead)


S = TypeVar("S", bound=_Environment)


class DatabaseSettings(_Environment):
    """What commands need that only read the database."""

    database_url: DatabaseUrl = _DATABASE_URL


class Settings(_Environment):
    """Everything people set. Each field is the variable of the same name in capitals."""

    slack_bot_token: Token = Field(description="The Slack app's bot token; starts with xoxb-.")
    slack_signing_secret: Token | None = Field(
        None, description="The Slack app's signing secret, for HTTP mode; used when there is no app token."
    )
    slack_app_token: Token | None = Field(
        None,
        description="The Slack app's app-level token; starts with xapp-. With it the bot uses Socket Mode.",
    )
    slack_api_url: AddressWithSlash = Field(
        "https://slack.com/api/", description="Where Slack's Web API answers."
    )
    vps_api_token: Token = Field(description="The VPS.org API token.")
    vps_api_url: Address = Field("https://admin.vps.org/api/v1", description="Where VPS.org's API answers.")
    database_url: DatabaseUrl = _DATABASE_URL
    bot_viewers: PeopleOrEverybody = Field(
        frozenset({EVERYBODY}),
        description="Ids of users and user groups, comma separated, who can look; `*` is every full member.",
    )
    bot_operators: People = Field(
        frozenset(),
        description="Who can also create, delete and restore, named likewise; while empty, nobody can.",
    )
    bot_approvers: People = Field(
        frozenset(), description="Who can look, and approve what others request, named likewise."
    )
    bot_auditors: People = Field(
        frozenset(), description="Who can read the audit trail besides the approvers, named likewise."
    )
    bot_channels: Channels = Field(
        frozenset(),
        description="Ids of the channels in which the bot can be used, comma separated; empty: in any.",
    )
    bot_second_person: ChangingVerbs = Field(
        frozenset(),
        description="What needs a second person's approval, comma separated: create, delete, restore.",
    )
    bot_break_glass: bool = Field(
        False, description="Whether an operator can run it without approval in an emergency: true or false."
    )
    bot_approval_minutes: Positive = Field(30.0, description="Minutes an approver has to answer.")
    bot_ask_approvers: bool = Field(
        False,
        description="Whether approvers are written to directly, not mentioned in the channel: true or false.",
    )
    bot_notify: Literal["all", "outcomes", "failures"] = Field(
        "all",
        description="What channels are told of operations: all, outcomes or failures; see "
        "*What a channel is told*.",
    )
    bot_audit_channel: Channel | None = Field(
        None, description="Id of a channel that gets a copy of the audit trail."
    )
    bot_alert_channel: Channel | None = Field(
        None, description="Id of the channel in which troubles of backups are told; see *Alerts*."
    )
    bot_alert_minutes: Positive = Field(5.0, description="Minutes between two looks for troubles.")
    bot_alert_remind_minutes: Positive = Field(
        60.0, description="Minutes until people are first reminded of one; then four times as long each time."
    )
    bot_alert_slots: int = Field(
        9, ge=1, le=11, description="Manual backups from which on a server is nearly full; 11: never."
    )
    bot_backup_hours: Positive = Field(
        48.0, description="Hours within which a server must have a good backup."
    )
    bot_ping_url: SecretAddress | None = Field(
        None, description="An address that is called after each look at which all went well; it is a secret."
    )
    bot_digest_channel: Channel | None = Field(
        None, description="Id of a channel that gets a daily report on all servers."
    )
    bot_digest_at: TimeOfDay = Field(
        "09:00 UTC", description="When it is told: a time and a time zone, such as 09:00 Europe/Berlin."
    )
    bot_restore_proof_days: Positive | None = Field(
        None, description="Days after which that report names, once a month, what nobody has restored."
    )
    bot_rules_file: Path | None = Field(
        None, description="A TOML file with rules for single servers; see *Permissions*."
    )
    bot_poll_seconds: Positive = Field(5.0, description="Seconds until a new backup is first looked at.")
    bot_poll_max_seconds: Positive = Field(
        60.0, description="Seconds between two looks at most, however long it takes."
    )
    bot_late_minutes: Positive = Field(
        60.0, description="Minutes after which a running backup is said to be late."
    )
    bot_give_up_hours: Hours = Field(
        24.0,
        description="Hours after which a backup, or a restore under way, is no longer watched.",
    )
    bot_restore_watch_minutes: Positive = Field(
        15.0,
        description="Minutes for which a restored server is watched; longer while VPS.org is still at it.",
    )
    bot_confirmation_hours: Hours = Field(
        12.0,
        description="Hours after which what a person confirmed or approved is too old to act on.",
    )
    bot_servers_refresh_seconds: Positive = Field(
        60.0, description="Seconds for which the list of servers counts as fresh."
    )
    bot_settle_seconds: Positive = Field(
        5.0,
        description="Seconds a new backup may take to show up in VPS.org's list, waited for before a call "
        "of unknown outcome is judged.",
    )
    bot_database_wait_seconds: Positive = Field(
        60.0, description="Seconds for which the bot waits for PostgreSQL at its start, then it gives up."
    )
    bot_keep_days: float = Field(
        90.0,
        ge=1,
        le=100_000,
        description="Days for which an operation is kept on record after its end; at least 1.",
    )
    bot_bind: Host = Field(
        "127.0.0.1",
        description="Address on which health checks and, in HTTP mode, Slack are answered.",
    )
    bot_port: int = Field(8080, ge=0, le=65535, description="Port on that address; 0 takes any free one.")
    bot_metrics: bool | None = Field(
        None,
        description="Whether `/metrics` is served there: true or false; if unset, with Socket Mode on "
        "loopback, but not through a proxy.",
    )
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    bot_log_format: Literal["json", "text"] = Field("json", description="How a log line looks: json or text.")

    @property
    def mode(self) -> Literal["socket", "http"]:
        """How Slack reaches the bot: by Socket Mode wherever there is an app token."""
        return "socket" if self.slack_app_token else "http"

    @property
    def serves_metrics(self) -> bool:
        """Whether `/metrics` is served. In HTTP mode only if asked for: few proxies say that they are one."""
        if self.bot_metrics is None:
            return self.mode == "socket" and is_loopback(self.bot_bind)
        return self.bot_metrics

    @property
    def secrets(self) -> list[SecretStr]:
        """Every value that must never be logged, the passwords of the database and of proxies included."""
        address = urlsplit(self.database_url)
        options = [value for name, value in parse_qsl(address.query) if name.endswith("password")]
        passwords = [address.password or "", *options]
        written = {*passwords, *map(unquote, passwords), *proxy_passwords()} - {""}
        tokens = [self.slack_bot_token, self.slack_app_token, self.slack_signing_secret, self.vps_api_token]
        addresses = [self.bot_ping_url]
        return [secret for secret in (*tokens, *addresses) if secret] + [SecretStr(form) for form in written]

    @field_validator("slack_bot_token", "slack_app_token")
    @classmethod
    def _right_kind_of_token(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        start = "xoxb-" if info.field_name == "slack_bot_token" else "xapp-"
        if token and not token.get_secret_value().startswith(start):
            raise ValueError(f"it must start with {start}")
        return token

    # A field's validator, not the model's, so that it is told together with other fields' problems.
    @field_validator("slack_app_token")
    @classmethod
    def _a_way_to_reach_us(cls, token: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if token is None and info.data.get("slack_signing_secret", ...) is None:
            raise PydanticCustomError(NO_WAY_IN, "no token")
        return token

    @field_validator("bot_poll_max_seconds")
    @classmethod
    def _ceiling_above_floor(cls, longest: float, info: ValidationInfo) -> float:
        if longest < info.data.get("bot_poll_seconds", 0.0):
            raise ValueError("it must not be less than BOT_POLL_SECONDS")
        return longest


def load(secrets_folder: Path = SECRETS_FOLDER) -> Settings:
    """Return what people set.

    Raises:
        ConfigurationError: something is missing or wrong; with one line per problem, without any secret.
    """
    return _load(Settings, secrets_folder, _unknown)


def load_what_is_right(secrets_folder: Path = SECRETS_FOLDER) -> tuple[Settings, frozenset[str]] | None:
    """Return the settings, with placeholders for those that are missing or wrong, and the fields of these.

    For the doctor, which can still check what the others are for. None if nothing can be read.
    """
    instead: dict[str, Any] = {}
    for _ in Settings.model_fields:
        try:
            return Settings.read(secrets_folder, **instead), frozenset(instead)
        except ValidationError as error:
            wrong = {str(problem["loc"][0]) for problem in error.errors()}
            instead |= {name: _PLACEHOLDERS.get(name, Settings.model_fields[name].default) for name in wrong}
        except (OSError, UnicodeDecodeError):
            break
    return None


def load_database(secrets_folder: Path = SECRETS_FOLDER) -> DatabaseSettings:
    """Return where the database is, whatever else is set; raises ConfigurationError as `load` does."""
    return _load(DatabaseSettings, secrets_folder)


def _load(kind: type[S], secrets_folder: Path, also_wrong: Callable[[Path], list[str]] = lambda _: []) -> S:
    problems: list[str] = []
    try:
        problems = also_wrong(secrets_folder)
        settings = kind.read(secrets_folder)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise ConfigurationError(*problems, *map(_in_words, found)) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f".env can't be read, or a file in {secrets_folder}: no UTF-8.") from None
    except OSError as error:
        where = error.filename or f".env, or a file in {secrets_folder},"
        raise ConfigurationError(f"{where} can't be read: {error.strerror}.") from None
    if problems:
        raise ConfigurationError(*problems)
    return settings


def _check_env_file(file: Path) -> None:
    """Raise OSError if it is there, and yet would be passed over."""
    if file.is_symlink():
        file.stat()
    if file.is_dir():  # Docker makes one, if it is to mount a file that isn't there.
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(file))


def _unknown(secrets_folder: Path) -> list[str]:
    """Return what is wrong with names that look like settings: a typo must not take a protection away."""
    _check_env_file(Path(ENV_FILE))
    written = _written(secrets_folder)
    known = [field.upper() for field in Settings.model_fields]
    problems = []
    for name in sorted(name for name in written if name.startswith(OURS) and name not in known):
        near = get_close_matches(name, known, n=1)
        problems.append(settings_messages.unknown(name, near[0] if near else ""))
    if written.get("BOT_VIEWERS", EVERYBODY) == "":
        problems.append(settings_messages.NOBODY_CAN_LOOK)
    return problems


def near_misses(secrets_folder: Path = SECRETS_FOLDER) -> dict[str, str]:
    """Return variables that aren't read, as they aren't called like ours, and the settings they look like."""
    known = [field.upper() for field in Settings.model_fields]
    written = _written(secrets_folder)
    others = sorted(name for name in written if name not in known and not name.startswith(OURS))
    found = {name: get_close_matches(name, known, n=1, cutoff=NEARLY_THE_SAME) for name in others}
    return {name: near[0] for name, near in found.items() if near}


def _written(secrets_folder: Path) -> dict[str, str | None]:
    files = [path.name for path in secrets_folder.iterdir()] if secrets_folder.is_dir() else []
    written = {**dict.fromkeys(files), **dotenv_values(ENV_FILE), **os.environ}
    return {name.upper(): value for name, value in written.items()}


def _in_words(problem: ErrorDetails) -> str:
    return settings_messages.in_words(problem, Settings.model_fields[str(problem["loc"][0])].metadata)
