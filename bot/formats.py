"""What the values of settings and of rules look like: tokens, addresses, numbers, and Slack's ids."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from bot.permissions import EVERYBODY

# What may stand in a Bearer header (RFC 6750, section 2.1): catches pasted quotes, spaces and line ends.
_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
_USER_OR_GROUP = re.compile(r"[UWS][A-Z0-9]{2,}")
_CHANNEL = re.compile(r"[CGD][A-Z0-9]{2,}")


def is_person(text: str) -> bool:
    """Tell whether this looks like the id of a user (U…, W…) or of a user group (S…)."""
    return bool(_USER_OR_GROUP.fullmatch(text))


def is_group(text: str) -> bool:
    """Tell whether an id is a user group's rather than a user's."""
    return text.startswith("S")


def is_channel(text: str) -> bool:
    """Tell whether this looks like the id of a channel or of direct messages."""
    return bool(_CHANNEL.fullmatch(text))


def _token(secret: SecretStr) -> SecretStr:
    if not _TOKEN.fullmatch(secret.get_secret_value()):
        raise ValueError("it has characters no token has; was a quote or a space copied with it?")
    return secret


def _address(url: str) -> str:
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("it must be an address such as https://host/path/")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("it must have no user, no query and no fragment")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ValueError("it must be https, as tokens are sent there; http only on this machine")
    return url.rstrip("/")


def _database_url(url: str) -> str:
    parts = _split(url)
    file = url.removeprefix("sqlite:///")
    if parts.scheme == "sqlite" and file not in {url, "", ":memory:"}:
        return url
    if parts.scheme == "postgresql+psycopg" and parts.path.strip("/"):
        return url
    raise ValueError("it must be sqlite:///file or postgresql+psycopg://user:password@host/name")


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


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _each(fits: Callable[[str], bool], what: str) -> Callable[[frozenset[str]], frozenset[str]]:
    def check(ids: frozenset[str]) -> frozenset[str]:
        # A value is counted, not shown: it might be a token in the wrong place.
        if strangers := sum(not fits(each) for each in ids):
            raise ValueError(f"{strangers} of {len(ids)} are no {what}")
        return ids

    return check


def _is_person_or_everybody(text: str) -> bool:
    return text == EVERYBODY or is_person(text)


def _channel(channel: str) -> str:
    if not is_channel(channel):
        raise ValueError(f"it is not one of the {_CHANNELS}")
    return channel


_PEOPLE = "ids of users or user groups, which look like U012AB3CD and S012AB3CD"
_CHANNELS = "ids of channels, which look like C012AB3CD"
_LISTED = (NoDecode, BeforeValidator(_comma_separated))

Token = Annotated[SecretStr, AfterValidator(_token)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Address = Annotated[str, AfterValidator(_address)]
AddressWithSlash = Annotated[Address, AfterValidator(lambda url: f"{url}/")]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
Channel = Annotated[str, AfterValidator(_channel)]
Channels = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_channel, _CHANNELS))]
People = Annotated[frozenset[str], *_LISTED, AfterValidator(_each(is_person, _PEOPLE))]
PeopleOrEverybody = Annotated[
    frozenset[str], *_LISTED, AfterValidator(_each(_is_person_or_everybody, _PEOPLE))
]
Danger = Literal["create", "delete", "restore"]
Dangers = Annotated[frozenset[Danger], *_LISTED]
