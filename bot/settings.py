"""The only reader of our settings: variables, `.env` in the working directory, files in /run/secrets."""

import errno
import os
import re
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from dotenv import dotenv_values
from psycopg.pq import Conninfo
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot import settings_messages
from bot.errors import ConfigurationError
from bot.network import is_host, is_loopback, proxy_passwords
from bot.permissions import EVERYBODY
from bot.settings_messages import NO_WAY_IN
from bot.verbs import ChangingVerb

# What may stand in a Bearer header (RFC 6750, section 2.1): catches pasted quotes, spaces and line ends.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_USER_OR_GROUP = re.compile(r"[UWS][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")


def is_person(text: str) -> bool:
    """Tell whether this looks like the id of a user (U…, W…) or of a user group (S…)."""
    return bool(_USER_OR_GROUP.fullmatch(text))


def is_channel(text: str) -> bool:
    """Tell whether this looks like the id of a channel or of direct messages."""
    return bool(_CHANNEL.fullmatch(text))


def _token(secret: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(secret.get_secret_value()):
        raise ValueError("it has characters no token has; was a quote or a space copied with it?")
    return secret


def _address(url: str) -> str:
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not is_host(parts.hostname or ""):
        raise ValueError("it must be an address such as https://host/path/")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it must have no user, no query and no fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("it must be https, as tokens are sent there; http only on this machine")
    return url.rstrip("/")


def _database_url(url: str) -> str:
    parts = _split(url)
    file = url.removeprefix("sqlite:///")
    if parts.scheme == "sqlite" and file not in {url, "", ":memory:"}:
        if parts.query:
            raise ValueError("it takes no options after a question mark, with SQLite")
        return url
    if parts.scheme == "postgresql+psycopg" and parts.path.strip("/"):
        return _with_known_options(url)
    raise ValueError("it must be sqlite:///file or postgresql+psycopg://user:password@host/name")


def _with_known_options(url: str) -> str:
    try:
        address = make_url(url)
        address.get_dialect()().create_connect_args(address)
    except (ArgumentError, ValueError):
        raise ValueError("it is not an address that can be read") from None
    if not {name.encode() for name in address.query} <= {each.keyword for each in Conninfo.get_defaults()}:
        raise ValueError("it has an option that PostgreSQL doesn't know")
    return url


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # The library's own words may repeat the address, and with it a password.
        raise ValueError("it is not an address that can be read") from None
    return parts


def _bind(host: str) -> str:
    if not is_host(host):
        raise ValueError("it must be an IP address or the name of a host")
    return host


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _each(fits: Callable[[str], bool], kind: str, example: str) -> Callable[[frozenset[str]], frozenset[str]]:
    def check(ids: frozenset[str]) -> frozenset[str]:
        if strangers := sorted(each for each in ids if not fits(each)):
            shown = [each for each in strangers if _is_harmless(each)]
            raise ValueError(settings_messages.not_ids(shown, len(strangers), kind, example))
        return ids

    return check


def _one(fits: Callable[[str], bool], kind: str, example: str) -> Callable[[str], str]:
    check = _each(fits, kind, example)
    return lambda text: next(iter(check(frozenset({text}))))


def _is_harmless(text: str) -> bool:
    """Tell whether a value can be shown: what is long, or has digits, may be a token in the wrong place."""
    return len(text) <= 20 and text.isprintable() and not any(each.isdigit() for each in text)


def _is_person_or_everybody(text: str) -> bool:
    return text == EVERYBODY or is_person(text)


_PEOPLE = ("Slack id", "U012AB3CD, or S012AB3CD for a user group")
_CHANNELS = ("channel's id", "C012AB3CD")
_LISTED = (NoDecode, BeforeValidator(_comma_separated))

Token = Annotated[SecretStr, AfterValidator(_token)]
Positive = Annotated[float, Field(gt=0, le=100_000_000)]
Hours = Annotated[float, Field(gt=0, le=1_000_000)]
Address = Annotated[str, AfterValidator(_address)]
AddressWithSlash = Annotated[Address, AfterValidator(lambda url: f"{url}/")]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Channel = Annotated[str, AfterValidator(_one(is_channel, *_CHANNELS))]
Channels = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_channel, *_CHANNELS))]
People = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_person, *_PEOPLE))]
PeopleOrEverybody = Annotated[
    frozenset[str], *_LISTED, AfterValidator(_each(_is_person_or_everybody, *_PEOPLE))
]
ChangingVerbs = Annotated[frozenset[ChangingVerb], *_LISTED]

ENV_FILE = ".env"
OURS = ("BOT_", "SLACK_", "VPS_")
"""How the names of settings begin; DATABASE_URL alone is called otherwise."""

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
        False, description="Whether approvers also get a direct message: true or false."
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
    bot_give_up_hours: Hours = Field(24.0, description="Hours after which a backup is no longer watched.")
    bot_restore_watch_minutes: Positive = Field(
        15.0, description="Minutes for which a server is watched after a restore was accepted."
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
    bot_bind: Annotated[str, AfterValidator(_bind)] = Field(
        "127.0.0.1",
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
        """Every value that must never be logged, the passwords of the database and of proxies included."""
        address = urlsplit(self.database_url)
        options = [value for name, value in parse_qsl(address.query) if name.endswith("password")]
        passwords = [address.password or "", *options]
        written = {*passwords, *map(unquote, passwords), *proxy_passwords()} - {""}
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
    files = [path.name for path in secrets_folder.iterdir()] if secrets_folder.is_dir() else []
    written = {**dotenv_values(ENV_FILE), **os.environ}
    given = {name.upper() for name in (*written, *files)}
    known = [field.upper() for field in Settings.model_fields]
    problems = []
    for name in sorted(name for name in given if name.startswith(OURS) and name not in known):
        near = get_close_matches(name, known, n=1)
        problems.append(settings_messages.unknown(name, near[0] if near else ""))
    if written.get("BOT_VIEWERS", EVERYBODY) == "":
        problems.append(settings_messages.NOBODY_CAN_LOOK)
    return problems


def _in_words(problem: ErrorDetails) -> str:
    return settings_messages.in_words(problem, Settings.model_fields[str(problem["loc"][0])].metadata)
