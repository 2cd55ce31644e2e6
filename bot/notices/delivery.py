"""Calling Slack until it takes what we say, and knowing when it never will."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from pydantic import BaseModel
from slack_sdk.errors import SlackApiError

log = structlog.get_logger()

NOWHERE = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel",
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

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0


class Delivered(BaseModel):
    """What came of a call to Slack: where the message is, or Slack's own error name."""

    channel: str = ""
    ts: str = ""
    error: str = ""


Call = Callable[[], Awaitable[Any]]


async def deliver(
    call: Call, *, patience: float | None = None, before_repeat: Call | None = None
) -> Delivered:
    """Call Slack until it answers for good; return what came of it.

    Gives up after `patience` seconds, never where that is None: then it outlasts any outage of Slack.
    `before_repeat` is asked before each repetition; a message it returns counts as the answer, since a
    call that was cut off may have arrived.
    """
    waits = _waits()
    try:
        async with asyncio.timeout(patience):
            while True:
                answer, retry_after = await _once(call)
                if answer is not None:
                    return answer
                await asyncio.sleep(max(retry_after, next(waits)))
                if before_repeat and (found := await before_repeat()):
                    return Delivered(channel=found["channel"], ts=found["ts"])
    except TimeoutError:
        return Delivered(error="timeout")


async def _once(call: Call) -> tuple[Delivered | None, float]:
    try:
        response = await call()
    except SlackApiError as error:
        return _refusal(error)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        log.warning("slack_unreachable", reason=type(error).__name__)
        return None, 0.0
    return Delivered(channel=response.get("channel", ""), ts=response.get("ts", "")), 0.0


def _refusal(error: SlackApiError) -> tuple[Delivered | None, float]:
    name = _name(error)
    if name in NOWHERE | GONE | UNDRAWABLE:
        return Delivered(error=name), 0.0
    log.warning("slack_refused", error=name)
    headers = getattr(error.response, "headers", None) or {}
    retry_after = str(headers.get("Retry-After", headers.get("retry-after", "0")))
    return None, min(float(retry_after), _LONGEST_WAIT) if retry_after.isdigit() else 0.0


def _name(error: SlackApiError) -> str:
    try:
        return str(error.response["error"])
    except (KeyError, TypeError, ValueError):
        return "unreadable"


def _waits() -> Any:
    wait = _FIRST_WAIT
    while True:
        yield wait * random.uniform(0.7, 1.3)  # noqa: S311
        wait = min(wait * 2, _LONGEST_WAIT)
