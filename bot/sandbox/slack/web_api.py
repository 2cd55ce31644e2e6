"""The Web API (https://docs.slack.dev/reference/methods), as far as the bot uses it.

Failures are HTTP 200 with `{"ok": false, "error": …}`, as Slack's are, but for rate limits (429).
"""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from bot.sandbox.slack import faults as slack_faults
from bot.sandbox.slack import (
    web_api_blocks,
    web_api_chat,
    web_api_conversations,
    web_api_files,
    web_api_people,
    web_api_reactions,
    web_api_steps,
    web_api_views,
)
from bot.sandbox.slack.api_call import ApiError, Call, Method, read_call
from bot.sandbox.slack.modals import ViewRefused
from bot.sandbox.slack.posting import MessageRefused
from bot.sandbox.slack.rates import Rates
from bot.sandbox.slack.silence import Silence
from bot.sandbox.slack.socket_mode import SocketMode
from bot.sandbox.slack.triggers import TriggerRefused
from bot.sandbox.slack.workspace import Json, Workspace

Handler = Callable[[Call], web.Response]
WebHandler = Callable[[web.Request], Awaitable[web.Response]]

PATH = "/slack/api/"
OPEN_CONNECTION = "apps.connections.open"
METHODS: Mapping[str, Method] = {
    **web_api_blocks.METHODS,
    **web_api_chat.METHODS,
    **web_api_conversations.METHODS,
    **web_api_files.METHODS,
    **web_api_people.METHODS,
    **web_api_reactions.METHODS,
    **web_api_steps.METHODS,
    **web_api_views.METHODS,
}


def routes(workspace: Workspace, socket_mode: SocketMode, silence: Silence) -> list[web.AbstractRouteDef]:
    """The methods, under `/slack/api/`, by GET and POST, and where files go."""
    handle = _spoiled(_handler(workspace, socket_mode, Rates(workspace.now)), workspace, silence)
    return [
        web.get(PATH + "{method}", handle),
        web.post(PATH + "{method}", handle),
        *web_api_files.routes(workspace),
    ]


def _spoiled(answered: Handler, workspace: Workspace, silence: Silence) -> WebHandler:
    async def handle(request: web.Request) -> web.Response:
        await silence.keep(workspace.faults.slack_wait())
        call = await read_call(request, workspace)
        fault = workspace.faults.for_slack(call.method, str(call.args.get("channel", "")))
        if fault is None:
            return answered(call)
        return await slack_faults.spoil(fault, request, lambda: answered(call), silence)

    return handle


def _handler(workspace: Workspace, socket_mode: SocketMode, rates: Rates) -> Handler:
    def handle(call: Call) -> web.Response:
        try:
            _limit(call, rates)
            body = _connection(call, socket_mode) if call.method == OPEN_CONNECTION else _answered(call)
        except ApiError as refused:
            return slack_faults.refusal(str(refused), refused.fields)
        except (MessageRefused, ViewRefused) as refused:
            metadata = {"response_metadata": {"messages": refused.messages}} if refused.messages else {}
            return slack_faults.refusal(str(refused), metadata)
        except TriggerRefused as refused:
            return slack_faults.refusal(str(refused), {})
        return web.json_response({"ok": True} | body, headers=_headers(workspace))

    return handle


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
    method = METHODS.get(call.method)
    if method is None:
        raise ApiError("unknown_method", req_method=call.method)
    if method.needs_token:
        _check_token(call)
    if method.scope is not None:
        call.needs(method.scope)
    return method.answer(call)


def _check_token(call: Call) -> None:
    app = call.workspace.app
    if not call.token:
        raise ApiError("not_authed")
    if call.token == app.app_token:
        raise ApiError("not_allowed_token_type")
    step_tokens = (run.token for run in call.workspace.step_runs.values())
    if call.token != app.bot_token and call.token not in step_tokens:
        raise ApiError("invalid_auth")


def _connection(call: Call, socket_mode: SocketMode) -> Json:
    if not call.token:
        raise ApiError("not_authed")
    if call.token == call.workspace.app.bot_token:
        raise ApiError("not_allowed_token_type")
    if call.token != call.workspace.app.app_token:
        raise ApiError("invalid_auth")
    return {"url": socket_mode.new_url()}


def _headers(workspace: Workspace) -> dict[str, str]:
    return {"x-oauth-scopes": ",".join(workspace.app.scopes)}
