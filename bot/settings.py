"""The only reader of the environment: variables, `.env` in the working directory, files in /run/secrets."""

from pathlib import Path
from typing import Literal, Self, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import BadSettings
from bot.formats import (
    Address,
    AddressWithSlash,
    Channel,
    Channels,
    Dangers,
    DatabaseUrl,
    People,
    PeopleOrEverybody,
    Positive,
    Token,
)
from bot.permissions import EVERYBODY

SECRETS_FOLDER = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets; a file is named as the variable, in any case."""

_HOW_TO_GET = {
    "slack_bot_token": "Open your app on api.slack.com/apps, “OAuth & Permissions”, “Bot User OAuth Token”.",
    "slack_app_token": "Open your app on api.slack.com/apps, “Basic Information”, “App-Level Tokens”, and "
    "make one with the scope connections:write.",
    "slack_signing_secret": "Open your app on api.slack.com/apps, “Basic Information”, “Signing Secret”.",
    "vps_api_token": "Make one in VPS.org's control panel, on the page for API tokens.",
    **dict.fromkeys(
        ("bot_viewers", "bot_operators", "bot_approvers", "bot_auditors"),
        "Open a person's profile in Slack, “…”, “Copy member ID”; or a user group, “…”, “Copy group ID”.",
    ),
}


_DATABASE_URL = Field(
    "sqlite:///backup-bot.sqlite",
    repr=False,
    description="Where operations are recorded: sqlite:///file or postgresql+psycopg://user:password@host/name.",
)


class _Environment(BaseSettings):
    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    @classmethod
    def read(cls, secrets_folder: Path) -> Self:
        """Return the settings as the environment, `.env` and that folder, if it exists, have them."""
        return cls(_secrets_dir=secrets_folder if secrets_folder.is_dir() else None)


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
        description="Ids of users and user groups, comma separated, who may look; `*` is every full member.",
    )
    bot_operators: People = Field(
        frozenset(),
        description="Who may also create, delete and restore, named likewise; while empty, nobody may.",
    )
    bot_approvers: People = Field(
        frozenset(), description="Who may look, and agree to what others ask for, named likewise."
    )
    bot_auditors: People = Field(
        frozenset(), description="Who may read the audit trail besides the approvers, named likewise."
    )
    bot_channels: Channels = Field(
        frozenset(),
        description="Ids of the channels in which the bot may be asked, comma separated; empty: in any.",
    )
    bot_second_person: Dangers = Field(
        frozenset(),
        description="What needs an approver's consent, comma separated: create, delete, restore.",
    )
    bot_break_glass: bool = Field(
        False, description="Whether an operator may go ahead without consent in an emergency: true or false."
    )
    bot_approval_minutes: Positive = Field(30.0, description="Minutes an approver has to agree.")
    bot_ask_approvers: bool = Field(
        False, description="Whether approvers are also written to directly: true or false."
    )
    bot_audit_channel: Channel | None = Field(
        None, description="Id of a channel that gets a copy of the audit trail."
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
    bot_give_up_hours: Positive = Field(24.0, description="Hours after which a backup is no longer watched.")
    bot_restore_watch_minutes: Positive = Field(
        15.0, description="Minutes for which a server is watched after a restore was accepted."
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
        allow_inf_nan=False,
        description="Days for which an operation is kept on record after its end; at least 1.",
    )
    bot_bind: str = Field(
        "127.0.0.1",
        min_length=1,
        description="Address on which health checks and, in HTTP mode, Slack are answered.",
    )
    bot_port: int = Field(8080, ge=0, le=65535, description="Port on that address; 0 takes any free one.")
    bot_log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged: DEBUG, INFO, WARNING or ERROR."
    )
    bot_log_format: Literal["json", "text"] = Field("json", description="How a log line looks: json or text.")

    @property
    def mode(self) -> Literal["socket", "http"]:
        """How Slack reaches the bot: by Socket Mode wherever there is an app token."""
        return "socket" if self.slack_app_token else "http"

    @property
    def secrets(self) -> list[SecretStr]:
        """Every value that must never be logged, the database's password included."""
        password = urlsplit(self.database_url).password
        written = {password, unquote(password)} if password else set()
        tokens = [self.slack_bot_token, self.slack_app_token, self.slack_signing_secret, self.vps_api_token]
        return [token for token in tokens if token] + [SecretStr(form) for form in written]

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
            raise ValueError(
                "it must be set for Socket Mode, which needs no public address, "
                "or SLACK_SIGNING_SECRET for HTTP mode"
            )
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
        BadSettings: something is missing or wrong; `what` has one line per problem, without any secret.
    """
    return _load(Settings, secrets_folder)


def load_database(secrets_folder: Path = SECRETS_FOLDER) -> DatabaseSettings:
    """Return where the database is, whatever else is set; raises BadSettings as `load` does."""
    return _load(DatabaseSettings, secrets_folder)


def _load(kind: type[S], secrets_folder: Path) -> S:
    try:
        return kind.read(secrets_folder)
    except ValidationError as error:
        problems = [_in_words(problem) for problem in error.errors(include_url=False, include_input=False)]
        raise BadSettings("\n".join(problems)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettings(
            f"Settings could not be read: {type(error).__name__} in .env or {secrets_folder}."
        ) from None


def _in_words(problem: ErrorDetails) -> str:
    field = str(problem["loc"][0])
    description = Settings.model_fields[field].description or ""
    how = _HOW_TO_GET.get(field, description)
    if problem["type"] == "missing":
        return f"{field.upper()} is missing. {description} {how if how != description else ''}".rstrip()
    reason = problem["msg"].removeprefix("Value error, ")
    return f"{field.upper()} is not right: {reason[0].lower()}{reason[1:]}. {how}"
