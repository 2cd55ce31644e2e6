"""The only reader of the environment: variables, `.env` in the working directory, files in /run/secrets."""

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import BadSettings

SECRETS_FOLDER = Path("/run/secrets")
"""Where Docker and Kubernetes put secrets; a file is named as the variable, in any case."""

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

_USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")
# What may stand in a Bearer header (RFC 6750, section 2.1): catches pasted quotes, spaces and line ends.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")

_HOW_TO_GET = {
    "slack_bot_token": "Open your app on api.slack.com/apps, “OAuth & Permissions”, “Bot User OAuth Token”.",
    "slack_app_token": "Open your app on api.slack.com/apps, “Basic Information”, “App-Level Tokens”, and "
    "make one with the scope connections:write.",
    "slack_signing_secret": "Open your app on api.slack.com/apps, “Basic Information”, “Signing Secret”.",
    "vps_api_token": "Make one in VPS.org's control panel, on the page for API tokens.",
    "bot_operators": "Open a person's profile in Slack, “…”, “Copy member ID”.",
}


def _token(secret: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(secret.get_secret_value()):
        raise ValueError("it has characters no token has; was a quote or a space copied with it?")
    return secret


Token = Annotated[SecretStr, AfterValidator(_token)]


class Settings(BaseSettings):
    """Everything people set. Each field is the variable of the same name in capitals."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="ignore",
        env_file=".env",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        str_strip_whitespace=True,
    )

    slack_bot_token: Token = Field(description="The Slack app's bot token; starts with xoxb-.")
    slack_signing_secret: Token | None = Field(
        None, description="The Slack app's signing secret, for HTTP mode; used when there is no app token."
    )
    slack_app_token: Token | None = Field(
        None,
        description="The Slack app's app-level token; starts with xapp-. With it the bot uses Socket Mode.",
    )
    slack_api_url: str = Field("https://slack.com/api/", description="Where Slack's Web API answers.")
    vps_api_token: Token = Field(description="The VPS.org API token.")
    vps_api_url: str = Field("https://admin.vps.org/api/v1", description="Where VPS.org's API answers.")
    database_url: str = Field(
        "sqlite:///backup-bot.sqlite",
        repr=False,
        description="Where operations are recorded: sqlite:///file or postgresql+psycopg://user:password@host/name.",
    )
    bot_operators: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(),
        description="Slack user ids, comma separated, of those who may delete and restore; "
        "while empty, nobody may.",
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

    @field_validator("slack_api_url", "vps_api_url")
    @classmethod
    def _safe_address(cls, url: str, info: ValidationInfo) -> str:
        parts = _split(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("it must be an address such as https://host/path/")
        if parts.username is not None or parts.query or parts.fragment:
            raise ValueError("it must have no user, no query and no fragment")
        if parts.scheme == "http" and not _is_loopback(parts.hostname):
            raise ValueError("it must be https, as tokens are sent there; http only on this machine")
        return url.rstrip("/") + ("/" if info.field_name == "slack_api_url" else "")

    @field_validator("database_url")
    @classmethod
    def _durable_database(cls, url: str) -> str:
        parts = _split(url)
        file = url.removeprefix("sqlite:///")
        if parts.scheme == "sqlite" and file not in {url, "", ":memory:"}:
            return url
        if parts.scheme == "postgresql+psycopg" and parts.path.strip("/"):
            return url
        raise ValueError("it must be sqlite:///file or postgresql+psycopg://user:password@host/name")

    @field_validator("bot_operators", mode="before")
    @classmethod
    def _comma_separated(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
        )

    @field_validator("bot_operators")
    @classmethod
    def _slack_people(cls, people: frozenset[str]) -> frozenset[str]:
        # A value is counted, not shown: it might be a token in the wrong place.
        if strangers := sum(not _USER_ID.fullmatch(person) for person in people):
            raise ValueError(f"{strangers} of {len(people)} are no Slack user ids; these look like U012AB3CD")
        return people

    @field_validator("bot_poll_max_seconds")
    @classmethod
    def _ceiling_above_floor(cls, longest: float, info: ValidationInfo) -> float:
        if longest < info.data.get("bot_poll_seconds", 0.0):
            raise ValueError("it must not be less than BOT_POLL_SECONDS")
        return longest

    @classmethod
    def read(cls, secrets_folder: Path) -> Self:
        """Return the settings as the environment, `.env` and that folder, if it exists, have them."""
        return cls(_secrets_dir=secrets_folder if secrets_folder.is_dir() else None)


def load(secrets_folder: Path = SECRETS_FOLDER) -> Settings:
    """Return what people set.

    Raises:
        BadSettings: something is missing or wrong; `what` has one line per problem, without any secret.
    """
    try:
        return Settings.read(secrets_folder)
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


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # The library's own words may repeat the address, and with it a password.
        raise ValueError("it is not an address that can be read") from None
    return parts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
