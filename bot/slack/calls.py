"""Calls of Slack: each try is counted, with what came of it; which are tried again."""

import asyncio
import re
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.webhook import WebhookResponse
from typing_extensions import override

from bot import tracing
from bot.metrics.instruments import OTHER, SLACK_REQUEST_SECONDS, SLACK_RETRIES

COUNTED_ERRORS = frozenset(
    (
        "account_inactive",
        "cannot_dm_bot",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "exchanged_trigger_id",
        "expired_trigger_id",
        "fatal_error",
        "hash_conflict",
        "internal_error",
        "invalid_arguments",
        "invalid_auth",
        "invalid_blocks",
        "is_archived",
        "message_not_found",
        "messages_tab_disabled",
        "missing_scope",
        "msg_blocks_too_long",
        "msg_too_long",
        "not_allowed_token_type",
        "not_authed",
        "not_found",
        "not_in_channel",
        "plan_upgrade_required",
        "ratelimited",
        "request_timeout",
        "restricted_action",
        "service_unavailable",
        "thread_not_found",
        "token_expired",
        "token_revoked",
        "trigger_expired",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
    )
)
"""Slack's own names for errors that are counted by name; any other is counted as "other"."""

UPLOAD = "upload"
"""The method by which the sending of a file is counted: Slack names an address for each."""
RESPONSE_URL = "response_url"

_METHOD = re.compile(r"[a-zA-Z]+(?:\.[a-zA-Z]+)+")

_began: ContextVar[float | None] = ContextVar("when the current try of a call began", default=None)


def timed() -> aiohttp.TraceConfig:
    """Return what makes a session note when each try of a call begins."""

    async def begin(*_: object) -> None:
        _began.set(time.perf_counter())

    config = aiohttp.TraceConfig()
    config.on_request_start.append(begin)
    return config


class _CountsRetries(AsyncRetryHandler):
    """Counts each retry."""

    @override
    async def prepare_for_next_attempt_async(self, **what: Any) -> None:
        SLACK_RETRIES.inc()
        await super().prepare_for_next_attempt_async(**what)


class RateLimitRetryHandler(_CountsRetries, AsyncRateLimitErrorRetryHandler):
    """Waits as long as Slack asks for, except for a modal, whose trigger would be dead by then."""

    @override
    async def _can_retry_async(
        self,
        *,
        request: HttpRequest,
        **more: Any,
    ) -> bool:
        if request.url.endswith(("/views.open", "/views.push")):
            return False
        return await super()._can_retry_async(request=request, **more)


class ConnectRetryHandler(_CountsRetries, AsyncConnectionErrorRetryHandler):
    """Tries again what could not be sent, as no connection came about."""

    def __init__(self, max_retry_count: int) -> None:
        super().__init__(max_retry_count, error_types=[aiohttp.ClientConnectorError])


def method_of(url: str, base_url: str) -> str:
    """Return by which method a call is counted."""
    method = url.removeprefix(base_url)
    return method if _METHOD.fullmatch(method) else UPLOAD


def counted_error(answer: object) -> str | None:
    """Return by which name an answer's error is counted; None if it has none."""
    name = answer.get("error") if isinstance(answer, dict) else None
    if name is None:
        return None
    return name if isinstance(name, str) and name in COUNTED_ERRORS else OTHER


class EachTry(AsyncRetryHandler):
    """Sees each try of a call at its end, and counts it; retries none. It must be the first handler."""

    def __init__(self, base_url: str) -> None:
        super().__init__()
        self._base_url = base_url

    @override
    async def can_retry_async(
        self,
        *,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
        **_: Any,
    ) -> bool:
        _count(method_of(request.url, self._base_url), _status(response, error))
        return False


@contextmanager
def counting_cut_off(method: str) -> Iterator[None]:
    """Count a try that is cancelled inside, as the SDK does not tell `EachTry` of it."""
    try:
        yield
    except asyncio.CancelledError:
        _count(method, "none")
        raise


def _count(method: str, status: str) -> None:
    began = _began.get()
    if began is not None:  # None between two tries, and in a session without `timed`.
        SLACK_REQUEST_SECONDS.labels(method, status).observe(time.perf_counter() - began)
        _began.set(None)


def _status(response: HttpResponse | None, error: Exception | None) -> str:
    if response is None:
        # The error of an answer that the SDK can't read holds aiohttp's response.
        return str(error.response.status) if isinstance(error, SlackApiError) else "none"
    if response.status_code != 200:
        return str(response.status_code)
    return counted_error(response.body) or "200"


async def call_response_url(sending: Awaitable[WebhookResponse]) -> WebhookResponse:
    """Return Slack's answer to what is sent to a response_url; counts and traces that."""
    began, status = time.perf_counter(), None
    with tracing.call(f"Slack {RESPONSE_URL}", slack__method=RESPONSE_URL) as span:
        try:
            answer = await sending
            status = answer.status_code
            return answer
        finally:
            seconds = time.perf_counter() - began
            SLACK_REQUEST_SECONDS.labels(RESPONSE_URL, str(status or "none")).observe(seconds)
            span.set_attributes(http__response__status_code=status)
