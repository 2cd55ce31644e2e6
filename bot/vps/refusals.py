"""What a refusal means: a status or a broken exchange becomes one of our errors, as facts."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice

import httpx

from bot.errors import (
    BadRequest,
    Busy,
    InvalidResponse,
    Nonsense,
    NotFound,
    ProviderError,
    Silence,
    Unauthorized,
    Unreachable,
)
from bot.network import certificate_problem
from bot.vps.read_json import read_json

LONGEST_RETRY_AFTER = 3600.0
"""Seconds; whoever asks for more is asked again after this long."""

Hide = Callable[[str], str]

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
_MESSAGE_KEYS = ("detail", "message", "msg", "error", "errors", "non_field_errors")
_MOST_MESSAGES = 5
_MOST_CHARACTERS = 300


def refusal(
    status: int, headers: Mapping[str, str], body: bytes | bytearray, method: str, hide: Hide = str
) -> ProviderError:
    """Return the error that an answer outside 2xx stands for; `hide` takes secrets out of its words."""
    wait, words = retry_after(headers), api_words(body, hide)
    if status in {401, 403, 404, 410} and _is_page(body):
        # VPS.org's own refusals are JSON; this comes from a firewall, a proxy, or another address.
        return InvalidResponse(nonsense=Nonsense.NOT_THE_API, status=status)
    match status:
        case 401 | 403:
            return Unauthorized(status=status, words=words)
        case 404 | 410:
            return NotFound(status=status, words=words)
        case 409 | 423 | 425 | 429:
            return Busy(status=status, words=words, retry_after=wait)
        case _ if 400 <= status < 500 and status != 408:
            return BadRequest(status=status, words=words)
    return _unclear(status, wait, words, method)


def _is_page(body: bytes | bytearray) -> bool:
    return body.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<")


def _unclear(status: int, wait: float | None, words: str, method: str) -> ProviderError:
    """Judge the answers after which something may have been done all the same."""
    # Of all redirects only these two are also used to say "done, now look there" (RFC 9110, 15.4).
    acted = writes(method) and (status >= 400 or status in {302, 303})
    if status < 400:
        return InvalidResponse(nonsense=Nonsense.REDIRECT, status=status, may_have_acted=acted)
    if status == 503 and wait is not None:
        return Busy(status=status, words=words, may_have_acted=acted, retry_after=wait)
    silence = Silence.TIMED_OUT if status == 408 else Silence.SERVER_ERROR
    return Unreachable(silence=silence, status=status, words=words, may_have_acted=acted, retry_after=wait)


def broken(error: Exception, method: str) -> Unreachable:
    """Return the error for an exchange that ended without a whole answer.

    Nothing else of `error` is kept: it may hold the address, a header or the token.
    """
    if problem := certificate_problem(error):
        return Unreachable(silence=Silence.CERTIFICATE, words=plain(problem))
    if isinstance(error, _NEVER_SENT):
        return Unreachable(silence=Silence.NOT_REACHED)
    late = isinstance(error, httpx.TimeoutException | TimeoutError)
    silence = Silence.TIMED_OUT if late else Silence.BROKE_OFF
    return Unreachable(silence=silence, may_have_acted=writes(method))


def invalid_response(nonsense: Nonsense, method: str = "GET") -> InvalidResponse:
    """Return the error for an answer that can't be understood."""
    return InvalidResponse(nonsense=nonsense, may_have_acted=writes(method))


def writes(method: str) -> bool:
    """Return whether the method changes something at VPS.org."""
    return method not in {"GET", "HEAD"}


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how many seconds we are asked to wait (RFC 9110, 10.2.3), at most an hour; None if not said.

    A date is taken relative to the answer's own `Date`, so that our clock does not matter.
    """
    fields = {name.lower(): value for name, value in headers.items()}
    said = fields.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", said):
        return min(float(said), LONGEST_RETRY_AFTER)
    until, now = _date(said), _date(fields.get("date", ""))
    if until is None or now is None:
        return None
    return min(max((until - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)


def api_words(body: bytes | bytearray, hide: Hide = str) -> str:
    """Return the messages and field errors of a JSON body as one line of plain text; "" if there are none.

    Secrets are hidden in what was decoded, before anything is cut.
    """
    try:
        answer = read_json(body)
    except ValueError:
        return ""
    said = (plain(hide(message)) for message in _messages(answer))
    return "; ".join(islice(filter(None, said), _MOST_MESSAGES))[:_MOST_CHARACTERS]


def says_no(answer: object) -> bool:
    """Tell whether the body of a 2xx refuses what was asked for, as some frameworks' errors do."""
    match answer:
        case {"success": False} | {"ok": False}:
            return True
        case {"id": _}:
            return False  # What was made is there, whatever else is said of it.
        case {"error": said} | {"errors": said}:
            return bool(said)
    return False


def plain(text: str) -> str:
    """Return the text on one line and not longer than a few lines of chat; "" for anything like HTML."""
    if re.search(r"<[a-zA-Z!/?]", text):
        return ""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 2 * _MOST_CHARACTERS]).split())
    return line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"


def _messages(answer: object, field: str = "") -> Iterator[str]:
    match answer:
        case str():
            yield f"{field}: {answer}" if field else answer
        case list():
            for item in answer:
                yield from _messages(item, field)
        case dict():
            for key in [key for key in _MESSAGE_KEYS if key in answer] or list(answer):
                yield from _messages(answer[key], field if key in _MESSAGE_KEYS else key)


def _date(text: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
