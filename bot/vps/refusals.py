"""What a refusal means: a status or a broken exchange becomes one of our errors."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice

import httpx
from pydantic_core import from_json

from bot.errors import BadRequest, Busy, Missing, Nonsense, ProviderError, Unauthorized, Unreachable

LONGEST_RETRY_AFTER = 3600.0
"""Seconds; whoever asks for more is asked again after this long."""

_CHECK_ADDRESS = "Whoever runs the bot should check VPS_API_URL."
_LOOK_FIRST = "Look at what is there now before you try again."
_IF_IT_STAYS = "If it stays so, whoever runs the bot should check VPS_API_URL."
_CORRECT = "Correct that and try again."
_SEE_LOG = "Whoever runs the bot may find more in its log."
_LATER = "Try again in a minute."
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


def refusal(status: int, headers: Mapping[str, str], body: bytes, method: str) -> ProviderError:
    """Return the error that an answer outside 2xx stands for, in words for a person."""
    wait = retry_after(headers)
    ended = outcome(method) + quoted(body)
    match status:
        case 401:
            return Unauthorized(
                f"VPS.org did not accept the bot's token, {ended}",
                "Whoever runs the bot should check VPS_API_TOKEN.",
            )
        case 403:
            return Unauthorized(
                f"VPS.org does not let the bot's token do this, {ended}",
                "Whoever runs the bot should give VPS_API_TOKEN that permission.",
            )
        case 404 | 410:
            return Missing(
                f"VPS.org knows no such server or backup (any more), {ended}",
                "It may have been deleted meanwhile; if not, whoever runs the bot should check VPS_API_URL.",
            )
        case 409 | 423 | 425 | 429:
            why = "was asked too often" if status == 429 else "is busy with this already"
            return Busy(f"VPS.org {why}, {ended}", _when(wait), retry_after=wait)
        case _ if 400 <= status < 500 and status != 408:
            hint = _CORRECT if api_words(body) else _SEE_LOG
            return BadRequest(f"VPS.org refused the request ({status}), {ended}", hint)
    return _unclear(status, wait, body, method)


def _unclear(status: int, wait: float | None, body: bytes, method: str) -> ProviderError:
    """Judge the answers after which something may have been done all the same."""
    # Of all redirects only these two are also used to say "done, now look there" (RFC 9110, 15.4).
    acted = writes(method) and (status >= 400 or status in {302, 303})
    ended = outcome(method, acted=acted)
    if status < 400:
        what = f"VPS.org sent the bot elsewhere ({status}), where it does not follow, {ended}."
        return Nonsense(what, _CHECK_ADDRESS, may_have_acted=acted)
    hint = _LOOK_FIRST if acted else _when(wait)
    if status == 503 and wait is not None:
        what = f"VPS.org is not available just now, {ended}{quoted(body)}"
        return Busy(what, hint, may_have_acted=acted, retry_after=wait)
    what = f"VPS.org has trouble of its own ({status}), {ended}{quoted(body)}"
    return Unreachable(what, hint, may_have_acted=acted)


def broken(error: Exception, method: str) -> Unreachable:
    """Return the error for an exchange that ended without a whole answer.

    The words of `error` are not repeated: they may hold the address, a header or the token.
    """
    if isinstance(error, _NEVER_SENT):
        what = f"VPS.org could not be reached, {outcome(method)}."
        return Unreachable(what, f"{_LATER} {_IF_IT_STAYS}")
    acted = writes(method)
    late = isinstance(error, httpx.TimeoutException | TimeoutError)
    what = "VPS.org did not answer in time" if late else "VPS.org broke the connection off"
    hint = _LOOK_FIRST if acted else _LATER
    return Unreachable(f"{what}, {outcome(method, acted=acted)}.", hint, may_have_acted=acted)


def nonsense(why: str, method: str = "GET") -> Nonsense:
    """Return the error for an answer that can't be understood; `why` follows "VPS.org answered"."""
    acted = writes(method)
    hint = _LOOK_FIRST if acted else f"{_LATER} {_IF_IT_STAYS}"
    return Nonsense(f"VPS.org answered {why}, {outcome(method, acted=acted)}.", hint, may_have_acted=acted)


def writes(method: str) -> bool:
    """Return whether the method changes something at VPS.org."""
    return method not in {"GET", "HEAD"}


def outcome(method: str, *, acted: bool = False) -> str:
    """Return the half sentence that says what did not happen."""
    if acted:
        return "so it is not known whether the request was carried out"
    return "so nothing was changed" if writes(method) else "so there is nothing to show"


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


def quoted(body: bytes) -> str:
    """Return the end of a sentence: what the API itself said, if it did, and the full stop."""
    said = api_words(body)
    return f": “{said}”" if said else "."


def api_words(body: bytes) -> str:
    """Return the messages and field errors of a JSON body as one line of plain text; "" if there are none."""
    try:
        answer = from_json(body)
    except ValueError:
        return ""
    return "; ".join(islice(filter(None, map(plain, _messages(answer))), _MOST_MESSAGES))[:_MOST_CHARACTERS]


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


def _when(wait: float | None) -> str:
    if wait is None or 45 <= wait <= 75:
        return _LATER
    if wait < 1:
        return "Try again in a moment."
    return f"Try again in {wait:.0f} s." if wait < 120 else f"Try again in {wait / 60:.0f} min."
