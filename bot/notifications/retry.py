"""Retrying calls to Slack until it takes what we say, and knowing when it never will."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from pydantic import BaseModel
from slack_sdk.errors import SlackApiError

from bot.metrics.instruments import SLACK_RETRIES
from bot.network import certificate_problem
from bot.slack.auth import PASSING

log = structlog.get_logger()

NOWHERE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
        "cannot_reply_to_message",
        "messages_tab_disabled",
        "user_not_found",
        "user_disabled",
        "cannot_dm_bot",
        "user_not_in_channel",
    }
)
"""Errors that say a place can't be written to, however often it is tried (SLACK.md, section 5)."""

GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
"""Errors that say a message can't be edited or answered any more."""

UNDRAWABLE = frozenset(
    {"invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text"}
)
"""Errors that say Slack finds fault with the message itself."""

_UNREADABLE = "unreadable"
"""What stands for the name of an error that can't be read."""
_PASSING = PASSING | {_UNREADABLE}

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0


class SlackResult(BaseModel):
    """What came of a call to Slack: where the message is, or Slack's own error name."""

    channel: str = ""
    ts: str = ""
    error: str = ""


@dataclass(frozen=True)
class _Retry:
    """To be called again, after so many seconds at least; it `may_have_arrived` all the same."""

    seconds: float = 0.0
    may_have_arrived: bool = True


Call = Callable[[], Awaitable[Any]]
Look = Callable[[], Awaitable[SlackResult | None]]


def will_never_be_taken(error: str) -> bool:
    """True for errors that say what we post can't be posted, however often it is tried."""
    return error in NOWHERE | GONE | UNDRAWABLE


def will_pass(error: str) -> bool:
    """True for errors that are Slack's own trouble and say nothing about the call."""
    return error in _PASSING


async def call_slack(
    call: Call,
    *,
    give_up_after: float | None = None,
    before_repeat: Look | None = None,
    is_final: Callable[[str], bool] = will_never_be_taken,
) -> SlackResult:
    """Call Slack until it answers for good; return what came of it.

    Gives up after `give_up_after` seconds, never if that is None: then it outlasts any outage of Slack.
    `before_repeat` is asked before a repetition of a call that may have arrived; a message it returns counts
    as the answer. `is_final` tells which of Slack's errors are an answer for good.
    """
    waits = _waits()
    try:
        async with asyncio.timeout(give_up_after):
            while True:
                answer = await _once(call, is_final)
                if isinstance(answer, SlackResult):
                    return answer
                await asyncio.sleep(max(answer.seconds, next(waits)))
                if before_repeat and answer.may_have_arrived and (found := await before_repeat()):
                    return found
                SLACK_RETRIES.inc()
    except TimeoutError:
        return SlackResult(error="timeout")


async def _once(call: Call, is_final: Callable[[str], bool]) -> SlackResult | _Retry:
    try:
        response = await call()
        return SlackResult(channel=str(response.get("channel", "")), ts=str(response.get("ts", "")))
    except SlackApiError as error:
        return _refusal(error, is_final)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("slack_unreachable", error=certificate_problem(error) or type(error).__name__)
    return _Retry()


def _refusal(error: SlackApiError, is_final: Callable[[str], bool]) -> SlackResult | _Retry:
    name = _name(error)
    if is_final(name):
        return SlackResult(error=name)
    log.warning("slack_refused", error=name)
    headers = getattr(error.response, "headers", None) or {}
    retry_after = str(headers.get("Retry-After", headers.get("retry-after", "0")))
    seconds = min(float(retry_after), _LONGEST_WAIT) if retry_after.isdigit() else 0.0
    return _Retry(seconds, may_have_arrived=name != "ratelimited")


def _name(error: SlackApiError) -> str:
    try:
        name = error.response["error"]
    except (KeyError, TypeError, ValueError):
        return _UNREADABLE
    return name if isinstance(name, str) else _UNREADABLE


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait * random.uniform(0.7, 1.3)  # noqa: S311
        wait = min(wait * 2, _LONGEST_WAIT)
