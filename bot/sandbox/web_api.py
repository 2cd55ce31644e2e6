"""The Web API (https://docs.slack.dev/reference/methods), as far as the bot uses it.

Failures are HTTP 200 with `{"ok": false, "error": …}`, as Slack's are, but for rate limits (429).
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.sandbox import web_api_chat, web_api_reading, web_api_steps, web_api_views
from bot.sandbox.api_call import ApiError, Call, Method, read_call
from bot.sandbox.modals import ViewRefused
from bot.sandbox.posting import MessageRefused
from bot.sandbox.rates import Rates
from bot.sandbox.socket_mode import SocketMode
from bot.sandbox.triggers import TriggerRefused
from bot.sandbox.workspace import Json, Workspace

PATH = "/slack/api/"
OPEN_CONNECTION = "apps.connections.open"
METHODS: Mapping[str, Method] = {
    **web_api_chat.METHODS,
    **web_api_reading.METHODS,
    **web_api_steps.METHODS,
    **web_api_views.METHODS,
}


def routes(workspace: Workspace, socket_mode: SocketMode) -> list[web.AbstractRouteDef]:
    """The methods, under `/slack/api/`, by GET and POST."""
    handle = _handler(workspace, socket_mode, Rates(workspace.now))
    return [web.get(PATH + "{method}", handle), web.post(PATH + "{method}", handle)]


def _handler(
    workspace: Workspace, socket_mode: SocketMode, rates: Rates
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        await asyncio.sleep(workspace.faults.slack_latency)
        call = await read_call(request, workspace)
        try:
            _stumble(call, request)
            _limit(call, rates)
            body = _connection(call, socket_mode) if call.method == OPEN_CONNECTION else _answered(call)
        except ApiError as refused:
            return _refusal(str(refused), refused.fields)
        except (MessageRefused, ViewRefused) as refused:
            metadata = {"response_metadata": {"messages": refused.messages}} if refused.messages else {}
            return _refusal(str(refused), metadata)
        except TriggerRefused as refused:
            return _refusal(str(refused), {})
        return web.json_response({"ok": True} | body, headers=_headers(workspace))

    return handle


def _stumble(call: Call, request: web.Request) -> None:
    fault = call.workspace.faults.for_slack(call.method)
    if fault == "down":
        if request.transport is not None:
            request.transport.abort()
        raise ApiError("fatal_error")
    if fault is not None:
        raise ApiError(fault)


def _limit(call: Call, rates: Rates) -> None:
    if not call.workspace.rates_enforced:
        return
    method = METHODS.get(call.method, Method(lambda _: {}))
    wait = rates.wait_for_method(call.method, method.per_minute)
    if not wait and call.method in web_api_chat.POSTING:
        wait = rates.wait_for_post(str(call.args.get("channel")))
    if wait:
        raise ApiError("ratelimited", retry_after=wait)


def _answered(call: Call) -> Json:
    app = call.workspace.app
    if not call.token:
        raise ApiError("not_authed")
    if call.token == app.app_token:
        raise ApiError("not_allowed_token_type")
    step_tokens = (run.token for run in call.workspace.step_runs.values())
    if call.token != app.bot_token and call.token not in step_tokens:
        raise ApiError("invalid_auth")
    method = METHODS.get(call.method)
    if method is None:
        raise ApiError("unknown_method", req_method=call.method)
    if method.scope is not None:
        call.needs(method.scope)
    return method.answer(call)


def _connection(call: Call, socket_mode: SocketMode) -> Json:
    if not call.token:
        raise ApiError("not_authed")
    if call.token == call.workspace.app.bot_token:
        raise ApiError("not_allowed_token_type")
    if call.token != call.workspace.app.app_token:
        raise ApiError("invalid_auth")
    return {"url": socket_mode.new_url()}


def _refusal(error: str, fields: Json) -> web.Response:
    if error != "ratelimited":
        return web.json_response({"ok": False, "error": error} | fields)
    seconds = max(1, math.ceil(fields.get("retry_after", 1)))
    headers = {"Retry-After": str(seconds)}
    return web.json_response({"ok": False, "error": error}, status=429, headers=headers)


def _headers(workspace: Workspace) -> dict[str, str]:
    return {"x-oauth-scopes": ",".join(workspace.app.scopes)}
