"""The Slack client, and the check of both tokens before anything else starts."""

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import stamina
from pydantic import SecretStr
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from typing_extensions import override

from bot import tracing
from bot.errors import ConfigurationError
from bot.network import proxy_for, trusted
from bot.slack import token_messages
from bot.slack.calls import (
    ConnectRetryHandler,
    EachTry,
    RateLimitRetryHandler,
    counted_error,
    counting_cut_off,
    method_of,
    timed,
)

TIMEOUT_SECONDS = 10

PASSING = frozenset(
    {
        "accesslimited",
        "fatal_error",
        "internal_error",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
    }
)
"""Errors that tell only of Slack itself (the error lists of auth.test and apps.connections.open)."""

UNANSWERED = (aiohttp.ClientError, OSError)
"""What a call raises that Slack does not answer; TimeoutError is an OSError."""
UNREADABLE = {"ok": False, "error": "unreadable"}
"""What stands for an answer of Slack's that is no JSON object."""


class SlackUnanswered(Exception):
    """Slack did not answer a call that shows something to a person."""


@contextmanager
def answered() -> Iterator[None]:
    """Raise SlackUnanswered if Slack does not answer."""
    try:
        yield
    except UNANSWERED as error:
        raise SlackUnanswered(type(error).__name__) from error


@dataclass(frozen=True)
class Identity:
    """Who the bot is in Slack, what its token can do, and how many seconds our clock is ahead of Slack's."""

    team_id: str
    team: str
    user_id: str
    bot_id: str
    url: str
    scopes: frozenset[str]
    clock_ahead: float = 0.0


class SlackClient(AsyncWebClient):
    """Slack's Web API. An answer that is no JSON object is a SlackApiError, not a bug."""

    @override
    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        method = method_of(api_url, self.base_url)
        with tracing.call(f"Slack {method}", slack__method=method) as span:
            with counting_cut_off(method):
                answer: dict[str, Any] = await super()._request(
                    http_verb=http_verb, api_url=api_url, req_args=req_args
                )
            span.set_attributes(http__response__status_code=answer.get("status_code"))
            if error := counted_error(answer.get("data")):
                span.fail(error)
        # The SDK takes for granted that it is one, and asks a list or a number for its `ok`.
        if not isinstance(answer.get("data"), dict | bytes):
            raise SlackApiError("not a JSON object", UNREADABLE)  # type: ignore[no-untyped-call]
        return answer


def new_session() -> aiohttp.ClientSession:
    """Return a session in which calls of Slack share connections; a call takes 10 s at most."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_SECONDS), trace_configs=[timed()]
    )


def web_client(token: SecretStr, base_url: str, session: aiohttp.ClientSession | None = None) -> SlackClient:
    """Return a client that gives up on a call after 10 s and repeats only what Slack has not carried out.

    That is: what Slack answered with 429, and what could not be sent as no connection came about. The SDK's
    default also repeats a call whose connection broke after sending, which can post a message twice.

    Raises:
        ConfigurationError: the proxy or the certificates of the environment can't be used.
    """
    client = SlackClient(
        token=token.get_secret_value(),
        base_url=base_url,
        timeout=TIMEOUT_SECONDS,
        ssl=trusted(),
        session=session,
        retry_handlers=[
            EachTry(base_url),
            RateLimitRetryHandler(max_retry_count=2),
            ConnectRetryHandler(max_retry_count=2),
        ],
    )
    # Set afterwards, as for None the SDK takes what it finds in the environment by itself.
    client.proxy = proxy_for(base_url)
    return client


def keep_proxy(client: AsyncWebClient) -> Callable[..., Awaitable[None]]:
    """Return a `before_authorize` for Bolt's app, which gives each request the proxy of `client`, or none.

    Bolt makes a client per request, and the SDK then reads a proxy from the environment by itself.
    """
    app_client = client

    async def same_proxy(client: AsyncWebClient, next_: Callable[[], Awaitable[None]]) -> None:
        client.proxy = app_client.proxy
        await next_()

    return same_proxy


def error_name(error: SlackApiError) -> str:
    """Return Slack's own name for what went wrong, or "" if its answer could not be read."""
    response = error.response
    if isinstance(response, AsyncSlackResponse) and isinstance(response.data, dict):
        return str(response.data.get("error", ""))
    return ""


async def check_tokens(
    client: AsyncWebClient,
    app_token: SecretStr | None,
    *,
    first_pause: float = 0.5,
    longest_pause: float = 30.0,
) -> Identity:
    """Return who the bot is; raises ConfigurationError with a line per token that Slack refuses.

    While Slack can't be reached this tries again, after pauses (in seconds, with jitter) that grow.
    """
    persist = stamina.AsyncRetryingCaller(
        attempts=None,
        timeout=None,
        wait_initial=first_pause,
        wait_max=longest_pause,
        wait_jitter=first_pause,
    ).on(_is_passing)
    checks: list[Callable[[], Awaitable[Identity | None]]] = [lambda: identify(client)]
    if app_token is not None:
        # Without arguments, as those would be written to the log at each retry.
        checks.append(lambda: check_app_token(client, app_token))
    problems: list[str] = []
    identities = []
    for check in checks:
        try:
            identities.append(await persist(check))
        except ConfigurationError as error:
            problems += error.problems
    if problems or not identities[0]:
        raise ConfigurationError(*problems)
    return identities[0]


async def identify(client: AsyncWebClient) -> Identity:
    """Return who the bot is.

    Raises:
        ConfigurationError: Slack refuses the bot's token, or something else than Slack answers.
        SlackApiError, aiohttp.ClientError, OSError: it can't be asked, for now.
    """
    try:
        identity = _identity(await client.auth_test())
    except SlackApiError as error:
        raise _judged("SLACK_BOT_TOKEN", error) from None
    if not identity.bot_id:
        raise ConfigurationError(token_messages.refused("SLACK_BOT_TOKEN", "not_allowed_token_type"))
    return identity


async def check_app_token(client: AsyncWebClient, app_token: SecretStr) -> None:
    """Raise what `identify` raises unless Slack offers a connection in Socket Mode."""
    try:
        await client.apps_connections_open(app_token=app_token.get_secret_value())
    except SlackApiError as error:
        raise _judged("SLACK_APP_TOKEN", error) from None


def _identity(answer: AsyncSlackResponse) -> Identity:
    scopes = str(answer.headers.get("x-oauth-scopes", ""))
    return Identity(
        team_id=str(answer["team_id"]),
        team=str(answer.get("team", "")),
        user_id=str(answer["user_id"]),
        bot_id=str(answer.get("bot_id") or ""),
        url=str(answer.get("url", "")),
        scopes=frozenset(scope.strip() for scope in scopes.split(",") if scope.strip()),
        clock_ahead=_clock_ahead(str(answer.headers.get("date", ""))),
    )


def _clock_ahead(slacks: str) -> float:
    try:
        return time.time() - parsedate_to_datetime(slacks).timestamp()
    except ValueError:
        return 0.0


def _is_passing(error: Exception) -> bool:
    if not isinstance(error, SlackApiError):
        return isinstance(error, UNANSWERED)
    if error.response is UNREADABLE:
        return True
    if isinstance(error.response, AsyncSlackResponse) and (
        error.response.status_code == 429 or error.response.status_code >= 500
    ):
        return True
    name = error_name(error)
    return name in PASSING if name else _status(error) == 200


def _judged(variable: str, error: SlackApiError) -> SlackApiError | ConfigurationError:
    if _is_passing(error):
        return error
    name = error_name(error)
    refusal = token_messages.refused(variable, name) if name else token_messages.no_web_api(_status(error))
    return ConfigurationError(refusal)


def _status(error: SlackApiError) -> int:
    response = error.response
    status = response.status_code if isinstance(response, AsyncSlackResponse) else response.status
    return int(status)
