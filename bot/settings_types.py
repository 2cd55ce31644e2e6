"""What the values of settings have to look like. A ValueError says what is wrong, without the value."""

import re
from collections.abc import Callable
from datetime import time
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.pq import Conninfo
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from bot import settings_messages
from bot.network import is_host, is_loopback
from bot.permissions import EVERYBODY
from bot.settings_messages import CHANNEL_ID, PERSON_ID
from bot.verbs import ChangingVerb

# What may stand in a Bearer header (RFC 6750, section 2.1): catches pasted quotes, spaces and line ends.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_USER_OR_GROUP = re.compile(r"[UWS][A-Z0-9]{2,}")
_TIME = re.compile(r"\d{1,2}:\d\d")
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


def _secret_address(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    if parts.scheme not in {"http", "https"} or not is_host(parts.hostname or ""):
        raise ValueError("it must be an address such as https://host/path")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("it must be https, as it has a secret; http only on this machine")
    return secret


def _time_of_day(text: str) -> str:
    read_time_of_day(text)
    return text


def read_time_of_day(text: str) -> tuple[time, ZoneInfo]:
    """Return the time of day and the zone that a text says, such as `09:00 Europe/Berlin`; UTC if none.

    Raises:
        ValueError: it says none; in words for the person who wrote it.
    """
    said, _, zone = text.partition(" ")
    if not _TIME.fullmatch(said):
        raise ValueError("it must be a time and a time zone, such as 09:00 Europe/Berlin")
    try:
        return time.fromisoformat(said.zfill(5)), ZoneInfo(zone.strip() or "UTC")
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("it must be a time and a time zone, such as 09:00 Europe/Berlin") from None


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


def _host(host: str) -> str:
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


_LISTED = (NoDecode, BeforeValidator(_comma_separated))

Token = Annotated[SecretStr, AfterValidator(_token)]
Positive = Annotated[float, Field(gt=0, le=100_000_000)]
Hours = Annotated[float, Field(gt=0, le=1_000_000)]
SecretAddress = Annotated[SecretStr, AfterValidator(_secret_address)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Address = Annotated[str, AfterValidator(_address)]
Host = Annotated[str, AfterValidator(_host)]
AddressWithSlash = Annotated[Address, AfterValidator(lambda url: f"{url}/")]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Channel = Annotated[str, AfterValidator(_one(is_channel, *CHANNEL_ID))]
Channels = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_channel, *CHANNEL_ID))]
People = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_person, *PERSON_ID))]
PeopleOrEverybody = Annotated[
    frozenset[str], *_LISTED, AfterValidator(_each(_is_person_or_everybody, *PERSON_ID))
]
ChangingVerbs = Annotated[frozenset[ChangingVerb], *_LISTED]
